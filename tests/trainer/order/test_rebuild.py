from __future__ import annotations

import json
import resource
import time
from collections.abc import Callable
from typing import Any

import pytest

keras = pytest.importorskip("keras")

import numpy as np  # noqa: E402
from keras import Input, layers  # noqa: E402
from keras_samples import MODELS, ordered, shape  # noqa: E402

from grader.records.run import Architecture  # noqa: E402
from grader.trainer.order.checking import OrderRefused  # noqa: E402
from grader.trainer.order.model_size import PASSES_PER_STEP  # noqa: E402
from grader.trainer.order.rebuild import KerasRejected, build_model, inspect_order  # noqa: E402

pytestmark = pytest.mark.keras
GB4 = 4_000_000_000


def look(model: Any, *, x: tuple[int, ...] = (60000, 28, 28), memory: int = GB4, **arguments: Any) -> Architecture:
    known = {key: arguments.pop(key) for key in ("batch_size", "label_shape", "weighted") if key in arguments}
    return inspect_order(*ordered(model, **arguments), [x], memory, **known)


def kinds(architecture: Architecture) -> list[str]:
    return [layer.kind for layer in architecture.layers]


def working(architecture: Architecture) -> list[str]:
    return [layer.kind for layer in architecture.layers if not layer.idle]


KINDS = {
    "dense": ["Flatten", "Dense", "Dense"],
    "unbuilt": ["Flatten", "Dense", "Dense"],
    "convolution": ["Conv2D", "MaxPooling2D", "Flatten", "Dropout", "Dense"],
    "functional": [
        "TrueDivide", "Reshape", "Conv2D", "BatchNormalization", "ReLU", "Conv2D", "Add", "Multiply", "Subtract", "Mean",
        "Dense",
    ],
    "nested": ["Conv2D", "MaxPooling2D", "Flatten", "Dense"],
    "shared": ["Flatten", "Dense", "Concatenate", "Dense"],
    "recurrent": ["Masking", "LSTM", "Dense", "RNN", "Dense"],
    "attention": ["MultiHeadAttention", "LayerNormalization", "GetItem", "NotEqual", "Masking", "Any", "LSTM", "Dense"],
    "augmented": [
        "RandomFlip", "RandomRotation", "RandomZoom", "Rescaling", "Normalization", "Conv2D", "GlobalAveragePooling2D",
        "Dense",
    ],
    "two_outputs": ["Flatten", "Dense"],
}  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
def test_layers(name: str) -> None:
    """Nested models are flattened, wrappers looked through, shared layers and layers without influence counted right."""
    found = look(MODELS[name](), x=shape(name))

    assert sorted(KINDS[name]) == sorted(kinds(found)) == sorted(working(found))
    assert found.layers[-1].output_shape == [None, 10]


@pytest.mark.filterwarnings("ignore:Gradients do not exist")
@pytest.mark.parametrize("name", sorted(MODELS.keys() - {"recurrent"}))
def test_trains_like_the_original(name: str) -> None:
    """Under one seed, a rebuilt model has the history of the student's own model, digit for digit."""
    rng = np.random.default_rng(0)
    x, y = rng.random((64, *shape(name)[1:]), np.float32), rng.integers(0, 10, 64)
    order = ordered(MODELS[name]())

    histories = []
    for make in (lambda: original(MODELS[name]), lambda: build_model(*order)):
        keras.utils.set_random_seed(7)
        histories.append(make().fit(x, y, epochs=2, verbose=0).history)

    assert histories[0] == histories[1]


def test_trains_like_keras_brings_it_back() -> None:
    """Bidirectional draws other seeds when it is brought back; then Keras's own way back is the measure."""
    rng = np.random.default_rng(0)
    x, y = rng.random((64, 28, 28), np.float32), rng.integers(0, 10, 64)
    architecture, compile_config = ordered(MODELS["recurrent"]())
    bare = {key: value for key, value in json.loads(architecture).items() if key != "compile_config"}

    keras.utils.set_random_seed(7)
    model = keras.models.model_from_json(json.dumps(bare))
    model.compile_from_config(json.loads(json.dumps(compile_config)))
    plain = model.fit(x, y, verbose=0).history
    keras.utils.set_random_seed(7)

    assert plain == build_model(architecture, compile_config).fit(x, y, verbose=0).history


def original(make: Any) -> Any:
    model = make()
    ordered(model)
    return model


