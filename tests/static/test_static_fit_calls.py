"""Calls of `fit` with labels missing or first, or with epochs in the place of `batch_size`."""

import pytest

from grader.records.clues import Symptom


def find_causes(inspect, call, symptom):
    """What the text of a file with this call tells beside a symptom."""
    causes = inspect(f"def train_mnist():\n    h = model.{call}\n    return h\n").clues.causes
    return [cause for cause in causes if symptom in cause.symptoms]


@pytest.mark.parametrize(
    ("call", "symptom", "fact"),
    [
        ("fit(training_images, epochs=9)", Symptom.FOREIGN_DATA, "no labels"),
        ("fit(x=x_train, epochs=9)", Symptom.FOREIGN_DATA, "no labels"),
        ("fit(training_labels, training_images, epochs=9)", Symptom.FOREIGN_DATA, "`training_images, training_labels`"),
        ("fit(x=y_train, y=x_train)", Symptom.FOREIGN_DATA, "`x_train, y_train`"),
        ("fit(x, y, 9)", Symptom.LOW_ACCURACY, "`batch_size`"),
    ],
)
def test_a_call_is_a_cause(inspect, call, symptom, fact):
    """With its line, and never as a note: it counts only where the data are foreign or the accuracy is low."""
    (cause,) = find_causes(inspect, call, symptom)

    assert (fact in cause.message, cause.line, cause.silent) == (True, 2, True)


@pytest.mark.parametrize(
    "call",
    ["fit(x, y, epochs=9)", "fit(images, labels)", "fit(dataset, epochs=3)", "fit(train_ds)", "fit(*pair)", "fit(x, **rest)", "fit()", "fit(x, y, size)",
     "fit(images=1)", "evaluate(x)"],
)  # fmt: skip
def test_right_calls_are_none(inspect, call):
    """Pipelines bring their labels, and what `*` holds isn't known."""
    assert find_causes(inspect, call, Symptom.FOREIGN_DATA) + find_causes(inspect, call, Symptom.LOW_ACCURACY) == []
