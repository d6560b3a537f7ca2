"""Kernels without their brackets, of which the second number becomes the stride."""

import pytest

from grader.records.clues import Symptom


def find_causes(inspect, call):
    """What the text of a file with this layer tells beside a low accuracy."""
    causes = inspect(f"def train_mnist():\n    return Sequential([\n        {call},\n    ]).fit(x, y)\n").clues.causes
    return [cause for cause in causes if Symptom.LOW_ACCURACY in cause.symptoms]


@pytest.mark.parametrize(
    "call", ["Conv2D(32, 3, 3)", "tf.keras.layers.Conv2D(64, 5, 5, activation='relu')", "Convolution2D(8, 3, 3)"]
)
def test_a_kernel_without_brackets_is_a_cause(inspect, call):
    """With its line; never as a note, since strides may be meant."""
    assert [(cause.line, "`strides`" in cause.message, cause.silent) for cause in find_causes(inspect, call)] == [
        (3, True, True)
    ]


@pytest.mark.parametrize(
    "call",
    [
        "Conv2D(32, (3, 3))",
        "Conv2D(32, 3)",
        "Conv2D(32, 3, strides=3)",
        "Conv2D(32, 3, 1)",
        "MaxPooling2D(2, 2)",
        "Conv1D(32, 3, 3)",
        "Conv2D(32, (3, 3), 2)",
    ],
)
def test_other_calls_are_none(inspect, call):
    """A stride of one changes nothing, and a pooling takes its size and stride."""
    assert find_causes(inspect, call) == []


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("return Input(shape=image)", [2]),
        ("return ResNet50(weights=None, input_shape=image)", [2]),
        ("return Input(shape=(60000, 28, 28))", [2]),
        ("return Dense(9, input_shape=(10000, 784))", [2]),
        ("return Input(shape=(28, 28, 1))", []),
        ("return Dense(9, input_shape=(60000,))", []),
        ("return Input(shape=image.shape)", []),
        ("image = image.shape; return Input(shape=image)", []),
    ],
)
def test_an_image_is_no_shape(inspect, body, lines):
    """It ends the run with an error that says something else; a name that the file sets itself may hold a shape."""
    assert [cause.line for cause in inspect(f"def train_mnist(image):\n    {body}\n").clues.lost] == lines
