"""The live line on stderr."""

import io

import pytest

from grader.cli.progress import STAGE_TEXTS, ProgressLine, describe_stage
from grader.grading.options import RunProgress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_training_is_described_by_what_a_student_waits_for():
    """Epoch, accuracy, the line to cross, seconds in this epoch, time left under the limit."""
    moment = RunProgress(stage="training", epoch=3, epochs=20, accuracy=0.98765, line=0.998, epoch_s=7.6, left_s=1500)

    assert describe_stage(moment) == "epoch 4/20 · accuracy 0.9877 · line 0.998 · 8 s · 25 min left"


@pytest.mark.parametrize("stage", STAGE_TEXTS)
def test_every_other_stage_has_words(stage):
    """Nothing happens without a word."""
    assert describe_stage(RunProgress(stage=stage)).endswith("…")


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
    line(RunProgress(stage="training", epoch=3, epochs=20, accuracy=0.98765, line=0.998))
    line.clear()
    first, last = stream.getvalue().split("\r")[1:3]

    assert (first, last) == ("epoch 4/20 · accura", " " * 19)
