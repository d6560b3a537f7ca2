"""Synthetic curves for the callback probe: accuracy, loss and validation figures move independently."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grader import checks
from grader.checks import convert_arguments
from grader.courses.exercise import Exercise
from grader.protocol.channel import MalformedMessage
from grader.protocol.orders import Event
from grader.protocol.wire import Probed
from grader.records.run import Architecture, CallbackProbe, CurveId, CurveOutcome, Run
from grader.records.verdict import LineToCross

EpochLogs = dict[str, float]
MID_EPOCH_HOOKS = ("train_begin", "epoch_begin", "train_batch_begin", "train_batch_end")
SEED_DEPENDENT_CHECKS = ("training.reaches", "training.epochs", "measured.accuracy")
NEAR_MISS_MARGIN = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeCurve:
    """One trial: the logs of each epoch, and the epoch (0-based) at whose end a right callback stops, if any."""

    id: CurveId
    due: int | None
    logs: list[EpochLogs]


def find_line_to_cross(exercise: Exercise) -> tuple[str, float] | None:
    """The metric and the line of the exercise's callback check (else of its threshold), if it has one."""
    # For the probe the callback's own line decides; reports prefer the training's line, see below.
    return _line_of(exercise, "callback.stops_when") or _line_of(exercise, "training.reaches")


def line_of_training(exercise: Exercise) -> LineToCross | None:
    """The line that the training itself has to cross (else that of the callback), as reports draw it."""
    found = _line_of(exercise, "training.reaches") or _line_of(exercise, "callback.stops_when")
    return None if found is None else LineToCross(metric=found[0], above=found[1])


def _line_of(exercise: Exercise, check: str) -> tuple[str, float] | None:
    given = next((convert_arguments(spec) for spec in exercise.checks if spec.check == check), None)
    return None if given is None else (str(given["metric"]), float(given["above"]))


def counts_line_itself(exercise: Exercise) -> bool:
    """Whether a callback has to stop at a figure that is exactly on the line, too."""
    # Converted, since YAML's `false` is still the text "false" in a check's arguments.
    return any(
        spec.check == "callback.stops_when" and convert_arguments(spec).get("or_equal") for spec in exercise.checks
    )


def should_probe_callbacks(exercise: Exercise) -> bool:
    """Whether a check of the exercise rests on the callback probe."""
    return any(spec.check.startswith("callback.") for spec in exercise.checks)


def build_probe_curves(metric: str, line: float, *, or_equal: bool = False) -> list[ProbeCurve]:
    """Four trials for a callback that has to stop once `metric` is above `line`; with `or_equal` one that meets it first.

    Only `metric` rises to the line at the due epoch; the point before it is just below, so that a lower line in the
    code shows, and no point lies exactly on it, so that `>` and `>=` are the same. Every figure goes on getting better,
    so that an `EarlyStopping` beside the callback has nothing to stop.
    """
    # Errors are scaled by the gap above the line, so that the curves keep their form for a line of 90 % and of 99.8 %.
    gap = 1.0 - line
    # Never above the line, but always rising: a patience-based callback must find no reason to stop either.
    plateau = [1.0 - gap * (1.15 + 0.5 * 0.5**epoch) for epoch in range(9)]
    other = "val_accuracy" if metric == "accuracy" else "accuracy"
    low = [0.3 * line * 1.01**epoch for epoch in range(9)]
    high = [1.0 - 0.02 * gap * 0.9**epoch for epoch in range(7)]
    large = [2.5 * 0.98**epoch for epoch in range(9)]
    small = [0.008 - 0.0012 * epoch for epoch in range(7)]
    # Last, so that a line in the code that is too high or too low is told by the other curves.
    meeting = [*_build_rising_figures(gap, 3, 3), line, *_build_rising_figures(gap, 3, 7)[3:]] if or_equal else []
    trials = [
        (CurveId.CROSSES, 5, _build_rising_figures(gap, 5, 9), [0.004 * 0.7**epoch for epoch in range(9)], low, large),
        (CurveId.LOSS_FALLS, None, plateau, [0.02 * 0.4**epoch for epoch in range(9)], low, large),
        (
            CurveId.VALIDATION_AHEAD,
            3,
            _build_rising_figures(gap, 3, 7),
            [0.4 * 0.95**epoch for epoch in range(7)],
            high,
            small,
        ),
        (
            CurveId.LOSS_STAYS_HIGH,
            2,
            _build_rising_figures(gap, 2, 6),
            [0.9 * value for value in large[:6]],
            low[:6],
            large[:6],
        ),
        *([(CurveId.MEETS, 3, meeting, large[:8], low[:8], large[:8])] if or_equal else []),
    ]
    return [
        ProbeCurve(id=curve, due=due, logs=_build_logs(metric, other, figures, losses, others, val_losses))
        for curve, due, figures, losses, others, val_losses in trials
    ]


