"""The tables of hosts: the same people in the same order, and the way from an archive to its host's table."""

import csv
import io
import zipfile

import openpyxl
import pytest
from gradebook_samples import EXERCISE, graded
from msgspec import structs

from grader.batch import sources
from grader.courses.policy import GradingPolicy
from grader.errors import UsageError
from grader.gradebook import build_entry
from grader.gradebook.exports import blackboard, brightspace, canvas, excel, gradescope, moodle, plain
from grader.gradebook.exports.table import StudentFinder, read
from grader.gradebook.grades import build_sheet
from grader.gradebook.roster import parse_roster

TITLES = {"exercise1": "Dense layers"}
BLACKBOARD = (
    '"Last Name"\t"First Name"\t"Username"\t"Student ID"\t"Last Access"\t"Availability"\t'
    '"Dense layers [Total Pts: 10 Score] |664617"\t"Other [Total Pts: 5 Score] |7"\n'
    '"Lovelace"\t"Ada"\t"alovelace"\t"0012"\t"x"\t"Yes"\t""\t"3"\n"=Boole"\t"Bo"\t"bboole"\t"0013"\t"x"\t"Yes"\t"7"\t""\n'
    '"Young"\t"Cy"\t"cyoung"\t"0014"\t"x"\t"Yes"\t""\t""\n'
)
BRIGHTSPACE = (
    "OrgDefinedId,Username,Last Name,First Name,Email,Dense layers Points Grade <Numeric MaxPoints:20 Weight:5>,End-of-Line Indicator\r\n"
    "#0014,#cyoung,Young,Cy,cy@x.org,,#\r\n#0012,#alovelace,Lovelace,Ada,ada@x.org,,#\r\n#0013,#bboole,Boole,Bo,bo@x.org,7,#\r\n"
)


def figures(student, points=(60.0, 0.0), **fields):
    return build_entry(EXERCISE, student, graded(points, sha256=student), **fields).figures


def klass(*students, names=None):
    return build_sheet([figures(student) for student in students], names or {}, GradingPolicy())


def cells(text, separator=","):
    return list(csv.reader(io.StringIO(text), delimiter=separator))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize(("ada", "eve"), [("alovelace", "eve"), ("0012", "eve")])
def test_blackboard_gets_its_own_download_back(encoding, ada, eve):
    """Its column by the number, points of its scale, what was there where there is none of ours."""
    text, left = blackboard.fill(klass(ada, eve), TITLES, read(BLACKBOARD.encode(encoding), "gc.xls"))

    assert cells(text, "\t") == [
        ["Last Name", "First Name", "Username", "Student ID", "Dense layers [Total Pts: 10 Score] |664617"],
        ["Lovelace", "Ada", "alovelace", "0012", "6"],
        ["'=Boole", "Bo", "bboole", "0013", "7"],
        ["Young", "Cy", "cyoung", "0014", ""],
    ]
    assert left == ["eve: not in gc.xls"]


def test_blackboards_feedback_is_filled_where_it_has_a_column():
    """As its download of one assignment has."""
    header = "Last Name,First Name,Username,Dense layers [Total Pts: 100] |1,Feedback to Learner\nL,Ada,ada,,\n"
    text, _ = blackboard.fill(klass("ada"), TITLES, read(header.encode(), "gc.csv"))

    assert cells(text)[1] == ["L", "Ada", "ada", "60", "In few epochs"]


def test_brightspace_gets_its_own_export_back():
    """Ids with their `#`, and the end of the line last."""
    text, left = brightspace.fill(klass("0012", "CYOUNG"), TITLES, read(BRIGHTSPACE.encode("utf-8-sig"), "g.csv"))

    assert cells(text) == [
        ["OrgDefinedId", "Username", "Last Name", "First Name", "Email",
         "Dense layers Points Grade <Numeric MaxPoints:20 Weight:5>", "End-of-Line Indicator"],
        ["#0014", "#cyoung", "Young", "Cy", "cy@x.org", "12", "#"],
        ["#0012", "#alovelace", "Lovelace", "Ada", "ada@x.org", "12", "#"],
        ["#0013", "#bboole", "Boole", "Bo", "bo@x.org", "7", "#"],
    ]  # fmt: skip
    assert left == []


