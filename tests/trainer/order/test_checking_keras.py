from __future__ import annotations

import copy
import json
from typing import Any

import pytest

keras = pytest.importorskip("keras")
tf = pytest.importorskip("tensorflow")

from keras import Input, layers  # noqa: E402
from keras_samples import MODELS, ordered  # noqa: E402

from grader.trainer.order import allowed_names as names  # noqa: E402
from grader.trainer.order.checking import OrderRefused, check_config, parse_model_json  # noqa: E402

pytestmark = pytest.mark.keras


def order(model: Any, **compile_arguments: Any) -> dict[str, Any]:
    """The checked architecture of an order."""
    text, compile_config = ordered(model, **compile_arguments)
    architecture = parse_model_json(text)
    check_config(architecture, compile_config)
    return architecture


def one(**arguments: Any) -> Any:
    return keras.Sequential([Input((4,)), layers.Dense(3, **arguments)])


@pytest.mark.parametrize("name", MODELS)
def test_students_models(name: str) -> None:
    """What students declare passes, and so does the whole of it once more when it was brought back."""
    model = MODELS[name]()
    architecture = order(model)

    order(keras.saving.deserialize_keras_object(copy.deepcopy(architecture)))


ACTIVATIONS = {
    "relu": tf.nn.relu, "softmax": tf.nn.softmax, "sigmoid": tf.sigmoid, "tanh": tf.nn.tanh, "silu": tf.nn.swish,
    "log_softmax": tf.nn.log_softmax, "linear": tf.identity, "gelu": keras.activations.gelu, "elu": "elu",
}  # fmt: skip


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations(name: str) -> None:
    """TensorFlow's activation functions become Keras's of the same name."""
    architecture = order(one(activation=ACTIVATIONS[name]))

    assert name == architecture["config"]["layers"][1]["config"]["activation"]


def test_tensorflow_initializers() -> None:
    """TensorFlow's initializers become Keras's."""
    architecture = order(one(kernel_initializer=tf.random_normal_initializer(0.0, 0.1)))
    initializer = architecture["config"]["layers"][1]["config"]["kernel_initializer"]

    assert (initializer["module"], initializer["class_name"]) == ("keras.initializers", "RandomNormal")
    keras.saving.deserialize_keras_object(architecture)


COMPILES: dict[str, dict[str, Any]] = {
    "schedule": {"optimizer": keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.1, 100), momentum=0.9)},
    "objects": {"loss": keras.losses.SparseCategoricalCrossentropy(from_logits=True), "metrics": [keras.metrics.AUC()]},
    "functions": {"loss": keras.losses.mean_squared_error, "metrics": [keras.metrics.categorical_accuracy]},
    "per output": {"loss": {"dense": "mse"}, "loss_weights": {"dense": 0.5}, "metrics": {"dense": ["mae"]}},
    "clipping": {"optimizer": keras.optimizers.AdamW(global_clipnorm=1.0, use_ema=True)},
}


@pytest.mark.parametrize("name", COMPILES)
def test_compile_settings(name: str) -> None:
    """What students pass to compile() passes."""
    order(keras.Sequential([Input((4,)), layers.Dense(3, name="dense")]), **COMPILES[name])


class Mine(layers.Dense):
    """A student's own layer."""


def my_loss(y_true: Any, y_pred: Any) -> Any:
    return y_true - y_pred


REFUSED = {
    "lambda": (
        lambda: keras.Sequential([Input((4,)), layers.Lambda(lambda x: x)]),
        {},
        "(Lambda) contains code",
    ),
    "own layer": (lambda: keras.Sequential([Input((4,)), Mine(3)]), {}, "(Mine) is not one of Keras's built-in layers"),
    "own activation": (lambda: one(activation=my_loss), {}, 'is the function "my_loss", not one of Keras\'s'),
    "lambda activation": (lambda: one(activation=lambda x: x), {}, "is a lambda"),
    "own loss": (one, {"loss": my_loss}, 'the loss is the function "my_loss"'),
    "lambda loss": (one, {"loss": lambda a, b: a - b}, "the loss is a lambda"),
    "own metric": (one, {"metrics": [my_loss]}, 'the metric is the function "my_loss"'),
    "weights": (
        lambda: one(kernel_initializer=keras.initializers.Constant([[1.0] * 3] * 4)),
        {},
        "is a Constant of more than one number; training starts from fresh weights",
    ),
}


@pytest.mark.filterwarnings("ignore:The object being serialized includes a `lambda`")
@pytest.mark.parametrize("name", REFUSED)
def test_own_objects(name: str) -> None:
    """What a submission brings of its own is refused, as Keras writes it down."""
    make, compile_arguments, message = REFUSED[name]

    with pytest.raises(OrderRefused) as caught:
        order(make(), **compile_arguments)

    assert message in str(caught.value)


HOMES = (
    (names.LAYERS, keras.layers), (names.INITIALIZERS, keras.initializers), (names.REGULARIZERS, keras.regularizers),
    (names.CONSTRAINTS, keras.constraints), (names.LOSSES, keras.losses), (names.METRICS, keras.metrics),
    (names.OPTIMIZERS, keras.optimizers), (names.SCHEDULES, keras.optimizers.schedules),
    (names.ACTIVATION_FUNCTIONS, keras.activations), (names.LOSS_FUNCTIONS, keras.losses),
)  # fmt: skip


def test_every_name_exists() -> None:
    """Every name on the list is an object of this Keras."""
    assert [name for allowed, home in HOMES for name in sorted(allowed) if not hasattr(home, name)] == []


def test_json_is_what_keras_writes() -> None:
    """`parse` changes nothing but the parts that it drops."""
    text = MODELS["functional"]().to_json()

    def without(node: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in node.items() if key not in ("build_config", "compile_config")}

    assert json.loads(text, object_hook=without) == parse_model_json(text)
