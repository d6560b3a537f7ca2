"""Lines in vain: what is computed and not kept."""

import ast

import pytest

from grader.records.clues import Symptom
from grader.static.lost import find_lost_results


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("images / 255.0", "images = images / 255.0"),
        ("images.reshape(60000, 28, 28, 1)", "images = images.reshape(60000, 28, 28, 1)"),
        ("np.expand_dims(images, -1)", "images = np.expand_dims(images, -1)"),
        ("images.reshape(60000, 28, 28, 1) / 255.0", "images = images.reshape(60000, 28, 28, 1) / 255.0"),
        ("tf.keras.utils.to_categorical(images)", "images = tf.keras.utils.to_categorical(images)"),
        ("tf.keras.layers.Flatten()(X)", "X = tf.keras.layers.Flatten()(X)"),
        ("tf.keras.Model(images, X)", "model = tf.keras.Model(images, X)"),
        ("tf.keras.models.Sequential(X)", "model = tf.keras.models.Sequential(X)"),
    ],
)
def test_a_line_in_vain_is_told_as_it_should_be_written(line, written):
    """With its line, beside what may come of it."""
    (cause,) = find_lost_results(ast.parse(f"def f(images, X):\n    for _ in range(2):\n        {line}\n"))

    assert cause.line == 3
    assert f"`{written}`" in cause.hint
    assert Symptom.LOW_ACCURACY in cause.symptoms


@pytest.mark.parametrize(
    "line",
    [
        "images = images / 255.0",
        "images /= 255.0",
        "print(images / 255.0)",
        "sizes.append(images.reshape(9))",
        "model.compile(images)",
        "images.sort()",
        "import shutil; shutil.copy(images, 'copy')",
        "import keras; tf.expand_dims(keras.Input((2,)), -1)",
        "np.random.shuffle(images)",
        "step(images)",
        "tf.keras.Sequential(X).summary()",
        "self.normalize(images)",
        "make(3)(images)",
        "return images / 255.0",
        '"""images / 255.0"""',
        "...",
    ],
)
def test_what_has_an_effect_is_not_in_vain(line):
    """Assignments, calls that change something, and returned values."""
    assert find_lost_results(ast.parse(f"def f(images):\n    {line}\n")) == []


def test_a_cell_may_end_with_a_value():
    """Outside of functions a notebook shows it."""
    assert find_lost_results(ast.parse("images / 255.0")) == []


@pytest.mark.parametrize(("line", "told"), [("BatchNormalization()(X)", True), ("images / 255.0", False), ("images.reshape(9)", False)])
def test_only_a_layer_in_vain_explains_missing_layers(line, told):
    """Pixels that aren't scaled take no layer away."""
    (cause,) = find_lost_results(ast.parse(f"def f(images, X):\n    tf.keras.layers.{line}\n" if told else f"def f(images, X):\n    {line}\n"))

    assert (Symptom.MISSING_LAYERS in cause.symptoms) is told
