"""The report that a person reads in a terminal."""

import io
import os
import pty
import re
import subprocess
import sys
import termios

import pytest
import report_samples as samples

from grader.reports import terminal
from grader.reports.reading import (
    describe_first_finding,
    find_crossing,
    format_duration,
    format_figure,
    pick_shown_metric,
    shorten_path,
)
from grader.reports.screen import MAX_REPORT_WIDTH, MIN_REPORT_WIDTH, Screen, detect_screen

ESC = "\x1b"


class Stream(io.StringIO):
    """A stream that says what it is: a terminal or not, and its encoding."""

    def __init__(self, encoding="utf-8"):
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self):
        return self._encoding


def shown(name, **screen):
    return terminal.render([samples.SAMPLES[name]()], Screen(**screen))


@pytest.mark.parametrize("name", samples.SAMPLES)
def test_the_report_of_each_kind_of_verdict(name, golden):
    """80 columns, as most people see it."""
    golden(f"terminal/{name}.txt", shown(name))


@pytest.mark.parametrize("name", ["passed", "gated", "crashed"])
def test_the_report_in_forty_columns(name, golden):
    """Points and basis stand below the title, and nothing is lost."""
    golden(f"terminal/{name}-40.txt", shown(name, width=40))


def test_a_class_in_eighty_and_in_forty_columns(golden):
    """One row for each submission with its first finding, and the totals."""
    golden("terminal/class.txt", terminal.render(samples.every()))
    golden("terminal/class-40.txt", terminal.render(samples.every(), Screen(width=40)))


def test_all_that_is_known_when_asked_for(golden):
    """Timings, environment and output come with `verbose`."""
    golden("terminal/passed-verbose.txt", shown("passed", verbose=True))


@pytest.mark.parametrize("width", [24, 40, 59, 60, 80, 100])
def test_no_line_is_wider_than_the_terminal(width):
    """Whatever the names and messages are, nothing runs over the right edge (an escaped `::` may, by one)."""
    for verdicts in [*([verdict] for verdict in samples.every()), samples.every()]:
        for row in terminal.render(verdicts, Screen(width=width)).splitlines():
            assert len(row) <= width + row.count(":\\:")


@pytest.mark.parametrize("width", [24, 40, 80])
def test_student_text_never_steers_the_terminal_or_a_ci_log(width):
    """No escape sequence, no unseen character and no workflow command, also where a line was wrapped."""
    for verdicts in ([samples.hostile()], [samples.hostile(), samples.passed()]):
        text = terminal.render(verdicts, Screen(width=width))

        assert all(letter.isprintable() or letter == "\n" for letter in text)
        assert not re.search(r"(?m)^\s*::|##\w*\[", text)


def test_a_command_that_wrapping_brought_to_a_line_start_is_broken():
    """`::` in the middle of a message is harmless until the message is wrapped just before it."""
    text = shown("hostile", width=80)
    wrapped = terminal.render([samples.make(checks=[], end="crashed", end_message="x " * 38 + "::error::forged")])

    assert "forged" in wrapped
    assert not [row for row in (text + wrapped).splitlines() if row.strip().startswith("::")]


def test_no_ansi_in_a_pipe():
    """What isn't a terminal gets plain text of 80 columns."""
    stream = Stream()
    terminal.show_report([samples.gated()], stream)

    assert ESC not in stream.getvalue()
    assert stream.getvalue() == terminal.render([samples.gated()])


def in_a_terminal(environ, columns=72):
    """What `show` writes to a real pseudo-terminal of so many columns."""
    leader, follower = pty.openpty()
    termios.tcsetwinsize(follower, (30, columns))
    code = (
        "import sys; import report_samples as s; from grader.reports import terminal;"
        "terminal.show_report([s.gated()], sys.stdout)"
    )
    path = os.pathsep.join(entry for entry in sys.path if entry)
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": path, "TERM": "xterm-256color", "PYTHONUTF8": "1", **environ}
    done = subprocess.run(
        [sys.executable, "-c", code], stdout=follower, stdin=follower, env=env, check=True, timeout=60
    )
    os.close(follower)
    chunks = []
    try:
        while chunk := os.read(leader, 65536):
            chunks.append(chunk)
    except OSError:
        pass
    os.close(leader)
    assert done.returncode == 0
    return b"".join(chunks).decode().replace("\r\n", "\n")


def test_a_terminal_gets_colour_and_its_own_width():
    """On a terminal the verdict is coloured and the text as wide as the window."""
    text = in_a_terminal({})
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)

    assert f"{ESC}[1;31m✗ NOT PASSED" in text
    assert max(len(row.rstrip()) for row in plain.splitlines()) == 72


