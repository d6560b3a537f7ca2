"""Old names, one row each: the spelling, what to write today, and where the student's process finds what was meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class OldName:
    """One name that files still use.

    Args:
        better: what to write today, below the same root; None where nothing has to be written.
        alias: where the thing is today, below the same root; with `=`, the name of a maker of the student's process;
            None where the library still has it (`tf.compat.v1`) or nothing can take its place.
    """

    better: str | None = None
    alias: str | None = None


Table = Mapping[str, OldName]


def _table(*rows: tuple[str, str | None] | tuple[str, str | None, str | None]) -> Table:
    return MappingProxyType({row[0]: OldName(*row[1:]) for row in rows})


# Dotted names below `tensorflow`; a name also stands for all below it.
TENSORFLOW = _table(
    ("train.AdamOptimizer", "keras.optimizers.Adam", "=optimizer"),
    ("train.GradientDescentOptimizer", "keras.optimizers.SGD", "=optimizer"),
    ("train.RMSPropOptimizer", "keras.optimizers.RMSprop", "=optimizer"),
    ("train.AdagradOptimizer", "keras.optimizers.Adagrad", "=optimizer"),
    ("train.AdadeltaOptimizer", "keras.optimizers.Adadelta", "=optimizer"),
    ("train.MomentumOptimizer", "keras.optimizers.SGD(momentum=...)", "=optimizer"),
    ("train.FtrlOptimizer", "keras.optimizers.Ftrl", "=optimizer"),
    ("train.exponential_decay", "keras.optimizers.schedules.ExponentialDecay"),
    ("train.Saver", "train.Checkpoint"),
    ("ConfigProto", None),
    ("GPUOptions", None),
    ("OptimizerOptions", None),
    ("Session", None, "=session"),
    ("InteractiveSession", None, "=session"),
    ("placeholder", "keras.Input"),
    ("global_variables_initializer", None, "=nothing"),
    ("local_variables_initializer", None, "=nothing"),
    ("initialize_all_variables", None, "=nothing"),
    ("global_variables", "Module.variables"),
    ("trainable_variables", "Module.trainable_variables"),
    ("variable_scope", None),
    ("get_variable", "Variable"),
    ("reset_default_graph", "keras.backend.clear_session", "=nothing"),
    ("get_default_graph", None),
    ("enable_eager_execution", None, "=nothing"),
    ("disable_eager_execution", None, "=nothing"),
    ("enable_v2_behavior", None, "=nothing"),
    ("disable_v2_behavior", None, "=nothing"),
    ("enable_resource_variables", None, "=nothing"),
    ("disable_resource_variables", None, "=nothing"),
    ("enable_v2_tensorshape", None, "=nothing"),
    ("disable_v2_tensorshape", None, "=nothing"),
    ("set_random_seed", "random.set_seed", "random.set_seed"),
    ("random.set_random_seed", "random.set_seed", "random.set_seed"),
    ("random_normal", "random.normal"),
    ("random_uniform", "random.uniform"),
    ("truncated_normal", "random.truncated_normal"),
    ("logging", "get_logger()"),
    ("log", "math.log"),
    ("to_float", "cast"),
    ("to_int32", "cast"),
    ("arg_max", "argmax"),
    ("assign", "Variable.assign"),
    ("py_func", "numpy_function"),
    ("Print", "print"),
    ("contrib", "keras"),
    ("app", None),
    ("flags", None),
    ("gfile", "io.gfile"),
    ("layers", "keras.layers", "keras.layers"),
    ("losses.sparse_softmax_cross_entropy", "keras.losses.SparseCategoricalCrossentropy", "=loss"),
    ("losses.softmax_cross_entropy", "keras.losses.CategoricalCrossentropy", "=loss"),
    ("losses.sigmoid_cross_entropy", "keras.losses.BinaryCrossentropy", "=loss"),
    ("losses.mean_squared_error", "keras.losses.MeanSquaredError"),
    ("losses.absolute_difference", "keras.losses.MeanAbsoluteError"),
    ("losses.log_loss", "keras.losses.BinaryCrossentropy"),
    ("nn.softmax_cross_entropy_with_logits_v2", "nn.softmax_cross_entropy_with_logits"),
    ("nn.rnn_cell", "keras.layers"),
    ("nn.dynamic_rnn", "keras.layers.RNN"),
    ("nn.static_rnn", "keras.layers.RNN"),
    ("nn.xw_plus_b", None),
    ("estimator", "keras"),
    ("image.resize_images", "image.resize"),
    ("summary.FileWriter", "summary.create_file_writer"),
)

# Dotted names below Keras, however it was imported.
KERAS = _table(
    ("backend.set_session", None, "=nothing"),
    ("backend.get_session", None, "=session"),
    ("backend.tensorflow_backend", None, "backend"),
    ("backend.set_image_dim_ordering", "backend.set_image_data_format", "=nothing"),
    ("backend.set_learning_phase", None, "=nothing"),
    ("layers.CuDNNLSTM", "layers.LSTM", "layers.LSTM"),
    ("layers.CuDNNGRU", "layers.GRU", "layers.GRU"),
    ("layers.normalization", "layers", "layers"),
    ("layers.core", "layers", "layers"),
    ("layers.convolutional", "layers", "layers"),
    ("layers.pooling", "layers", "layers"),
    ("layers.recurrent", "layers", "layers"),
    ("layers.embeddings", "layers", "layers"),
    ("layers.noise", "layers", "layers"),
    ("layers.merge", "layers", "layers"),
    ("layers.local", "layers", "layers"),
    ("layers.wrappers", "layers", "layers"),
    ("layers.advanced_activations", "layers", "layers"),
    ("layers.preprocessing", "layers", "layers"),
    ("layers.experimental", "layers", "layers"),
    ("layers.experimental.preprocessing", "layers", "layers"),
    ("utils.np_utils", "utils", "utils"),
    ("utils.vis_utils", "utils", "utils"),
    ("utils.generic_utils", "utils", "utils"),
    ("utils.data_utils", "utils", "utils"),
    ("utils.multi_gpu_model", None, "=model"),
    ("callbacks.callbacks", "callbacks", "callbacks"),
    ("engine", "layers", ""),
    ("engine.topology", "layers", "layers"),
    ("engine.base_layer", "layers", "layers"),
    ("engine.input_layer", "layers", "layers"),
    ("engine.training", "Model", ""),
    ("engine.sequential", "Sequential", ""),
    ("wrappers", None),
    ("optimizers.legacy", "optimizers"),
    ("optimizers.experimental", "optimizers", "optimizers"),
    ("optimizers.adam", "optimizers.Adam", "optimizers.Adam"),
    ("optimizers.sgd", "optimizers.SGD", "optimizers.SGD"),
    ("optimizers.rmsprop", "optimizers.RMSprop", "optimizers.RMSprop"),
    ("optimizers.adagrad", "optimizers.Adagrad", "optimizers.Adagrad"),
    ("optimizers.adadelta", "optimizers.Adadelta", "optimizers.Adadelta"),
    ("optimizers.adamax", "optimizers.Adamax", "optimizers.Adamax"),
    ("optimizers.nadam", "optimizers.Nadam", "optimizers.Nadam"),
    ("optimizers.ftrl", "optimizers.Ftrl", "optimizers.Ftrl"),
    ("optimizers.adam_v2", "optimizers", "optimizers"),
    ("optimizers.gradient_descent_v2", "optimizers", "optimizers"),
    ("optimizers.rmsprop_v2", "optimizers", "optimizers"),
    ("optimizer_v2", "optimizers", "optimizers"),
    ("optimizer_v2.adam", "optimizers", "optimizers"),
    ("optimizer_v2.gradient_descent", "optimizers", "optimizers"),
    ("optimizer_v2.rmsprop", "optimizers", "optimizers"),
)  # fmt: skip

# Names that NumPy has no more (the list that NumPy itself publishes in `_expired_attrs_2_0`, and those gone before or after).
NUMPY = _table(
    ("int", "int", "builtins.int"), ("float", "float", "builtins.float"), ("complex", "complex", "builtins.complex"),
    ("object", "object", "builtins.object"), ("str", "str", "builtins.str"), ("unicode", "str", "builtins.str"),
    ("bool8", "np.bool_", "numpy.bool_"), ("int0", "np.intp", "numpy.intp"), ("uint0", "np.uintp", "numpy.uintp"),
    ("object0", "np.object_", "numpy.object_"), ("str0", "np.str_", "numpy.str_"), ("bytes0", "np.bytes_", "numpy.bytes_"),
    ("void0", "np.void", "numpy.void"),
    ("float_", "np.float64", "numpy.float64"), ("complex_", "np.complex128", "numpy.complex128"),
    ("cfloat", "np.complex128", "numpy.complex128"), ("singlecomplex", "np.complex64", "numpy.complex64"),
    ("longfloat", "np.longdouble", "numpy.longdouble"), ("longcomplex", "np.clongdouble", "numpy.clongdouble"),
    ("clongfloat", "np.clongdouble", "numpy.clongdouble"), ("string_", "np.bytes_", "numpy.bytes_"),
    ("unicode_", "np.str_", "numpy.str_"),
    ("Inf", "np.inf", "numpy.inf"), ("Infinity", "np.inf", "numpy.inf"), ("infty", "np.inf", "numpy.inf"),
    ("PINF", "np.inf", "numpy.inf"), ("NINF", "-np.inf", "=minus_infinity"), ("NaN", "np.nan", "numpy.nan"),
    ("NAN", "np.nan", "numpy.nan"), ("PZERO", "0.0", "=zero"), ("NZERO", "-0.0", "=minus_zero"),
    ("product", "np.prod", "numpy.prod"), ("cumproduct", "np.cumprod", "numpy.cumprod"),
    ("sometrue", "np.any", "numpy.any"), ("alltrue", "np.all", "numpy.all"), ("round_", "np.round", "numpy.round"),
    ("in1d", "np.isin", "=in1d"), ("trapz", "np.trapezoid", "numpy.trapezoid"), ("row_stack", "np.vstack", "numpy.vstack"),
    ("msort", "np.sort(a, axis=0)", "=msort"), ("asfarray", "np.asarray(a, dtype=float)", "=asfarray"),
    ("asscalar", "a.item()", "=asscalar"), ("rank", "np.ndim", "numpy.ndim"), ("alen", "len(a)", "builtins.len"),
    ("mat", "np.asmatrix", "numpy.asmatrix"), ("fastCopyAndTranspose", "a.T.copy()", "=fast_copy_and_transpose"),
    ("find_common_type", "np.result_type", "=find_common_type"), ("issubclass_", "issubclass", "builtins.issubclass"),
    ("issubsctype", "np.issubdtype", "numpy.issubdtype"), ("issctype", "issubclass(a, np.generic)", "=issctype"),
    ("obj2sctype", "np.dtype(a).type", "=obj2sctype"), ("sctype2char", "np.dtype(a).char", "=sctype2char"),
    ("maximum_sctype", "the largest type that you mean", None), ("sctypes", "the types themselves", "=sctypes"),
    ("typeDict", "np.sctypeDict", "numpy.sctypeDict"), ("cast", "np.asarray(a, dtype=...)", "=cast"),
    ("nbytes", "np.dtype(a).itemsize", "=nbytes"), ("byte_bounds", "np.lib.array_utils.byte_bounds", "numpy.lib.array_utils.byte_bounds"),
    ("compare_chararrays", "np.char.compare_chararrays", "numpy.char.compare_chararrays"),
    ("format_parser", "np.rec.format_parser", "numpy.rec.format_parser"),
    ("DataSource", "np.lib.npyio.DataSource", "numpy.lib.npyio.DataSource"),
    ("safe_eval", "ast.literal_eval", "ast.literal_eval"), ("math", "the module math", "math"),
    ("warnings", "the module warnings", "warnings"), ("source", "inspect.getsource", "inspect.getsource"),
    ("recfromtxt", "np.genfromtxt", "=recfromtxt"), ("recfromcsv", "np.genfromtxt", "=recfromcsv"),
    ("ndfromtxt", "np.genfromtxt", "numpy.genfromtxt"), ("disp", "print", "=show"), ("who", "print", "=nothing"),
    ("lookfor", "NumPy's documentation", "=nothing"), ("set_string_function", "np.set_printoptions", "=nothing"),
    ("add_newdoc", "np.lib.add_newdoc", "=nothing"), ("add_docstring", "np.lib.add_docstring", "=nothing"),
    ("add_newdoc_ufunc", None, "=nothing"), ("tracemalloc_domain", "np.lib.tracemalloc_domain", "numpy.lib.tracemalloc_domain"),
    ("deprecate", "warnings.deprecated", "=decorator"), ("deprecate_with_doc", "warnings.deprecated", "=decorator"),
    ("geterrobj", "np.geterr", None), ("seterrobj", "np.errstate", None), ("set_numeric_ops", None, None),
    ("get_array_wrap", None, None), ("MachAr", "np.finfo", None), ("Tester", "pytest", None), ("compat", None, None),
)  # fmt: skip

# Methods that NumPy's arrays have no more, with what to write today.
ARRAY_METHODS: Mapping[str, str] = MappingProxyType({
    "ptp": "np.ptp(a)", "itemset": "a[index] = value", "newbyteorder": "a.view(a.dtype.newbyteorder())", "tostring": "a.tobytes()",
})  # fmt: skip

# Whole packages under another name than today's; the longest that fits counts, and what follows it stays.
PACKAGES: Mapping[str, str] = MappingProxyType({
    "keras_core": "keras",
    "keras_nightly": "keras",
    "tf_keras": "tensorflow.keras",
    "keras_preprocessing": "tensorflow.keras.preprocessing",
    "keras_applications": "tensorflow.keras.applications",
    "tensorflow.contrib.keras": "tensorflow.keras",
    "tensorflow.contrib.keras.api.keras": "tensorflow.keras",
    "tensorflow.contrib.keras.python.keras": "tensorflow.keras",
    "tensorflow_core.keras": "tensorflow.keras",
    "tensorflow_core.python.keras": "tensorflow.keras",
    "tensorflow.python.keras.api.keras": "tensorflow.keras",
    "tensorflow.python.keras.api._v1.keras": "tensorflow.keras",
    "tensorflow.python.keras.api._v2.keras": "tensorflow.keras",
    "tensorflow._api.v1.keras": "tensorflow.keras",
    "tensorflow._api.v2.keras": "tensorflow.keras",
    "tensorflow.python.keras": "tensorflow.keras",
    "keras.api": "keras",
    "keras.api.keras": "keras",
    "keras.api._v1.keras": "keras",
    "keras.api._v2.keras": "keras",
    "keras._tf_keras.keras": "tensorflow.keras",
    "keras.python": "keras",
    "keras.src": "keras",
})  # fmt: skip

# Log keys as TF 1 named them.
KEYS: Mapping[str, str] = MappingProxyType({"acc": "accuracy", "val_acc": "val_accuracy"})

METHODS: Mapping[str, str] = MappingProxyType({
    "fit_generator": "fit(...)",
    "evaluate_generator": "evaluate(...)",
    "predict_generator": "predict(...)",
    "predict_classes": "predict(...).argmax(axis=-1)",
    "predict_proba": "predict(...)",
})  # fmt: skip

OPTIMIZERS = ("Adam", "SGD", "RMSprop", "Adagrad", "Adadelta", "Adamax", "Nadam", "Ftrl")

_CONVOLUTION = {"nb_filter": "filters", "border_mode": "padding", "subsample": "strides"}
# Arguments by the last part of the called name; without a new name, Keras has no such argument any more.
ARGUMENTS: Mapping[str, Mapping[str, str | None]] = MappingProxyType({
    "optimizer": {"lr": "learning_rate"},
    "fit": {"nb_epoch": "epochs", "nb_worker": None},
    "Dense": {"output_dim": "units", "init": "kernel_initializer"},
    "Conv2D": _CONVOLUTION,
    "Convolution2D": _CONVOLUTION,
    "MaxPooling2D": {"border_mode": "padding"},
    "Dropout": {"p": "rate"},
})  # fmt: skip

# Callbacks that take the name of a metric first.
MONITORS = frozenset({"EarlyStopping", "ReduceLROnPlateau"})

# Arguments of layers and inputs whose shape is a tuple.
SHAPES = frozenset({"input_shape", "shape", "batch_input_shape"})

# What is understood in a call and Keras 3 refuses: with the grader it works, anywhere else it raises an error.
LENIENCIES: Mapping[str, str] = MappingProxyType({
    "metrics": "Keras 3 takes metrics as a list: write `metrics=['accuracy']`",
    "metrics_third": "Keras 3 has `loss_weights` third in `compile`: write `metrics=[...]` with its name",
    "optimizer": "Keras 3 takes an optimizer, not its class: write `{0}()`, with brackets",
    "argument": "Keras 3 has no argument `{0}` here: leave it out",
    "epsilon": "Keras 3 computes with `epsilon=None` and fails: leave it out",
    "lists": "Keras 3 takes a list for several inputs: give `fit` arrays, made by `np.array(...)`",
    "batch_input_shape": "Keras 3 has no `batch_input_shape`: write `input_shape=...` without its first number",
    "ending": "Keras 3 saves under names that end in `{0}` only",
})  # fmt: skip

# Settings of the environment that choose another Keras, and why nothing comes of them.
SETTINGS: Mapping[str, str] = MappingProxyType({
    "TF_USE_LEGACY_KERAS": "files are graded with Keras 3, the same as `tf.keras`",
    "TF_KERAS": "files are graded with Keras 3, the same as `tf.keras`",
    "KERAS_BACKEND": "files are graded on the grader's own backend, which computes the same",
})  # fmt: skip


def find_longest(dotted: str, table: Mapping[str, object]) -> str | None:
    """The longest name of a table that a dotted name is or lies below.

    >>> find_longest("layers.core.Dense", KERAS)
    'layers.core'
    """
    parts = dotted.split(".")
    names = (".".join(parts[:count]) for count in range(len(parts), 0, -1))
    return next((name for name in names if name in table), None)


def find_package(module: str) -> str | None:
    """Where a module of an old package is today; None where the package's name is today's.

    >>> find_package("keras_preprocessing.image")
    'tensorflow.keras.preprocessing.image'
    """
    old = find_longest(module, PACKAGES)
    return None if old is None else PACKAGES[old] + module[len(old) :]
