"""What a callback watches shows in where it stops on curves that go their own ways."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from grader.checks.callback import MIN_EPOCHS_AFTER_DUE, check_stop_epoch
from grader.checks.registry import CheckOutcome
from grader.courses.yaml_tree import Percent
from grader.grading.curves import build_probe_curves
from grader.records.clues import Symptom
from grader.records.run import CallbackProbe, CurveId, CurveOutcome
from grader.records.verdict import TrainingRecord

Logs = dict[str, float]
LINE = Percent(0.998)


def curve(accuracy: list[float], loss: list[float], *, ahead: bool = False) -> list[Logs]:
    """One synthetic curve; where validation isn't ahead, it follows accuracy from below."""
    return [
        {
            "accuracy": a,
            "loss": b,
            "val_accuracy": 1.0 if ahead else a * 0.95,
            "val_loss": 0.0 if ahead else b + 0.05,
        }
        for a, b in zip(accuracy, loss, strict=True)
    ]


CURVES = {
    CurveId.CROSSES: curve([0.9, 0.95, 0.97, 0.99, 0.9977, 0.9986, 0.9993], [0.01] * 7),
    CurveId.LOSS_FALLS: curve([0.6, 0.7, 0.72, 0.73, 0.74, 0.75, 0.75], [0.9, 0.1, 0.01, 0.0, 0, 0, 0]),
    CurveId.VALIDATION_AHEAD: curve([0.5, 0.7, 0.9983, 0.999, 0.9991, 0.9992, 0.9994], [1.0] * 7, ahead=True),
    CurveId.LOSS_STAYS_HIGH: curve([0.8, 0.9, 0.9977, 0.9985, 0.999, 0.9993, 0.9994], [2.0] * 7),
}


def tried(wants_to_stop: Callable[[int, Logs], bool], delay: int = 0) -> CheckOutcome:
    """The outcome for a callback that stops when `wants_to_stop(epoch, logs)`, `delay` epochs later."""
    outcomes = []
    for name, logs in CURVES.items():
        due = next((i for i, item in enumerate(logs) if item["accuracy"] > LINE), None)
        stopped = next((i + delay for i, item in enumerate(logs) if wants_to_stop(i, item)), None)
        at = due if stopped is None else stopped
        outcomes.append(CurveOutcome(curve=name, due=due, stopped=stopped, logs={} if at is None else logs[at]))
    probe = CallbackProbe(outcomes=outcomes, callbacks=["Stop"], line=12)
    return check_stop_epoch(probe, None, metric="accuracy", above=LINE)


def test_a_right_callback_passes() -> None:
    """It stops where it is due on every curve, and never where accuracy doesn't cross."""
    outcome = tried(lambda _, logs: logs["accuracy"] > LINE)
    assert outcome.status == "passed"
    assert outcome.message == "the callback stops when accuracy goes above 0.998, in 4 made-up trainings"


@pytest.mark.parametrize(
    ("stops", "status", "message"),
    [
        (lambda figure: figure >= 0.98, "passed", "the callback stops when accuracy reaches 0.98, in 5 made-up trainings"),
        (
            lambda figure: figure > 0.98,
            "failed",
            "the callback doesn't stop at accuracy 0.98 itself, only above it",
        ),
        (
            lambda figure: figure >= 0.99,
            "failed",
            "the callback stops 1 epoch late: accuracy reached 0.98 in epoch 6, and it stopped after epoch 7",
        ),
    ],
)
def test_a_line_that_counts_itself(stops, status, message) -> None:
    """Only `>=` stops on the curve that meets the line; a wrong line is told as one."""
    outcomes = []
    for trial in build_probe_curves("accuracy", 0.98, or_equal=True):
        at = next((index for index, logs in enumerate(trial.logs) if stops(logs["accuracy"])), None)
        outcomes.append(CurveOutcome(curve=trial.id, due=trial.due, stopped=at, logs=trial.logs[at or 0]))
    probe = CallbackProbe(outcomes=outcomes, callbacks=["Stop"])
    found = check_stop_epoch(probe, None, metric="accuracy", above=Percent(0.98), or_equal=True)
    assert (found.status, found.message) == (status, message)


