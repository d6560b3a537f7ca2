"""From runs to results."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.checks import describe_gates, judge_advice, judge_run
from grader.checks.returns import check_matches_training, check_return_form
from grader.courses.exercise import Exercise
from grader.records.run import Run, RunEnd
from grader.records.verdict import TrainingRecord

Maker = Callable[..., Exercise]
EPOCHS = {"check": "training.epochs", "args": {"below": 20}}
LAYERS = {"check": "architecture.layers", "args": {"Conv2D": 1}, "gate": True}
RETURNS = {"check": "returns.shape"}


def test_a_good_run_earns_every_point(exercise: Maker, good_run: Run) -> None:
    """Each check of the design passes on a run in which everything went well."""
    line = {"metric": "accuracy", "above": 0.998}
    made = exercise(
        RETURNS,
        LAYERS,
        {"check": "training.data", "args": {"split": "train", "examples": 60000}},
        {"check": "callback.stops_when", "args": line},
        {"check": "training.reaches", "args": line},
        EPOCHS,
        {"check": "returns.match_training"},
        {"check": "measured.accuracy", "args": {"split": "test", "at_least": 0.97}},
    )
    results = judge_run(good_run, made)
    assert [result.status for result in results] == ["passed"] * 8
    assert sum(result.points for result in results) == made.max_score


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (RunEnd(kind="crashed", message="ValueError: x\nmore"), "your code stopped with an error before that"),
        (RunEnd(kind="timed_out"), "the time limit came first"),
        (RunEnd(kind="out_of_memory"), "the memory limit came first"),
        (RunEnd(kind="output_limit"), "your code printed more than the limit and was stopped"),
        (RunEnd(kind="forbidden"), "your code did something that can't be graded"),
        (RunEnd(kind="not_started"), "your file was not run"),
        (RunEnd(kind="gated"), "an earlier check failed, so the training was not started"),
        (RunEnd(kind="completed"), "nothing was trained"),
    ],
)
def test_missing_evidence_is_skipped_with_the_reason(exercise: Maker, end: RunEnd, expected: str) -> None:
    """How the run ended says why a check can't be judged, in words."""
    (result,) = judge_run(Run(seed=7, end=end), exercise(EPOCHS))
    message = end.message.splitlines()[:1]
    assert result.status == "skipped"
    assert result.points == 0
    assert result.message == f"not judged: {expected}" + (f" ({message[0]})" if message else "")


def test_the_gate_that_failed_is_named(exercise: Maker) -> None:
    """A gated run says itself what failed first; that is not said twice."""
    end = RunEnd(kind="gated", message=describe_gates(["One convolution"]))
    (result,) = judge_run(Run(seed=7, end=end), exercise(EPOCHS))
    assert result.message.count("“One convolution”") == 1


def test_a_file_that_never_fits_is_told_so(exercise: Maker) -> None:
    """Without an order there is no model to look at."""
    (result,) = judge_run(Run(seed=7, end=RunEnd(kind="completed")), exercise(LAYERS))
    assert result.message == "not judged: `model.fit` was never called, so there is no model to look at"


def test_a_returned_none_is_judged(exercise: Maker) -> None:
    """None is a value; only a function that didn't return leaves nothing to judge."""
    end = RunEnd(kind="completed")
    returned, absent = Run(seed=7, end=end, has_returned=True), Run(seed=7, end=RunEnd(kind="crashed"))
    assert judge_run(returned, exercise(RETURNS))[0].status == "failed"
    assert judge_run(absent, exercise(RETURNS))[0].status == "skipped"


def test_only_gates_leaves_out_the_rest(exercise: Maker, good_run: Run) -> None:
    """Before the training only the gates are judged."""
    results = judge_run(good_run, exercise(RETURNS, LAYERS, EPOCHS), only_gates=True)
    assert [result.id for result in results] == ["architecture.layers"]


def test_a_broken_check_is_our_fault(exercise: Maker, good_run: Run) -> None:
    """A check that raises is an error that costs no points and shows no traceback."""
    odd = msgspec.structs.replace(good_run, training=cast("TrainingRecord", "broken"))
    (result,) = judge_run(odd, exercise(EPOCHS))
    assert (result.status, result.points) == ("error", 10)
    assert "AttributeError" in result.message


def test_the_authors_title_and_hint_are_shown(exercise: Maker, good_run: Run) -> None:
    """A spec's title replaces the check's; its hint follows the check's own when it fails."""
    wrong = {"check": "returns.shape", "title": "Two values", "hint": "See the README."}
    (result,) = judge_run(msgspec.structs.replace(good_run, returned=3), exercise(wrong))
    assert result.title == "Two values"
    assert result.hint is not None
    assert result.hint.endswith("See the README.")
    assert judge_run(good_run, exercise(wrong))[0].hint is None


def test_a_failed_check_points_at_the_fit_call(exercise: Maker, good_run: Run) -> None:
    """What was ordered was ordered in a line of the file; what was returned has no such line."""
    specs = ({"check": "architecture.layers", "args": {"Conv2D": 2}}, RETURNS)
    results = judge_run(msgspec.structs.replace(good_run, returned=None), exercise(*specs))
    assert [result.line for result in results] == [40, None]


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=8,
)


@given(value=plain | st.lists(plain, min_size=2, max_size=2) | st.tuples(st.lists(st.integers()), st.floats()))
def test_no_returned_value_breaks_a_check(value: object) -> None:
    """Whatever plain data a student's function returns, the checks answer in one printable line."""
    run = Run(seed=7, end=RunEnd(kind="completed"), returned=value, has_returned=True)
    for outcome in (check_return_form(value), check_matches_training(value, run)):
        assert outcome.message.isprintable()
        assert (outcome.got or "").isprintable()


def test_advice_costs_nothing_and_is_a_note(exercise: Maker, good_run: Run) -> None:
    """A check that only advises gives its points where it would fail, and its hint is told; where it is met, nothing is."""
    advised = exercise({"check": "architecture.layers", "args": {"Conv2D": 5}, "advice": True, "hint": "five would be better"})
    met = exercise({**LAYERS, "gate": False, "advice": True})

    assert [(result.status, result.points) for result in judge_run(good_run, advised)] == [("passed", advised.max_score)]
    assert [(note.line, note.message) for note in judge_advice(good_run, advised)] == [(good_run.fit_line, "five would be better")]
    assert judge_advice(good_run, met) == judge_advice(Run(seed=7, end=RunEnd(kind="crashed")), advised) == []


def test_advice_on_what_there_is_not_is_no_pass(exercise: Maker) -> None:
    """Without evidence nothing is advised and nothing earned."""
    (result,) = judge_run(Run(seed=7, end=RunEnd(kind="completed")), exercise({**LAYERS, "gate": False, "advice": True}))

    assert (result.status, result.points) == ("skipped", 0)
