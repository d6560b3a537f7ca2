"""The trainer decides by the model whether it needs threads; a file's text only guesses which trainer to start."""

import pytest

from grader.engines.trainer import TrainerSpec
from grader.grading import GradingOptions

pytestmark = pytest.mark.train

CHECKS = "[{id: line, check: training.reaches, args: {metric: accuracy, above: 0.1}, points: 1}]"
FILE = """
import tensorflow as tf
layers = tf.keras.layers
def train():
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    model = tf.keras.Sequential([layers.Input((28, 28, 1)), LAYER(4, 3), layers.Flatten(), layers.Dense(10, 'softmax')])
    model.compile('adam', 'sparse_categorical_crossentropy', metrics=['accuracy'])
    history = model.fit(x[:640, ..., None] / 255.0, y[:640], epochs=1, verbose=0)
    return history.epoch, history.history['accuracy'][-1]
"""


def test_a_convolution_that_the_text_hides_has_the_figures_of_one_that_it_shows(graded, warm):
    """Digit for digit, though another trainer was started first."""
    asked = []

    def start(request):
        asked.append(request.trainer)
        return warm(request)

    options = GradingOptions(start=start, device="cpu", fresh=True)
    plain, hidden = (
        graded(FILE.replace("LAYER", layer), options=options, checks=CHECKS)
        for layer in ("layers.Conv2D", "getattr(layers, 'Con' + 'v2D')")
    )

    assert [spec.one_thread for spec in asked] == [False, True, False]
    assert asked[0] == TrainerSpec(device="cpu", dataset="mnist")
    assert plain.training[0].epochs == hidden.training[0].epochs
    assert hidden.status == "passed"