def test_summary() -> None:
    """The table says of each layer what an exercise may ask for."""
    found = look(MODELS["convolution"](), x=(60000, 28, 28, 1))
    first = found.layers[0]

    assert (
        first.kind, first.name.rstrip("_0123456789"), first.output_shape, first.parameters
    ) == ("Conv2D", "conv2d", [None, 26, 26, 32], 320)  # fmt: skip
    assert {
        "filters": 32,
        "kernel_size": [3, 3],
        "padding": "valid",
        "activation": "relu",
    }.items() <= first.config.items()
    assert found.parameters == 54410
    assert found.compile == {
        "optimizer": "Adam", "learning_rate": 0.001, "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]
    }  # fmt: skip


def test_wrapped_layers() -> None:
    """A wrapped layer says by what it is wrapped."""
    found = look(MODELS["recurrent"]())

    assert [item.config["wrapper"] for item in found.layers[1:3]] == ["Bidirectional", "TimeDistributed"]


def test_a_wrapper_in_a_wrapper() -> None:
    """What is wrapped twice is what it is."""
    twice = layers.TimeDistributed(layers.TimeDistributed(layers.Conv2D(2, 3)))
    found = look(
        keras.Sequential([Input((1, 1, 28, 28, 1)), twice, layers.Flatten(), layers.Dense(10)]), x=(8, 1, 1, 28, 28, 1)
    )

    assert [item.kind for item in found.layers] == ["Conv2D", "Flatten", "Dense"]


def frozen(initializer: Any) -> Any:
    return layers.Dense(3, kernel_initializer=initializer, trainable=False)


CUTS: dict[str, Callable[[Any], Any]] = {
    "rescaled to zero": layers.Rescaling(0.0),
    "dropped": layers.Dropout(1.0),
    "times zero": lambda x: x * 0,
    "times an array of zeros": lambda x: x * np.zeros(3, "float32"),
    "frozen at zero": lambda x: frozen("zeros")(x),
    "frozen at a constant zero": lambda x: frozen(keras.initializers.Constant(0.0))(x),
    "drawn from nothing": lambda x: frozen(keras.initializers.RandomNormal(0, 0))(x),
    "clipped": lambda x: keras.ops.clip(x, 0.0, 0.0),
    "cut off": layers.ReLU(max_value=0.0),
    "above nothing": layers.ReLU(threshold=1e9),
    "less itself": lambda x: x - x,
    "less itself by a layer": lambda x: layers.Subtract()([x, x]),
    "divided by itself": lambda x: x / x,
    "a hair": lambda x: x / 1e9,
    "to the power of zero": lambda x: keras.ops.power(x, 0),
    "below all": lambda x: keras.ops.minimum(x, -1e9),
    "above all": lambda x: keras.ops.maximum(x, 1e9),
    "none": lambda x: x,
}


@pytest.mark.parametrize("cut", CUTS)
def test_layers_without_influence(cut: str) -> None:
    """A layer whose output is thrown away is there, and idle."""
    inputs = Input((28, 28, 1))
    pooled = layers.GlobalAveragePooling2D()(layers.Conv2D(3, 3)(inputs))
    joined = layers.concatenate([layers.Flatten()(inputs), CUTS[cut](pooled)])
    found = look(keras.Model(inputs, layers.Dense(10)(joined)), x=(60000, 28, 28, 1))

    assert "Conv2D" in kinds(found)
    assert (cut == "none") == ("Conv2D" in working(found))


def test_silenced_sequence() -> None:
    """In a Sequential too, a layer that puts out nothing is idle, and so is what stands before it."""
    model = keras.Sequential(
        [Input((28, 28)), layers.Flatten(), layers.Dense(5), layers.Rescaling(0), layers.Dense(10)]
    )

    assert working(look(model)) == ["Dense"]
    assert kinds(look(model)) == ["Flatten", "Dense", "Rescaling", "Dense"]


def changed(model: Any, **changes: Any) -> tuple[str, dict[str, Any]]:
    """An order with values put into every layer that has them."""
    text, compile_config = ordered(model)
    architecture = json.loads(text)
    for item in architecture["config"]["layers"]:
        item["config"] |= {key: value for key, value in changes.items() if key in item["config"]}
    return json.dumps(architecture), compile_config


def normalized() -> Any:
    return keras.Sequential(
        [Input((28, 28, 1)), layers.Conv2D(3, 3), layers.Normalization(mean=0.1, variance=1.0), layers.Flatten(),
         layers.Dense(10)]
    )  # fmt: skip


