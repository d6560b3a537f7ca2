"""The check of the student's callbacks: tried on synthetic curves, they must stop at the right epoch of each.

On the curves accuracy, loss and the validation figures move independently, so what a callback watches shows in
where it stops.
"""

from __future__ import annotations

from typing import Literal

from grader.checks.lines import Line
from grader.checks.registry import CheckOutcome, register_check, report_failure, report_pass, report_undecided
from grader.checks.wording import escape_name, exact, format_count, format_epoch, format_figure, format_figure_against
from grader.courses.yaml_tree import Percent
from grader.messages.error_hints import find_error_hint
from grader.records.clues import Symptom
from grader.records.run import CallbackProbe, CurveId, CurveOutcome
from grader.records.verdict import TrainingRecord

# Keras's own callbacks that end a training, though at no line of a figure.
KERAS_STOPPERS = frozenset({"EarlyStopping", "TerminateOnNaN"})
STOP_HINT = (
    "set `self.model.stop_training = True` in the callback class's `on_epoch_end`, "
    "and pass the callback to `fit(callbacks=[...])`"
)
CURVES: dict[str, str] = {
    CurveId.MEETS: "in a made-up training that meets the threshold exactly",
    CurveId.CROSSES: "in a made-up training",
    CurveId.LOSS_FALLS: "in a made-up training in which the loss falls and accuracy doesn't rise",
    CurveId.VALIDATION_AHEAD: "in a made-up training in which the validation figures are ahead",
    CurveId.LOSS_STAYS_HIGH: "in a made-up training in which accuracy rises and the loss stays high",
}
STOPS = {"callback": "the callback stopped it", "epochs": "it had run all its epochs", "limit": "the time limit ended it"}

# Every curve that has a due epoch goes on for at least this many epochs, the due one included.
MIN_EPOCHS_AFTER_DUE = 4


@register_check("callback.stops_when")
def check_stop_epoch(
    probe: CallbackProbe,
    training: TrainingRecord | None,
    *,
    metric: Literal["accuracy", "val_accuracy"],
    above: Percent,
    or_equal: bool = False,
) -> CheckOutcome:
    """The callback stops the training after the first epoch above the threshold.

    Args:
        probe: what the callbacks did on each synthetic curve.
        training: the real training, which decides where the callbacks can't be tried.
        metric: the figure that the callback has to watch.
        above: the line; a figure equal to it is not above it,
        or_equal: unless this is set.

    >>> late = CurveOutcome(curve="crosses", due=5, stopped=6, logs={"accuracy": 0.9991})
    >>> check_stop_epoch(CallbackProbe(outcomes=[late], callbacks=["Stop"]), None, metric="accuracy", above=0.998).message
    'the callback stops 1 epoch late: accuracy went above 0.998 in epoch 6, and it stopped after epoch 7'
    """
    line = Line(value=above, or_equal=or_equal)
    if probe.error is not None:
        return report_failure(
            f"the callback raised an error when it was tried: {escape_name(probe.error)}",
            expected=_describe_expected(metric, line),
            got=escape_name(probe.error),
            hint=_describe_remedy(probe.error, probe.error_kind, metric),
            line=probe.line,
            symptom=Symptom.CALLBACK_RAISED,
        )
    # A callback that can't be copied is judged by what it did in the real training.
    if probe.inconclusive is not None or not probe.outcomes:
        return _judge_by_training(probe, training, metric, line)
    wrong = [outcome for outcome in probe.outcomes if outcome.stopped != outcome.due]
    # A callback that recognises the trial curves passes there; in the real training it has to stop as well.
    if not wrong and training is not None and (went_on := _find_missed_epoch(training, metric, line)) is not None:
        return report_failure(
            f"in made-up trainings the callback stopped, but in the real one {metric} {line.crossed} in "
            f"{format_epoch(went_on)} and nothing stopped it",
            expected=_describe_expected(metric, line),
            got=f"{format_count(len(training.epochs), 'epoch')}; {STOPS[training.stopped_by]}",
            hint=f"Let the condition depend on `logs['{metric}']` alone.",
            line=probe.line,
        )
    if not wrong:
        trials = format_count(len(probe.outcomes), "made-up training")
        return report_pass(f"the callback stops when {metric} {line.crosses}, in {trials}")
    return _report_wrong_stops(probe, wrong, metric, line)


def _report_wrong_stops(probe: CallbackProbe, wrong: list[CurveOutcome], metric: str, line: Line) -> CheckOutcome:
    shown, message, hint = _describe_diagnosis(probe, wrong, metric, line)
    never = all(outcome.stopped is None for outcome in probe.outcomes) and bool(probe.callbacks)
    return report_failure(
        message,
        expected=_describe_expected(metric, line),
        got=_describe_outcome(shown, metric),
        hint=hint,
        line=probe.line,
        symptom=Symptom.NEVER_STOPPED if never else Symptom.WRONG_STOP,
    )