def test_brightspaces_class_list_gets_a_column():
    """And its own numbers of users, which it doesn't list, are found by the name; another's id is not."""
    listed = "OrgDefinedId,Username,Last Name,First Name,End-of-Line Indicator\n#20311,#bo,Boole,Bo,#\n#2,#ada,Lovelace,Ada,#\n"
    found = klass("20311", names={"20311": "Ada Lovelace"})
    text, left = brightspace.fill(found, TITLES, read(listed.encode(), "c.csv"))

    assert cells(text)[0][-2:] == ["Dense layers Points Grade", "End-of-Line Indicator"]
    assert [row[-2:] for row in cells(text)[1:]] == [["", "#"], ["60", "#"]]
    assert left == []


def test_two_of_one_name_are_not_guessed_between():
    """The grade is left out and told."""
    listed = "OrgDefinedId,Username,Last Name,First Name,End-of-Line Indicator\n#1,#a,L,Ada,#\n#2,#b,L,Ada,#\n"
    text, left = brightspace.fill(klass("9", names={"9": "Ada L"}), TITLES, read(listed.encode(), "c.csv"))

    assert [row[-2] for row in cells(text)[1:]] == ["", ""]
    assert left == ["9: not in c.csv"]


@pytest.mark.parametrize(
    ("host", "text", "said"),
    [
        (blackboard, "Name,Points\n", 'no column "Username"; download it from Blackboard'),
        (blackboard, "Username,Max [Total Pts: 5] |3\n", 'no column "exercise1" or "Dense layers"; .* there are: Max'),
        (brightspace, "OrgDefinedId,Points\n", 'no columns "OrgDefinedId" or "Username" and "End-of-Line Indicator"'),
    ],
)
def test_what_is_not_the_hosts_is_explained(host, text, said):
    """With what to do there."""
    with pytest.raises(UsageError, match=said):
        host.fill(klass("1"), TITLES, read(text.encode(), "t.csv"))


def test_tables_without_the_hosts_own():
    """For a course that the host doesn't have yet."""
    assert cells(blackboard.make(klass("ada"), TITLES)) == [["Username", "Dense layers"], ["ada", "60"]]
    assert cells(brightspace.make(klass("12"), TITLES)) == [
        ["OrgDefinedId", "Dense layers Points Grade", "End-of-Line Indicator"], ["#12", "60", "#"]]  # fmt: skip


def test_gradescopes_table_comes_back_with_its_scale_and_states():
    """Who is missing there stays so; whose grade a fault of ours kept is left as it was; who isn't in it is named."""
    fault = structs.replace(figures("bo@x.org"), status="error")
    found = build_sheet([figures("1003"), fault, figures("eve")], {}, GradingPolicy())
    text, left = gradescope.fill(found, "exercise1", read(GRADESCOPE.encode(), "g.csv"))

    assert [(row[2], *row[5:8]) for row in cells(text)[1:]] == [
        ("1003", "6", "10.0", "Graded"), ("1001", "", "10.0", "Ungraded"), ("1002", "", "", "Missing")]  # fmt: skip
    assert cells(text)[0] == cells(GRADESCOPE)[0]
    assert left == ["eve: not in g.csv"]
    with pytest.raises(UsageError, match='no columns "Total Score" and "SID"'):
        gradescope.fill(found, "exercise1", read(b"Name,Points\n", "g.csv"))


ROSTER = parse_roster("id,name,sis user id,username\n1,Ada Lovelace,S1,ada\n2,Bo Boole,S2,bo\n3,Cy Young,1003,cy\n", "roster.csv")


def known_class(*students):
    names = {each.id: each.name for each in ROSTER.students}
    return build_sheet([figures(student) for student in students], names, GradingPolicy(), ROSTER)


