"""What `grade batch` says beside the verdicts; of files that are refused unread, so that nothing is run."""

from pathlib import Path

import pytest

from grader.batch.assign import GradingJob
from grader.batch.handed import Handed
from grader.batch.loop import FinishedJob
from grader.cli import run_command_line
from grader.cli.batch.view import format_end, format_recalled, tell_interruption
from grader.gradebook import Gradebook
from grader.grading import GradedSubmission
from grader.records.verdict import SubmissionRef, Verdict

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def inside(tmp_path, monkeypatch):
    """A folder with Ada's and Eve's files, neither of which is Python."""
    (tmp_path / "class").mkdir()
    for name in ("ada", "eve"):
        (tmp_path / "class" / f"{name}.py").write_text("def train(:\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRADE_COURSE", str(REPOSITORY))
    monkeypatch.setenv("GRADE_CACHE", str(tmp_path / "cache"))
    return tmp_path


def verdict(**fields):
    return Verdict(
        exercise="exercise1", title="", submission=SubmissionRef(path="ada.py", sha256="a"), status="failed", score=0.0, max_score=100.0, checks=[], **fields
    )


def batch(capsys, *more):
    code = run_command_line(["batch", "exercise1", "class", "--quiet", *more])
    return code, capsys.readouterr().err.splitlines()


def test_who_hands_in_nothing_is_told_and_nothing_has_failed(inside, capsys):
    """Nor has it for somebody who isn't in the roster: all that was handed in is graded, and the exit code is 0."""
    (inside / "roster.csv").write_text("id,name\nada,Ada\nbob,Bob\n")

    assert batch(capsys, "--roster", "roster.csv") == (
        0,
        ["look at: eve: not in the roster; known under this name", "look at: 1 of the roster handed in nothing: bob"],
    )


def test_a_row_of_the_roster_that_can_not_be_read_is_no_submission(inside, capsys):
    """The exit code says that something wasn't read, the message what, and the file is graded."""
    (inside / "roster.csv").write_text("id,submitted_at\nada,soon\neve,\n")
    code, err = batch(capsys, "--roster", "roster.csv")

    assert code == 2
    assert err == ['not read: roster.csv: row 2: expected a time such as 2026-10-01T23:59+02:00, got "soon"']


def test_what_is_left_out_is_not_graded(inside, capsys):
    """Named, with exit code 2, while the others are graded; beyond fifty they are counted."""
    for number in range(52):
        (inside / "class" / f"s{number:02}").mkdir()
        (inside / "class" / f"s{number:02}" / "notes.txt").touch()
    code, err = batch(capsys)

    assert code == 2
    assert err[0] == "not graded: s00: no .py or .ipynb file; handed in: notes.txt"
    assert err[50:] == ["… and 2 more"]


def test_a_broken_course_is_told_once_and_nothing_is_graded(inside, capsys):
    """Exit code 3 with its place, not a problem of every submission."""
    for name in ("exercises", "quizzes"):
        (inside / name).mkdir()
    (inside / "course.yaml").write_text("schema: grade-course/1\ngrading: {lates: {}}\n")

    assert batch(capsys, "--course", ".") == (3, ['grade: course.yaml:2:11: unknown key "lates"; did you mean "late"?'])
    assert not (inside / "gradebook.db").exists()


def test_what_was_left_out_is_told_also_where_a_page_can_not_be_written(inside, capsys):
    """The verdicts are in the gradebook; the message on the page comes last."""
    (inside / "class" / "bob").mkdir()
    (inside / "class" / "bob" / "notes.txt").touch()
    code, err = batch(capsys, "--html", "nowhere/class.html")

    assert code == 2
    assert err[0] == "not graded: bob: no .py or .ipynb file; handed in: notes.txt"
    assert len(err) == 2
    assert "nowhere" in err[1]


def test_who_is_excused_has_not_failed_to_hand_in(inside, capsys):
    """Of what is asked of nobody else than them, they are no absentees."""
    (inside / "roster.csv").write_text("id,name\nada,Ada\nbob,Bob\ncy,Cy\n")
    for name in ("exercises", "quizzes"):
        (inside / name).mkdir()
    (inside / "exercises" / "exercise1").symlink_to(REPOSITORY / "exercises/exercise1")
    (inside / "course.yaml").write_text("schema: grade-course/1\ngrading: {excused: {bob: [exercise1]}}\n")

    assert batch(capsys, "--roster", "roster.csv", "--course", ".")[1][-1] == "look at: 1 of the roster handed in nothing: cy"


def test_a_later_batch_knows_the_students_without_the_roster(inside, capsys):
    """By every id that the roster had, under the name that it gave."""
    (inside / "roster.csv").write_text("id,name,login\n1001,Ada Lovelace,ada\n1002,Eve,eve\n")
    batch(capsys, "--roster", "roster.csv")
    (inside / "class" / "ada.py").write_text("def train(]:\n")

    assert batch(capsys)[0] == 0
    assert Gradebook.open("sqlite:///gradebook.db").list_students() == {"1001": "Ada Lovelace", "1002": "Eve"}


def test_verdicts_of_before_are_told_from_new_ones(inside, capsys):
    """On standard error, in one line; --fresh asks for all of them anew."""
    batch(capsys)
    (inside / "class" / "bob.py").write_text("def train(!:\n")

    assert batch(capsys)[1] == ["2 of 3 files were graded before, and nothing has changed since; --fresh grades them anew"]
    assert batch(capsys, "--fresh")[1] == []


def test_a_table_of_times_that_is_not_there_ends_the_command_before_anything_is_graded(inside, capsys):
    """Exit code 2."""
    assert batch(capsys, "--submitted", "times.csv") == (2, ["grade: times.csv: can't be read: No such file or directory"])
    assert not (inside / "gradebook.db").exists()


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_an_interruption_says_what_is_kept_and_what_goes_on(tmp_path, capsys, kind):
    """Then it goes its way."""
    book = Gradebook.open(f"sqlite:///{tmp_path / 'gradebook.db'}")
    with pytest.raises(kind), tell_interruption([None] * 5, [None] * 2, book):
        raise kind

    assert f"2 of 5 files are graded and kept in sqlite:///{tmp_path}/gradebook.db; the same command goes on with the other 3" in capsys.readouterr().err


def test_who_ran_out_of_time_keeps_that_verdict_and_is_named(inside):
    """Otherwise every resumption would wait for the same endless loops."""
    job = GradingJob(handed=Handed(student="ada"), exercise=None, path=inside, name="ada.py")
    slow = GradedSubmission(verdict=verdict(end="timed_out"), runs=[], at="2026-10-01T10:00:00+00:00", recalled=True)
    done = FinishedJob(job=job, graded=slow)

    assert format_recalled([done, done], 3).startswith("2 of 3 files were graded before, and nothing has changed since (ada, ada ran out of time then)")
    assert format_end(done).endswith("(graded on 2026-10-01)")
