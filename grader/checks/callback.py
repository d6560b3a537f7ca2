"""The check of the student's callbacks: tried on synthetic curves, they must stop at the right epoch of each.

On the curves accuracy, loss and the validation figures go their own ways, so what a callback watches shows in
where it stops.
"""

from __future__ import annotations

from typing import Literal

from grader.checks.registry import Outcome, check, failed, passed, undecided
from grader.checks.wording import beside, counted, epoch, exact, figure, name
from grader.explaining import explanation
from grader.run import CurveId, CurveOutcome, Probe
from grader.verdict import TrainingRecord
from grader.yamltree import Percent

# Keras's own callbacks that end a training, though at no line of a figure.
PATIENT = frozenset({"EarlyStopping", "TerminateOnNaN"})
STOP = (
    "set `self.model.stop_training = True` in `on_epoch_end`, which belongs into the class, "
    "and give the callback to `fit(callbacks=[...])`"
)
CURVES: dict[str, str] = {
    CurveId.CROSSES: "crosses",
    CurveId.LOSS_FALLS: "loss falls, accuracy doesn't",
    CurveId.VALIDATION_AHEAD: "validation runs ahead",
    CurveId.LOSS_STAYS_HIGH: "accuracy rises, loss stays high",
}

# Every curve that has a due epoch goes on for at least this many epochs, the due one included.
TAIL = 4


@check("callback.stops_when")
def stops_when(
    probe: Probe, training: TrainingRecord | None, *, metric: Literal["accuracy", "val_accuracy"], above: Percent
) -> Outcome:
    """The callback stops the training at the end of the first epoch whose figure is above the line.

    Args:
        probe: what the callbacks did on each synthetic curve.
        training: the real training, which decides where the callbacks can't be tried.
        metric: the figure that the callback has to watch.
        above: the line; a figure equal to it is not above it.

    >>> late = CurveOutcome(curve="crosses", due=5, stopped=6, logs={"accuracy": 0.9991})
    >>> stops_when(Probe(outcomes=[late], callbacks=["Stop"]), None, metric="accuracy", above=0.998).message
    'the callback stops 1 epoch late: accuracy went above 0.998 in epoch 6, and it stopped after epoch 7'
    """
    if probe.error is not None:
        return failed(
            f"the callback raised an error when it was tried: {name(probe.error)}",
            expected=_expected(metric, above),
            got=name(probe.error),
            hint=_mend(probe.error, probe.error_kind, metric),
            line=probe.line,
        )
    if probe.inconclusive is not None or not probe.outcomes:
        return _by_training(probe, training, metric, above)
    wrong = [outcome for outcome in probe.outcomes if outcome.stopped != outcome.due]
    if not wrong and training is not None and (went_on := _went_on(training, metric, above)) is not None:
        return failed(
            f"on trial curves the callback stopped, but in the training {metric} went above {exact(above)} in "
            f"{epoch(went_on)} and nothing stopped it there",
            expected=_expected(metric, above),
            got=f"{counted(len(training.epochs), 'epoch')}, ended by: {training.stopped_by}",
            hint=f"It has to depend on `logs['{metric}']` alone.",
            line=probe.line,
        )
    if not wrong:
        trials = counted(len(probe.outcomes), "trial curve")
        return passed(f"the callback stops when {metric} goes above {exact(above)}, on {trials}")
    shown, message, hint = _diagnosis(probe, wrong, metric, above)
    return failed(message, expected=_expected(metric, above), got=_got(shown), hint=hint, line=probe.line)


def _mend(error: str, kind: str, metric: str) -> str:
    """What to do about an error of a callback."""
    if (known := explanation(error)) is not None:
        return known
    if kind == "KeyError":
        return f"Is the key spelt as Keras spells it? `logs` holds accuracy, loss ... here it has to be '{metric}'."
    return f"`logs` is a dict of figures, such as {{'accuracy': 0.5, 'loss': 1.2}}. To stop a training, {STOP}."