@pytest.mark.parametrize(
    ("fill", "text", "column"),
    [
        (lambda a, b: canvas.fill(a, TITLES, b), "Student,ID,SIS User ID,SIS Login ID,Section,exercise1\n"
         '"Boole, Bo",77,S2,x,A,\n"Lovelace, Ada",78,x,ada,A,\n"Someone, Else",1003,x,y,A,\n', 5),
        (lambda a, b: gradescope.fill(a, "exercise1", b), "First Name,Last Name,SID,Email,x,Total Score,Max Points\n"
         "Bo,Boole,S2,,,,\nAda,Lovelace,ada,,,,\nSomeone,Else,1003,,,,\n", 5),
        (lambda a, b: moodle.fill_worksheet(a, "exercise1", b), "Identifier,Full name,Username,x,y,Grade,Feedback comments\n"
         "Participant 77,Bo Boole,bo,,,,\nParticipant 78,Ada Lovelace,ada,,,,\nParticipant 1003,Someone Else,z,,,,\n", 5),
    ],
)  # fmt: skip
def test_a_student_is_found_by_every_id_that_the_roster_had(fill, text, column):
    """But an id of another system that is somebody else's there finds nobody."""
    filled, left = fill(known_class("1", "2", "3"), read(text.encode(), "t.csv"))

    assert [row[column] for row in cells(filled)[1:]] == ["60", "60", ""]
    assert left == ["3: not in t.csv"]


def test_an_id_that_two_students_share_finds_neither():
    """Their own ids find both."""
    shared = parse_roster("id,name,username\n1,Ada,x\n2,Bo,x\n", "roster.csv")
    sheet = build_sheet([figures("1"), figures("2")], {"1": "Ada", "2": "Bo"}, GradingPolicy(), shared)
    finder = StudentFinder(sheet)

    assert finder.find(["x"]) is None
    assert finder.find(["#2"]).student == "2"


def test_only_who_has_a_grade_for_what_is_exported_is_missed():
    """A student of another exercise is no business of this table."""
    other = build_entry(structs.replace(EXERCISE, id="other"), "eve", graded(exercise="other", sha256="e")).figures
    sheet = build_sheet([figures("ada"), other], {}, GradingPolicy())

    assert blackboard.fill(sheet, TITLES, read(BLACKBOARD.encode(), "t.csv"))[1] == ["ada: not in t.csv"]


def test_a_column_per_check():
    """In each format that has room: points before lateness, none where a check wasn't judged."""
    found = klass("ada")
    rows = cells(plain.render_grades_csv(found, ["exercise1"], checks=True))
    page = openpyxl.load_workbook(io.BytesIO(excel.make(found, ["exercise1"], checks=True))).active
    skipped = build_sheet([structs.replace(figures("ada"), outcomes='[["threshold","skipped",0.0,60.0]]')], {}, GradingPolicy())

    assert [rows[0][-2:], rows[1][-2:]] == [["check: threshold", "check: epochs"], ["60.0", "0.0"]]
    assert '"points": 60.0' in plain.render_grades_json(found, ["exercise1"], checks=True)
    assert [[cell.value for cell in row] for row in page.iter_rows()] == [
        ["Student", "Name", "exercise1 (100)", "exercise1: threshold", "exercise1: epochs", "Total", "Of"],
        ["ada", None, 60, 60, 0, 60, 100],
    ]
    assert cells(plain.render_grades_csv(skipped, ["exercise1"], checks=True))[1][-1] == ""


def test_a_workbook_runs_nothing_and_can_hold_any_name():
    """A formula for a name is text; control characters are escaped."""
    page = openpyxl.load_workbook(io.BytesIO(excel.make(klass("=1+1", names={"=1+1": "@x\x07"}), ["exercise1"], checks=False))).active

    assert [(page["A2"].value, page["A2"].data_type), (page["B2"].value, page["B2"].data_type)] == [
        ("=1+1", "s"), ("@x\\x07", "s")]  # fmt: skip


