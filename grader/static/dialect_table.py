"""TF 1 names and what to write in TF 2, as data; `None` means that nothing takes their place."""

from __future__ import annotations

# Log keys as TF 1 named them.
KEYS = {"acc": "accuracy", "val_acc": "val_accuracy"}

# Dotted names below `tensorflow`, with what to write under `tf`; a name also stands for all below it.
TENSORFLOW = {
    "train.AdamOptimizer": "keras.optimizers.Adam",
    "train.GradientDescentOptimizer": "keras.optimizers.SGD",
    "train.RMSPropOptimizer": "keras.optimizers.RMSprop",
    "train.AdagradOptimizer": "keras.optimizers.Adagrad",
    "train.AdadeltaOptimizer": "keras.optimizers.Adadelta",
    "train.MomentumOptimizer": "keras.optimizers.SGD(momentum=...)",
    "train.FtrlOptimizer": "keras.optimizers.Ftrl",
    "train.exponential_decay": "keras.optimizers.schedules.ExponentialDecay",
    "train.Saver": "train.Checkpoint",
    "ConfigProto": None,
    "GPUOptions": None,
    "OptimizerOptions": None,
    "Session": None,
    "InteractiveSession": None,
    "placeholder": "keras.Input",
    "global_variables_initializer": None,
    "local_variables_initializer": None,
    "initialize_all_variables": None,
    "global_variables": "Module.variables",
    "trainable_variables": "Module.trainable_variables",
    "variable_scope": None,
    "get_variable": "Variable",
    "reset_default_graph": "keras.backend.clear_session",
    "get_default_graph": None,
    "enable_eager_execution": None,
    "disable_eager_execution": None,
    "enable_v2_behavior": None,
    "disable_v2_behavior": None,
    "set_random_seed": "random.set_seed",
    "random.set_random_seed": "random.set_seed",
    "random_normal": "random.normal",
    "random_uniform": "random.uniform",
    "truncated_normal": "random.truncated_normal",
    "logging": "get_logger()",
    "log": "math.log",
    "to_float": "cast",
    "to_int32": "cast",
    "arg_max": "argmax",
    "assign": "Variable.assign",
    "py_func": "numpy_function",
    "Print": "print",
    "contrib": "keras",
    "app": None,
    "flags": None,
    "gfile": "io.gfile",
    "layers": "keras.layers",
    "losses.sparse_softmax_cross_entropy": "keras.losses.SparseCategoricalCrossentropy",
    "losses.softmax_cross_entropy": "keras.losses.CategoricalCrossentropy",
    "losses.sigmoid_cross_entropy": "keras.losses.BinaryCrossentropy",
    "losses.mean_squared_error": "keras.losses.MeanSquaredError",
    "losses.absolute_difference": "keras.losses.MeanAbsoluteError",
    "losses.log_loss": "keras.losses.BinaryCrossentropy",
    "nn.softmax_cross_entropy_with_logits_v2": "nn.softmax_cross_entropy_with_logits",
    "nn.rnn_cell": "keras.layers",
    "nn.dynamic_rnn": "keras.layers.RNN",
    "nn.static_rnn": "keras.layers.RNN",
    "nn.xw_plus_b": None,
    "estimator": "keras",
    "image.resize_images": "image.resize",
    "summary.FileWriter": "summary.create_file_writer",
}

# Dotted names below Keras, however it was imported.
KERAS = {
    "backend.set_session": None,
    "backend.get_session": None,
    "backend.tensorflow_backend": None,
    "backend.set_image_dim_ordering": "backend.set_image_data_format",
    "layers.CuDNNLSTM": "layers.LSTM",
    "layers.CuDNNGRU": "layers.GRU",
    "layers.normalization": "layers",
    "layers.core": "layers",
    "layers.convolutional": "layers",
    "layers.pooling": "layers",
    "layers.recurrent": "layers",
    "layers.embeddings": "layers",
    "layers.noise": "layers",
    "layers.merge": "layers",
    "layers.wrappers": "layers",
    "layers.advanced_activations": "layers",
    "utils.np_utils": "utils",
    "utils.vis_utils": "utils",
    "utils.multi_gpu_model": None,
    "callbacks.callbacks": "callbacks",
    "engine": "layers",
    "wrappers": None,
    "optimizers.legacy": "optimizers",
    "optimizers.adam": "optimizers.Adam",
    "optimizers.sgd": "optimizers.SGD",
    "optimizers.rmsprop": "optimizers.RMSprop",
    "optimizers.adagrad": "optimizers.Adagrad",
    "optimizers.adam_v2": "optimizers",
    "backend.set_learning_phase": None,
}

METHODS = {
    "fit_generator": "fit(...)",
    "evaluate_generator": "evaluate(...)",
    "predict_generator": "predict(...)",
    "predict_classes": "predict(...).argmax(axis=-1)",
    "predict_proba": "predict(...)",
}

OPTIMIZERS = frozenset({"Adam", "SGD", "RMSprop", "Adagrad", "Adadelta", "Adamax", "Nadam", "Ftrl"})

# Arguments by the last part of the called name; None: Keras 3 has nothing in their place.
ARGUMENTS: dict[str, dict[str, str | None]] = {
    "optimizer": {"lr": "learning_rate"},
    "fit": {"nb_epoch": "epochs", "nb_worker": None},
    "Dense": {"output_dim": "units", "init": "kernel_initializer"},
    "Conv2D": {"nb_filter": "filters", "border_mode": "padding", "subsample": "strides"},
    "Convolution2D": {"nb_filter": "filters", "border_mode": "padding", "subsample": "strides"},
    "MaxPooling2D": {"border_mode": "padding"},
    "Dropout": {"p": "rate"},
}

# Callbacks that take the name of a metric first.
MONITORS = frozenset({"EarlyStopping", "ReduceLROnPlateau"})

# Layers and inputs whose shape is a tuple.
SHAPES = {"input_shape", "shape", "batch_input_shape"}