HUGE = 2_000_000_000
TOO_LARGE = {
    "dense": (lambda: changed(MODELS["dense"](), units=HUGE), r"the model has 4,000,001,572,000,000,000 weights \("),
    "convolution": (lambda: changed(MODELS["convolution"](), filters=HUGE), "weights"),
    "normalization": (lambda: changed(normalized(), filters=HUGE), "weights"),
    "recurrent": (
        lambda: changed(keras.Sequential([Input((28, 28)), layers.LSTM(3), layers.Dense(10)]), units=HUGE),
        "w",
    ),
    "outputs": (
        lambda: changed(
            keras.Sequential(
                [Input((28, 28, 1)), layers.UpSampling2D(3), layers.GlobalMaxPooling2D(), layers.Dense(10)]
            ),
            size=[30000, 30000],
        ),
        r'one batch of 32 examples takes about 180,633.6 GB on its way through the layers \(most of it in "up_samp',
    ),
}


@pytest.mark.parametrize("name", TOO_LARGE)
def test_too_large(name: str) -> None:
    """A model that doesn't fit is refused with numbers, at once, and without allocating it."""
    make, message = TOO_LARGE[name]
    order = make()
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()

    with pytest.raises(OrderRefused, match=message):
        inspect_order(*order, [(60000, 28, 28)], GB4)

    assert time.process_time() - start < 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


def test_nothing_is_left_to_allocate() -> None:
    """After a refused model the next one is built as if nothing had been."""
    with pytest.raises(OrderRefused):
        inspect_order(*changed(MODELS["dense"](), units=HUGE), [(60000, 28, 28)], GB4)

    with keras.StatelessScope():
        pass
    assert build_model(*ordered(MODELS["dense"]())).count_params() == 407050


def test_refusal_says_how_to_mend_it() -> None:
    """The message of a model that is too large names the largest layer and the way out."""
    with pytest.raises(OrderRefused) as caught:
        look(MODELS["dense"](), memory=5_000_000)

    assert "alone 401,920); training them takes about 6.5 MB, and 5.0 MB are allowed" in caught.value.what
    assert caught.value.instead.startswith("use fewer units or filters, or shrink the images with MaxPooling2D")


def test_a_step_of_minutes_is_refused() -> None:
    """What can't be stopped or told from a hang for so long isn't begun; one multiplication fewer is."""
    order = (*ordered(MODELS["dense"]()), [(60000, 28, 28)], 4_000_000_000)
    products = PASSES_PER_STEP * inspect_order(*order, batch_size=2000).products * 2000

    with pytest.raises(
        OrderRefused, match="one step of this training takes about 2 billion multiplications, .* a smaller batch"
    ):
        inspect_order(*order, batch_size=2000, most_products=products - 1)
    inspect_order(*order, batch_size=2000, most_products=products)


def test_batch_size_counts() -> None:
    """The memory of one batch depends on how many examples are in it."""
    look(MODELS["convolution"](), x=(60000, 28, 28, 1), memory=100_000_000)

    with pytest.raises(OrderRefused, match="one batch of 6,000 examples takes about 1.8 GB .* 100.0 MB are allowed"):
        look(MODELS["convolution"](), x=(60000, 28, 28, 1), memory=100_000_000, batch_size=6000)


def sparse(name: str | None = None) -> Any:
    return keras.metrics.SparseCategoricalAccuracy(name=name) if name else keras.metrics.SparseCategoricalAccuracy()


def categorical(name: str) -> Any:
    return keras.metrics.CategoricalAccuracy(name=name)


def top(name: str) -> Any:
    return keras.metrics.SparseTopKCategoricalAccuracy(2, name=name)


COLUMN, HOT = (60000, 1), (60000, 10)
METRICS: dict[str, tuple[list[Any], tuple[int, ...] | None, str | None]] = {
    "text": (["accuracy"], COLUMN, "accuracy"),
    "short text": (["mse", "acc"], (60000,), "acc"),
    "object": ([sparse()], (60000,), "sparse_categorical_accuracy"),
    "object of that name": ([sparse("accuracy")], COLUMN, "accuracy"),
    "object of another name": ([sparse("hits")], None, "hits"),
    "long text": (["sparse_categorical_accuracy"], (60000,), "sparse_categorical_accuracy"),
    "function": ([keras.metrics.sparse_categorical_accuracy], None, "sparse_categorical_accuracy"),
    "one-hot": ([categorical("hits")], HOT, "hits"),
    "one-hot metric on numbers": ([categorical("accuracy")], COLUMN, None),
    "number metric on one-hot": ([sparse("accuracy")], HOT, None),
    "false name": ([keras.metrics.TopKCategoricalAccuracy(9, name="accuracy")], HOT, None),
    "binary": ([keras.metrics.BinaryAccuracy(name="accuracy")], HOT, None),
    "equality": ([keras.metrics.Accuracy(name="accuracy")], (60000,), None),
    "false name first": ([keras.metrics.MeanSquaredError(name="accuracy"), "accuracy"], (60000,), "accuracy_1"),
    "none": ([], None, None),
    "key taken by the next": ([top("accuracy"), "accuracy", top("accuracy_1")], (60000,), None),
    "key of its validation taken": (["accuracy", top("val_accuracy")], (60000,), None),
    "key of the loss": ([sparse("loss")], (60000,), None),
    "sums that stop growing": ([keras.metrics.SparseCategoricalAccuracy("accuracy", dtype="bfloat16")], (60000,), None),
    "labels of three axes": (["accuracy"], (60000, 40, 1), None),
    "one-hot labels of three axes": (["accuracy"], (60000, 1, 10), None),
    "sums that hold": ([keras.metrics.SparseCategoricalAccuracy("accuracy", dtype="float64")], (60000,), "accuracy"),
}


