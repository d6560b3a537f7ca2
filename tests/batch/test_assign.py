"""Which of a student's files is for which exercise."""

import io
from pathlib import Path

import pytest
from rich.text import Text

from grader.batch.assign import GradingJob, match_files
from grader.batch.handed import Handed
from grader.batch.loop import FinishedJob
from grader.checks import loading
from grader.cli import run_command_line
from grader.cli.batch.view import BatchView, format_end
from grader.courses.course import Course
from grader.grading.options import RunProgress

COURSE = Course(root=Path(__file__).resolve().parents[2])


def exercise(name):
    return loading.load_exercise(COURSE, name)


def assigned(folder, names, wanted):
    """What is chosen of files; a name may bring its text."""
    texts = dict(names) if isinstance(names, dict) else dict.fromkeys(names, "x = 1\n")
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    handed = Handed(student="s1", files=tuple(folder / name for name in texts), names=tuple(texts))
    jobs, problems = match_files(handed, [exercise(name) for name in wanted])
    return {job.exercise.id: job.name for job in jobs}, problems


CASES = [
    (["whatever.py"], ["exercise1"], {"exercise1": "whatever.py"}),
    (["exercise1.py", "notes.py"], ["exercise1"], {"exercise1": "exercise1.py"}),
    (["my_Exercise1_v2.ipynb", "exercise2.py"], ["exercise1", "exercise2"],
     {"exercise1": "my_Exercise1_v2.ipynb", "exercise2": "exercise2.py"}),
    (["train_mnist_conv.py"], ["exercise1", "exercise3"], {"exercise3": "train_mnist_conv.py"}),
    (["exercise1.py"], ["exercise1", "exercise2"], {"exercise1": "exercise1.py"}),
    (["exercise1.py", "exercise1_old.py"], ["exercise1", "exercise2"], {"exercise1": "exercise1.py"}),
    (["exercise1.py", "exercise10.py"], ["exercise1"], {"exercise1": "exercise1.py"}),
    (["train_mnist.py", "my_exercise1_notes.py"], ["exercise1"], {"exercise1": "train_mnist.py"}),
    (["exercise1.ipynb", "exercise1-Copy1.ipynb"], ["exercise1"], {"exercise1": "exercise1.ipynb"}),
    (["Exercise1 - Copy (2).PY", "EXERCISE1.ipynb.txt"], ["exercise1"], {"exercise1": "EXERCISE1.ipynb.txt"}),
    (["Copy of exercise1.ipynb", "notes.py"], ["exercise1"], {"exercise1": "Copy of exercise1.ipynb"}),
    (["exercise1 (3).py", "notes.py"], ["exercise1"], {"exercise1": "exercise1 (3).py"}),
    (["mine.ipynb", "mine-Copy1.ipynb"], ["exercise1"], {"exercise1": "mine.ipynb"}),
    ({"mine.py": "def train_mnist():\n    return 1\n", "b.py": "def train_mnist_conv():\n    return 1\n"}, ["exercise1"],
     {"exercise1": "mine.py"}),
]  # fmt: skip


@pytest.mark.parametrize(("names", "wanted", "expected"), CASES)
def test_files_find_their_exercises(tmp_path, names, wanted, expected):
    """One file for one exercise whatever its name; else by id, or by the graded function."""
    assert assigned(tmp_path, names, wanted) == (expected, [])


DOUBTS = [
    ([], ["exercise1"], "s1: no .py or .ipynb file"),
    (["a.py", "b.py"], ["exercise1"], "s1: which of a.py, b.py is for exercise1? Leave one, or name it exercise1.py"),
    (["exercise1_new.py", "exercise1_old.py"], ["exercise1", "exercise2"],
     "s1: which of exercise1_new.py, exercise1_old.py is for exercise1? Leave one"),
    (["exercise1.py", "exercise1 (1).py"], ["exercise1"],
     "s1: which of exercise1 (1).py, exercise1.py is for exercise1? Leave one"),
    (["exercise1.py", "exercise1.ipynb", "exercise1-Copy1.ipynb"], ["exercise1"],
     "s1: which of exercise1.ipynb, exercise1.py is for exercise1? Leave one"),
    (["old/exercise1.py", "new/exercise1.py"], ["exercise1"],
     "s1: which of new/exercise1.py, old/exercise1.py is for exercise1? Leave one"),
    (["mine.py"], ["exercise1", "exercise2"],
     "s1: no file is named after an exercise; expected exercise1.py, exercise2.py"),
]  # fmt: skip


@pytest.mark.parametrize(("names", "wanted", "message"), DOUBTS)
def test_what_cannot_be_told_is_said(tmp_path, names, wanted, message):
    """A file is never graded for an exercise that it may not be for."""
    assert assigned(tmp_path, names, wanted) == ({}, [message])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["exercise3"], "grade batch needs exercises and a folder or archive"),
        (["exercise3", "/no/such/folder"], "/no/such/folder"),
        (["exercise33", "."], "did you mean"),
    ],
)
def test_wrong_words_are_one_message(words, message, capsys, monkeypatch):
    """What is missing is said, and nothing is started."""
    monkeypatch.setenv("GRADE_COURSE", str(COURSE.root))

    assert run_command_line(["batch", *words]) == 2
    assert message in capsys.readouterr().err


def test_a_row_shows_a_hostile_name_harmlessly():
    """A student's id may hold anything."""
    job = GradingJob(
        handed=Handed(student="\x1b[31mevil\n"), exercise=exercise("exercise1"), path=Path("x.py"), name="x.py"
    )

    assert format_end(FinishedJob(job=job, problem="can't be\nread")) == r"! \x1b[31mevil\n  can't be\nread"


def test_nothing_is_shown_where_nobody_looks(monkeypatch):
    """A pipe gets no bar and no control characters, also in a CI job that asks for colours."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    stream = io.StringIO()
    job = GradingJob(handed=Handed(student="s1"), exercise=exercise("exercise1"), path=Path("x.py"), name="x.py")

    with BatchView(3, stream, enabled=True) as view:
        view.show_progress(job, RunProgress(stage="training", epoch=1))
        view.show_end(FinishedJob(job=job, problem="no"))

    assert stream.getvalue() == ""


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("columns", "student", "shown"),
    [
        (24, "ada", "━━━━━  0/26 -:--:-- ad…"),
        (40, "ada-of-a-name-as-long-as-this", "━━━━━  0/26 -:--:-- ada-of-a-name-as-l…"),
        (40, "[/b]ada", "━━━━━  0/26 -:--:-- [/b]ada preparing"),
        (80, "[red]ada", "━━  0/26 -:--:-- [red]ada preparing"),
    ],
)
def test_who_is_at_work_gives_way_to_the_count_and_is_no_markup(monkeypatch, columns, student, shown):
    """Whatever a student is called, how many are done and the time left stay in sight on a narrow terminal."""
    monkeypatch.setenv("COLUMNS", str(columns))
    stream = Terminal()
    job = GradingJob(handed=Handed(student=student), exercise=exercise("exercise1"), path=Path("x.py"), name="x.py")
    with BatchView(26, stream, enabled=True) as view:
        view.show_progress(job, RunProgress(stage="preparing"))
    lines = [Text.from_ansi(line).plain for line in stream.getvalue().replace("\n", "\r").split("\r")]

    assert any(line.rstrip().endswith(shown) for line in lines)
    assert max(map(len, lines)) <= columns
