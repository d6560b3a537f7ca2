"""Models of the student's own classes become functional models of the same layers, or are refused where they can't."""

import json
import linecache
import types

import pytest

pytestmark = [pytest.mark.keras, pytest.mark.filterwarnings("ignore::UserWarning")]

START = """
class M(keras.Model):
    def __init__(self):
        super().__init__()
        self.flat, self.hidden, self.out = L.Flatten(), L.Dense(8), L.Dense(10)
        self.drop, self.norm, self.calls = L.Dropout(0.5), L.BatchNormalization(), 0
        self.conv, self.shift = L.Conv2D(2, 3), L.RandomFlip("horizontal")
"""
BLOCK = """
class Block(L.Layer):
    def __init__(self, units):
        super().__init__()
        self.inner, self.drop = L.Dense(units, name="inner"), L.Dropout(0.5)

    def call(self, x, training=None):
        return tf.nn.relu(self.drop(self.inner(x), training=training))
"""
# What follows the classes above, and the kinds of layers that come out.
TRACED = {
    "layers only": ("    def call(self, x): return self.out(self.flat(x))", "Flatten Dense"),
    "keras.ops": ("    def call(self, x): return ops.softmax(self.out(ops.reshape(x, (-1, 784))))", "Reshape Dense Softmax"),
    "the size of the batch": (
        "    def call(self, x): return self.out(tf.reshape(x, [tf.shape(x)[0], -1]))", "Reshape Dense"),
    "a tf.function": ("    @tf.function\n    def call(self, x): return self.out(self.flat(x / 255.0))", "TrueDivide Flatten Dense"),
    "a helper in a tf.function": (
        "    @tf.function\n    def rest(self, x): return tf.nn.relu(self.out(x))\n    def call(self, x): return self.rest(self.flat(x))",
        "Flatten Dense Relu"),
    "dropout handed on": (
        "    def call(self, x, training=False): return self.out(self.drop(self.flat(x), training=training))", "Flatten Dropout Dense"),
    "dropout by hand": (
        "    def call(self, x, training=None):\n        x = self.flat(x)\n        if training:\n"
        "            x = self.drop(x, training=True)\n        return self.out(x)", "Flatten Dropout Dense"),
    "augmentation by hand": (
        "    def call(self, x, training=None):\n        x = tf.expand_dims(x, axis=-1)\n        if training: x = self.shift(x)\n"
        "        return self.out(self.flat(self.conv(x)))", "ExpandDims RandomFlip Conv2D Flatten Dense"),
    "dropout that nothing switches on": (
        "    def call(self, x): return self.out(self.drop(self.flat(x)))", "Flatten Dense"),
    "layers in another order than made": (
        "    def call(self, x): return self.hidden(self.out(self.flat(x)))", "Flatten Dense Dense"),
    "a block of one's own": (
        BLOCK + "class N(M):\n    def __init__(self):\n        super().__init__(); self.blocks = [Block(4), Block(4)]\n"
        "    def call(self, x, training=None):\n        x = self.flat(x)\n        for block in self.blocks: x = block(x)\n"
        "        return self.out(x)\nM = N", "Flatten Dense Dropout Relu Dense Dropout Relu Dense"),
    "a block in a sequence": (
        BLOCK + "M = lambda: keras.Sequential([keras.Input((28, 28)), L.Flatten(), Block(4), L.Dense(10)])",
        "Flatten Dense Dropout Relu Dense"),
    "a block in a functional model": (
        BLOCK + "def M():\n    i = keras.Input((28, 28))\n    return keras.Model(i, L.Dense(10)(Block(4)(L.Flatten()(i))))",
        "Flatten Dense Dropout Relu Dense"),
    "inputs and outputs": (
        "class M(keras.Model):\n    def __init__(self):\n        i = keras.Input((28, 28))\n"
        "        super().__init__(i, L.Dense(10)(L.Flatten()(i)))\n    def describe(self): return 1", "Flatten Dense"),
    "inputs and outputs by name, with a config": (
        "class M(tf.keras.Model):\n    def __init__(self, **more):\n        i = keras.Input((28, 28)); flat = L.Flatten()\n"
        "        super().__init__(inputs=[i], outputs=[L.Dense(10)(flat(i))], name='m', **more); self.flat = flat\n"
        "    def get_config(self): return {}", "Flatten Dense"),
    "a sequence with a call": (
        "class M(keras.Sequential):\n    def __init__(self): super().__init__([keras.Input((28, 28)), L.Flatten(), L.Dense(10)])\n"
        "    def call(self, x, training=None): return super().call(x / 255.0, training=training)", "TrueDivide Flatten Dense"),
}  # fmt: skip
# What can't be: the line of the file (whose first is the empty one of START), and words of the reason.
REFUSED = {
    "a step of one's own": ("    def train_step(self, data): return {}\n    def call(self, x): return x", 8, "train_step()"),
    "a loss in the call": (
        "    def call(self, x):\n        y = self.out(self.flat(x))\n        self.add_loss(ops.mean(y))\n        return y", 10, "self.add_loss"),
    "a branch on values": (
        "    def call(self, x):\n        if tf.reduce_max(x) > 1:\n            x = x / 255.0\n        return self.out(self.flat(x))",
        9, "tf.reduce_max(x) > 1"),
    "NumPy": ("    def call(self, x):\n        return self.out(self.flat(np.log1p(x)))", 9, "np.log1p(x)"),
    "TensorFlow's own": (
        "    def call(self, x):\n        x = tf.image.resize(x[..., None], (9, 9))\n        return self.out(self.flat(x))",
        9, "tf.image.resize"),
    "another one each time": (
        "    def call(self, x):\n        self.calls += 1\n        return self.out(self.flat(x * self.calls))",
        8, "each time"),
    "new weights each time": ("    def call(self, x): return L.Dense(10)(self.flat(x))", 8, "each time"),
    "another network in prediction": (
        "    def call(self, x, training=None):\n        y = self.out(self.flat(x))\n        return y if training else tf.nn.softmax(y)",
        8, "in prediction"),
    "a dropout that is always on": (
        "    def call(self, x, training=None): return self.out(self.drop(self.flat(x), training=True))", 8, "training=True"),
    "a normalisation that is never trained": ("    def call(self, x): return self.out(self.norm(self.flat(x)))", 8, "training=None"),
    "a table of images": (
        "    table = np.ones((1000, 784), 'float32')\n"
        "    def call(self, x): return self.out(ops.matmul(self.flat(x), ops.transpose(self.table)))", 9, "784,000 numbers"),
    "a layer with weights": (
        "class Own(L.Layer):\n    def build(self, shape): self.w = self.add_weight(shape=(784, 10), name='kernel')\n"
        "    def call(self, x): return ops.matmul(x, self.w)\n"
        "M = lambda: keras.Sequential([keras.Input((28, 28)), L.Flatten(), Own()])", 10, "weights of its own (kernel)"),
    "what comes back is the input": ("    def call(self, x): return x", 8, "doesn't return"),
}  # fmt: skip


