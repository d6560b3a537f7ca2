"""One student is one student, and two are two, from the archive through roster, rules and gradebook to the exports."""

import csv
import io
import unicodedata
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.batch import sources
from grader.courses import settings
from grader.courses.course import Course
from grader.courses.exercise import CheckSpec, Exercise
from grader.courses.policy import GradingPolicy
from grader.errors import CourseError
from grader.gradebook import Gradebook, roster
from grader.gradebook.exports import canvas, moodle, plain, table
from grader.gradebook.grades import build_sheet, describe_unknown_students
from grader.records.run import Run, RunEnd
from grader.records.student_ids import MAX_LENGTH, to_look, to_student_id
from grader.records.verdict import CheckResult, SubmissionRef, Verdict

HONEST = ["می\u200cنا", "नि\u200dक", "אבי\u200f", "::error::x", "José", "O'Brien, Ada", "李 雷", "s-1_a.b@example.org", "##[group]"]
EXERCISE = Exercise(schema="grade-exercise/1", id="a", title="A", checks=[CheckSpec(id="c", check="training.epochs", points=10.0)])


class Graded:
    runs = (Run(seed=7, end=RunEnd(kind="completed")),)
    at = "2026-10-01T10:00:00+00:00"
    verdict = Verdict(
        exercise="a", title="A", submission=SubmissionRef(path="s.py", sha256="a" * 64), status="passed", score=10.0, max_score=10.0,
        end="completed", checks=[CheckResult(id="c", title="C", status="passed", points=10.0, max_points=10.0, basis="measured", message="m")],
    )  # fmt: skip


def archive(path, names):
    with zipfile.ZipFile(path, "w") as made:
        for name in names:
            made.writestr(f"{name}/solution.py", f"x = {name!r}")
    return path


def people(path, known=None):
    with sources.read_submissions(path, known) as found:
        return [each.student for each in found], list(found.problems), list(found.remarks)


# ---- the function ----


@given(st.text(st.characters(), max_size=300))
def test_it_can_be_stored_and_does_not_change_again(text):
    """No control character, no surrogate, bounded, and the same when it goes through once more; so is its look."""
    made = to_student_id(text)

    assert to_student_id(made) == made
    assert len(made) <= MAX_LENGTH
    made.encode()
    assert not [letter for letter in made if unicodedata.category(letter) in ("Cc", "Cs")]
    assert made == made.strip()
    assert unicodedata.is_normalized("NFC", made)
    assert to_look(made) == to_look(text)


@given(st.text(min_size=MAX_LENGTH + 1), st.text(min_size=MAX_LENGTH + 1))
def test_long_ones_stay_apart(one, other):
    """An id that is cut keeps a digest of the whole."""
    if " ".join(one.split()) != " ".join(other.split()) and to_student_id(one)[:5] == to_student_id(other)[:5]:
        long = to_student_id("x" * 300 + one), to_student_id("x" * 300 + other)
        assert (long[0] == long[1]) == (to_student_id(one) == to_student_id(other))


@pytest.mark.parametrize("ends", [("a", "b"), ("a" * 50, "a" * 51)])
def test_ids_of_one_beginning_stay_apart(ends):
    """The two of 251 letters each that differ at their end only."""
    assert to_student_id("l" * 250 + ends[0]) != to_student_id("l" * 250 + ends[1])


# ---- in and out ----


