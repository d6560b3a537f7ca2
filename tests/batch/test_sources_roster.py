import csv
import io
from datetime import UTC, datetime
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import settings as trying
from hypothesis import strategies as st

from grader.batch import sources
from grader.batch.identities import describe_absent
from grader.batch.sources.members import FileRefused, check_name
from grader.batch.sources.names import recognize_naming
from grader.courses.spreadsheets import decode_text
from grader.errors import UsageError
from grader.gradebook import roster as rosters

CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,"exercise1 (77)"
    Points Possible,,,,,100
"Lovelace, Ada",12,S12,ada,A,
"Byron, Bob",13,S13,bob,A,
"""
MOODLE = "Identifier,Full name,Email address,Status,Grade\nParticipant 12,Ada Lovelace,ada@x.org,,\n"
CLASSROOM = '"identifier","github_username","github_id","name"\n"lovelace","ada-l","99","Ada"\n'
OWN = "sid;first name;last name;submitted_at\ns1;Ada;Lovelace;2026-10-01T12:00+02:00\n"


@pytest.mark.parametrize(
    ("text", "name", "student"),
    [
        (CANVAS, "12", ("12", "Lovelace, Ada")),
        (CANVAS, "ADA", ("12", "Lovelace, Ada")),
        (CANVAS, "S13", ("13", "Byron, Bob")),
        (MOODLE, "12", ("12", "Ada Lovelace")),
        (MOODLE, "ada@x.org", ("12", "Ada Lovelace")),
        (CLASSROOM, "ada-l", ("lovelace", "Ada")),
        (OWN, "Ada Lovelace", ("s1", "Ada Lovelace")),
    ],
)
def test_a_student_is_found_by_every_id_that_only_they_have(text, name, student):
    """Whatever table it comes from."""
    found = rosters.parse_roster(text, "roster.csv").find_student("", name)

    assert (found.id, found.name) == student


def test_an_id_that_two_have_finds_nobody():
    """Nobody gets another's grade."""
    roster = rosters.parse_roster("id,name\n1,Ada\n2,Ada\n", "roster.csv")

    assert roster.find_student("Ada") is None
    assert roster.find_student("2").id == "2"


def test_a_time_without_an_offset_stays_as_the_clock_showed_it():
    """The course says where the clock is; what is no time is named."""
    roster = rosters.parse_roster("id,submitted_at\n1,2026-10-01T12:00+02:00\n2,2026-10-01\n3,soon\n,\n4,2026-10-01 10:00:00 UTC\n", "r.csv")

    assert roster.students[0].submitted_at == roster.students[3].submitted_at == datetime(2026, 10, 1, 10, tzinfo=UTC)
    assert [student.submitted_at for student in roster.students[1:3]] == [datetime(2026, 10, 1), None]  # noqa: DTZ001
    assert roster.problems == ('r.csv: row 4: expected a time such as 2026-10-01T23:59+02:00, got "soon"',)


def test_moodles_worksheet_says_when_the_submission_was_changed():
    """In words, by the site's clock; `-` is no submission."""
    text = (
        "Identifier,Full name,Last modified (submission)\n"
        'Participant 1,Ada,"Thursday, 1 October 2026, 8:00 PM"\nParticipant 2,Bo,-\n'
    )
    roster = rosters.parse_roster(text, "worksheet.csv")

    assert [student.submitted_at for student in roster.students] == [datetime(2026, 10, 1, 20), None]  # noqa: DTZ001
    assert roster.problems == ()


def test_a_row_without_an_id_is_passed_over_and_named():
    """But Canvas's rows of possible points and of how grades are posted are no students."""
    posting = CANVAS.replace("    Points", ",,,,,Manual Posting\n    Points")

    assert rosters.parse_roster(CANVAS, "r.csv").problems == rosters.parse_roster(posting, "r.csv").problems == ()
    assert rosters.parse_roster("id,name\n,Ada\n", "r.csv").problems == ("r.csv: row 2 has no id; it is passed over",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", "roster.csv:1: no column of student ids: name one of them id, student id, .*; found: a, b"),
        ("", "no column of student ids"),
        ('id\n"x', "roster.csv: not a table"),
    ],
)
def test_what_is_no_roster_is_explained(tmp_path, text, said):
    """With what is looked for."""
    (tmp_path / "roster.csv").write_text(text)
    with pytest.raises(UsageError, match=said):
        rosters.read_roster(tmp_path / "roster.csv")


