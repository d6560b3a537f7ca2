"""TensorFlow's functions on Keras's symbolic tensors: what `keras.ops` has gives the same numbers, the rest a way out."""

import pytest

from grader.student.symbolic import OPERATIONS

pytestmark = pytest.mark.keras

# A call of each function, of a tensor of shape (5, 4, 6).
CALLS = {
    "reshape": "tf.reshape(x, [-1, 24])", "expand_dims": "tf.expand_dims(x, axis=-1)", "squeeze": "tf.squeeze(x[:, :1], axis=1)",
    "transpose": "tf.transpose(x, perm=[0, 2, 1])", "reverse": "tf.reverse(x, [2])", "concat": "tf.concat([x, x], axis=-1)",
    "stack": "tf.stack([x, 2 * x], axis=1)", "cast": "tf.cast(x, tf.int32)", "shape": "tf.reshape(x, (tf.shape(x)[0], 24))",
    "clip_by_value": "tf.clip_by_value(x, -0.5, 0.5)", "matmul": "tf.matmul(x, tf.transpose(x, [0, 2, 1]))", "pow": "tf.pow(x, 2.0)",
    "reduce_mean": "tf.reduce_mean(x, axis=[1, 2])", "reduce_sum": "tf.math.reduce_sum(x, 1, keepdims=True)",
    "reduce_max": "tf.reduce_max(x, axis=-1)", "reduce_min": "tf.reduce_min(x, axis=-1)",
    "add": "tf.add(x, 1.0)", "subtract": "tf.math.subtract(1.0, x)", "multiply": "tf.constant(3.0) * x", "divide": "tf.divide(x, 255.0)",
    "maximum": "tf.maximum(x, 0.1)", "minimum": "tf.minimum(0.1, x)",
    "abs": "tf.abs(x)", "negative": "tf.negative(x)", "square": "tf.square(x)", "sqrt": "tf.sqrt(x * x)", "exp": "tf.math.exp(x)",
    "math.log": "tf.math.log(x * x + 1.0)", "sigmoid": "tf.nn.sigmoid(x)", "tanh": "tf.tanh(x)",
    "nn.relu": "tf.nn.relu(x)", "nn.relu6": "tf.nn.relu6(9 * x)", "nn.elu": "tf.nn.elu(x)", "nn.selu": "tf.nn.selu(x)",
    "nn.silu": "tf.nn.silu(x)", "nn.softplus": "tf.nn.softplus(x)", "nn.softsign": "tf.nn.softsign(x)",
    "nn.softmax": "tf.nn.softmax(x)", "nn.log_softmax": "tf.nn.log_softmax(x, axis=1)", "nn.leaky_relu": "tf.nn.leaky_relu(x, alpha=0.3)",
    "nn.gelu": "tf.nn.gelu(x)",
}  # fmt: skip


@pytest.fixture
def tensors(symbolic):
    """TensorFlow with the dispatcher, and the remarks that it makes."""
    import keras
    import tensorflow as tf

    said = []
    symbolic(said.append, lambda: False)
    return tf, keras, said


def test_every_function_of_the_table_is_tried():
    """A new row needs a call here."""
    assert CALLS.keys() == OPERATIONS.keys()


@pytest.mark.parametrize("name", CALLS)
def test_keras_computes_what_tensorflow_computes(tensors, name):
    """The functional model of the call gives TensorFlow's numbers, and a remark names Keras's function."""
    import numpy as np

    tf, keras, said = tensors
    x = np.random.default_rng(3).normal(size=(5, 4, 6)).astype("float32")
    inputs = keras.Input((4, 6))
    model = keras.Model(inputs, eval(CALLS[name], {"tf": tf, "x": inputs}))

    expected = eval(CALLS[name], {"tf": tf, "x": tf.constant(x)})

    np.testing.assert_allclose(np.asarray(model(x)), np.asarray(expected), rtol=1e-5, atol=1e-6)
    assert any(f"keras.ops.{OPERATIONS[name][0]}`" in text for text in said) or name == "multiply"


@pytest.mark.parametrize(
    ("call", "better"),
    [("tf.image.resize(x, (2, 2))", "Resizing"), ("tf.nn.conv2d(x, x, 1, 'SAME')", "Conv2D"), ("tf.nn.l2_normalize(x)", "keras.ops"),
     ("tf.matmul(x, x, transpose_b=True)", "keras.ops")],
)  # fmt: skip
def test_other_functions_name_themselves_and_the_way_out(tensors, call, better):
    """An argument that Keras's function doesn't have makes it another function."""
    tf, keras, _ = tensors

    with pytest.raises(ValueError, match=call.partition("(")[0].replace(".", r"\.")) as caught:
        eval(call, {"tf": tf, "x": keras.Input((4, 6))})

    assert better in caught.value.__notes__[0]
    assert "expand_dims" in caught.value.__notes__[0]


def test_real_tensors_go_their_way(tensors):
    """An error on real tensors stays TensorFlow's own."""
    tf, _, said = tensors

    with pytest.raises(tf.errors.InvalidArgumentError):
        tf.reshape(tf.zeros((2, 3)), [4])

    assert said == []