def _describe_remedy(error: str, kind: str, metric: str) -> str:
    """Suggests a remedy for an error that a callback raised."""
    if (known := find_error_hint(error)) is not None:
        return known
    if kind == "KeyError":
        return f"Is the key spelt as in Keras? `logs` holds figures such as accuracy and loss; here you need '{metric}'."
    return f"`logs` is a dict of figures, such as {{'accuracy': 0.5, 'loss': 1.2}}. To stop a training, {STOP_HINT}."


def _find_missed_epoch(training: TrainingRecord, metric: str, line: Line) -> int | None:
    """Finds the first epoch of the last `fit` above the line after which training went on; None if it stopped there."""
    numbers = [int(logs.get("epoch", index)) for index, logs in enumerate(training.epochs)]
    # Epoch numbers that go back mark the start of another `fit`; earlier fits may have been meant to run on.
    begin = max((index for index in range(1, len(numbers)) if numbers[index] <= numbers[index - 1]), default=0)
    figures = [logs.get(metric, float("-inf")) for logs in training.epochs[begin:-1]]
    return next((begin + index for index, value in enumerate(figures) if line.is_crossed(value)), None)


def _describe_expected(metric: str, line: Line) -> str:
    return f"it stops after the first epoch with {metric} {line.beyond}"


def _describe_outcome(outcome: CurveOutcome, metric: str) -> str:
    where = CURVES.get(outcome.curve, CURVES[CurveId.CROSSES])
    due = "not have stopped" if outcome.due is None else f"have stopped after {format_epoch(outcome.due)}"
    if outcome.stopped is None:
        reached = f", when {metric} reached {format_figure(outcome.logs[metric])}" if metric in outcome.logs else ""
        return f"{where} it never stopped; it should {due}{reached}"
    logs = ", ".join(f"{key} {format_figure(value)}" for key, value in outcome.logs.items())
    return f"{where} it stopped after {format_epoch(outcome.stopped)}{f' ({logs})' if logs else ''}; it should {due}"


def _describe_diagnosis(
    probe: CallbackProbe, wrong: list[CurveOutcome], metric: str, line: Line
) -> tuple[CurveOutcome, str, str]:
    """The curve that shows best what went wrong, what it is in a sentence, and what to look at.

    The first explanation that fits all curves is taken.
    """
    # The order matters: each explanation below is only sure once the ones above are ruled out.
    if all(outcome.stopped is None for outcome in probe.outcomes):
        return wrong[0], *_explain_missing_stop(probe, metric, line)
    if (fixed := _find_fixed_epoch(probe.outcomes)) is not None:
        return (
            wrong[0],
            f"in every made-up training the callback stopped after {format_epoch(fixed)}, whatever {metric} was",
            f"Use `logs`: compare `logs['{metric}']` with {exact(line.value)}."
            + (" Is the threshold in your condition far lower, or is the condition always true?" if fixed == 0 else ""),
        )
    early = [outcome for outcome in wrong if outcome.stopped is not None and _is_early(outcome)]
    if early:
        return early[0], *_explain_early_stop(probe.outcomes, early, metric, line)
    late = next((outcome for outcome in wrong if outcome.stopped is not None), wrong[0])
    return late, *_explain_late_stop(late, metric, line)


def _find_fixed_epoch(outcomes: list[CurveOutcome]) -> int | None:
    """The one epoch at which every curve that is long enough was stopped, where different ones were due."""
    stops = {outcome.stopped for outcome in outcomes if outcome.stopped is not None}
    if len(stops) != 1 or len({outcome.due for outcome in outcomes}) == 1:
        return None
    (fixed,) = stops
    # A curve that ended before the fixed epoch couldn't be stopped there, so it doesn't speak against it.
    others = [outcome.due for outcome in outcomes if outcome.stopped is None]
    return fixed if all(due is not None and due + MIN_EPOCHS_AFTER_DUE <= fixed for due in others) else None


def _is_early(outcome: CurveOutcome) -> bool:
    return outcome.due is None or (outcome.stopped is not None and outcome.stopped < outcome.due)


def _explain_missing_stop(probe: CallbackProbe, metric: str, line: Line) -> tuple[str, str]:
    if not probe.callbacks:
        return "`fit` was given no callback, so nothing stops the training", f"Write one: {STOP_HINT}."
    if set(probe.callbacks) <= KERAS_STOPPERS:
        return (
            f"the callback never stopped a training, although {metric} {line.crossed}",
            f"`{escape_name(probe.callbacks[0])}` stops when a figure no longer improves, not at a threshold. Write a callback of "
            f"your own, a subclass of `tf.keras.callbacks.Callback`: {STOP_HINT}.",
        )
    return (
        f"the callback never stopped a training, although {metric} {line.crossed}",
        f"Is the threshold in your condition higher than {exact(line.value)}? "
        f"Compare `logs['{metric}']` with {exact(line.value)}; accuracies are between 0 and 1: {exact(100 * line.value)} % is "
        f"{exact(line.value)}. To stop, {STOP_HINT}.",
    )