PY = b"x = 1\n"
CANVAS = (
    'Student,ID,SIS User ID,SIS Login ID,Section,"Dense layers (77)"\n    Points Possible,,,,,10\n'
    '"Young, Cy",1003,S3,cy,A,\n"Lovelace, Ada",1001,S1,ada,A,\n"Boole, Bo",1002,S2,bo,A,\n'
)
MOODLE = "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,Feedback comments\n" + "".join(
    f"Participant {number},{name},x@x.org,,,10.00,Yes,\n" for number, name in ((1003, "Cy Young"), (1001, "Ada L"), (1002, "Bo B"))
)
GRADESCOPE = (
    "First Name,Last Name,SID,Email,Sections,Total Score,Max Points,Status,Submission ID,Submission Time,Lateness (H:M:S)\n"
    "Cy,Young,1003,cy@x.org,,,10.0,Ungraded,101,2026-10-01 20:00:00 +0200,00:00:00\n"
    "Ada,Lovelace,1001,ada@x.org,,,10.0,Ungraded,102,2026-10-01 20:00:00 +0200,00:00:00\n"
    "Bo,Boole,1002,bo@x.org,,,,Missing,,,\n"
)
METADATA = "\n".join(
    f"submission_{number}:\n  :submitters:\n  - :name: {name}\n    :sid: '{sid}'\n    :email: {email}\n  :created_at: 2026-10-01 20:00:00.5 +02:00"
    for number, name, sid, email in ((101, "Cy Young", 1003, "cy@x.org"), (102, "Ada Lovelace", 1001, "ada@x.org"))
)
ROUND = {
    "gradescope": (["e/submission_101/x.py", "e/submission_102/x.py", "e/submission_metadata.yml"], GRADESCOPE,
                   lambda a, b: gradescope.fill(a, "exercise1", b), 1),
    "canvas": (["youngcy_LATE_1003_10003_x.py", "lovelaceada_1001_10001_x.py"], CANVAS, lambda a, b: canvas.fill(a, TITLES, b), 2),
    "moodle": (["Cy Young_1003_assignsubmission_file_/x.py", "Ada L_1001_assignsubmission_file_/x.py"], MOODLE,
               lambda a, b: moodle.fill_worksheet(a, "exercise1", b), 1),
    "blackboard": (["Dense_cyoung_attempt_2026-10-01-10-00-00_x.py", "Dense_alovelace_attempt_2026-10-01-10-00-00_x.py"],
                   BLACKBOARD, lambda a, b: blackboard.fill(a, TITLES, b), 1),
    "brightspace": (["5-9 - Cy Young - Oct 1, 2026 940 PM/x.py", "6-9 - Ada Lovelace - Oct 1, 2026 940 PM/x.py"], BRIGHTSPACE,
                    lambda a, b: brightspace.fill(a, TITLES, b), 1),
}  # fmt: skip


@pytest.mark.parametrize("with_roster", [False, True])
@pytest.mark.parametrize("host", ROUND)
def test_from_a_hosts_archive_to_its_own_table(tmp_path, host, with_roster):
    """The same people in the same order; with the host's table as the roster, too."""
    names, text, fill, start = ROUND[host]
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in names:
            archive.writestr(name, METADATA if name.endswith(".yml") else PY)
    (tmp_path / "theirs.csv").write_text(text)
    found = sources.read_submissions(tmp_path / "a.zip", tmp_path / "theirs.csv" if with_roster else None)
    graded_ = build_sheet([figures(each.student) for each in found], found.enrolled, GradingPolicy())
    theirs = read(text.encode(), "theirs.csv")
    filled, left = fill(graded_, theirs)
    rows = read(filled.encode(), "filled")
    person = next(index for index, cell in enumerate(rows.header) if cell in ("Student", "Full name", "Last Name"))
    grade = next(index for index, cell in enumerate(rows.header) if cell.startswith(("Dense layers", "Grade", "Total Score")))
    before = [cells_[theirs.header.index(rows.header[person])].lstrip("=") for cells_ in theirs.rows]

    assert left == []
    assert [cells_[person].lstrip("'=") for cells_ in rows.rows] == before
    assert {cells_[person].split()[0].strip(",") for cells_ in rows.rows[start - 1 :] if cells_[grade] not in ("", "7")} in (
        {"Young", "Lovelace"}, {"Cy", "Ada"})  # fmt: skip