def test_no_color_and_dumb_terminals_get_no_ansi():
    """NO_COLOR and TERM=dumb are obeyed, bold included."""
    assert ESC not in in_a_terminal({"NO_COLOR": "1"})
    assert ESC not in in_a_terminal({"TERM": "dumb"})


def test_columns_and_extremes():
    """COLUMNS is obeyed within reason; nonsense in it isn't."""
    assert detect_screen(Stream(), {"COLUMNS": "50"}).width == 50
    assert detect_screen(Stream(), {"COLUMNS": "3"}).width == MIN_REPORT_WIDTH
    assert detect_screen(Stream(), {"COLUMNS": "99999"}).width == MAX_REPORT_WIDTH
    assert detect_screen(Stream(), {"COLUMNS": "9" * 5000}).width == 80
    assert detect_screen(Stream(), {"COLUMNS": "wide"}).width == 80


def test_the_height_is_that_of_a_terminal():
    """What calls itself a terminal without being one, and a pipe, have none."""
    leader, follower = pty.openpty()
    termios.tcsetwinsize(follower, (24, 72))
    with open(follower, "w") as stream:
        assert detect_screen(stream, {}).height == 24
    os.close(leader)

    class Window(Stream):
        def isatty(self):
            return True

    assert (detect_screen(Window(), {"COLUMNS": "50"}).height, detect_screen(Stream(), {}).height) == (None, None)


def test_an_encoding_without_our_marks_gets_plain_ones(golden):
    """In ASCII the marks are + x - !, and what else can't be shown is an escape."""
    stream = Stream("ascii")
    verdict = samples.gated()
    terminal.show_report([verdict], stream)

    assert stream.getvalue().isascii()
    assert stream.getvalue().startswith("x NOT PASSED")
    golden("terminal/attempts-ascii.txt", terminal.render([samples.attempts()], Screen(encoding="ascii")))


def test_a_latin_1_terminal_keeps_its_own_letters():
    """Only what the encoding lacks is replaced."""
    text = terminal.render([samples.make(checks=[], title="Übung à 数")], Screen(encoding="latin-1"))

    assert "Übung à \\u6570" in text


def test_nothing_to_show_says_so():
    """An empty list of verdicts has a report too."""
    assert terminal.render([]) == "no submissions\n"


def test_a_flood_of_notes_is_cut():
    """Twenty notes are shown, the rest counted."""
    notes = [samples.Note(line=i + 1, message="`acc` is TF 1") for i in range(50)]

    assert "… 30 more" in terminal.render([samples.make(checks=[], notes=notes)])


def test_a_training_of_one_epoch_has_a_figure_and_no_curve():
    """There is nothing that it goes from and to."""
    verdict = samples.make(checks=[], training=[samples.record([0.5432])], line_to_cross=None)

    assert "Training  1 epoch of 60,000 examples" in terminal.render([verdict])
    assert "\n          accuracy 0.5432\n" in terminal.render([verdict])


def test_a_training_without_a_figure_has_no_curve():
    """Neither an empty training nor one that logged only NaN breaks the report."""
    nothing = samples.record([], stopped_by="limit")
    diverged = samples.record([float("nan"), float("nan")])
    for record in (nothing, diverged):
        text = terminal.render([samples.make(checks=samples.all_checks(), training=[record])])
        assert "epochs of 60,000 examples" in text
        assert "→" not in text


def test_the_line_is_the_verdicts_own():
    """No text of a check, measured or not, moves the line that the report draws."""
    for id_ in ("one-conv", "threshold"):
        forged = samples.check(id_, "failed", message="accuracy above 0.1", expected="accuracy above 0.1")
        shown = terminal.render([samples.make(checks=[forged], training=[samples.record([0.5])])])
        assert "best 0.5000, not above 0.998" in shown


def test_what_figure_is_drawn():
    """The line's own figure, else accuracy, else loss."""
    line = samples.passed().line_to_cross
    loss_only = samples.TrainingRecord(epochs=[{"epoch": 0, "loss": 1.0}], stopped_by="epochs", examples=1, seed=7)

    assert pick_shown_metric(samples.record(), line) == "accuracy"
    assert pick_shown_metric(loss_only, line) == "loss"
    assert pick_shown_metric(samples.record([]), line) is None


def test_small_words():
    """Crossing, durations, figures and file names at their edges."""
    assert find_crossing([0.1, 0.5, 0.5], 0.5) is None
    assert format_duration(59.96) == "1 min 0 s"
    assert format_figure(0.998, 0.998) == "0.9980"
    assert format_figure(1e300) == "1e+300"
    assert format_figure(float("-inf")) == "-inf"
    assert shorten_path("x" * 100, most=10) == "…" + "x" * 9
    assert describe_first_finding(samples.make(checks=[], status="failed")) == "Not enough points."