@pytest.mark.parametrize(
    ("stops", "delay", "message"),
    [
        (lambda e, _: e == 3, 0, "in every made-up training the callback stopped after epoch 4, whatever accuracy was"),
        (
            lambda _, logs: logs["loss"] < 0.02,
            0,
            "in a made-up training the callback stopped after epoch 1 at accuracy 0.9000, which is not above 0.998: "
            "it seems to watch the loss (loss was 0.01 there)",
        ),
        (
            lambda _, logs: logs["val_accuracy"] > LINE,
            0,
            "in a made-up training the callback stopped after epoch 1 at accuracy 0.5000, which is not above 0.998: "
            "it seems to watch the validation figures (val_accuracy was 1 there)",
        ),
        (
            lambda _, logs: logs["accuracy"] > 0.96,
            0,
            "in a made-up training the callback stopped after epoch 3 at accuracy 0.9700, which is not above 0.998",
        ),
        (
            lambda _, logs: logs["accuracy"] > 0.9975,
            0,
            "in a made-up training the callback stopped after epoch 5 at accuracy 0.9977, which is not above 0.998",
        ),
        (
            lambda _, logs: logs["accuracy"] > LINE,
            1,
            "the callback stops 1 epoch late: accuracy went above 0.998 in epoch 6, and it stopped after epoch 7",
        ),
        (lambda *_: False, 0, "the callback never stopped a training, although accuracy went above 0.998"),
        (
            lambda _, logs: logs["accuracy"] > LINE and logs["loss"] < 0.05,
            0,
            "in a made-up training in which the validation figures are ahead the callback never stopped, "
            "although accuracy went above 0.998 in epoch 3",
        ),
    ],
    ids=["fixed epoch", "loss", "validation", "low line", "slightly low", "late", "never", "loss as well"],
)
def test_a_wrong_callback_is_told_what_it_does(stops: Callable[[int, Logs], bool], delay: int, message: str) -> None:
    """The first explanation that fits all curves is the message, and the probe's line is the line."""
    outcome = tried(stops, delay)
    assert (outcome.status, outcome.message, outcome.line) == ("failed", message, 12)
    assert outcome.hint


def test_the_curve_is_quoted() -> None:
    """`got` names the curve, where it stopped, where it should have, and the figures there."""
    outcome = tried(lambda _, logs: logs["val_accuracy"] > LINE)
    parts = ["validation figures are ahead", "it stopped after epoch 1", "val_accuracy 1", "should have stopped after epoch 3"]
    assert [part for part in parts if part not in str(outcome.got)] == []


def test_a_callback_that_never_stops_is_shown_where_it_should_have() -> None:
    """With the figure that was reached there, and no words of a curve that nobody has seen."""
    outcome = tried(lambda *_: False)
    assert str(outcome.got).startswith("in a made-up training it never stopped; it should have stopped after epoch ")
    assert ", when accuracy reached " in str(outcome.got)


def test_no_callback_at_all() -> None:
    """An empty list of callbacks has its own message."""
    probe = CallbackProbe(outcomes=[CurveOutcome(curve="crosses", due=3, stopped=None)], callbacks=[])
    outcome = check_stop_epoch(probe, None, metric="accuracy", above=LINE)
    assert outcome.message == "`fit` was given no callback, so nothing stops the training"


def test_a_callback_that_raises() -> None:
    """A misspelt key makes None > 0.998: the error is shown, escaped, with the key to use."""
    probe = CallbackProbe(callbacks=["Stop"], error="TypeError: '>' not supported\x1b[31m", line=9)
    outcome = check_stop_epoch(probe, None, metric="accuracy", above=LINE)
    assert outcome.message.startswith("the callback raised an error when it was tried: TypeError")
    assert outcome.message.isprintable()
    assert "'accuracy'" in str(outcome.hint)
    assert outcome.line == 9


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        ("KeyError: 'Accuracies'", "Is the key spelt as in Keras?"),
        ("StopIteration: ", "`logs` is a dict of figures"),
        ("TypeError: %d format: a real number is required, not dict", "`logs` is a dict of figures"),
        ("TypeError: '>' not supported between instances of 'str' and 'float'", "A text is compared with a number."),
    ],
)
def test_an_error_of_a_callback_gets_its_own_advice(error: str, hint: str) -> None:
    """Only a missing key asks for its spelling."""
    kind = error.partition(":")[0]
    outcome = check_stop_epoch(
        CallbackProbe(callbacks=["Stop"], error=error, error_kind=kind), None, metric="accuracy", above=LINE
    )
    assert str(outcome.hint).startswith(hint)


