"""The synthetic curves that tell a real callback from luck."""

import itertools

import pytest

from grader.courses.exercise import CheckSpec, Exercise
from grader.grading.curves import (
    build_probe_curves,
    counts_line_itself,
    find_line_to_cross,
    is_near_miss,
    is_stop_mid_epoch,
    join_probe,
    line_of_training,
    rename_for_student,
    rename_to_canonical,
    split_cut_epoch,
)
from grader.grading.ledger import RunRecorder
from grader.protocol.channel import MalformedMessage
from grader.protocol.orders import Event, FitArguments, Order, Trained
from grader.protocol.wire import Probed
from grader.records.run import Architecture, Run, RunEnd
from grader.records.verdict import CutEpoch, LineToCross, TrainingRecord

LINES = [0.6, 0.9, 0.95, 0.99, 0.998]


def first_above(values, line):
    return next((index for index, value in enumerate(values) if value > line), None)


@pytest.mark.parametrize("line", LINES)
def test_each_curve_crosses_the_line_exactly_when_it_is_due(line):
    """On each curve accuracy first goes above the line at the due epoch, or never."""
    for curve in build_probe_curves("accuracy", line):
        assert first_above([logs["accuracy"] for logs in curve.logs], line) == curve.due


@pytest.mark.parametrize("line", LINES)
def test_no_point_lies_on_the_line(line):
    """`>` and `>=` mean the same on every curve."""
    assert all(logs["accuracy"] != line for curve in build_probe_curves("accuracy", line) for logs in curve.logs)


@pytest.mark.parametrize("line", LINES)
def test_a_line_that_counts_itself_is_met_on_a_curve_of_its_own(line):
    """At the due epoch and no other; the figures go on getting better, as on the other curves."""
    *others, meets = build_probe_curves("accuracy", line, or_equal=True)
    assert others == build_probe_curves("accuracy", line)
    figures = [logs["accuracy"] for logs in meets.logs]
    assert (meets.id, figures.index(line), figures.count(line)) == ("meets", meets.due, 1)
    assert first_above(figures, line) == meets.due + 1
    for before, after in itertools.pairwise(meets.logs):
        assert after["accuracy"] > before["accuracy"]
        assert after["loss"] < before["loss"]


@pytest.mark.parametrize(("written", "counts"), [({}, False), ({"or_equal": "false"}, False), ({"or_equal": "true"}, True)])
def test_the_line_itself_counts_only_where_the_exercise_says_so(written, counts):
    """As its YAML is read: `or_equal: false` arrives as a text."""
    spec = CheckSpec(
        id="line", check="callback.stops_when", points=1, args={"metric": "accuracy", "above": "0.9", **written}
    )
    exercise = Exercise(schema="grade-exercise/1", id="e", title="E", dataset="mnist", checks=[spec])
    assert counts_line_itself(exercise) == counts


@pytest.mark.parametrize("line", LINES)
def test_values_are_possible_accuracies(line):
    """Accuracies stay between 0 and 1."""
    for curve in build_probe_curves("accuracy", line):
        assert all(0 < logs[name] < 1 for logs in curve.logs for name in ("accuracy", "val_accuracy"))


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("metric", ["accuracy", "val_accuracy"])
def test_nothing_ever_stands_still(line, metric):
    """`EarlyStopping` beside the right callback has nothing to stop, whatever it watches and however impatient."""
    for curve in build_probe_curves(metric, line):
        for before, after in itertools.pairwise(curve.logs):
            assert after["accuracy"] > before["accuracy"]
            assert after["val_accuracy"] > before["val_accuracy"]
            assert after["loss"] < before["loss"]
            assert after["val_loss"] < before["val_loss"] - 0.001


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("wrong", ["fixed", "loss", "val_accuracy", "val_loss", "lower line", "late", "never", "higher"])
def test_every_wrong_rule_is_wrong_on_some_curve(line, wrong):
    """No rule but the right one stops where it is due on every curve, whatever its threshold."""
    trials = build_probe_curves("accuracy", line)
    gap = 1 - line

    def stops(rule):
        return [next((i for i, logs in enumerate(curve.logs) if rule(i, logs)), None) for curve in trials]

    rules = {
        "fixed": [lambda i, _, k=k: i >= k for k in range(12)],
        "loss": [lambda _, logs, t=t: logs["loss"] < t for t in (3, 1, 0.5, 0.3, 0.1, 0.03, 0.01, 0.005, 1e-3, 1e-5)],
        "val_accuracy": [lambda _, logs: logs["val_accuracy"] > line],
        "val_loss": [lambda _, logs, t=t: logs["val_loss"] < t for t in (3, 1, 0.1, 1e-4)],
        "lower line": [lambda _, logs, s=s: logs["accuracy"] > line - s * gap for s in (0.05, 0.2, 0.5, 1, 3)],
        "higher": [lambda _, logs, s=s: logs["accuracy"] > line + s * gap for s in (0.5, 0.7, 0.9)],
        "late": [lambda i, logs, c=trials: i > 0 and any(i and curve.logs[i - 1]["accuracy"] > line
                 for curve in c if i < len(curve.logs) and curve.logs[i] is logs)],
        "never": [lambda *_: False],
    }[wrong]  # fmt: skip

    assert stops(lambda _, logs: logs["accuracy"] > line) == [curve.due for curve in trials]
    for rule in rules:
        assert stops(rule) != [curve.due for curve in trials]