def _went_on(training: TrainingRecord, metric: str, above: float) -> int | None:
    """The first epoch of the last `fit` that was above the line and not the last one; None: it was stopped there."""
    numbers = [int(logs.get("epoch", index)) for index, logs in enumerate(training.epochs)]
    begin = max((index for index in range(1, len(numbers)) if numbers[index] <= numbers[index - 1]), default=0)
    figures = [logs.get(metric, float("-inf")) for logs in training.epochs[begin:-1]]
    return next((begin + index for index, value in enumerate(figures) if value > above), None)


def _expected(metric: str, above: float) -> str:
    return f"stops at the end of the first epoch whose {metric} is above {exact(above)}"


def _got(outcome: CurveOutcome) -> str:
    when = "never stopped" if outcome.stopped is None else f"stopped after {epoch(outcome.stopped)}"
    due = "should not stop" if outcome.due is None else f"should stop after {epoch(outcome.due)}"
    logs = ", ".join(f"{key} {figure(value)}" for key, value in outcome.logs.items())
    return f'on the curve "{CURVES.get(outcome.curve, outcome.curve)}": {when}, {due}' + (f" ({logs})" if logs else "")


def _diagnosis(probe: Probe, wrong: list[CurveOutcome], metric: str, above: float) -> tuple[CurveOutcome, str, str]:
    """The curve that shows best what went wrong, what it is in a sentence, and what to look at.

    The first explanation that fits all curves is taken.
    """
    if all(outcome.stopped is None for outcome in probe.outcomes):
        return wrong[0], *_never(probe, metric, above)
    if (fixed := _fixed_epoch(probe.outcomes)) is not None:
        return (
            wrong[0],
            f"the callback stopped after {epoch(fixed)} on every trial curve, whatever {metric} was",
            f"It has to look at `logs`: compare `logs['{metric}']` with {exact(above)}."
            + (" Is the line in your condition far lower, or is the condition always true?" if fixed == 0 else ""),
        )
    early = [outcome for outcome in wrong if outcome.stopped is not None and _is_early(outcome)]
    if early:
        return early[0], *_early(probe.outcomes, early, metric, above)
    late = next((outcome for outcome in wrong if outcome.stopped is not None), wrong[0])
    return late, *_late(late, metric, above)


def _fixed_epoch(outcomes: list[CurveOutcome]) -> int | None:
    """The one epoch at which every curve that is long enough was stopped, where different ones were due."""
    stops = {outcome.stopped for outcome in outcomes if outcome.stopped is not None}
    if len(stops) != 1 or len({outcome.due for outcome in outcomes}) == 1:
        return None
    (fixed,) = stops
    others = [outcome.due for outcome in outcomes if outcome.stopped is None]
    return fixed if all(due is not None and due + TAIL <= fixed for due in others) else None


def _is_early(outcome: CurveOutcome) -> bool:
    return outcome.due is None or (outcome.stopped is not None and outcome.stopped < outcome.due)


def _never(probe: Probe, metric: str, above: float) -> tuple[str, str]:
    if not probe.callbacks:
        return "`fit` was given no callback, so nothing stops the training", f"Write one: {STOP}."
    if set(probe.callbacks) <= PATIENT:
        return (
            f"the callback never stopped a training, though {metric} went above {exact(above)}",
            f"`{name(probe.callbacks[0])}` stops where a figure no longer gets better, not at a line. Write a callback of "
            f"your own, a subclass of `tf.keras.callbacks.Callback`: {STOP}.",
        )
    return (
        f"the callback never stopped a training, though {metric} went above {exact(above)}",
        f"Is the line in your condition higher than {exact(above)}? "
        f"Compare `logs['{metric}']` with {exact(above)}; figures are a share from 0 to 1, so {exact(100 * above)} % is "
        f"{exact(above)}. To stop, {STOP}.",
    )


