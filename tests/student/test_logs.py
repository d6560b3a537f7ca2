"""Logs that answer to both spellings."""

import pytest

from grader.student.logs import Logs


@pytest.mark.parametrize(("held", "asked"), [("accuracy", "acc"), ("acc", "accuracy"), ("val_accuracy", "val_acc")])
def test_either_spelling_finds_the_figure(held, asked):
    """`acc` finds `accuracy`, and the other way round, in every way a dict is read."""
    logs = Logs({held: 0.9, "loss": 0.1})

    assert (logs[asked], logs.get(asked), asked in logs, logs.get(asked, 0)) == (0.9, 0.9, True, 0.9)


def test_a_misspelt_key_is_not_found():
    """Only TF 1's spelling is understood, nothing else."""
    logs = Logs({"accuracy": 0.9})

    assert (logs.get("accuarcy"), "accurracy" in logs, logs.get("val_acc", 0)) == (None, False, 0)
    with pytest.raises(KeyError, match="Acc"):
        logs["Acc"]


def test_a_figure_of_its_own_is_not_replaced():
    """Where both names are there, each is its own."""
    logs = Logs({"accuracy": 0.9, "acc": 0.5})

    assert (logs["acc"], logs["accuracy"]) == (0.5, 0.9)


def test_the_keys_are_those_that_keras_gave():
    """Iterating shows nothing that isn't there."""
    assert list(Logs({"accuracy": 0.9})) == ["accuracy"]


def test_a_key_is_found_among_the_keys_under_both_spellings():
    """`if 'acc' in logs.keys()` is true in a TF 1 file; the keys themselves are those of the training."""
    logs = Logs(accuracy=0.9, loss=0.1)

    assert "acc" in logs.keys()  # noqa: SIM118 - as students write it
    assert list(logs.keys()) == ["accuracy", "loss"]
    assert {**logs} == {"accuracy": 0.9, "loss": 0.1}


def test_errors_name_it_as_python_would():
    """A student has never heard of our class."""
    with pytest.raises(AttributeError, match="'dict' object has no attribute 'accuracy'"):
        Logs(accuracy=0.9).accuracy  # type: ignore[attr-defined]  # noqa: B018