@pytest.mark.parametrize("name", METRICS)
def test_accuracy_key(name: str) -> None:
    """The accuracy's key is told by what the metric is, not by what it is called."""
    metrics, labels, key = METRICS[name]

    assert key == look(MODELS["dense"](), metrics=metrics, label_shape=labels).accuracy_key


def test_scores_that_are_true_or_false_have_no_accuracy() -> None:
    """Keras turns the labels into the scores' type, and all classes but one become the same."""
    inputs = Input((28, 28))
    scores = keras.ops.cast(layers.Dense(10)(layers.Flatten()(inputs)), "bool")

    assert look(keras.Model(inputs, scores)).accuracy_key is None


def masked(*, nested: bool, at_end: bool) -> Any:
    """A model with a mask for its images' rows, or one for its scores."""
    rows = [layers.Masking(), layers.LSTM(4), layers.Dense(10)]
    scores = [layers.Flatten(), layers.Dense(10), layers.Masking(), layers.Softmax()]
    body = scores if at_end else rows
    return keras.Sequential([Input((28, 28)), keras.Sequential(body)] if nested else [Input((28, 28)), *body])


def test_scores_with_a_mask_have_no_accuracy() -> None:
    """Keras's metrics leave out the examples that it hides; a mask that ends within the model hides none."""
    found = [look(masked(nested=nested, at_end=at_end)).accuracy_key for nested, at_end in
             ((False, False), (False, True), (True, True))]  # fmt: skip

    assert found == ["accuracy", None, None]


def test_a_weighted_metric_takes_a_key() -> None:
    """A weighted metric whose key is that of the accuracy hides it, so there is none."""
    found = look(MODELS["dense"](), metrics=[top("accuracy"), "accuracy"], weighted_metrics=[top("accuracy_1")])

    assert found.accuracy_key is None


WEIGHTED = {
    "alone": ({"weighted_metrics": ["accuracy"]}, "accuracy"),
    "beside the plain one": ({"metrics": ["accuracy"], "weighted_metrics": ["accuracy"]}, "accuracy"),
    "beside another of its name": (
        {"metrics": [top("accuracy")], "weighted_metrics": ["accuracy"]},
        "weighted_accuracy",
    ),
    "false name": ({"weighted_metrics": [top("accuracy")]}, None),
    "numbered": (
        {"metrics": [top("weighted_accuracy"), top("accuracy")], "weighted_metrics": ["accuracy"]},
        "weighted_accuracy_1",
    ),
}


@pytest.mark.parametrize("name", WEIGHTED)
def test_a_weighted_metric_is_the_accuracy_where_nothing_is_weighted(name: str) -> None:
    """Under the key that Keras really gives it; with weights it counts something else."""
    metrics, key = WEIGHTED[name]
    arguments = {"metrics": None, **metrics}

    assert look(MODELS["dense"](), **arguments, weighted=False).accuracy_key == key
    plain = key if metrics.get("metrics") == ["accuracy"] else None
    assert look(MODELS["dense"](), **arguments).accuracy_key == plain
    if key is not None:
        model = MODELS["dense"]()
        model.compile("sgd", "sparse_categorical_crossentropy", **metrics)
        assert key in model.fit(np.zeros((8, 28, 28)), np.zeros(8), verbose=0).history


def test_one_number_has_no_accuracy() -> None:
    """A model with one output unit has no classes to be right about."""
    model = keras.Sequential([Input((28, 28)), layers.Flatten(), layers.Dense(1)])

    assert look(model, loss="mse").accuracy_key is None


