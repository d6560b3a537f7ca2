"""What may be written after a magic: read by click, as on the command line."""

import pytest

pytest.importorskip("IPython")

from grader.notebook import magics
from grader.notebook.checking import CellError
from grader.notebook.verdict_page import build_verdict_page
from grader.records.verdict import GradingEnvironment, SubmissionRef, Verdict


@pytest.fixture
def called(monkeypatch):
    """What the magics would do: each call with the values that were read."""
    calls = []

    def note(command):
        monkeypatch.setattr(command, "callback", lambda **given: calls.append(given))

    for command in (magics.grade_cells, magics.show_hint, magics.take_quiz, magics.list_exercises):
        note(command)
    return calls


@pytest.mark.parametrize(
    ("line", "student", "as_text"),
    [
        ("week3", None, False),
        ("week3 --text", None, True),
        ("--student 'Ada L.' week3", "Ada L.", False),
        ("--student=Ada week3", "Ada", False),
        ("week3 --text --student=Ada  # that's me", "Ada", True),
    ],
)
def test_options_are_written_as_on_the_command_line(called, line, student, as_text):
    """In any order, with an equals sign or without, before a comment."""
    magics.run_line(magics.take_quiz, line)

    assert called == [{"quiz_id": "week3", "student": student, "as_text": as_text}]


@pytest.mark.parametrize(
    ("line", "fresh"), [("exercise3", False), ("--fresh exercise3", True), ("exercise3 --fresh # anew", True)]
)
def test_an_exercise_may_be_graded_anew(called, line, fresh):
    magics.run_line(magics.grade_cells, line)

    assert called == [{"exercise": "exercise3", "fresh": fresh}]


@pytest.mark.parametrize(
    "line", ["", "# only a comment", "week3 week2", "--student ada", "week3 --student", "week3 --txet", "'week3"]
)
def test_what_is_missing_or_too_much_is_one_line(called, line):
    """With how the magic is called, and nothing is done."""
    with pytest.raises(CellError) as found:
        magics.run_line(magics.take_quiz, line)

    assert called == []
    assert "\n" not in str(found.value)
    assert str(found.value).startswith("grade: ")
    assert line == "'week3" or "Usage: %grade_quiz [OPTIONS] QUIZ" in str(found.value)


def test_help_is_shown_and_nothing_done(called, capsys):
    magics.run_line(magics.take_quiz, "--help")

    assert called == []
    assert "Usage: %grade_quiz [OPTIONS] QUIZ" in capsys.readouterr().out


def test_a_fault_of_the_grader_is_no_traceback(monkeypatch):
    """As in the terminal: whose fault it is, unless somebody wants to mend it."""

    def fail(**_):
        raise RuntimeError("broken")

    monkeypatch.setattr(magics.list_exercises, "callback", fail)
    with pytest.raises(CellError, match="broken.*not your fault"):
        magics.run_line(magics.list_exercises, "")

    monkeypatch.setenv("GRADE_DEBUG", "1")
    with pytest.raises(RuntimeError):
        magics.run_line(magics.list_exercises, "")


def make_verdict(**fields):
    shown = {"exercise": "pooling", "submission": SubmissionRef(path="this notebook", sha256="0" * 64), "status": "failed",
             "score": 0.0, "max_score": 1.0, "end": "completed", "checks": [],
             "environment": GradingEnvironment(python="3", keras="3", tensorflow="2", cpu="x")}  # fmt: skip
    return Verdict(**(shown | fields))


@pytest.mark.parametrize(
    ("fields", "magic"),
    [
        ({"status": "passed", "score": 1.0}, "`%grade_list`"),
        ({"status": "error"}, "run this cell again"),
        ({"edition": "week2_2022"}, "`%grade week2_2022`"),
        ({}, "`%grade_hint pooling`"),
        ({"environment": None}, "run the cells again"),
    ],
)
def test_the_next_step_is_a_cell(fields, magic):
    """Not a command of the terminal, in the page as in its text."""
    page = build_verdict_page(make_verdict(**fields))

    assert magic in page.text.partition("Next: ")[2].replace("\n", " ")
    assert "`grade " not in page.text
    assert magic.strip("`") in page.markup
    assert ("%grade_hint" in page.text) == (fields == {})
