"""Grades set by hand, comments, the pages that are given back, and the account of a verdict."""

import csv
import io
import json
import sqlite3
import zipfile

import pytest
from gradebook_samples import EXERCISE, graded
from msgspec import structs

from grader import cli
from grader.courses.policy import GradingPolicy
from grader.gradebook import Gradebook, build_entry
from grader.gradebook.grades import read_sheet
from grader.messages.glossary import BASIS_MEANINGS
from grader.records.verdict import LineToCross, SubmissionRef, TrainingRecord

OTHER = structs.replace(EXERCISE, id="exercise2")
TRAINING = TrainingRecord(
    epochs=[{"epoch": 0, "accuracy": 0.9}, {"epoch": 1, "accuracy": 0.97}], stopped_by="epochs", examples=60_000, seed=7
)


def entry(student, points, name, path, exercise=EXERCISE, **fields):
    sha256 = f"{student}{exercise.id}".ljust(64, "0")
    made = graded(points, sha256=sha256, exercise=exercise.id, **fields)
    named = structs.replace(made.verdict, submission=SubmissionRef(path=f"{student}/{path}", sha256=sha256))
    return build_entry(
        exercise, student, type(made)(verdict=named), name=name, source=f"# the file of {student}\n".encode()
    )


@pytest.fixture
def grade(tmp_path, monkeypatch, capsys):
    """A class of three in a course of two exercises; the function runs a command there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRADE_INSTRUCTOR", "Dr. Hopper")
    (tmp_path / "exercises").mkdir()
    (tmp_path / "quizzes").mkdir()
    (tmp_path / "course.yaml").write_text("schema: grade-course/1\ngrading:\n  late: {per_day: 10%}\n")
    Gradebook.open(f"sqlite:///{tmp_path / 'gradebook.db'}").write_entries([
        entry("1001", (60.0, 0.0), "Ada Lovelace", "lovelaceada_1001_9001_x.py", line_to_cross=LineToCross(metric="accuracy", above=0.98), training=[TRAINING]),
        entry("1002", (60.0, 40.0), "Bo Boole", "boolebo_LATE_1002_9002_x-1.py"),
        entry("1003", (0.0, 0.0), "Cy <b>Young", "mine.py"),
        entry("1001", (60.0, 40.0), "Ada Lovelace", "lovelaceada_1001_9011_y.py", exercise=OTHER),
    ])  # fmt: skip

    def run(*args):
        capsys.readouterr()
        code = cli.run_command_line(list(args))
        return code, *capsys.readouterr()

    return run


def sheet():
    return {row.student: row for row in read_sheet(Gradebook.open("sqlite:///gradebook.db"), GradingPolicy()).rows}


def test_a_correction_counts_and_the_measured_points_stay_beside_it(grade):
    """With name and reason, in the report, in every total, and in exports."""
    code, out, _ = grade("correct", "1001", "exercise1", "--points", "85", "--reason", "The curve was right.")

    assert (code, "1001 Ada Lovelace, exercise1: 85/100" in out) == (0, True)
    cell = sheet()["1001"].cells["exercise1"]
    assert (cell.grade.score, cell.measured.score, cell.figures.score) == (85.0, 60.0, 60.0)
    assert "85 points by Dr. Hopper: The curve was right.; measured: 60" in cell.grade.note
    assert sheet()["1001"].total.score == 185.0
    rows = {
        row["student"]: row for row in csv.DictReader(io.StringIO(grade("export", "exercise1", "--format", "csv")[1]))
    }
    assert (rows["1001"]["score"], rows["1001"]["raw"], rows["1002"]["score"]) == ("85.0", "60.0", "100.0")
    assert "85/100" in grade("report", "exercise1")[1]


def test_a_correction_can_be_withdrawn_and_nothing_is_forgotten(grade):
    """The last entry holds; the history shows all of them."""
    grade("correct", "Ada Lovelace", "exercise1", "--points", "50%", "--reason", "one")
    grade("correct", "exercise1", "1001", "--points", "70", "--reason", "two", "--by", "Prof. X")
    grade("correct", "1001", "exercise1", "--withdraw", "--reason", "three")

    assert sheet()["1001"].cells["exercise1"].grade.score == 60.0
    shown = grade("correct", "1001", "exercise1")[1]
    assert [line.split(": ", 1)[1] for line in shown.splitlines()[1:]] == [
        "50 points: one",
        "70 points: two",
        "withdrawn: three",
    ]
    assert "Prof. X" in shown


def test_a_later_regrade_is_told_beside_the_correction(grade):
    """What was measured then, and what is measured now."""
    grade("correct", "1001", "exercise1", "--points", "85", "--reason", "why")
    changed = structs.replace(EXERCISE, seed=8)
    Gradebook.open("sqlite:///gradebook.db").write_entries(
        [entry("1001", (60.0, 40.0), "Ada Lovelace", "x.py", exercise=changed)]
    )

    assert "measured: 100, which was 60 at the time" in sheet()["1001"].cells["exercise1"].grade.note


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("1001", "exercise1", "--points", "85"), "needs a reason"),
        (("1001", "exercise1", "--points", "101", "--reason", "x"), "--points must be from 0 to 100"),
        (("1001", "exercise1", "--points", "nan", "--reason", "x"), "--points must be from 0 to 100"),
        (("1001", "exercise1", "--points", "1", "--withdraw", "--reason", "x"), "contradict"),
        (("1001", "exercise1", "--withdraw", "--reason", "x"), "no correction to withdraw"),
        (("1001", "exercise1", "--reason", "x"), "--reason is for"),
        (("1004", "exercise1", "--comment", "x"), 'no student "1004"'),
        (("1001", "exercise3", "--comment", "x"), 'no verdicts of "exercise3"'),
        (("1002", "exercise2", "--comment", "x"), "1002 has handed in nothing for exercise2"),
        (("1001", "exercise1", "--comment", "x" * 5001), "--comment is longer than 5,000"),
    ],
)
def test_what_makes_no_sense_changes_nothing(grade, args, said):
    """Each is told, and no entry is written."""
    code, _, err = grade("correct", *args)

    assert (code, said in err) == (2, True), err
    assert Gradebook.open("sqlite:///gradebook.db").list_corrections() == []


def test_whoever_has_no_name_is_asked_for_it(grade, monkeypatch):
    """As in a container; to look needs no name."""

    def fail():
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.delenv("GRADE_INSTRUCTOR")
    monkeypatch.setattr("getpass.getuser", fail)

    code, _, err = grade("correct", "1001", "exercise1", "--comment", "x")
    assert (code, "who are you? Give --by NAME" in err) == (2, True), err
    assert grade("correct", "1001", "exercise1")[0] == 0
    assert grade("correct", "1001", "exercise1", "--comment", "x", "--by", "Dr. Hopper")[0] == 0


def test_a_gradebook_of_before_takes_corrections(grade):
    """One without their table, as earlier versions made it."""
    with sqlite3.connect("gradebook.db") as old:
        old.execute("DROP TABLE grade_corrections")

    assert grade("report")[0] == 0
    assert grade("correct", "1001", "exercise1", "--points", "1", "--reason", "x")[0] == 0
    assert sheet()["1001"].cells["exercise1"].grade.score == 1.0


def test_each_student_gets_a_page_with_nothing_of_others(grade, tmp_path):
    """Grades, correction and comment of one's own; no id, name, comment or file of anybody else, and no markup of anybody."""
    grade(
        "correct",
        "1001",
        "exercise1",
        "--points",
        "85",
        "--reason",
        "canary-reason-1001",
        "--comment",
        "canary-comment-1001",
    )
    grade("correct", "1002", "exercise1", "--comment", "canary-comment-1002 <script>")
    code, _, err = grade("feedback", "--format", "folder", "-o", "back")
    pages = {path.name: path.read_text() for path in (tmp_path / "back").iterdir()}

    assert (code, sorted(pages)) == (0, ["1001.html", "1002.html", "1003.html"]), err
    for word in ("85/100", "canary-reason-1001", "canary-comment-1001", "Dr. Hopper", "185/200"):
        assert word in pages["1001.html"]
    assert "canary-comment-1002 &lt;script&gt;" in pages["1002.html"]
    assert "Cy &lt;b&gt;Young" in pages["1003.html"]
    own = {"1001": ("Lovelace", "lovelaceada"), "1002": ("Boole", "boolebo"), "1003": ("Young", "mine.py")}
    for student, words in own.items():
        for name, page in pages.items():
            if not name.startswith(student):
                assert not any(word in page for word in (student, *words))
    assert grade("feedback", "--format", "folder", "-o", "back")[0] == 2


