"""A loss of the student's that is one of Keras's: recognised by what it gives, on outputs and labels of every form."""

import pytest

pytestmark = pytest.mark.keras

SAME = {
    "SparseCategoricalCrossentropy()": [
        "lambda a, b: keras.losses.sparse_categorical_crossentropy(a, b)",
        "lambda a, b: tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(a, b))",
        "functools.partial(keras.losses.sparse_categorical_crossentropy, from_logits=False)",
        "(lambda made: lambda a, b: made(a, b))(keras.losses.SparseCategoricalCrossentropy())",
        "keras.losses.SparseCategoricalCrossentropy().call",
    ],
    "SparseCategoricalCrossentropy(from_logits=True)": [
        "lambda a, b: keras.losses.sparse_categorical_crossentropy(a, b, from_logits=True)",
        "lambda a, b: tf.nn.sparse_softmax_cross_entropy_with_logits(tf.cast(tf.reshape(a, [-1]), tf.int32), b)",
    ],
    "CategoricalCrossentropy()": ["lambda a, b: -tf.reduce_sum(a * tf.math.log(b), axis=-1)"],
    "CategoricalCrossentropy(from_logits=True)": ["lambda a, b: tf.nn.softmax_cross_entropy_with_logits(a, b)"],
    "MeanSquaredError()": ["lambda a, b: tf.reduce_mean(tf.square(a - b))", "lambda a, b: (b - a) ** 2"],
    "Huber()": ["Huber()", "lambda a, b: tf.where(abs(a - b) < 1, (a - b) ** 2 / 2, abs(a - b) - 0.5)"],
}
OTHER = [
    "lambda a, b: tf.reduce_sum(tf.square(a - b))",
    "lambda a, b: 2 * keras.losses.mean_squared_error(a, b)",
    "lambda a, b: keras.losses.sparse_categorical_crossentropy(a, b) + 0.01",
    "lambda a, b: tf.reduce_mean(b)",
    "lambda a, b: 0 * tf.reduce_mean(b)",
    "lambda a, b: tf.reduce_mean(b) * float('nan')",
    "lambda a, b: 1 / 0",
    "lambda a: a",
]


def make(text):
    import functools

    import keras
    import tensorflow as tf

    class Huber(keras.losses.Loss):
        def call(self, a, b):
            error = tf.abs(a - b)
            return tf.where(error < 1, error**2 / 2, error - 0.5)

    return eval(text, {"functools": functools, "keras": keras, "tf": tf, "Huber": Huber})


@pytest.mark.parametrize(("written", "text"), [(written, text) for written, texts in SAME.items() for text in texts])
def test_what_gives_the_same_is_keras_s(written, text):
    from grader.student.own_losses import find_same_loss

    found = find_same_loss(make(text), 10)

    assert found is not None
    assert found[0] == written


@pytest.mark.parametrize("width", [1, 10])
@pytest.mark.parametrize("text", OTHER)
def test_what_gives_anything_else_is_nobody_s(text, width):
    """Also where it raises, or is always the same."""
    from grader.student.own_losses import find_same_loss

    assert find_same_loss(make(text), width) is None


def test_one_output_alone_is_no_distribution():
    """Over one class every cross-entropy is zero."""
    from grader.student.own_losses import find_same_loss

    entropy = make("lambda a, b: -tf.reduce_mean(a * tf.math.log(b) + (1 - a) * tf.math.log(1 - b))")

    assert find_same_loss(entropy, 1)[0] == "BinaryCrossentropy()"
    assert find_same_loss(make("lambda a, b: keras.losses.categorical_crossentropy(a, b)"), 1) is None


@pytest.mark.parametrize("built", [True, False])
def test_an_order_has_keras_s_loss_in_its_place(built):
    """With a remark; whether the model's input is known yet or not. One of Keras's own stays as it is written."""
    import keras

    from grader.student.own_metrics import split_settings

    model = keras.Sequential([keras.layers.Dense(4), keras.layers.Softmax()])
    if built:
        model.build((None, 3))
    said = []
    model.compile(loss=make(SAME["Huber()"][1]), metrics=["mse", lambda a, b: a])
    settings, left_out = split_settings(model, model, said.append)
    assert (settings["loss"]["class_name"], len(left_out), len(said)) == ("Huber", 1, 1)
    model.compile(loss=keras.losses.huber)
    assert split_settings(model, model, said.append)[0] == model.get_compile_config()
    assert len(said) == 1
