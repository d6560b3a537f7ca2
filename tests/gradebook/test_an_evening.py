"""An instructor's evening: twelve students, four platforms' archives, a roster, late work, a quiz and a correction, by the commands alone.

Every sum is one that was worked out by hand, from the points of the course's own wrong answers.
"""

import csv
import io
import json
import shutil
from pathlib import Path

import pytest
from zip_files import write_zip

from grader import cli
from grader.quiz.loading import hash_quiz, load_quiz_bytes

pytestmark = pytest.mark.train

ROOT = Path(__file__).resolve().parents[2]
COURSE = """\
schema: grade-course/1
grading:
  due: {pooling: 2026-10-01T18:00+02:00, pad_images: 2026-10-08T18:00+02:00}
  timezone: Europe/Berlin
  late: {per_day: 10%, grace: 1h, cut_off: 7d}
  attempts: {keep: last}
  extensions: {'1003': {pooling: 2d}}
  excused: {'1012': [pooling]}
"""
QUIZ = """\
schema: grade-quiz/1
id: week1
title: Week 1
attempts: 1
questions:
  - {id: size, kind: shape, prompt: How big?, points: 3}
  - {id: weights, kind: truefalse, prompt: Does pooling have weights?, points: 1}
"""
KEY = """\
schema: grade-key/1
quiz: week1
quiz_digest: DIGEST
answers:
  size: {correct: [26x26x64]}
  weights: {correct: [false]}
"""
PEOPLE = {
    "1001": ("Lovelace", "Ada"), "1002": ("Boole", "Bo"), "1003": ("Young", "Cy"), "1004": ("Ng", "Dee"),
    "1005": ("Ó Brien", "Eve"), "1006": ("de la Cruz", "Fay"), "1007": ("Gauß", "Gus"), "1008": ("Abelson", "Hal"),
    "1009": ("Noether", "Ida"), "1010": ("=SUM(A1)", "Jo"), "1011": ("Lee", "Kim"), "1012": ("Xun", "Lu"),
}  # fmt: skip
CANVAS_TABLE = (
    "Student,ID,SIS User ID,SIS Login ID,Section,pooling (5521),Other (5522)\n    Points Possible,,,,,10,5\n"
    + "".join(f'"{last}, {first}",{number},S{number},s{number},001,,3\n' for number, (last, first) in reversed(PEOPLE.items()))
    + '"Student, Test",9999,,abc,001,,\n'
)
# Points by hand: what the file is worth, and what its lateness leaves of it.
POOLING = {
    "1001": 100.0,  # right and in time; the file without code that came afterwards is no attempt
    "1002": 90.0,  # two hours late: one day
    "1003": 100.0,  # 75 at first; right the next evening, within the extension
    "1004": 72.0,  # 90, of which 26 hours leave 80 %
    "1005": 95.0,  # half an hour late, within the grace
    "1006": 75.0,  # right, and then worse: the last attempt counts
    "1007": 0.0,  # right, but beyond the last day
    "1008": 0.0,  # the stub
    "1009": 0.0,  # a syntax error
    "1010": 0.0,  # another rule than the largest
    "1011": 100.0,  # late by the platform's mark, by how much nobody says
}
PADDING = {
    "1001": 100.0,  # Moodle, in time
    "1002": 81.0,  # Moodle: 90, half a day late
    "1003": 40.0,  # Moodle, in time
    "1005": 54.0,  # Blackboard: right in time, then 60 the next morning, a day late
    "1006": 100.0,  # Blackboard, in time
    "1009": 100.0,  # Gradescope, a group of two
    "1010": 100.0,
    "1011": 36.0,  # Gradescope: 40, an hour and a half late
}


WEEK1 = {"1001": 4.0, "1002": 3.0, "1003": 1.0, "1012": 0.0}  # both right, only the shape, only the other, none


def solution(exercise, name="solution"):
    folder = ROOT / "solutions" / exercise
    return (folder / "solution.py" if name == "solution" else folder / "rejects" / f"{name}.py").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """The course, and what the platforms gave."""
    place = tmp_path_factory.mktemp("evening")
    for exercise in ("pooling", "pad_images"):
        for part in ("exercises", "solutions"):
            shutil.copytree(ROOT / part / exercise, place / part / exercise)
    (place / "course.yaml").write_text(COURSE, encoding="utf-8")
    header = "id,name,sis user id,email,username\n"
    rows = (f'{number},"{last}, {first}",S{number},s{number}@example.org,u{number}\n' for number, (last, first) in PEOPLE.items())
    (place / "roster.csv").write_text(header + "".join(rows), encoding="utf-8-sig")
    lay_canvas(place)
    lay_others(place)
    lay_quiz(place)
    return place