def test_early_stopping_alone_stops_at_no_line() -> None:
    """Its arguments have no line that could be wrong."""
    probe = CallbackProbe(outcomes=[CurveOutcome(curve="crosses", due=3, stopped=None)], callbacks=["EarlyStopping"])
    outcome = check_stop_epoch(probe, None, metric="accuracy", above=LINE)
    assert str(outcome.hint).startswith("`EarlyStopping` stops when a figure no longer improves")


@pytest.mark.parametrize(
    ("figures", "stopped_by", "status", "message"),
    [
        (
            [0.95, 0.999],
            "callback",
            "passed",
            "in the training the callback stopped after epoch 2, the first one above 0.998",
        ),
        (
            [0.95, 0.999, 0.9995],
            "epochs",
            "failed",
            "accuracy went above 0.998 in epoch 2, but the training ended after epoch 3, when it had run all its epochs",
        ),
        (
            [0.95, 0.999],
            "epochs",
            "failed",
            "accuracy went above 0.998 in epoch 2, but the training ended after epoch 2, when it had run all its epochs",
        ),
        (
            [0.95, 0.97],
            "callback",
            "failed",
            "the callback stopped the training after epoch 2, before accuracy was above 0.998",
        ),
        ([0.95], "limit", "skipped", "not judged: accuracy never went above 0.998, so there was nothing to stop"),
    ],
)
def test_without_a_probe_the_training_decides(figures: list[float], stopped_by: str, status: str, message: str) -> None:
    """Where callbacks can't be tried, the real training shows whether they stopped at the first epoch above."""
    epochs = [{"epoch": float(i), "accuracy": value} for i, value in enumerate(figures)]
    record = TrainingRecord(epochs=epochs, stopped_by=stopped_by, examples=1, seed=7)  # type: ignore[arg-type]
    outcome = check_stop_epoch(CallbackProbe(inconclusive="they read weights"), record, metric="accuracy", above=LINE)
    assert (outcome.status, outcome.message) == (status, message)


def test_without_a_probe_and_a_training_nothing_is_decided() -> None:
    """As a gate it then lets the training go ahead."""
    outcome = check_stop_epoch(CallbackProbe(inconclusive="they read weights"), None, metric="accuracy", above=LINE)
    assert outcome.status == "skipped"
    assert outcome.message == "not judged: the callback can't be tried without a training (they read weights)"


def test_logs_without_the_figure() -> None:
    """A real training that never logged accuracy says so."""
    record = TrainingRecord(epochs=[{"epoch": 0, "loss": 0.1}], stopped_by="callback", examples=1, seed=7)
    outcome = check_stop_epoch(CallbackProbe(inconclusive="x"), record, metric="accuracy", above=LINE)
    assert outcome.got == "no accuracy in the logs"


def on_real_curves(line: float, wants_to_stop: Callable[[int, Logs], bool]) -> CheckOutcome:
    """The outcome for a callback on the curves that grading draws."""
    outcomes = []
    for trial in build_probe_curves("accuracy", line):
        stopped = next((index for index, logs in enumerate(trial.logs) if wants_to_stop(index, logs)), None)
        at = trial.due if stopped is None else stopped
        logs = {} if at is None else trial.logs[at]
        outcomes.append(CurveOutcome(curve=trial.id, due=trial.due, stopped=stopped, logs=logs))
    return check_stop_epoch(
        CallbackProbe(outcomes=outcomes, callbacks=["Stop"]), None, metric="accuracy", above=Percent(line)
    )


@pytest.mark.parametrize(("line", "low", "loss"), [(0.6, 0.5, 1.0), (0.99, 0.95, 0.03), (0.998, 0.9975, 0.006)])
def test_the_drawn_curves_tell_callbacks_apart(line: float, low: float, loss: float) -> None:
    """Right, fixed, loss, validation, low line and both at once: each is told what it does, for every line."""
    words = {
        "the callback stops when": lambda _, logs: logs["accuracy"] > line,
        "in every made-up training the callback stopped after epoch 1,": lambda index, _: index == 0,
        "in every made-up training the callback stopped after epoch 9,": lambda index, _: index == 8,
        "it seems to watch the loss": lambda _, logs: logs["loss"] < loss,
        "it seems to watch the validation figures": lambda _, logs: logs["val_accuracy"] > 0.55,
        f"which is not above {line:g}<end>": lambda _, logs: logs["accuracy"] > low,
    }
    for expected, wants_to_stop in words.items():
        assert expected in on_real_curves(line, wants_to_stop).message + "<end>"