def test_a_line_on_validation_accuracy_turns_the_columns():
    """A course that watches val_accuracy gets curves in which that is the figure that crosses."""
    for curve in build_probe_curves("val_accuracy", 0.9):
        assert first_above([logs["val_accuracy"] for logs in curve.logs], 0.9) == curve.due


def test_logs_carry_the_names_of_the_students_metrics():
    """A model compiled with metrics=['acc'] sees `acc`, and a figure for each other metric."""
    architecture = Architecture(layers=[], parameters=0, accuracy_key="acc", log_keys=["loss", "acc", "mse"])

    shown = rename_for_student({"accuracy": 0.9, "loss": 0.1, "val_accuracy": 0.8}, architecture)

    assert shown == {"mse": 0.5, "acc": 0.9, "loss": 0.1, "val_acc": 0.8}


def test_only_the_true_accuracy_metric_is_called_accuracy():
    """Another metric that was merely named accuracy never counts as it."""
    assert rename_to_canonical({"acc": 0.9, "val_acc": 0.8, "loss": 0.1}, "acc") == {
        "accuracy": 0.9, "val_accuracy": 0.8, "loss": 0.1,
    }  # fmt: skip
    assert rename_to_canonical({"accuracy": 0.9}, None) == {"accuracy (another metric)": 0.9}


STOPS = [
    ("epoch_begin", 0, True), ("train_begin", 0, True), ("train_batch_begin", 3, True), ("train_batch_end", 2, True),
    ("train_batch_end", 3, False), ("epoch_end", 0, False), ("test_end", 0, False), ("train_end", 0, False),
]  # fmt: skip


@pytest.mark.parametrize(("hook", "index", "cut"), STOPS)
def test_a_stop_within_an_epoch_cuts_it(hook, index, cut):
    """An epoch of four steps is whole after the fourth one, and not before."""
    assert is_stop_mid_epoch(Event(hook=hook, index=index, steps=4)) is cut


def test_figures_of_a_part_are_kept_apart():
    """What was counted on a part of the images isn't among the figures of epochs; validation was whole."""
    whole, part = split_cut_epoch({"accuracy": 1.0, "loss": 0.1, "val_accuracy": 0.8})

    assert (whole, part) == ({"val_accuracy": 0.8}, {"accuracy": 1.0, "loss": 0.1})


def test_cut_epochs_are_counted_over_all_fits():
    """The second `fit` of a model is cut in its first epoch: that is the third of the training."""
    ledger = RunRecorder(7, "mnist")
    ledger.orders = [Order(model=0, architecture="", compile="", fit=FitArguments(), arrays=[])]
    for epochs, cut in (([{"epoch": 0}, {"epoch": 1}], []), ([{"epoch": 0}], [CutEpoch(at=0, figures={"accuracy": 1.0})])):
        ledger.begin_fit()
        ledger.cut_epochs += cut
        ledger.end_fit(Trained(stopped_by="callback", seconds=1.0), epochs)

    assert [epoch.at for epoch in ledger.training.cut_epochs] == [2]


def test_a_second_accuracy_goes_with_the_first():
    """With `metrics=['sparse_categorical_accuracy', 'acc']` a callback may watch either."""
    model = Architecture(
        layers=[], parameters=0, accuracy_key="sparse_categorical_accuracy",
        log_keys=["loss", "sparse_categorical_accuracy", "acc", "val_acc", "mse"],
    )  # fmt: skip
    shown = rename_for_student({"accuracy": 0.9, "loss": 0.2, "val_accuracy": 0.3, "val_loss": 1.0}, model)

    assert (shown["acc"], shown["val_acc"], shown["mse"], shown["sparse_categorical_accuracy"]) == (0.9, 0.3, 0.5, 0.9)