LOGGED: dict[str, dict[str, Any]] = {
    "text": {"metrics": ["accuracy", "sparse_top_k_categorical_accuracy"]},
    "same name": {"metrics": ["acc", top("acc")]},
    "weighted": {"metrics": ["accuracy"], "weighted_metrics": ["accuracy", top("top")]},
    "objects": {"metrics": [sparse(), keras.metrics.sparse_categorical_accuracy]},
    "nested": {"metrics": [["accuracy"]]},
    "named": {"metrics": {"outputs": ["accuracy", top("top")]}},
    "none": {"metrics": None},
}


@pytest.mark.parametrize("name", LOGGED)
def test_log_keys(name: str) -> None:
    """The keys are those that Keras logs."""
    model = keras.Sequential([Input((4,)), layers.Dense(10, name="outputs")])
    found = look(model, x=(8, 4), **LOGGED[name])
    history = model.fit(np.zeros((8, 4)), np.zeros(8), verbose=0).history

    assert sorted(history) == sorted(found.log_keys)


def test_log_keys_of_two_outputs() -> None:
    """With several outputs, each has keys of its own, and no accuracy is told."""
    inputs = Input((4,))
    model = keras.Model(inputs, [layers.Dense(10, name="a")(inputs), layers.Dense(10, name="b")(inputs)])
    found = look(model, x=(8, 4), loss=["mse", "mae"], metrics=[["accuracy"], ["mse", "mae"]])
    history = model.fit(np.zeros((8, 4)), [np.zeros((8, 10))] * 2, verbose=0).history

    assert sorted(history) == sorted(found.log_keys)
    assert found.accuracy_key is None


def test_settings() -> None:
    """Schedules, objects and functions in compile settings are named by their class."""
    rate = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    losses = {"optimizer": keras.optimizers.SGD(rate), "loss": keras.losses.SparseCategoricalCrossentropy()}
    found = look(MODELS["dense"](), **losses, metrics=[sparse(), keras.metrics.sparse_categorical_accuracy])

    assert found.compile == {
        "optimizer": "SGD",
        "learning_rate": "ExponentialDecay",
        "loss": "SparseCategoricalCrossentropy",
        "metrics": ["SparseCategoricalAccuracy", "sparse_categorical_accuracy"],
    }


REJECTED = {
    "wrong shape": (
        lambda: changed(MODELS["convolution"](), kernel_size=[40, 40]),
        "Computed output size would be zero or negative",
    ),
    "no units": (
        lambda: changed(MODELS["dense"](), units=0),
        "Received an invalid value for `units`, expected a positive",
    ),
    "unknown value": (lambda: changed(MODELS["convolution"](), padding="big"), "padding"),
    "not compiled": (
        lambda: (MODELS["dense"]().to_json(), {}),
        r"You must call `compile\(\)` before calling `fit\(\)`.",
    ),
    "unknown optimizer": (
        lambda: (MODELS["dense"]().to_json(), {"optimizer": "none_such", "loss": "mse"}),
        "Could not interpret optimizer identifier: none_such",
    ),
    "same names": (lambda: changed(MODELS["dense"](), name="x"), "should have unique names"),
    "loop": (lambda: _loop(), "either has loops or disconnected nodes"),
}


def _loop() -> tuple[str, dict[str, Any]]:
    text, compile_config = ordered(MODELS["shared"]())
    architecture = json.loads(text)
    flatten, layer = architecture["config"]["layers"][1:3]
    flatten["inbound_nodes"] = layer["inbound_nodes"][-1:]
    return json.dumps(architecture), compile_config


@pytest.mark.parametrize("name", REJECTED)
def test_rejected(name: str) -> None:
    """What Keras itself can't build or compile comes back in Keras's words."""
    make, message = REJECTED[name]

    with pytest.raises(KerasRejected, match=message):
        inspect_order(*make(), [(60000, 28, 28)], GB4)


def test_build_rejects_too() -> None:
    """The same holds when the model is built for training."""
    with pytest.raises(KerasRejected, match="Received an invalid value for `units`"):
        build_model(*changed(MODELS["dense"](), units=0))


def test_build_checks_too() -> None:
    """Nothing is built unchecked, whichever way it comes."""
    with pytest.raises(OrderRefused, match="contains code"):
        build_model(*ordered(keras.Sequential([Input((4,)), layers.Lambda(lambda x: x)])))


def test_two_inputs_need_an_input() -> None:
    """A model without an Input can't be built from two arrays."""
    text, compile_config = ordered(MODELS["unbuilt"]())

    with pytest.raises(KerasRejected, match="but the layer isn't built"):
        inspect_order(text, compile_config, [(8, 4), (8, 4)], GB4)


def test_never_eagerly() -> None:
    """However it was compiled, a model is trained as a graph."""
    assert not build_model(*ordered(MODELS["dense"](), run_eagerly=True)).run_eagerly