def lay_quiz(place):
    for name in ("quizzes", "solutions/quizzes"):
        (place / name).mkdir(parents=True)
    (place / "quizzes/week1.yaml").write_text(QUIZ)
    (place / "solutions/quizzes/week1.yaml").write_text(KEY.replace("DIGEST", hash_quiz(load_quiz_bytes(QUIZ.encode()))))
    given = {"1001": ("26 x 26 x 64", False), "1002": ("(None, 26, 26, 64)", True), "1003": ("28x28x1", False), "1012": ("1x1", True)}
    write_zip(place / "week1.zip", {
        f"{' '.join(reversed(PEOPLE[number]))}_{number}_assignsubmission_file_/answers.json":
            json.dumps({"schema": "grade-responses/1", "quiz": "week1", "student": "", "answers": {"size": size, "weights": weights}})
        for number, (size, weights) in given.items()
    })  # fmt: skip


def lay_canvas(place):
    right, stub = solution("pooling"), (ROOT / "exercises/pooling/stub.py").read_text(encoding="utf-8")
    files = {
        "1001": right, "1002": right + "\n# Bo\n", "1003": solution("pooling", "as_in_the_course"), "1004": solution("pooling", "float_result"),
        "1005": solution("pooling", "in_place"), "1006": right + "\n# Fay\n", "1007": right + "\n# Gus\n", "1008": stub,
        "1009": "def max_pool(image)\n    return image\n", "1010": solution("pooling", "not_the_largest"), "1011": right + "\n# Kim\n",
    }  # fmt: skip
    marks = dict.fromkeys(("1002", "1004", "1007", "1011"), "_LATE")
    names = {number: f"{''.join(PEOPLE[number]).casefold().replace(' ', '')}{marks.get(number, '')}_{number}_1{number}_pooling.py" for number in files}
    write_zip(place / "canvas.zip", {names[number]: text for number, text in files.items()})
    again = {"1001": "", "1003": right + "\n# Cy\n", "1006": solution("pooling", "rounded_up")}
    write_zip(place / "again.zip", {names[number].replace(".py", "-1.py"): text for number, text in again.items()})
    times = {"1001": "01T17:00", "1002": "01T20:00", "1003": "01T17:30", "1004": "02T20:00", "1005": "01T18:30", "1006": "01T12:00",
             "1007": "09T18:00", "1008": "01T10:00", "1009": "01T10:00", "1010": "01T10:00"}  # fmt: skip
    (place / "times.csv").write_text("sis user id,id,submitted_at\n" + "".join(f"S{n},{n},2026-10-{at}+02:00\n" for n, at in times.items()))
    (place / "again.csv").write_text("id,submitted_at\n1001,2026-10-01 17:10\n1003,2026-10-02 19:00\n1006,2026-10-01 13:00\n")


def lay_others(place):
    moodle = {"1001": solution("pad_images"), "1002": solution("pad_images", "floats"), "1003": solution("pad_images", "sliced")}
    write_zip(place / "moodle.zip", {f"{' '.join(reversed(PEOPLE[n]))}_{n}_assignsubmission_file_/work.py": text for n, text in moodle.items()})
    when = {"1001": "Thursday, 8 October 2026, 5:00 PM", "1002": "Friday, 9 October 2026, 6:00 AM", "1003": "Donnerstag, 8. Oktober 2026, 17:59"}
    sheet = [["Identifier", "Full name", "Email address", "Status", "Grade", "Maximum Grade", "Last modified (submission)", "Feedback comments"]]
    sheet += [
        [f"Participant {number}", " ".join(reversed(PEOPLE[number])), f"s{number}@example.org", "", "", "20,00", when.get(number, "-"), ""]
        for number in ("1003", "1001", "1004", "1002")
    ]
    write_csv(place / "worksheet.csv", sheet)
    write_zip(place / "gradebook_DL_Padding_2026-10-10-10-00-00.zip", {
        "Padding_u1005_attempt_2026-10-08-17-00-00_first.py": solution("pad_images"),
        "Padding_u1005_attempt_2026-10-09-08-00-00_second.py": solution("pad_images", "square_only"),
        "Padding_u1005_attempt_2026-10-08-17-00-00.txt": "Name: Eve", "Padding_u1006_attempt_2026-10-08-16-00-00_x.py": solution("pad_images") + "\n# Fay\n",
    })  # fmt: skip
    write_csv(place / "blackboard.csv", [["Last Name", "First Name", "Username", "pad_images [Total Pts: 50 Score] |77"]]
              + [[*PEOPLE[number], f"u{number}", ""] for number in ("1006", "1005", "1008")])  # fmt: skip
    groups = {"7": (["1010", "1009"], "2026-10-08 15:00:00 +02:00"), "8": (["1011"], "2026-10-08 19:30:00 +02:00")}
    text = "".join(
        f"submission_{key}:\n  :submitters:\n"
        + "".join(f"  - :name: \"{' '.join(reversed(PEOPLE[n]))}\"\n    :sid: S{n}\n    :email: s{n}@example.org\n" for n in members)
        + f"  :created_at: {at}\n"
        for key, (members, at) in groups.items()
    )
    files = {"7": solution("pad_images") + "\n# both\n", "8": solution("pad_images", "always_one")}
    write_zip(place / "gradescope.zip", {"a/submission_metadata.yml": text} | {f"a/submission_{key}/pad.py": body for key, body in files.items()})
    write_csv(place / "gradescope.csv", [["First Name", "Last Name", "SID", "Email", "Total Score", "Max Points", "Status"]]
              + [[PEOPLE[n][1], PEOPLE[n][0], f"S{n}", f"s{n}@example.org", "", "100.0", "Ungraded"] for n in ("1011", "1009", "1010")])  # fmt: skip


