"""`grade explain` has something to say of every code, check and word that a message may hold."""

import re
import shutil
from pathlib import Path

import pytest

from grader import cli, static, submission
from grader.checks import CHECKS
from grader.checks.loading import load_exercise
from grader.cli.explain import explain_name
from grader.cli.sentences import find_meant
from grader.courses.course import Course
from grader.grading.verdicts import build_refused_verdict
from grader.leniency.old_names import KERAS, KEYS, METHODS, NUMPY, PACKAGES, SETTINGS, TENSORFLOW
from grader.messages.ends import END_WORDS
from grader.messages.glossary import BASIS_MEANINGS, FINDING_MEANINGS, STATUS_MEANINGS
from grader.quiz.faults import FAULT_CODES
from grader.records.verdict import Basis, CheckStatus, EndKind

ROOT = Path(__file__).resolve().parents[2]
STUDENTS = ROOT / "tests" / "fixtures" / "students"


@pytest.fixture
def grade(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "exercises" / "exercise3", tmp_path / "exercises" / "exercise3")
    (tmp_path / "quizzes").mkdir()
    monkeypatch.setenv("GRADE_COURSE", str(tmp_path))

    def run(*args):
        return cli.run_command_line(list(args)), *capsys.readouterr()

    return run


def test_every_code_of_a_finding_is_explained():
    """The codes in the package's own text are those of the table, no more and no fewer."""
    texts = [path.read_text() for room in ("submission", "static") for path in (ROOT / "grader" / room).glob("*.py")]

    assert {code for text in texts for code in re.findall(r'"(S\d{3})"', text)} == set(FINDING_MEANINGS)


def test_every_word_of_a_verdict_is_explained():
    """Ends, bases and statuses are those of the verdict."""
    assert set(END_WORDS) == set(EndKind.__args__)
    assert set(BASIS_MEANINGS) == set(Basis.__args__)
    assert set(STATUS_MEANINGS) == set(CheckStatus.__args__)


@pytest.mark.parametrize("names", [FINDING_MEANINGS, FAULT_CODES, CHECKS, END_WORDS, BASIS_MEANINGS, STATUS_MEANINGS, TENSORFLOW, KERAS, METHODS, KEYS, NUMPY, PACKAGES, SETTINGS])
def test_every_name_is_explained(names, tmp_path):
    """Each has a paragraph of its own that isn't empty."""
    silent = [name for name in names if not all(map(str.strip, explain_name(name, Course(root=tmp_path)) or [""]))]

    assert silent == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("e204", "two options of a question have the same text. How to fix it: reword or remove one"),
        ("callback.stops_when", "rests on: declared"),
        ("exercise3", "no explanation for"),
        ("timed_out", "the time limit was reached"),
        ("line", "line (a word of the report): a line of your file"),
        ("Epochs", "epoch (a word of the report): one pass of the training"),
        ("Points", "points (a word of the report): a check that is met"),
        ("Loss", "loss (a word of the report): how far"),
        ("TypeError: 'float' object cannot be interpreted as an integer", "divide with `//`"),
        ("name 'pooled' is not defined", "Nothing before this line gives `pooled` a value"),
        ("inconsistent use of tabs and spaces in indentation", "Indent with spaces only"),
        ("lr", "in TF 2 write `Adam(learning_rate=...)`"),
        ("logs.get('acc')", "in TF 2 write `logs.get('accuracy')`"),
        ("KeyError: 'acc'", "metrics=['accuracy']"),
        ("one-conv", "one-conv in exercise3: The model has exactly one Conv2D and one MaxPooling2D (20"),
        ("exercise3.one-conv", "one-conv in exercise3: "),
        ("✗ The model has exactly one\n  Conv2D and one", "one-conv in exercise3: "),
        ("not judged: your code stopped with an error before that", "skipped (the mark of a check)"),
        ("The memory limit was reached.", "out_of_memory (how a run ended)"),
        ("a few words", "no explanation for"),
    ],
)
def test_what_is_said(grade, name, words):
    """Codes in either case, checks by name and by id, TF 1 names in several spellings, errors in quotes."""
    _, out, err = grade("explain", name)

    assert words in " ".join((out + err).split())


def refusals(path, exercise):
    source = submission.read_submission(path)
    report = static.inspect_submission(source, "train_mnist_conv")
    if report.findings:
        verdict = build_refused_verdict(exercise, source, report, 0.0)
        yield from ((code, verdict.end_message) for code in verdict.end_codes)


def test_every_finding_is_explained_by_its_report():
    """What is said of files as students hand them in can be asked for as it stands in the report: it holds the code."""
    exercise = load_exercise(Course(root=ROOT), "exercise3")
    files = [path for path in sorted(STUDENTS.iterdir()) if path.suffix in (".py", ".ipynb")]
    told = {pair for path in files for pair in refusals(path, exercise)}
    wrong = [(code, message) for code, message in told if code not in find_meant(message, [])]

    assert wrong == []
    assert len({code for code, _ in told}) >= 10


@pytest.mark.parametrize("columns", ["40", "80"])
def test_no_line_is_wider_than_the_terminal(grade, monkeypatch, columns):
    """Heads, lists of arguments and docstrings are folded alike."""
    monkeypatch.setenv("COLUMNS", columns)
    for name in ("S103", "timed_out", "skipped", "callback.stops_when", "one-conv", "lr", "KeyError: 'acc'"):
        _, out, _ = grade("explain", name)
        assert [one for one in out.splitlines() if len(one) > int(columns)] == []


def test_an_unknown_name_suggests_the_nearest(grade):
    """Wrong usage, with the nearest name; what was typed is shown harmlessly."""
    code, out, err = grade("explain", "timed_outt\x1b[2J")

    assert (code, out) == (2, "")
    assert 'no explanation for "timed_outt\\x1b[2J"; did you mean "timed_out"?' in err


def test_without_a_name_everything_is_listed(grade):
    """Each group has its heading and its names."""
    code, out, _ = grade("explain")

    assert code == 0
    listed = set(re.findall(r"[\w.-]+", out))
    assert {*FINDING_MEANINGS, *FAULT_CODES, *CHECKS, *END_WORDS, *BASIS_MEANINGS, *STATUS_MEANINGS, "one-conv"} <= listed


@pytest.mark.parametrize("name", ["(" * 400, "x" * 10_000, "\ud800", "'", "\n", "{0}", "{"])
def test_odd_names_are_only_unknown(grade, name):
    """Nothing that can be typed ends it with anything but wrong usage."""
    code, _, err = grade("explain", name)

    assert code == 2
    assert err.startswith("grade: no explanation for ")