def make_exercise(**lines):
    """An exercise with checks for a line: `stop` is the callback's, `reach` the training's, `size` depends on no seed."""
    kinds = {"stop": "callback.stops_when", "reach": "training.reaches", "size": "architecture.size"}
    given = {"size": lambda below: {"below": str(below)}}
    return Exercise(
        schema="grade-exercise/1", id="e", title="E", dataset="mnist",
        checks=[
            CheckSpec(id=name, check=kinds[name], points=1,
                      args=given[name](line) if name in given else {"metric": "accuracy", "above": str(line)})
            for name, line in lines.items()
        ],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "callbacks", "trainings"),
    [({}, None, None), ({"stop": 0.6}, 0.6, 0.6), ({"reach": 0.7}, 0.7, 0.7), ({"reach": 0.7, "stop": 0.6}, 0.6, 0.7)],
)
def test_the_callback_is_tried_at_its_own_line_and_reports_draw_the_trainings(lines, callbacks, trainings):
    """Where an exercise has only one of them, it serves for both."""
    found, drawn = find_line_to_cross(make_exercise(**lines)), line_of_training(make_exercise(**lines))

    assert found == (callbacks and ("accuracy", callbacks))
    assert drawn == (trainings and LineToCross(metric="accuracy", above=trainings))


def make_run(*accuracies, end="completed", parameters=10):
    """A run whose epochs had these accuracies."""
    epochs = [{"epoch": float(at), "accuracy": value} for at, value in enumerate(accuracies)]
    return Run(
        seed=7,
        end=RunEnd(kind=end),
        architecture=Architecture(layers=[], parameters=parameters),
        training=TrainingRecord(epochs=epochs, stopped_by="epochs", examples=1, seed=7) if accuracies else None,
    )


@pytest.mark.parametrize(
    ("run", "near"),
    [
        (make_run(0.1, 0.25, 0.2), True),
        (make_run(0.1, 0.2499), False),
        (make_run(0.6), False),
        (make_run(0.25, end="crashed"), False),
        (make_run(), False),
        (make_run(0.25, parameters=1000), False),
    ],
    ids=["half the gap", "less", "above", "crashed", "untrained", "another fault"],
)
def test_another_attempt_is_worth_its_time_only_near_the_line(run, near):
    """Half the gap above the line, where nothing failed that any other seed would leave as it is."""
    assert is_near_miss(run, make_exercise(reach=0.5, size=100)) == near


def test_no_line_is_never_missed_nearly():
    """An exercise without one has nothing to try again for."""
    assert not is_near_miss(make_run(0.25), make_exercise(size=100))


TRIALS = build_probe_curves("accuracy", 0.9)


@pytest.mark.parametrize("count", [0, 3, 5])
def test_an_answer_that_leaves_out_a_curve_passes_for_none(count):
    """A process that tells nothing of a curve doesn't choose what it is judged by."""
    with pytest.raises(MalformedMessage):
        join_probe(Probed(stopped=[TRIALS[0].due] * count, callbacks=["Stop"]), TRIALS)


@pytest.mark.parametrize("why", [{"error": "KeyError: 'acc'"}, {"inconclusive": "it reads weights"}])
def test_a_trial_that_failed_has_no_outcomes(why):
    """Whatever else the answer says."""
    assert join_probe(Probed(stopped=[1, None, 2, 2], callbacks=["Stop"], **why), TRIALS).outcomes == []


@pytest.mark.parametrize("curve", range(4))
def test_the_figures_of_an_outcome_are_those_where_it_stopped(curve):
    """Else where it should have; none where neither is an epoch of the curve."""
    trial = TRIALS[curve]
    last = len(trial.logs) - 1

    def look(stopped):
        answers = [stopped if at == curve else None for at in range(4)]
        return join_probe(Probed(stopped=answers, callbacks=["Stop"]), TRIALS).outcomes[curve]

    assert [look(at).logs for at in (0, last)] == [trial.logs[0], trial.logs[last]]
    assert [look(at).logs for at in (-1, last + 1, 10**9)] == [{}, {}, {}]
    assert look(None).logs == ({} if trial.due is None else trial.logs[trial.due])
    assert (look(1).stopped, look(1).due) == (1, trial.due)