def write_csv(path, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def read_csv(text):
    return list(csv.reader(io.StringIO(text)))


@pytest.fixture
def run(place, monkeypatch, capsys):
    monkeypatch.chdir(place)
    monkeypatch.setenv("GRADE_CACHE", str(place / "cache"))

    def run(*args):
        code = cli.run_command_line(list(args))
        return code, *capsys.readouterr()

    return run


def export(run, *args):
    code, out, err = run("export", *args)
    assert code == 0, err
    return out, err


@pytest.fixture
def graded(place, run):
    """The whole evening, once: every archive into one gradebook, by ids of four kinds."""
    if not (place / "gradebook.db").exists():
        batches = (
            ("pooling", "canvas.zip", "--roster", "roster.csv", "--submitted", "times.csv"),
            ("pooling", "again.zip", "--submitted", "again.csv"),
            ("pad_images", "moodle.zip", "--submitted", "worksheet.csv"),
            ("pad_images", "gradebook_DL_Padding_2026-10-10-10-00-00.zip"),
            ("pad_images", "gradescope.zip"),
        )
        said = [run("batch", *batch, "--quiet") for batch in batches]
        assert [code for code, _, _ in said] == [0] * len(batches), [err for _, _, err in said]
        assert run("quiz", "week1", "--answers", "week1.zip", "--quiet")[0] == 0
        (place / "said.txt").write_text("".join(err for _, _, err in said))
    return place


def test_every_grade_is_the_one_worked_out_by_hand(graded, run):
    """After attempts, lateness, grace, cut-off and extension; and each total."""
    document = json.loads(export(run, "--format", "json")[0])
    scores = {name: {each["student"]: each["score"] for each in document["grades"] if each["exercise"] == name} for name in ("pooling", "pad_images", "week1")}

    assert scores == {"pooling": POOLING, "pad_images": PADDING, "week1": WEEK1}
    totals = {each["student"]: (each["score"], each["max_score"]) for each in document["totals"]}
    assert totals == {
        number: (sum(points.get(number, 0.0) for points in (POOLING, PADDING, WEEK1)), 104.0 if number == "1012" else 204.0) for number in PEOPLE
    }
    assert {each["student"]: each["name"] for each in document["totals"]} == {n: f"{last}, {first}" for n, (last, first) in PEOPLE.items()}


def test_it_is_written_down_who_said_when_a_file_came(graded, run):
    """The table, the archive's own clock, Gradescope's metadata; nobody of a file with the mark alone."""
    rows = read_csv(export(run, "--format", "csv")[0])
    told = {(row[2], row[0]): (row[rows[0].index("submitted_at")], row[rows[0].index("submitted_from")]) for row in rows[1:]}

    assert told["pooling", "1002"] == ("2026-10-01T18:00:00+00:00", "table")
    assert told["pad_images", "1002"] == ("2026-10-09T04:00:00+00:00", "table")
    assert told["pad_images", "1005"] == ("2026-10-09T06:00:00+00:00", "archive")
    assert told["pad_images", "1010"] == ("2026-10-08T13:00:00+00:00", "archive")
    assert told["pooling", "1011"] == ("", "")


def test_the_report_names_what_is_to_be_looked_at_and_nobody_without_cause(graded, run):
    """One student's lateness that nobody can tell; the excused one is no absentee; remark and finding stand side by side."""
    _, out, err = run("report", "pooling")
    flat = " ".join(out.split())

    assert err.splitlines() == [line for line in err.splitlines() if line.startswith("look at: pooling: the platform marks 1 student as late")]
    assert err.rstrip().endswith("1011")
    assert "0 handed in nothing, 1 excused" in flat
    grades = next(line for line in run("report")[1].splitlines() if line.startswith("1011")).split()
    assert "100" in grades  # without a star
    said = (graded / "said.txt").read_text()
    assert "handed in nothing" not in said
    header, *rows = read_csv(export(run, "pooling", "--format", "csv")[0])
    notes = {row[0]: (row[header.index("note")], row[header.index("finding")]) for row in rows}
    assert notes["1001"][0] == "the last file has no code, so it doesn't count as an attempt"
    assert notes["1004"] == ("2 days late: keeps 80 %", "The result has the image's type")
    assert notes["1006"][0] == "the last attempt counts; attempt 1 has 100 points"


def test_canvas_gets_its_own_table_back(graded, run):
    """Its people in its order, of its ten points; nothing for those without a grade, its own test student untouched."""
    (graded / "Grades.csv").write_text(CANVAS_TABLE, encoding="utf-8")
    rows = read_csv(export(run, "pooling", "--format", "canvas", "--from", "Grades.csv")[0])

    assert [row[1] for row in rows[2:]] == [*reversed(PEOPLE), "9999"]
    assert {row[1]: float(row[5] or -1) for row in rows[2:]} == {n: POOLING[n] / 10 if n in POOLING else -1 for n in (*PEOPLE, "9999")}
    assert rows[4][0] == "'=SUM(A1), Jo"


@pytest.mark.parametrize(
    ("host", "table", "person", "grade", "scale"),
    [
        ("moodle", "worksheet.csv", 0, 4, 5),
        ("blackboard", "blackboard.csv", 2, -1, 2),
        ("gradescope", "gradescope.csv", 2, 4, 1),
    ],
)
def test_each_platform_gets_its_own_table_back(graded, run, host, table, person, grade, scale):
    """The same people in the same order, their points of the platform's own scale."""
    before = read_csv((graded / table).read_text(encoding="utf-8"))
    out, err = export(run, "pad_images", "--format", host, "--from", table)
    rows = read_csv(out)

    assert [row[person] for row in rows] == [row[person] for row in before]
    found = {row[person][-4:]: row[grade] for row in rows[1:]}
    assert found == {number: f"{PADDING[number] / scale:g}" if number in PADDING else "" for number in found}
    # Whose work came by another platform is named, and nobody else.
    assert {line.split()[2].rstrip(":") for line in err.splitlines() if line.startswith("left out")} == set(PADDING) - set(found)


def test_the_same_evening_again_changes_nothing(graded, run):
    """Each archive a second time, without the roster: no new student, no other grade, nothing graded anew."""
    before = export(run, "--format", "json")[0]
    for batch in (("pooling", "canvas.zip"), ("pooling", "again.zip"), ("pad_images", "moodle.zip"), ("pad_images", "gradescope.zip")):
        code, _, err = run("batch", *batch, "--quiet")
        assert code == 0
        assert "were graded before, and nothing has changed since" in err

    assert export(run, "--format", "json")[0] == before


def test_a_grade_set_by_hand_counts_in_every_table_and_can_be_taken_back(graded, run):
    """With its reason beside what was measured; the others keep theirs, and nothing is measured anew."""
    before = export(run, "--format", "json")[0]
    assert run("correct", "1008", "pooling", "--points", "50", "--reason", "shown at the board", "--by", "Prof. Hopper")[0] == 0
    rows = {row[0]: row for row in read_csv(export(run, "pooling", "--format", "csv")[0])}
    (graded / "Grades.csv").write_text(CANVAS_TABLE, encoding="utf-8")
    canvas = {row[1]: row[5] for row in read_csv(export(run, "pooling", "--format", "canvas", "--from", "Grades.csv")[0])}

    assert rows["1008"][3] == "50.0"
    assert "shown at the board" in rows["1008"][9]
    assert canvas["1008"] == "5"
    assert {number: float(row[3]) for number, row in rows.items() if number in POOLING} == {**POOLING, "1008": 50.0}
    assert run("correct", "1008", "pooling", "--withdraw", "--by", "Prof. Hopper", "--reason", "another board")[0] == 0
    assert export(run, "--format", "json")[0] == before