def test_canvas_gets_the_names_that_it_gave(grade, tmp_path):
    """User's and attachment's number as in its archive; who has none is told."""
    code, _, err = grade("feedback", "exercise1", "--format", "canvas", "-o", "c.zip")

    with zipfile.ZipFile(tmp_path / "c.zip") as archive:
        assert archive.namelist() == [
            "boolebo_LATE_1002_9002_exercise1-feedback.html",
            "lovelaceada_1001_9001_exercise1-feedback.html",
        ]
        assert b"Bo Boole" in archive.read(archive.namelist()[0])
    assert (code, 'left out: 1003: "mine.py"' in err) == (2, True)


def test_moodle_gets_folders_of_its_participants(grade, tmp_path):
    """By the worksheet's numbers; without one, by ids that are such numbers, with a word of caution."""
    (tmp_path / "w.csv").write_text(
        "Identifier,Full name,ID number\nParticipant 71,Ada_ Lovelace,1001\nParticipant 72,Bo Boole,\nParticipant 73,X,1009\n"
    )
    code, _, err = grade("feedback", "exercise1", "--format", "moodle", "--from", "w.csv", "-o", "m.zip")

    with zipfile.ZipFile(tmp_path / "m.zip") as archive:
        assert archive.namelist() == [
            "Ada Lovelace_71_assignsubmission_file_/exercise1-feedback.html", "Bo Boole_72_assignsubmission_file_/exercise1-feedback.html",
        ]  # fmt: skip
        assert b"Ada" in archive.read(archive.namelist()[0])
        assert b"Ada" not in archive.read(archive.namelist()[1])
    assert (code, "left out: 1003: not in w.csv" in err) == (2, True)
    assert "--from WORKSHEET makes sure" in grade("feedback", "exercise1", "--format", "moodle", "-o", "n.zip")[2]
    assert grade("feedback", "--format", "moodle", "-o", "n.zip")[0] == 2


