import csv
import io
import json

import pytest
from gradebook_samples import EXERCISE, graded
from hypothesis import given
from hypothesis import settings as trying
from hypothesis import strategies as st
from msgspec import structs

from grader.courses.policy import GradingPolicy, LatenessPolicy
from grader.courses.yaml_tree import Percent
from grader.errors import UsageError
from grader.gradebook import build_entry
from grader.gradebook.exports import canvas, gradescope, moodle, plain
from grader.gradebook.exports.table import escape_cell, read
from grader.gradebook.grades import build_sheet

POLICY = GradingPolicy(due={"exercise1": "2026-10-01T12:00+00:00"}, late=LatenessPolicy(per_day=Percent(0.1)))
CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,"Dense layers (77)",Other (78),Final Score
,,,,,Manual Posting,,
    Points Possible,,,,,10,5,(read only)
"Lovelace, Ada",12,S12,ada,A,,3,50
"=Byron(), Bob",13,S13,bob,@B,7,,
"Student, Test",99,,,A,,,
"""
MOODLE = """\ufeffIdentifier;"Full name";"Email address";Status;Grade;"Maximum Grade";"Grade can be changed";"Feedback comments"
"Participant 12";"Ada Lovelace";ada@x.org;Submitted;;20,00;Yes;
"Participant 13";"+Bob";bob@x.org;;5,00;20,00;Yes;"seen"
"""


def figures(student, points, at=None, **fields):
    made = build_entry(EXERCISE, student, graded(points, sha256=f"{student}{at}", **fields)).figures
    return structs.replace(made, submitted_at=at)


def klass(*found, names=None):
    return build_sheet(found, names or {}, POLICY)


def cells(text, separator=","):
    return list(csv.reader(io.StringIO(text), delimiter=separator))


def test_canvas_gets_its_own_export_back_with_grades():
    """Identity columns as they came but for formulas, points scaled to those possible, others' marks as they were."""
    found = klass(figures("12", (60.0, 0.0)), figures("eve", (60.0, 40.0)), names={"13": "Bob"})
    text, left = canvas.fill(found, {"exercise1": "Dense layers"}, read(CANVAS.encode(), "Grades.csv"))

    assert cells(text) == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Dense layers (77)"],
        ["", "", "", "", "", "Manual Posting"],
        ["    Points Possible", "", "", "", "", "10"],
        ["Lovelace, Ada", "12", "S12", "ada", "A", "6"],
        ["'=Byron(), Bob", "13", "S13", "bob", "'@B", "7"],
        ["Student, Test", "99", "", "", "A", ""],
    ]
    assert left == ["eve: not in Grades.csv"]


@pytest.mark.parametrize("student", ["12", "S12", "ADA"])
def test_canvas_knows_a_student_by_each_of_its_ids(student):
    """Whichever the roster had."""
    text, left = canvas.fill(klass(figures(student, (60.0, 40.0))), {"exercise1": "x"}, read(
        CANVAS.replace("Dense layers (77)", "exercise1 (77)").encode(), "Grades.csv"))  # fmt: skip

    assert cells(text)[3][-1] == "10"
    assert left == []


def test_what_canvas_writes_comes_back_the_same():
    """Filling in a filled table changes nothing."""
    found = klass(figures("12", (60.0, 0.0)))
    once, _ = canvas.fill(found, {"exercise1": "Dense layers"}, read(CANVAS.encode(), "a"))
    twice, _ = canvas.fill(found, {"exercise1": "Dense layers"}, read(once.encode(), "a"))

    assert twice == once


def test_canvas_without_its_export_gets_a_table_to_make_assignments_from():
    """The row of possible points is the second, and numbers are Canvas's ids."""
    found = klass(figures("12", (60.0, 0.0)), figures("ada", (60.0, 40.0)), names={"12": "Bob"})

    assert cells(canvas.make(found, {"exercise1": "Dense layers"})) == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Dense layers"],
        ["    Points Possible", "", "", "", "", "100"],
        ["Bob", "12", "", "", "", "60"],
        ["ada", "", "", "ada", "", "100"],
    ]


def test_canvass_table_has_one_number_of_possible_points():
    """Where some verdicts are by a specification with fewer points, theirs are scaled to it."""
    found = klass(figures("12", (60.0, 0.0)), structs.replace(figures("13", (60.0, 40.0)), score=30.0, max_score=60.0))

    assert [row[5] for row in cells(canvas.make(found, {"exercise1": "x"}))] == ["x", "100", "60", "50"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Name,Points\nAda,3\n", 'g.csv: no column "Student"; export the grades from Canvas: Grades, Export'),
        (CANVAS.replace("Dense", "Other"), 'g.csv: no assignment "exercise1" or "Dense layers"; name it so in Canvas; there are: '),
        ("", "g.csv: the table is empty; export it from the LMS again"),
    ],
)
def test_what_is_not_canvass_export_is_explained(text, said):
    """With what to do in Canvas."""
    with pytest.raises(UsageError) as caught:
        canvas.fill(klass(figures("12", (0.0, 0.0))), {"exercise1": "Dense layers"}, read(text.encode(), "g.csv"))
    assert said in str(caught.value)