def _explain_early_stop(
    outcomes: list[CurveOutcome], early: list[CurveOutcome], metric: str, line: Line
) -> tuple[str, str]:
    """Stopped below the line: it watches another figure, or the line in the code is too low."""
    outcome = early[0]
    reached = outcome.logs.get(metric)
    at = (
        ""
        if reached is None
        else f" at {metric} {format_figure_against(reached, line.value)}, which is not {line.beyond}"
    )
    message = f"in a made-up training the callback stopped after {format_epoch(outcome.stopped or 0)}{at}"
    watched = _find_watched_metric(outcomes, early, metric)
    if watched is None:
        return message, f"Is the threshold in your condition lower than {exact(line.value)}?"
    label, key = watched
    there = f" ({key} was {format_figure(outcome.logs[key])} there)" if key in outcome.logs else ""
    return (
        f"{message}: it seems to watch {label}{there}",
        f"Watch `{metric}` instead: compare `logs['{metric}']` with {exact(line.value)}.",
    )


def _find_watched_metric(
    outcomes: list[CurveOutcome], early: list[CurveOutcome], metric: str
) -> tuple[str, str] | None:
    """The figure that explains the early stops: on one curve the loss parts from accuracy, on another validation."""
    # Validation runs ahead on this curve alone; a line that is too low would be early on the others, too.
    if metric == "accuracy" and {outcome.curve for outcome in early} == {CurveId.VALIDATION_AHEAD}:
        return "the validation figures", "val_accuracy"
    # On this curve a line that is too low is early as well; only the loss holds a callback back.
    slow = next((outcome for outcome in outcomes if outcome.curve == CurveId.LOSS_STAYS_HIGH), None)
    return ("the loss", "loss") if slow is not None and not _is_early(slow) else None


def _explain_late_stop(outcome: CurveOutcome, metric: str, line: Line) -> tuple[str, str]:
    due = outcome.due or 0
    crossed = f"{metric} {line.crossed} in {format_epoch(due)}"
    if outcome.curve == CurveId.MEETS:
        return (
            f"the callback doesn't stop at {metric} {exact(line.value)} itself, only above it",
            f"Compare with `>=`: a figure that is exactly {exact(line.value)} counts as well.",
        )
    if outcome.stopped is None:
        return (
            f"{CURVES.get(outcome.curve, CURVES[CurveId.CROSSES])} the callback never stopped, although {crossed}",
            f"Let the condition depend on `logs['{metric}']` alone.",
        )
    return (
        f"the callback stops {format_count(outcome.stopped - due, 'epoch')} late: {crossed}, "
        f"and it stopped after {format_epoch(outcome.stopped)}",
        f"Is the threshold in your condition higher than {exact(line.value)}, or does it wait (`patience`, `on_epoch_begin`)?",
    )


def _judge_by_training(
    probe: CallbackProbe, training: TrainingRecord | None, metric: str, line: Line
) -> CheckOutcome:
    """Judges by the real training where the callbacks can't be tried beforehand."""
    reason = escape_name(probe.inconclusive or "there was no curve to try it on")
    figures = [logs.get(metric, float("-inf")) for logs in training.epochs] if training else []
    if training is None or not figures:
        return report_undecided(f"not judged: the callback can't be tried without a training ({reason})")
    due = next((index for index, value in enumerate(figures) if line.is_crossed(value)), None)
    last = len(figures) - 1
    if due is None:
        return _judge_below_line(training, figures, metric, line)
    # The right last epoch isn't enough: the epochs may just have been over.
    if due == last and training.stopped_by == "callback":
        return report_pass(
            f"in the training the callback stopped after {format_epoch(last)}, the first one {line.beyond}"
        )
    return report_failure(
        f"{metric} {line.crossed} in {format_epoch(due)}, but the training ended after {format_epoch(last)}, "
        f"when {STOPS[training.stopped_by]}",
        expected=_describe_expected(metric, line),
        got=f"{format_count(len(figures), 'epoch')}; {STOPS[training.stopped_by]}",
        line=probe.line,
    )


def _judge_below_line(training: TrainingRecord, figures: list[float], metric: str, line: Line) -> CheckOutcome:
    # A line that was never reached says nothing about the callback, for or against.
    if training.stopped_by != "callback":
        return report_undecided(f"not judged: {metric} never {line.crossed}, so there was nothing to stop")
    return report_failure(
        f"the callback stopped the training after {format_epoch(len(figures) - 1)}, before {metric} was {line.beyond}",
        expected=_describe_expected(metric, line),
        got=f"highest {metric} {format_figure_against(max(figures), line.value)}"
        if max(figures) >= 0
        else f"no {metric} in the logs",
    )
