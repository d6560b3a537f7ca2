"""Judges a run: passes each check the evidence that it names. Neither runs nor prints anything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import structs

from grader.checks.catalogue import CHECKS, convert_arguments
from grader.checks.low_accuracy import explain_low_accuracy
from grader.checks.registry import Check, CheckOutcome, report_failure, report_pass, report_undecided
from grader.checks.titles import find_title
from grader.checks.wording import escape_name
from grader.courses.exercise import CheckSpec, Exercise
from grader.messages.ends import END_WORDS, GATED_REASON
from grader.records.clues import Cause, Clues, Symptom
from grader.records.run import Run
from grader.records.verdict import CheckResult, Note

# Why evidence is missing although the function came to its end.
ABSENCE_REASONS = {
    "architecture": "`model.fit` was never called, so there is no model to look at",
    "models": "no model was returned",
    "activations": "the function returned no activations",
    "data": "`model.fit` was never called, so no data was given to it",
    "prepared": "the function returned no images that could be looked at",
    "probe": "`model.fit` was never called, so there is no callback to try",
    "training": "nothing was trained",
    "measured": "nothing was trained, so there is nothing to measure",
    "predicted": "nothing was trained, so there is no model to ask",
    "returned": "the function did not return",
    "trial": "the function was not called",
}
CLASSES_HINT = "Let it return the class of each image, 0 to 9, such as `np.argmax(scores, axis=1)`."
# What only a model that the function returned can give, where it shall return one.
MODEL_EVIDENCE = frozenset({"architecture", "models", "data", "probe", "training", "measured"})
# What was given to `fit`, or came of it.
FIT_EVIDENCE = frozenset({"data", "probe", "training", "measured"})


def judge_run(
    run: Run, exercise: Exercise, *, only_gates: bool = False, clues: Clues = Clues()  # noqa: B008 - frozen
) -> list[CheckResult]:
    """The result of each of an exercise's checks, in their order.

    Args:
        run: what one attempt left behind.
        exercise: whose checks apply.
        only_gates: leave out the checks that don't decide whether training is started.
        clues: what the text of the file tells; it changes only words and lines.
    """
    specs = [spec for spec in exercise.checks if spec.gate or not only_gates]
    return [_judge_check(spec, run, exercise, clues) for spec in specs]


def describe_gates(titles: Sequence[str]) -> str:
    """What has to be right before the rest can be judged.

    >>> describe_gates(["It adds", "It subtracts"])
    'first get “It adds” and “It subtracts” right'
    """
    return f"first get {' and '.join(f'“{title}”' for title in titles)} right"


def judge_advice(run: Run, exercise: Exercise) -> list[Note]:
    """Lists what advisory checks have found as notes at the line of `fit`, worded as their hints."""
    specs = [spec for spec in exercise.checks if spec.advice]
    # Judged as an ordinary check, since as advice it would always pass and the difference would be lost.
    found = [(spec, _judge_check(structs.replace(spec, advice=False), run, exercise, Clues())) for spec in specs]
    return [
        Note(line=run.fit_line, message=spec.hint or f"{result.message} (advice only)")
        for spec, result in found
        if result.status == "failed"
    ]


def _judge_check(spec: CheckSpec, run: Run, exercise: Exercise, clues: Clues) -> CheckResult:
    entry = CHECKS[spec.check]
    evidence = {item: _find_evidence(item, spec, run, exercise) for item in entry.evidence}
    missing = next((item for item in evidence if evidence[item] is None and _is_required(entry, item, run)), None)
    if missing is not None:
        return _build_result(spec, entry, run, _report_missing(missing, run, exercise), clues)
    try:
        outcome = entry.function(**evidence, **convert_arguments(spec))
    # A check that breaks on unforeseen evidence is our fault: full points, and the verdict becomes an error.
    except Exception as error:
        return _report_broken_check(spec, entry, error)
    return _build_result(spec, entry, run, _name_cause(outcome, spec, exercise, clues, run), clues)


def _name_cause(outcome: CheckOutcome, spec: CheckSpec, exercise: Exercise, clues: Clues, run: Run) -> CheckOutcome:
    """The outcome with a mistake that explains it in the place of its guesses."""
    calls = _list_calls(spec, exercise)
    cause = next((cause for cause in clues.causes if outcome.symptom in cause.symptoms and _can_explain(cause, calls)), None)
    if cause is None:
        return _add_facts(outcome, run, exercise) if outcome.symptom == Symptom.LOW_ACCURACY else outcome
    line = cause.line or outcome.line
    return structs.replace(outcome, message=cause.message, hint=cause.hint, line=line, beside=True)


def _add_facts(outcome: CheckOutcome, run: Run, exercise: Exercise) -> CheckOutcome:
    """The outcome with what the run tells of it in the place of guesses."""
    # Where the grader itself calls `fit`, its images and arguments are no fault of the file.
    own = run if exercise.models is None else structs.replace(run, pixels=None, fit_epochs=None, fit_batch_size=None)
    fault = explain_low_accuracy(own, _find_most_epochs(exercise))
    return outcome if fault is None else structs.replace(outcome, hint=fault, beside=True)


def _find_most_epochs(exercise: Exercise) -> int | None:
    """For how many epochs `fit` may be asked."""
    arguments = {spec.check: spec.args for spec in exercise.checks}
    if "training.asks_for" in arguments:
        return int(arguments["training.asks_for"]["epochs"])
    return int(arguments["training.epochs"]["below"]) - 1 if "training.epochs" in arguments else None


def _list_calls(spec: CheckSpec, exercise: Exercise) -> list[dict[str, Any]] | None:
    """The written calls that a check rests on, by argument; None where others are drawn at random, or there is just one."""
    if spec.args.get("random"):
        return None
    # A function that returns models is called as the exercise says, a plain one with the check's own cases.
    return exercise.models.calls if exercise.models is not None else spec.args.get("cases")


def _can_explain(cause: Cause, calls: list[dict[str, Any]] | None) -> bool:
    """Whether the argument that a cause is about differs among the calls of a check."""
    if not cause.argument or calls is None:
        return True
    # Compared as text, since written values are nested lists.
    return len({str(call.get(cause.argument)) for call in calls}) > 1


def _find_evidence(item: str, spec: CheckSpec, run: Run, exercise: Exercise) -> Any:
    match item:
        case "run":
            return run
        case "dataset":
            return exercise.dataset
        case "trial":
            return (run.trials or {}).get(spec.id)
        case _:
            return getattr(run, item)


def _is_required(entry: Check, item: str, run: Run) -> bool:
    """Whether an absent piece of evidence keeps the check from being judged; a returned None is a value."""
    # None is what a function without `return` gives, and the check on it has to say so.
    return not run.has_returned if item == "returned" else not entry.evidence[item]


def _report_missing(missing: str, run: Run, exercise: Exercise) -> CheckOutcome:
    """A function that answers with no classes is wrong itself; whatever else is missing has its cause elsewhere."""
    if missing == "measured" and run.unmeasured and exercise.kind == "observes":
        return report_failure(escape_name(run.unmeasured.splitlines()[0]), expected="one class for each image", got="none", hint=CLASSES_HINT, beside=True)
    return report_undecided(_explain_missing(missing, run, exercise))


def _explain_missing(missing: str, run: Run, exercise: Exercise) -> str:
    said = escape_name(run.end.message.splitlines()[0]) if run.end.message else ""
    if missing == "measured" and run.unmeasured:
        return f"not judged: the trained model can't be measured: {escape_name(run.unmeasured.splitlines()[0])}"
    if missing == "measured" and run.training is not None and run.end.kind == "completed":
        return "not judged: no whole epoch was trained, so there is nothing to measure"
    if run.end.kind == "completed" and exercise.models is not None and missing in MODEL_EVIDENCE:
        return "not judged: no compiled model was returned"
    if run.end.kind == "completed":
        return f"not judged: {ABSENCE_REASONS[missing]}"
    if run.end.kind == "gated" and said:
        return f"not judged yet: {said}"
    reason = GATED_REASON if run.end.kind == "gated" else END_WORDS[run.end.kind].reason
    return f"not judged: {reason}" + (f" ({said})" if said else "")


def _build_result(spec: CheckSpec, entry: Check, run: Run, outcome: CheckOutcome, clues: Clues) -> CheckResult:
    if spec.advice and outcome.status == "failed":
        outcome = report_pass("advice only: see the notes", got=outcome.got)
    failed = outcome.status == "failed"
    hints = [hint for hint in (outcome.hint, None if outcome.beside else spec.hint) if hint and failed]
    return CheckResult(
        id=spec.id,
        title=find_title(spec),
        status=outcome.status,
        points=spec.points if outcome.status == "passed" else 0.0,
        max_points=spec.points,
        basis=entry.basis,
        message=outcome.message,
        expected=outcome.expected,
        got=outcome.got,
        hint=" ".join(hints) or None,
        line=_find_line(outcome, entry, run, clues) if failed else None,
        code=spec.check,
        given=outcome.given,
    )


def _find_line(outcome: CheckOutcome, entry: Check, run: Run, clues: Clues) -> int | None:
    """The line to change, as well as it is known."""
    if outcome.line or outcome.place:
        return outcome.line or (clues.find_line(outcome.place) if outcome.place else None)
    # Data, callbacks and trainings go back to the `fit` call; a model is made elsewhere, and a value returned elsewhere.
    return run.fit_line if entry.evidence.keys() & FIT_EVIDENCE and "returned" not in entry.evidence else None


def _report_broken_check(spec: CheckSpec, entry: Check, error: Exception) -> CheckResult:
    said = f"{type(error).__name__}: {escape_name(str(error))}"
    return CheckResult(
        id=spec.id,
        title=find_title(spec),
        status="error",
        points=spec.points,
        max_points=spec.points,
        basis=entry.basis,
        message=f"this check failed inside the grader ({said}); it costs no points",
        code=spec.check,
    )
