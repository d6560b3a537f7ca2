"""Counting the layers of a declared model."""

from __future__ import annotations

import pytest

from grader.checks.architecture import check_layer_calls, check_layer_counts
from grader.records.clues import Symptom
from grader.records.run import Architecture, ModelLayer


def model(*kinds: str) -> Architecture:
    return Architecture(layers=[ModelLayer(kind=kind, name=f"l{i}") for i, kind in enumerate(kinds)], parameters=1)


@pytest.mark.parametrize(
    ("kinds", "counts", "message"),
    [
        (("Dense",), {"Conv2D": 1}, "the model has no Conv2D layer, expected exactly 1"),
        (("Conv2D",), {"Conv2D": 0}, "the model has 1 Conv2D layer (l0), expected none"),
        (("Dense",), {"Dense": 2}, "the model has 1 Dense layer (l0), expected exactly 2"),
        (
            ("Conv2D", "Conv2D"),
            {"Conv2D": 1, "MaxPooling2D": 1},
            "the model has 2 Conv2D layers (l0, l1), expected exactly 1; "
            "the model has no MaxPooling2D layer, expected exactly 1",
        ),
        (
            ("Dense",) * 7,
            {"Dense": 2},
            "the model has 7 Dense layers (l0, l1, l2, l3, l4, ...), expected exactly 2",
        ),
    ],
)
def test_a_wrong_count_names_the_layers(kinds: tuple[str, ...], counts: dict[str, int], message: str) -> None:
    """The message has the number, the names and the number asked for."""
    outcome = check_layer_counts(model(*kinds), **counts)
    assert (outcome.status, outcome.message) == ("failed", message)


IDLE, WORKING = (ModelLayer(kind="Conv2D", name=name, idle=name == "idle") for name in ("idle", "works"))


@pytest.mark.parametrize(
    ("found", "wanted", "message"),
    [
        ([IDLE], 1, "the model has no Conv2D layer, expected exactly 1; its output doesn't depend on idle"),
        ([WORKING, IDLE], 1, "the model has 2 Conv2D layers (works, idle), expected exactly 1"),
        (
            [WORKING, IDLE],
            2,
            "the model has 1 Conv2D layer (works), expected exactly 2; its output doesn't depend on idle",
        ),
        ([IDLE], 0, "the model has 1 Conv2D layer (idle), expected none"),
    ],
)
def test_an_idle_layer_helps_nobody(found: list[ModelLayer], wanted: int, message: str) -> None:
    """It isn't what was asked for, and it is one too many."""
    outcome = check_layer_counts(Architecture(layers=found, parameters=1), Conv2D=wanted)

    assert (outcome.status, outcome.message) == ("failed", message)
    assert outcome.hint


def test_exact_counts_pass_whatever_else_there_is() -> None:
    """Classes that aren't named come in any number."""
    outcome = check_layer_counts(model("Conv2D", "MaxPooling2D", "Dropout", "Dense", "Dense"), Conv2D=1, MaxPooling2D=1)
    assert (outcome.status, outcome.got) == ("passed", "1 x Conv2D, 1 x MaxPooling2D")


def test_a_hostile_layer_name_is_escaped() -> None:
    """Control characters in a name never reach the terminal."""
    bad = Architecture(layers=[ModelLayer(kind="Conv2D", name="\x1b[2J")], parameters=1)
    assert check_layer_counts(bad, Conv2D=0).message.isprintable()


def test_what_is_ruled_out_is_named_only_where_it_is() -> None:
    """A list of a dozen kinds that may not be there doesn't bury the one that is."""
    clean, faulty = (
        check_layer_counts(model(*kinds), Conv1D=0, Conv2D=1, Conv3D=0) for kinds in (["Conv2D"], ["Conv2D", "Conv3D"])
    )

    assert (clean.got, clean.message) == ("1 x Conv2D", "the model has 1 x Conv2D")
    assert (faulty.got, faulty.expected) == ("1 x Conv2D, 1 x Conv3D", "1 x Conv2D, 0 x Conv3D")
    assert check_layer_counts(model("Dense"), Conv1D=0).message == "the model has none of the excluded layers"


@pytest.mark.parametrize(
    ("found", "wanted", "message"),
    [
        ([("a", 1, False), ("b", 1, False)], 2, None),
        ([("a", 2, False)], 2, None),
        ([("a", 2, False)], 1, "the model calls Conv2D layers 2 times (a 2 times), expected 1"),
        ([], 1, "the model calls Conv2D layers 0 times, expected 1"),
        ([], 0, None),
        (
            [("a", 1, False), ("b", 1, True)],
            2,
            "the model calls Conv2D layers 2 times (a 1 time, b 1 time, without effect), expected 2",
        ),
        (
            [("a", 1, False), ("b", 1, True)],
            1,
            "the model calls Conv2D layers 2 times (a 1 time, b 1 time, without effect), expected 1",
        ),
    ],
)
def test_calls_are_counted(found: list[tuple[str, int, bool]], wanted: int, message: str | None) -> None:
    """A shared layer as often as it is called; one without effect helps nobody here, either."""
    layers = [ModelLayer(kind="Conv2D", name=name, calls=calls, idle=idle) for name, calls, idle in found]
    outcome = check_layer_calls(Architecture(layers=layers, parameters=1), Conv2D=wanted)

    assert (outcome.status, outcome.message) == (
        ("passed", f"the model has {wanted} call{'s' * (wanted != 1)} of Conv2D") if message is None else ("failed", message)
    )


@pytest.mark.parametrize(("kinds", "symptom"), [(["Conv2D"], Symptom.MISSING_LAYERS), (["Conv2D", "Conv2D", "BatchNormalization"], None)])
def test_a_layer_that_is_missing_may_be_in_the_text(kinds: list[str], symptom: Symptom | None) -> None:
    """As a line in vain; one too many isn't explained by that."""
    assert check_layer_counts(model(*kinds), Conv2D=1, BatchNormalization=1).symptom == symptom