def test_a_roster_that_is_not_there_or_far_too_large_is_told(tmp_path):
    """Before anything is graded."""
    with pytest.raises(UsageError, match="r.csv: can't be read: No such file"):
        rosters.read_roster(tmp_path / "r.csv")
    (tmp_path / "r.csv").write_bytes(b"id\n" + b"1\n" * 10_000_001)
    with pytest.raises(UsageError, match="is larger than 20 MB; a roster is a table of one class"):
        rosters.read_roster(tmp_path / "r.csv")


def test_spreadsheets_encodings_are_read():
    """UTF-16 with its mark, and Windows' own."""
    assert decode_text("id,Zoë".encode("utf-16")) == "id,Zoë"
    assert decode_text("id,Zoë".encode("cp1252")) == "id,Zoë"


def test_submissions_get_the_rosters_names(tmp_path):
    """Who isn't in it is graded and named; who handed in nothing is named and enrolled; two names are one student."""
    (tmp_path / "roster.csv").write_text(CANVAS)
    work = tmp_path / "work"
    work.mkdir()
    for name in ("ada.py", "S12.ipynb", "eve.py"):
        (work / name).write_text("x = 1\n")
    found = sources.read_submissions(work, tmp_path / "roster.csv")

    assert [(each.student, each.name, each.names) for each in found] == [
        ("12", "Lovelace, Ada", ("S12.ipynb", "ada.py")),
        ("eve", "", ("eve.py",)),
    ]
    assert found.remarks == ("eve: not in the roster; known under this name",)
    assert describe_absent(found, ()) == ["1 of the roster handed in nothing: 13"]
    assert describe_absent(found, {"13"}) == []
    assert (found.problems, found.unread) == ((), ())
    assert found.enrolled == {"12": "Lovelace, Ada", "13": "Byron, Bob", "eve": ""}
    assert len(found) == 2


def test_a_table_may_name_the_files(tmp_path):
    """Relative to it and below it, each cell checked; an empty one hands in nothing."""
    (tmp_path / "a.py").write_text("x = 1\n")
    (tmp_path / "class.csv").write_text("student,file\nada,a.py\nbob,\ncy,../a.py\ndan,gone.py\n")
    found = sources.read_submissions(tmp_path / "class.csv")

    assert [(each.student, [path.name for path in each.files]) for each in found] == [("ada", ["a.py"]), ("bob", [])]
    assert found.problems == ("cy: ../a.py: its name leads out of the archive", "dan: gone.py: no such file")


def test_a_table_without_files_says_what_it_needs(tmp_path):
    """A roster given for the submissions."""
    (tmp_path / "class.csv").write_text("student,name\nada,Ada\n")
    with pytest.raises(UsageError, match='class.csv: names no files; it needs a column "file", relative to the table'):
        sources.read_submissions(tmp_path / "class.csv")


@trying(deadline=None)
@given(st.text(max_size=60) | st.lists(st.sampled_from(["..", ".", "", "a", "\\", "C:", "/", "x.py"])).map("/".join))
def test_a_checked_name_stays_below(name):
    """Whatever an archive calls its files."""
    try:
        path = PurePosixPath(check_name(name))
    except FileRefused:
        return
    assert not path.is_absolute()
    assert ".." not in path.parts
    assert "\\" not in str(path)


@trying(deadline=None)
@given(st.lists(st.text("ab_-/1.py", min_size=1, max_size=12)), st.text("ab-", max_size=5), st.booleans())
def test_recognising_never_fails(names, around, packed):
    """Any names at all have some way, and an owner is never of an empty name for a file of their own."""
    naming = recognize_naming(names, around, packed=packed)
    for name in names:
        naming.find_owner(name.removeprefix(naming.root))


@trying(deadline=None)
@given(st.lists(st.lists(st.text(max_size=8), min_size=3, max_size=3), max_size=6))
def test_any_table_of_three_columns_is_a_roster(rows):
    """What a spreadsheet holds never breaks the reading."""
    page = io.StringIO()
    csv.writer(page).writerows([["id", "name", "submitted_at"], *rows])
    roster = rosters.parse_roster(page.getvalue(), "r.csv")

    assert len(roster.students) <= len(rows)


def test_canvass_test_student_is_nobody():
    """Who has this name in a table of one's own is somebody."""
    canvas = 'Student,ID,SIS User ID,SIS Login ID,Section\n"Lovelace, Ada",1,,ada,A\n"Student, Test",2,,f00f,A\n'

    assert [student.id for student in rosters.parse_roster(canvas, "c.csv").students] == ["1"]
    assert [student.id for student in rosters.parse_roster('id,student\n2,"Student, Test"\n', "own.csv").students] == ["2"]
