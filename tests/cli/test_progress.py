"""The live line on stderr."""

import io
import time
from typing import get_args

import click
import pytest

from grader.cli import exercise, progress
from grader.cli.progress import STAGE_TEXTS, ProgressLine, describe_moment
from grader.grading.options import RunProgress, RunStage

TRAINING = RunProgress(
    stage="training", epoch=2, epochs=9, accuracy=0.981, line=0.99, epoch_s=1.0, last_epoch_s=3.6, left_s=588, limit_s=600
)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_training_shows_what_is_left_and_not_only_the_limit():
    """Epoch, accuracy, goal, seconds per epoch, what the epochs to come will take, and the limit."""
    expected = "0:12  epoch 3/9 · accuracy 0.981 (goal 0.990) · 4 s an epoch · about 25 s left (limit 10 min)"

    assert describe_moment(TRAINING, 12, 120) == expected


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (79, "0:12  epoch 3/9 · accuracy 0.981 (goal 0.990) · about 25 s left (limit 10 min)"),
        (70, "0:12  epoch 3/9 · accuracy 0.981 (goal 0.990) · about 25 s left"),
        (50, "0:12  epoch 3/9 · accuracy 0.981 (goal 0.990)"),
        (39, "0:12  epoch 3/9 · accuracy 0.981"),
        (25, "0:12  epoch 3/9"),
        (10, "0:12  epoc"),
    ],
)
def test_a_narrow_line_leaves_out_whole_parts(width, expected):
    """The least needed parts go first; nothing is cut in its middle as long as one part fits."""
    assert describe_moment(TRAINING, 12, width) == expected


def test_the_time_left_is_the_limits_where_that_comes_first():
    """A training that can't end in time doesn't promise to."""
    moment = RunProgress(stage="training", epoch=1, epochs=50, last_epoch_s=60.0, left_s=540, limit_s=600)

    assert "the limit comes in 9 min" in describe_moment(moment, 60, 200)


def test_an_accuracy_just_below_the_goal_doesnt_look_like_it():
    """As many digits as tell them apart."""
    moment = RunProgress(stage="training", epoch=1, epochs=5, accuracy=0.99797, line=0.998)

    assert "accuracy 0.99797 (goal 0.998)" in describe_moment(moment, 0, 200)


def test_the_network_that_is_trained_is_counted():
    """A table of experiments takes minutes; the line tells which of its networks is trained."""
    moment = RunProgress(stage="training", epoch=0, epochs=5, model=2, models=7)

    assert describe_moment(moment, 0, 80) == "0:00  network 2 of 7 · epoch 1/5"


def test_after_the_callbacks_word_no_further_epoch_is_shown():
    """The trainer still sends the weights, and that is said."""
    moment = RunProgress(stage="finishing", epoch=6, epochs=9, accuracy=0.991, line=0.99)

    assert describe_moment(moment, 30, 100) == "0:30  ended after epoch 6 · accuracy 0.991 (goal 0.990) · finishing the training …"


@pytest.mark.parametrize("stage", get_args(RunStage))
def test_every_stage_has_words(stage):
    """Nothing happens without a word."""
    assert describe_moment(RunProgress(stage=stage), 0, 80) == f"0:00  {STAGE_TEXTS[stage]}"


def test_nothing_is_shown_where_stderr_isnt_a_terminal():
    """A pipe or a log file gets no progress."""
    stream = io.StringIO()
    line = ProgressLine(stream)
    line(RunProgress(stage="starting"))
    line.clear()

    assert stream.getvalue() == ""


def test_the_line_fits_the_width_and_is_wiped():
    """It never wraps, and leaves an empty line behind."""
    stream = Terminal()
    line = ProgressLine(stream, width=20)
    line(TRAINING)
    line.clear()
    first, last = stream.getvalue().split("\r")[1:3]

    assert (first, last) == ("0:00  epoch 3/9".ljust(19), " " * 19)


def test_the_clock_goes_on_while_nothing_is_reported(monkeypatch):
    """A process that imports for ten seconds reports nothing meanwhile; the line still moves, until it is cleared."""
    monkeypatch.setattr(progress, "TICK_S", 0.02)
    stream, clock = Terminal(), iter(range(1000))
    line = ProgressLine(stream, width=40, now=lambda: next(clock))
    line(RunProgress(stage="starting"))
    deadline = time.monotonic() + 20
    while stream.getvalue().count("starting") < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    line.clear()
    shown = stream.getvalue()
    time.sleep(0.1)  # five ticks

    assert len({text.strip() for text in shown.split("\r") if "starting" in text}) >= 3
    assert stream.getvalue() == shown


def test_a_terminal_that_has_gone_ends_no_grading():
    """Writing fails; the verdict is still to come."""
    stream = Terminal()
    stream.close()
    line = ProgressLine(stream, width=40, enabled=True)
    line(RunProgress(stage="starting"))
    line.clear()

    assert not line.enabled


def test_in_a_notebook_the_line_is_drawn_seldom(monkeypatch):
    """There every drawing stays in the output of `!grade`."""
    monkeypatch.setenv("JPY_PARENT_PID", "1")
    terminal, clock = Terminal(), [0.0]
    line = ProgressLine(terminal, width=60, now=lambda: clock[0])
    for clock[0] in (0.0, 0.5, 1.0, 1.5, 2.5):
        line(RunProgress(stage="training", epoch=int(clock[0] * 2), epochs=9))

    assert terminal.getvalue().count("\r") == 2
    line.clear()


def test_the_line_is_there_before_any_process_is(monkeypatch, tmp_path):
    """What starts them takes seconds on a busy machine."""
    shown, path = [], tmp_path / "exercise1.py"
    path.write_text("def train_mnist():\n    return 1\n")

    class Line:
        def __init__(self, *_, **__): ...

        def __call__(self, moment):
            shown.append(moment.stage)

        def clear(self): ...

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(exercise, "ProgressLine", Line)
    monkeypatch.setattr(exercise, "grade_or_recall", interrupt)
    with pytest.raises((KeyboardInterrupt, click.Abort)):
        exercise.command.main(["exercise1", str(path)], standalone_mode=False)

    assert shown == ["starting"]