class Remarks:
    """Takes the place of the connection to the grader."""

    filename = "student.py"

    def __init__(self):
        self.said = []

    def send_remark(self, text):
        self.said.append(text)


@pytest.fixture
def traced(symbolic):
    """Makes the model of a text, and gives its plain model, twice; with the remarks."""
    import keras
    import numpy as np
    import tensorflow as tf

    from grader.student import plain_models, tracing

    front, tracer = Remarks(), tracing.Tracer()
    symbolic(front.send_remark, lambda: tracer.is_tracing)

    def run(text):
        source = START + text + "\n"
        linecache.cache["student.py"] = (len(source), None, source.splitlines(keepends=True), "student.py")
        module = types.ModuleType("submission")
        module.__dict__.update(keras=keras, tf=tf, np=np, L=keras.layers, ops=keras.ops)
        exec(compile(source, "student.py", "exec"), module.__dict__)
        model = module.M()
        x = np.random.default_rng(1).random((4, 28, 28), "float32")
        plain = plain_models.to_plain_model(model, x, [(None, 28, 28)], tracer, front)
        again = plain_models.to_plain_model(model, x, [(None, 28, 28)], tracer, front)
        return model, plain, again, x, front.said

    return run


@pytest.mark.parametrize("name", TRACED)
def test_a_call_of_layers_and_operations_is_the_same_functional_model(traced, name):
    """The layers are those that are called, in that order; weights and predictions are the same; a second look changes nothing."""
    import numpy as np

    from grader.trainer.order import rebuild

    text, kinds = TRACED[name]
    model, plain, again, x, _ = traced(text)
    written = json.loads(plain.to_json())
    settings = {"optimizer": "adam", "loss": "mse", "metrics": []}
    looked_at = rebuild.inspect_order(json.dumps(written), settings, [(4, 28, 28)], 10**9)

    assert [layer.kind for layer in looked_at.layers] == kinds.split()
    # Compiled as a whole, a `tf.function` rounds in another order.
    np.testing.assert_allclose(np.asarray(model(x)), np.asarray(plain(x, training=False)), rtol=1e-4, atol=1e-6)
    assert {id(weight) for weight in plain.weights} <= {id(weight) for weight in model.weights}
    assert json.dumps(json.loads(again.to_json())["config"]["layers"]).count('"class_name"') == json.dumps(
        json.loads(plain.to_json())["config"]["layers"]).count('"class_name"')  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_functional_model_says_is_refused_at_its_line(traced, name):
    """The refusal names the operation, and the line of the student's file."""
    from grader.student.tracing import Untraceable

    text, line, words = REFUSED[name]

    with pytest.raises(Untraceable) as caught:
        traced(text)

    assert words in caught.value.what
    assert caught.value.line == line
    assert caught.value.instead


def test_a_mistake_that_plain_keras_raises_stays_the_students_error(traced):
    """A shape that doesn't fit is no question of tracing."""
    with pytest.raises(ValueError, match="expected min_ndim=4"):
        traced("    def call(self, x): return self.conv(self.flat(x))")


def test_a_dropout_without_training_is_told(traced):
    """Keras never switches it on, which nobody sees."""
    *_, said = traced(TRACED["dropout that nothing switches on"][0])

    assert any("`dropout" in text and "does nothing" in text for text in said)
