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
from grader.courses.exercise import Exercise, InputImage, ModelCalls
from grader.records.clues import Cause, Clues, Symptom
from grader.records.run import (
    Architecture,
    BuiltModel,
    CallbackProbe,
    CurveOutcome,
    FailedCall,
    FunctionTrial,
    ModelLayer,
    Run,
    RunEnd,
)
from grader.records.verdict import CheckResult, TrainingRecord

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


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"unmeasured": "Graph error: one \x1b[2Jimage\nmore"}, "can't be measured: Graph error: one \\x1b[2Jimage"),
        ({}, "no whole epoch"),
        ({"training": None}, "nothing was trained"),
        ({"end": RunEnd(kind="timed_out")}, "the time limit came first"),
    ],
)
def test_the_reason_for_no_measurement_is_the_one_that_there_was(
    exercise: Maker, good_run: Run, changed: dict[str, object], said: str
) -> None:
    """Nobody who saw a training is told that nothing was trained; a model that can't be measured has a reason of its own."""
    run = msgspec.structs.replace(good_run, measured=None, **changed)
    (result,) = judge_run(run, exercise({"check": "measured.accuracy", "args": {"split": "test", "at_least": 0.97}}))
    assert result.status == "skipped"
    assert said in result.message
    assert (run.training is None) == ("nothing was trained" in result.message)


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
    """What was trained was ordered there; a model is made elsewhere, and what was returned has no such line."""
    specs = ({"check": "training.epochs", "args": {"below": 2}}, {"check": "architecture.layers", "args": {"Conv2D": 2}}, RETURNS)
    results = judge_run(msgspec.structs.replace(good_run, returned=None), exercise(*specs))
    assert [result.line for result in results] == [40, None, None]


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


NEVER = Cause(symptoms=frozenset({Symptom.NEVER_STOPPED}), line=8, message="`self.stop_training` ends no training")
STOPS = {"check": "callback.stops_when", "args": {"metric": "accuracy", "above": 0.998}, "hint": "Look again."}


def judge_stop(exercise: Maker, good_run: Run, stopped: int | None, *causes: Cause) -> CheckResult:
    curves = [CurveOutcome(curve=name, due=5, stopped=stopped, logs={"accuracy": 0.9991}) for name in ("crosses", "loss_falls")]
    run = msgspec.structs.replace(good_run, probe=CallbackProbe(outcomes=curves, callbacks=["Stop"], line=40))
    return judge_run(run, exercise(STOPS), clues=Clues(causes=list(causes)))[0]


def test_a_cause_in_the_text_takes_the_place_of_guesses(exercise: Maker, good_run: Run) -> None:
    """Its words and its line come first, without a hint that was for other faults; what was seen stays."""
    named, guessed = judge_stop(exercise, good_run, None, NEVER), judge_stop(exercise, good_run, None)

    assert (named.message, named.line, named.hint) == (NEVER.message, 8, None)
    assert (named.expected, named.got) == (guessed.expected, guessed.got)
    assert "Look again." in str(guessed.hint)


def test_a_cause_is_silent_beside_another_symptom(exercise: Maker, good_run: Run) -> None:
    """A callback that stops late does stop, so what keeps another from stopping isn't why; a check that is met says nothing of it."""
    assert NEVER.message not in judge_stop(exercise, good_run, 6, NEVER).message
    assert judge_stop(exercise, good_run, 5, NEVER).status == "passed"


@pytest.mark.parametrize(("cases", "said"), [([{"n": 1}, {"n": 2}], True), ([{"n": 1}, {"n": 1}], False)])
def test_an_unused_argument_explains_only_calls_in_which_it_differs(exercise: Maker, cases: list[dict[str, int]], said: bool) -> None:
    """Where it is the same in every call, a wrong result has another cause."""
    unused = Cause(symptoms=frozenset({Symptom.WRONG_VALUES}), message="the argument `n` is never used", argument="n")
    made = exercise({"check": "behaviour.matches", "args": {"cases": cases}})
    trial = FunctionTrial(cases=2, judged=2, faulty=2, failure=FailedCall(what="wrong", case="n = 1", expected="1", got="2", wrong=True))
    run = Run(seed=7, end=RunEnd(kind="completed"), trials={made.checks[0].id: trial})

    assert (judge_run(run, made, clues=Clues(causes=[unused]))[0].message == unused.message) == said


def test_an_unused_argument_explains_images_that_were_not_prepared(exercise: Maker) -> None:
    """The one call gave the images, so what doesn't read them can't prepare them."""
    unused = Cause(symptoms=frozenset({Symptom.WRONG_VALUES}), message="the argument `images` is never used", argument="images")
    given = {"array": True, "shape": [60000, 28, 28], "returned": "uint8"}
    run = Run(seed=7, end=RunEnd(kind="completed"), returned=given, has_returned=True)
    made = exercise({"check": "prepared.array", "args": {"shape": [60000, 28, 28, 1]}})

    assert judge_run(run, made, clues=Clues(causes=[unused]))[0].message == unused.message