@pytest.mark.parametrize("student", HONEST)
def test_an_honest_id_is_the_same_everywhere(tmp_path, student):
    """From an archive to Canvas's own table, by way of a roster, an extension, and the gradebook; never escaped."""
    decomposed = unicodedata.normalize("NFD", student)
    path = archive(tmp_path / "in.zip", [decomposed, "other"])
    (tmp_path / "roster.csv").write_text(f'id,name\n" {student} ",Somebody\nother,Other\n')
    (tmp_path / "exercises" / "a").mkdir(parents=True)
    (tmp_path / "exercises" / "a" / "exercise.yaml").write_text("x: 1")
    (tmp_path / "course.yaml").write_text(
        f"schema: grade-course/1\ngrading:\n  due: {{a: '2026-10-01T00:00:00Z'}}\n  extensions: {{\"{decomposed}\": {{a: 2d}}}}\n"
    )
    policy = settings.load_settings(Course(root=tmp_path)).grading
    book = Gradebook.open(f"sqlite:///{tmp_path / 'book.db'}")

    with sources.read_submissions(path, tmp_path / "roster.csv") as found:
        assert (found.problems, found.remarks) == ((), ())
        book.add_students(found.enrolled)
        for each in found:
            book.record_verdict(EXERCISE, each.student, Graded, name=each.name)
    whole = build_sheet(book.list_figures(), book.list_students(), policy)

    assert sorted(row.student for row in whole.rows) == sorted(["other", student])
    assert describe_unknown_students(policy, whole) == []
    row = next(row for row in whole.rows if row.student == student)
    assert row.name == "Somebody"
    theirs = table.read(f'Student,ID,SIS Login ID,Section,A (1)\nSomebody,9,"{decomposed} ",S,\n'.encode(), "their.csv")
    filled, _ = canvas.fill(whole, {"a": "A"}, theirs)
    assert list(csv.reader(io.StringIO(filled)))[1][-1] == "10"
    worksheet = table.read(f'Identifier,Grade,Feedback comments\n"Participant {student}",,\n'.encode(), "w.csv")
    assert list(csv.reader(io.StringIO(moodle.fill_worksheet(whole, "a", worksheet)[0])))[1][1] == "10"
    ids = {cells[0].removeprefix("'") for cells in csv.reader(io.StringIO(plain.render_grades_csv(whole, ["a"])))}
    assert student in ids


@pytest.mark.parametrize(
    ("one", "other"),
    [("ada", "ada "), ("bob", " bob"), ("ada", "Ada"), ("ada", "ada\u200b"), ("José", "Jose\u0301"), ("ada l", "ada\u00a0 l"),
     ("אבי", "אבי\u200f"), ("ada", "ａｄａ"), ("a\u202eb", "ab")],
)  # fmt: skip
def test_two_that_can_not_be_told_apart_are_both_named(tmp_path, one, other):
    """Neither gets the other's grade; the rest of the class is read."""
    found, problems, _ = people(archive(tmp_path / "in.zip", [one, other, "cy"]))

    assert found == ["cy"]
    assert problems
    assert all("rename one" in problem or "another file has the same name" in problem for problem in problems)


def test_the_hostile_archive(tmp_path):
    """What came of it: two pairs are named, five students have what they handed in."""
    long = "l" * 149
    found, problems, _ = people(archive(tmp_path / "in.zip", ["ada", "ada ", "bob", " bob", f"{long}a", f"{long}b", *HONEST[:3]]))

    assert sorted(found) == sorted([f"{long}a", f"{long}b", *HONEST[:3]])
    assert len(problems) == 2


def test_a_name_of_nothing_is_refused(tmp_path):
    """Blanks and marks alone name nobody."""
    found, problems, _ = people(archive(tmp_path / "in.zip", [" ", "\u200b", "cy"]))

    assert found == ["cy"]
    assert any("a name of nothing that can be seen" in problem for problem in problems)


def test_two_rows_of_a_roster(tmp_path):
    """Different people whose ids look the same are named; one person in two sections isn't."""
    found = roster.parse_roster("id,name,section\nada,Ada L,1\nada,Ada L,2\nBob,Bob A,1\nbob ,Bob B,1\n", "r.csv")

    assert found.problems == ('r.csv: "Bob" (Bob A) and "bob" (Bob B): ids that can\'t be told apart; give each their own',)
    assert found.find_student("ADA") == found.students[0]
    assert found.find_student("bob") is None


def test_two_spellings_in_the_courses_rules(tmp_path):
    """One extension would be lost, so the second is told at its place."""
    (tmp_path / "course.yaml").write_text('schema: grade-course/1\ngrading:\n  excused:\n    "ada": []\n    "ada ": []\n')

    with pytest.raises(CourseError, match=r"course\.yaml:5:5: this is the same student as in line 4"):
        settings.load_settings(Course(root=tmp_path))
    assert GradingPolicy().excused == {}