def test_the_drawn_curves_go_on_long_enough() -> None:
    """A callback that counts epochs is recognised because no curve ends right after its due epoch."""
    for trial in build_probe_curves("accuracy", 0.998):
        assert trial.due is None or len(trial.logs) >= trial.due + MIN_EPOCHS_AFTER_DUE


def record_of(*fits: list[float], stopped_by: str = "callback") -> TrainingRecord:
    """A real training of one or several calls of `fit`, whose epochs count from 0 each."""
    epochs = [{"epoch": float(at), "accuracy": value} for fit in fits for at, value in enumerate(fit)]
    return TrainingRecord(epochs=epochs, stopped_by=stopped_by, examples=1, seed=7)  # type: ignore[arg-type]


def judge(*outcomes: tuple[int | None, int | None], training: TrainingRecord | None = None, callbacks: tuple[str, ...] = ("Stop",)) -> CheckOutcome:
    """The outcome for epochs at which a stop was due on made-up trainings, and at which it came."""
    found = [CurveOutcome(curve="crosses", due=due, stopped=stopped) for due, stopped in outcomes]
    return check_stop_epoch(CallbackProbe(outcomes=found, callbacks=list(callbacks)), training, metric="accuracy", above=LINE)


@pytest.mark.parametrize(
    ("fits", "status"),
    [
        ([[0.9, 0.999]], "passed"),
        ([[0.9, 0.999, 0.9991]], "failed"),
        ([[0.999, 0.9991], [0.9, 0.999]], "passed"),
        ([[0.999], [0.999]], "passed"),
        ([[0.9], [0.999, 0.9]], "failed"),
    ],
)
def test_who_stops_in_trials_has_to_stop_in_earnest(fits: list[list[float]], status: str) -> None:
    """In the last call of `fit`: earlier ones, even of one epoch, may run on."""
    assert judge((3, 3), training=record_of(*fits)).status == status


@pytest.mark.parametrize(("inconclusive", "outcomes"), [(None, []), ("they read weights", [(3, 3)])])
def test_nothing_follows_from_no_trial(inconclusive: str | None, outcomes: list[tuple[int, int]]) -> None:
    """Neither from none at all nor from one that tells nothing: the real training decides, which here ran on."""
    found = [CurveOutcome(curve="crosses", due=due, stopped=stopped) for due, stopped in outcomes]
    probe = CallbackProbe(outcomes=found, callbacks=["Stop"], inconclusive=inconclusive)
    training = record_of([0.999, 0.9], stopped_by="epochs")
    assert check_stop_epoch(probe, training, metric="accuracy", above=LINE).status == "failed"
    assert check_stop_epoch(probe, record_of(), metric="accuracy", above=LINE).status == "skipped"


def test_only_a_callback_that_never_stops_is_one_that_never_stops() -> None:
    """The cause of a missing stop in the file's text explains no other fault, and no missing callback."""
    symptoms = [judge((3, None), (4, None)), judge((3, None), (4, 2)), judge((3, None), callbacks=())]
    assert [found.symptom for found in symptoms] == [Symptom.NEVER_STOPPED, Symptom.WRONG_STOP, Symptom.WRONG_STOP]


def test_a_stop_after_the_first_epoch_suggests_a_condition_that_always_holds() -> None:
    """After a later one it would mislead."""
    hints = [str(judge((None, at), (9, at)).hint) for at in (0, 3)]
    assert ["always true" in hint for hint in hints] == [True, False]


def test_a_training_that_ended_before_the_fixed_epoch_speaks_for_it() -> None:
    """It couldn't be stopped there; one that went on past it speaks against it."""
    words = "in every made-up training the callback stopped after epoch 10,"
    fits = judge((3, None), (2, 9), (9 - MIN_EPOCHS_AFTER_DUE, None))
    assert str(fits.message).startswith(words)
    assert not str(judge((3, None), (2, 9), (10 - MIN_EPOCHS_AFTER_DUE, None)).message).startswith(words)


def test_callbacks_of_keras_together_stop_at_no_line() -> None:
    """As one of them alone."""
    assert str(judge((3, None), callbacks=("TerminateOnNaN", "EarlyStopping")).hint).startswith("`TerminateOnNaN` stops when")


def test_a_late_stop_tells_more_than_a_missing_one() -> None:
    """It shows by how much."""
    assert str(judge((3, None), (4, 6), (5, 8)).message).startswith("the callback stops 2 epochs late")