def _early(outcomes: list[CurveOutcome], early: list[CurveOutcome], metric: str, above: float) -> tuple[str, str]:
    """Stopped below the line: it watches another figure, or the line in the code is too low."""
    outcome = early[0]
    reached = outcome.logs.get(metric)
    at = "" if reached is None else f" at {metric} {beside(reached, above)}, which is not above {exact(above)}"
    message = f"on a trial curve the callback stopped after {epoch(outcome.stopped or 0)}{at}"
    watched = _watched(outcomes, early, metric)
    if watched is None:
        return message, f"Is the line in your condition lower than {exact(above)}?"
    label, key = watched
    there = f" ({key} was {figure(outcome.logs[key])} there)" if key in outcome.logs else ""
    return (
        f"{message}: it seems to watch {label}{there}",
        f"Watch `{metric}` instead: compare `logs['{metric}']` with {exact(above)}.",
    )


def _watched(outcomes: list[CurveOutcome], early: list[CurveOutcome], metric: str) -> tuple[str, str] | None:
    """The figure that explains the early stops: on one curve the loss parts from accuracy, on another validation."""
    if metric == "accuracy" and {outcome.curve for outcome in early} == {CurveId.VALIDATION_AHEAD}:
        return "the validation figures", "val_accuracy"
    # On this curve a line that is too low is early as well; only the loss holds a callback back.
    slow = next((outcome for outcome in outcomes if outcome.curve == CurveId.LOSS_STAYS_HIGH), None)
    return ("the loss", "loss") if slow is not None and not _is_early(slow) else None


def _late(outcome: CurveOutcome, metric: str, above: float) -> tuple[str, str]:
    due = outcome.due or 0
    crossed = f"{metric} went above {exact(above)} in {epoch(due)}"
    if outcome.stopped is None:
        return (
            f'on the curve "{CURVES.get(outcome.curve, outcome.curve)}" the callback never stopped, though {crossed}',
            f"It has to depend on `logs['{metric}']` alone.",
        )
    return (
        f"the callback stops {counted(outcome.stopped - due, 'epoch')} late: {crossed}, "
        f"and it stopped after {epoch(outcome.stopped)}",
        f"Is the line in your condition higher than {exact(above)}, or does it wait (`patience`, `on_epoch_begin`)?",
    )


def _by_training(probe: Probe, training: TrainingRecord | None, metric: str, above: float) -> Outcome:
    """Judges by the real training where the callbacks can't be tried beforehand."""
    reason = name(probe.inconclusive or "there was no curve to try it on")
    figures = [logs.get(metric, float("-inf")) for logs in training.epochs] if training else []
    if training is None or not figures:
        return undecided(f"not judged: the callback can't be tried without a training ({reason})")
    due = next((index for index, value in enumerate(figures) if value > above), None)
    last = len(figures) - 1
    if due is None:
        return _below(training, figures, metric, above)
    if due == last and training.stopped_by == "callback":
        return passed(f"in the training the callback stopped after {epoch(last)}, the first one above {exact(above)}")
    how = {"callback": "the callback stopped it", "epochs": "its epochs were over", "limit": "the time limit ended it"}
    return failed(
        f"{metric} went above {exact(above)} in {epoch(due)}, but the training ended after {epoch(last)}, "
        f"when {how[training.stopped_by]}",
        expected=_expected(metric, above),
        got=f"{counted(len(figures), 'epoch')}, ended by: {training.stopped_by}",
        line=probe.line,
    )


def _below(training: TrainingRecord, figures: list[float], metric: str, above: float) -> Outcome:
    if training.stopped_by != "callback":
        return undecided(f"not judged: {metric} never went above {exact(above)}, so there was nothing to stop")
    return failed(
        f"the callback stopped the training after {epoch(len(figures) - 1)}, before {metric} was above {exact(above)}",
        expected=_expected(metric, above),
        got=f"highest {metric} {beside(max(figures), above)}" if max(figures) >= 0 else f"no {metric} in the logs",
    )