def test_moodle_gets_grade_and_feedback_in_its_worksheet():
    """Late work says what it lost; who handed in nothing stays as they were."""
    found = klass(
        figures("12", (60.0, 0.0), "2026-10-01T13:00:00+00:00"), figures("eve", (60.0, 40.0)), names={"13": "Bob"}
    )
    text, left = moodle.fill_worksheet(found, "exercise1", read(MOODLE.encode(), "w.csv"))
    rows = cells(text, ";")

    assert rows[0][4:] == ["Grade", "Maximum Grade", "Grade can be changed", "Feedback comments"]
    assert rows[1][4:] == ["10.8", "20,00", "Yes", "1 day late: keeps 90 %; In few epochs"]
    assert rows[2] == ["Participant 13", "'+Bob", "bob@x.org", "", "5,00", "20,00", "Yes", "seen"]
    assert left == ["eve: not in w.csv"]


def test_moodle_without_its_worksheet():
    """Both columns too."""
    assert cells(moodle.make_worksheet(klass(figures("12", (60.0, 0.0))), "exercise1")) == [
        ["Identifier", "Full name", "Grade", "Maximum Grade", "Feedback comments"],
        ["Participant 12", "", "60", "100", "In few epochs"],
    ]


def test_a_worksheet_without_feedback_is_explained():
    """Moodle writes the column only when it is turned on."""
    table = read(b"Identifier,Grade\n", "w.csv")
    with pytest.raises(UsageError, match='w.csv: no column "Feedback comments"; in Moodle turn on'):
        moodle.fill_worksheet(klass(figures("12", (0.0, 0.0))), "exercise1", table)


def test_what_could_not_be_graded_is_left_empty():
    """A fault of ours is no zero anywhere."""
    found = klass(figures("12", (0.0, 0.0), status="error"))

    assert cells(moodle.make_worksheet(found, "exercise1"))[1][2] == ""
    assert cells(plain.render_grades_csv(found, ["exercise1"]))[1][3] == ""
    assert json.loads(plain.render_grades_json(found, ["exercise1"]))["grades"][0]["score"] is None
    assert cells(gradescope.make(found, "exercise1"))[1][3:6] == ["", "100", "Ungraded"]


def test_json_has_grades_and_totals():
    """Under a schema of its own."""
    data = json.loads(plain.render_grades_json(klass(figures("ada@x.org", (60.0, 0.0)), names={"bob": "Bob"}), ["exercise1"]))

    assert data["schema"] == "grade-gradebook/1"
    assert [(one["student"], one["score"], one["finding"]) for one in data["grades"]] == [("ada@x.org", 60.0, "In few epochs")]
    assert [(one["student"], one["score"]) for one in data["totals"]] == [("ada@x.org", 60.0), ("bob", 0.0)]


def test_gradescope_tells_addresses_from_ids():
    """Its own columns."""
    rows = cells(gradescope.make(klass(figures("ada@x.org", (60.0, 0.0)), figures("s1", (60.0, 40.0))), "exercise1"))

    assert [row[:5] for row in rows] == [
        ["Name", "SID", "Email", "Total Score", "Max Points"],
        ["", "", "ada@x.org", "60", "100"],
        ["", "s1", "", "100", "100"],
    ]


@trying(deadline=None)
@given(st.text(max_size=20) | st.sampled_from(["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1", "-5", "+3.5"]))
def test_no_cell_is_a_formula(cell):
    """Numbers stay what they are, and a cell that is harmless already isn't changed again."""
    made = escape_cell(cell)

    assert made[:1] not in ("=", "@", "\t", "\r")
    assert made[:1] not in ("+", "-") or made.strip(" ") in ("+", "-") or made.lstrip("+-").replace(".", "").replace(",", "").strip().rstrip("%").isnumeric()
    assert escape_cell(made) == made


@pytest.mark.parametrize("cell", ["-", "+", " - "])
def test_a_sign_alone_is_no_formula(cell):
    """Moodle's worksheet says `-` for no grade, and gets it back as it came; what follows a sign is made text still."""
    assert escape_cell(cell) == cell
    assert escape_cell(f"{cell.strip()}A1") == f"'{cell.strip()}A1"