def test_no_page_goes_to_a_namesake_or_a_stranger(grade, tmp_path):
    """A name identifies only whoever is alone with it, and an id only somebody of about that name."""
    Gradebook.open("sqlite:///gradebook.db").write_entries([
        entry("1004", (60.0, 0.0), "Bo Boole", "x.py"), entry("75", (60.0, 0.0), "Eve Adams", "x.py"),
    ])  # fmt: skip
    (tmp_path / "w.csv").write_text(
        "Identifier,Full name,ID number\nParticipant 71,Ada Lovelace,1001\nParticipant 72,Bo Boole,\nParticipant 75,Fay Young,\n"
    )
    code, _, err = grade("feedback", "exercise1", "--format", "moodle", "--from", "w.csv", "-o", "m.zip")

    with zipfile.ZipFile(tmp_path / "m.zip") as archive:
        assert archive.namelist() == ["Ada Lovelace_71_assignsubmission_file_/exercise1-feedback.html"]
    assert code == 2
    for student in ("1002", "1003", "1004", "75"):
        assert f"left out: {student}: not in w.csv" in err


def test_no_page_takes_the_place_of_another_one(grade, tmp_path):
    """As where a student has named a file after another one's in Canvas's archive."""
    Gradebook.open("sqlite:///gradebook.db").write_entries([
        entry("1004", (60.0, 0.0), "Eve Adams", "lovelaceada_1001_9500_x.py"),
    ])  # fmt: skip
    code, _, err = grade("feedback", "exercise1", "--format", "canvas", "-o", "c.zip")

    with zipfile.ZipFile(tmp_path / "c.zip") as archive:
        assert archive.namelist() == ["boolebo_LATE_1002_9002_exercise1-feedback.html"]
    assert code == 2
    for student in ("1001", "1004"):
        assert f"left out: {student}: several students' pages would go to the host's user 1001" in err


def test_an_account_says_where_the_points_come_from(grade):
    """The grade, the run, each point's basis, the attempts, what was set by hand, and what would change it."""
    grade("correct", "1001", "exercise1", "--points", "85", "--reason", "The curve was right.")
    code, out, _ = grade("explain-verdict", "ada lovelace", "exercise1")

    assert code == 0
    for said in (
        "85/100 points count; the checks gave 60", "2 epochs of 60,000 examples", f"threshold: passed; measured: {BASIS_MEANINGS['measured']}"[:60],
        "→ 1.", "60/100, In few epochs", "Dr. Hopper: 85 points: The curve was right.", "+40  epochs: as it was measured",
        "the best epoch of 1 training reached 0.9700; the line is 0.98", "without it: 60",
    ):  # fmt: skip
        assert said in out, said
    assert "nothing: all points are reached" in grade("explain-verdict", "1002", "exercise1")[1]
    assert grade("explain-verdict", "1009", "exercise1")[0] == 2


def test_totals_in_json_hold_corrections(grade):
    """One total for all forms."""
    grade("correct", "1003", "exercise1", "--points", "10", "--reason", "x")
    totals = {row["student"]: row["score"] for row in json.loads(grade("export", "--format", "json")[1])["totals"]}

    assert totals == {"1001": 160.0, "1002": 100.0, "1003": 10.0}