def _build_rising_figures(gap: float, due: int, epochs: int) -> list[float]:
    """Errors fall geometrically to just under the line, then go past it; `gap` is what the line leaves above it."""
    start, steps = min(0.7, 25.0 * gap), max(due - 1, 1)
    # 0.9792 below 0.98: nearer than any other line that somebody writes, and not so near that four digits would round it up.
    before = [start * (1.04 * gap / start) ** (epoch / steps) for epoch in range(due)]
    after = [0.6 * gap * 0.8**epoch for epoch in range(epochs - due)]
    return [1.0 - error for error in before + after]


def join_probe(probed: Probed, trials: Sequence[ProbeCurve]) -> CallbackProbe:
    """What the student's side says of the trials, as evidence.

    Raises:
        MalformedMessage: it says nothing of some of them.
    """
    judged = not (probed.error or probed.inconclusive)
    # The answer comes from the student's process: one that leaves out a curve must not pass for the rest.
    if judged and len(probed.stopped) != len(trials):
        raise MalformedMessage("the probe's answer doesn't fit its curves")
    outcomes = [_build_outcome(trial, at) for trial, at in zip(trials, probed.stopped, strict=True)] if judged else []
    return CallbackProbe(
        outcomes=outcomes,
        callbacks=probed.callbacks[:50],
        error=probed.error,
        error_kind=probed.error_kind,
        inconclusive=probed.inconclusive,
        line=probed.line,
    )


def _build_outcome(trial: ProbeCurve, stopped: int | None) -> CurveOutcome:
    # The due epochs and figures are ours; only where a callback stopped is taken from the student's answer.
    at = stopped if stopped is not None else trial.due
    shown = trial.logs[at] if at is not None and 0 <= at < len(trial.logs) else {}
    return CurveOutcome(curve=trial.id, due=trial.due, stopped=stopped, logs=shown)


def _build_logs(metric: str, other: str, *columns: Sequence[float]) -> list[EpochLogs]:
    names = (metric, "loss", other, "val_loss")
    return [dict(zip(names, (round(value, 6) for value in row), strict=True)) for row in zip(*columns, strict=True)]


def rename_for_student(logs: EpochLogs, architecture: Architecture) -> EpochLogs:
    """The logs as the student's callbacks will see them: under the names that their metrics have."""
    key = architecture.accuracy_key or "accuracy"
    renamed = {_rename_metric(name, "accuracy", key): value for name, value in logs.items()}
    others = {name: _make_other_metric(name, logs) for name in architecture.log_keys if name not in renamed}
    return {**others, **renamed}


def _make_other_metric(name: str, logs: EpochLogs) -> float:
    """Invents a further metric's figure: another accuracy follows the accuracy, all others are constant."""
    like = "val_accuracy" if name.startswith("val_") else "accuracy"
    # A callback that watches a second accuracy metric is right as well, so that metric moves with the first.
    return logs.get(like, 0.5) if "acc" in name else 0.5


def rename_to_canonical(logs: EpochLogs, accuracy_key: str | None) -> EpochLogs:
    """Measured logs with the accuracy metric under `accuracy`; another metric of that name is marked as such."""
    result = {}
    for name, value in logs.items():
        bare = name.removeprefix("val_")
        if bare == accuracy_key:
            result[_rename_metric(name, bare, "accuracy")] = value
        elif bare == "accuracy":
            # A student may give any metric the name "accuracy"; under this key no check mistakes it for the real one.
            result[f"{name} (another metric)"] = value
        else:
            result[name] = value
    return result


def is_stop_mid_epoch(event: Event) -> bool:
    """Whether a stop requested in this hook ends the epoch before all its steps are done."""
    # A stop in the last batch's hook comes after the whole epoch, so its figures count.
    last = event.hook == "train_batch_end" and event.steps is not None and event.index + 1 >= event.steps
    return event.hook in MID_EPOCH_HOOKS and not last


def split_cut_epoch(logs: EpochLogs) -> tuple[EpochLogs, EpochLogs]:
    """Of an epoch that was cut short, the validation figures, which are whole, and those of a part of the examples."""
    whole = {name: value for name, value in logs.items() if name.startswith("val_")}
    return whole, {name: value for name, value in logs.items() if name not in whole}


def _rename_metric(name: str, old: str, new: str) -> str:
    bare = name.removeprefix("val_")
    return name[: len(name) - len(bare)] + new if bare == old else name


def is_near_miss(run: Run, exercise: Exercise) -> bool:
    """Whether only what depends on the seed failed, and the best epoch came within half the gap above the line.

    For a line of 99.8 % that is a best accuracy of at least 99.7 %.
    """
    line = find_line_to_cross(exercise)
    if run.end.kind != "completed" or run.training is None or line is None:
        return False
    kinds = {spec.id: spec.check for spec in exercise.checks}
    failed = [kinds[result.id] for result in checks.judge_run(run, exercise) if result.status == "failed"]
    # A wrong model or callback fails with every seed; more attempts would only cost time.
    if not failed or any(check not in SEED_DEPENDENT_CHECKS for check in failed):
        return False
    best = max((epoch.get(line[0], 0.0) for epoch in run.training.epochs), default=0.0)
    return best >= line[1] - NEAR_MISS_MARGIN * (1.0 - line[1])