def test_a_line_in_vain_explains_a_low_accuracy(exercise: Maker, good_run: Run) -> None:
    """What the line was meant to do says more than guesses at optimizers and layers."""
    lost = Cause(symptoms=frozenset({Symptom.LOW_ACCURACY}), line=5, message="nothing is kept", hint="Write `x = x / 255.0`.")
    low = msgspec.structs.replace(good_run, training=TrainingRecord(epochs=[{"epoch": 0, "accuracy": 0.4}], stopped_by="epochs", examples=60000, seed=7))
    made = exercise({"check": "training.reaches", "args": {"metric": "accuracy", "above": 0.998}, "hint": "Look again."})
    (said,) = judge_run(low, made, clues=Clues(causes=[lost]))

    assert (said.message, said.hint, said.line) == (lost.message, lost.hint, 5)
    assert judge_run(good_run, made, clues=Clues(causes=[lost]))[0].status == "passed"


@pytest.mark.parametrize(("models", "said"), [(None, True), (ModelCalls(calls=[{"n": 1}]), False)])
def test_what_fit_was_given_explains_a_low_accuracy_where_the_file_calls_it(
    exercise: Maker, good_run: Run, models: ModelCalls | None, said: bool
) -> None:
    """Where the grader trains, the images are as the exercise says."""
    poor = TrainingRecord(epochs=[{"epoch": 0, "accuracy": 0.4}], stopped_by="epochs", examples=60000, seed=7)
    run = msgspec.structs.replace(good_run, training=poor, pixels=[0.0, 255.0], fit_batch_size=60000, fit_epochs=1)
    reaches = {"check": "training.reaches", "args": {"metric": "accuracy", "above": 0.998}, "hint": "Look again."}
    made = msgspec.structs.replace(exercise(reaches, {"check": "training.epochs", "args": {"below": 10}}), models=models)

    hint = judge_run(run, made)[0].hint or ""

    assert ("/ 255.0" in hint, "Look again." in hint) == (said, not said)


def test_a_function_that_gives_no_classes_fails_its_own_check(exercise: Maker) -> None:
    """It trained by itself, so nothing but what it returned can be wrong."""
    made = exercise({"check": "measured.accuracy", "args": {"split": "test", "at_least": 0.78}, "hint": "Look again."})
    run = Run(seed=7, end=RunEnd(kind="completed"), unmeasured="the returned function doesn't recognise images: it is no function")

    (delegated,), (observed,) = judge_run(run, made), judge_run(run, msgspec.structs.replace(made, training="observed", function="f"))

    assert (delegated.status, observed.status) == ("skipped", "failed")
    assert ("it is no function" in observed.message, "argmax" in (observed.hint or "")) == (True, True)


@pytest.mark.parametrize(("check", "most"), [("training.epochs", 9), ("training.asks_for", 10)])
def test_few_epochs_explain_a_low_accuracy(exercise: Maker, good_run: Run, check: str, most: int) -> None:
    """With the number that the exercise allows, or asks for."""
    poor = TrainingRecord(epochs=[{"epoch": 0, "accuracy": 0.4}], stopped_by="epochs", examples=60000, seed=7)
    run = msgspec.structs.replace(good_run, training=poor, fit_epochs=1)
    arguments = {"below": 10} if check == "training.epochs" else {"epochs": 10}
    made = exercise({"check": "training.reaches", "args": {"metric": "accuracy", "above": 0.998}}, {"check": check, "args": arguments})

    assert f"`epochs={most}`" in (judge_run(run, made)[0].hint or "")


@pytest.mark.parametrize(("calls", "said"), [([{"n": 1}, {"n": 2}], True), ([{"n": 1}], False)])
def test_an_unused_argument_explains_models_that_are_all_alike(exercise: Maker, calls: list[dict[str, int]], said: bool) -> None:
    """A function that returns models is called as the exercise says, not with cases of the check."""
    unused = Cause(symptoms=frozenset({Symptom.WRONG_MODEL}), message="the argument `n` is never used", argument="n")
    made = exercise({"check": "models.table", "args": {"rows": [{"layer": "Dense", "units": "=n"}], "calls": len(calls)}})
    layers = [ModelLayer(kind="Dense", name="d", config={"units": 3})]
    models = [BuiltModel(call=call, architecture=Architecture(layers=layers, parameters=1)) for call in calls]
    run = Run(seed=7, end=RunEnd(kind="completed"), models=models)

    (result,) = judge_run(run, msgspec.structs.replace(made, models=ModelCalls(calls=calls)), clues=Clues(causes=[unused]))

    assert (result.status, result.message == unused.message) == ("failed", said)


def test_a_layer_check_names_the_line_of_the_layer(exercise: Maker, good_run: Run) -> None:
    """Of the second of two where one is allowed; where the text has other calls than the model layers, none."""
    layers = [ModelLayer(kind="Conv2D", name=name) for name in ("a", "b")]
    run = msgspec.structs.replace(good_run, architecture=Architecture(layers=layers, parameters=1))

    lines = [judge_run(run, exercise(LAYERS), clues=Clues(calls={"Conv2D": found}))[0].line for found in ([9, 11], [9, 11, 12], [9], [])]

    assert lines == [11, None, 9, None]


def test_nothing_returned_by_a_model_function_is_no_missing_fit(exercise: Maker) -> None:
    """Its README leaves `fit` to the grader, so no reason may ask for one."""
    made = msgspec.structs.replace(exercise(LAYERS), models=ModelCalls(image=InputImage()))

    (result,) = judge_run(Run(seed=7, end=RunEnd(kind="completed"), returned=None, has_returned=True), made)

    assert result.message == "not judged: no compiled model was returned"
