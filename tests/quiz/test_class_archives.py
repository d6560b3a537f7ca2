"""A class's answers as LMSs give them: whose they are, what they earn, and their marks beside those of exercises."""

import csv
import io
import json
import zipfile

import pytest
from zip_files import write_zip

from grader.courses.policy import GradingPolicy
from grader.gradebook import Gradebook
from grader.gradebook.grades import build_sheet
from grader.quiz.loading import hash_quiz, load_quiz_bytes

QUIZ = """\
schema: grade-quiz/1
id: week1
title: Week 1
attempts: 2
keep: last
questions:
  - {id: size, kind: shape, prompt: How big?, points: 3}
  - {id: yes, kind: truefalse, prompt: Does pooling have weights?}
"""
KEY = """\
schema: grade-key/1
quiz: week1
quiz_digest: DIGEST
answers:
  size: {correct: [26x26x64], explain: the canary of the key}
  yes: {correct: [false]}
"""
ROSTER = (
    "id,name,login\n1001,Ada Lovelace,lovelaceada\n1002,Bo Boole,boolebo\n1003,Cy Young,youngcy\n1004,Dee Ng,ngdee\n"
)


@pytest.fixture
def course(tmp_path, inside):
    """A course with one quiz, in the folder where the commands run."""
    for name in ("quizzes", "solutions/quizzes"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "course.yaml").write_text("schema: grade-course/1\n")
    (tmp_path / "quizzes/week1.yaml").write_text(QUIZ)
    (tmp_path / "solutions/quizzes/week1.yaml").write_text(
        KEY.replace("DIGEST", hash_quiz(load_quiz_bytes(QUIZ.encode())))
    )
    (tmp_path / "roster.csv").write_text(ROSTER)
    return lambda *args: inside(*args, env={"GRADE_COURSE": str(tmp_path)})


def damaged():
    """A zip whose end is whole and whose directory isn't."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("a.json", "{}")
    return made.getvalue().replace(b"PK\x01\x02", b"XXXX")


def answers(size, yes, student="", attempt=1):
    given = {"size": size, "yes": yes}
    return json.dumps(
        {"schema": "grade-responses/1", "quiz": "week1", "student": student, "attempt": attempt, "answers": given}
    )


RIGHT, HALF, NONE = (
    answers("26 26 64", ["false"], "me"),
    answers("26x26", ["false"], "me"),
    answers("1", ["true"], "me"),
)
CANVAS = {
    "lovelaceada_1001_9001_week1-me-1.json": RIGHT, "boolebo_LATE_1002_9002_week1-me-1.json": HALF,
    "youngcy_1003_9003_week1-me-1.yaml": NONE,
}  # fmt: skip
MOODLE = {f"{name}_{number}_assignsubmission_file_/week1.json": text for name, number, text in (
    ("Ada Lovelace", 71, RIGHT), ("Bo Boole", 72, HALF), ("Cy Young", 73, NONE))}  # fmt: skip
BLACKBOARD = {f"Quiz 1_{login}_attempt_2026-10-01-21-40-1{n}_week1.json": text for n, (login, text) in enumerate(
    (("lovelaceada", RIGHT), ("boolebo", HALF), ("youngcy", NONE)))}  # fmt: skip
PLAIN = {"answers/week1-ada-1.json": answers("26 26 64", ["false"], "1001"), "answers/1002.json": answers("26x26", ["false"]),
         "answers/1003/mine.json": answers("1", ["true"])}  # fmt: skip


@pytest.mark.parametrize("members", [CANVAS, MOODLE, BLACKBOARD, PLAIN])
def test_every_hosts_archive_is_marked_under_the_rosters_ids(course, tmp_path, members):
    """Whoever the file says it is by: the host knows who handed it in."""
    write_zip(tmp_path / "answers.zip", members)

    done = course("quiz", "week1", "--answers", "answers.zip", "--roster", "roster.csv", "--csv", "marks.csv")

    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO((tmp_path / "marks.csv").read_text())))
    assert {row["student"]: float(row["score"]) for row in rows} == {"1001": 4.0, "1002": 1.0, "1003": 0.0}
    assert "look at: 1 of the roster handed in nothing: 1004" in done.stderr
    assert not (tmp_path / "gradebook.db").exists()


def test_marks_go_into_the_gradebook_of_the_class(course, tmp_path):
    """The quiz's own rule chooses the attempt, over all archives; the names are the roster's; the key stays out."""
    url = f"sqlite:///{tmp_path / 'gradebook.db'}"
    write_zip(tmp_path / "one.zip", CANVAS)
    write_zip(tmp_path / "two.zip", {"lovelaceada_1001_9101_week1.json": answers("26x26", ["false"], "me", attempt=2)})

    assert (
        course("quiz", "week1", "--answers", "one.zip", "--roster", "roster.csv", "--gradebook", url, "-q").returncode
        == 0
    )
    assert course("quiz", "week1", "--answers", "two.zip", "--roster", "roster.csv", "-q").returncode == 0

    book = Gradebook.open(url)
    sheet = build_sheet(book.list_figures(), book.list_students(), GradingPolicy())
    assert {row.student: (row.name, row.total.score) for row in sheet.rows} == {
        "1001": ("Ada Lovelace", 1.0), "1002": ("Bo Boole", 1.0), "1003": ("Cy Young", 0.0), "1004": ("Dee Ng", 0.0),
    }  # fmt: skip
    assert b"canary" not in b"".join(
        documents.verdict for _, documents in book.iter_documents([one.key for one in book.list_figures()])
    )
    shown = course("report", "week1").stdout
    assert "Ada Lovelace" in shown
    assert "week1: 4 students: 0 passed, 3 not passed" in shown


def test_of_an_lmss_table_each_student_has_their_own_time_and_name(course, tmp_path):
    """It is one file for all of them, so the file doesn't tell whose record it is."""
    url = f"sqlite:///{tmp_path / 'gradebook.db'}"
    (tmp_path / "times.csv").write_text(
        "id,name,submitted at\n1001,Ada Lovelace,2026-10-01T10:00+00:00\n1002,Bo Boole,2026-10-02T10:00+00:00\n"
    )
    (tmp_path / "moodle.csv").write_text(
        "ID number,State,Response 1,Response 2\n1001,Finished,26x26x64,False\n1002,Finished,26x26,False\n"
    )

    done = course("quiz", "week1", "--answers", "moodle.csv", "--roster", "times.csv", "--gradebook", url, "-q")

    assert done.returncode == 0, done.stderr
    book = Gradebook.open(url)
    assert {one.student: one.submitted_at for one in book.list_figures()} == {
        "1001": "2026-10-01T10:00:00+00:00", "1002": "2026-10-02T10:00:00+00:00",
    }  # fmt: skip
    assert book.list_students() == {"1001": "Ada Lovelace", "1002": "Bo Boole"}


def test_a_corrected_key_marks_the_same_answers_again(course, tmp_path):
    """The same command once more: the new marks count, each student has one grade."""
    url = f"sqlite:///{tmp_path / 'gradebook.db'}"
    write_zip(tmp_path / "one.zip", CANVAS)
    course("quiz", "week1", "--answers", "one.zip", "--gradebook", url, "-q")
    path = tmp_path / "solutions/quizzes/week1.yaml"
    path.write_text(path.read_text().replace("26x26x64", "26x26"))
    course("quiz", "week1", "--answers", "one.zip", "--gradebook", url, "-q")

    assert {one.student: one.score for one in Gradebook.open(url).list_figures()} == {
        "1001": 1.0,
        "1002": 4.0,
        "1003": 0.0,
    }


def test_weights_make_one_total(course, tmp_path):
    """40 % of the quiz's share; what has no weight counts nothing and is told."""
    url = f"sqlite:///{tmp_path / 'gradebook.db'}"
    write_zip(tmp_path / "one.zip", CANVAS)
    course("quiz", "week1", "--answers", "one.zip", "--gradebook", url, "-q")
    (tmp_path / "course.yaml").write_text("schema: grade-course/1\ngrading:\n  weights: {week1: 40%}\n")

    done = course("export", "--format", "json")
    assert {row["student"]: (row["score"], row["max_score"]) for row in json.loads(done.stdout)["totals"]} == {
        "1001": (40.0, 40.0), "1002": (10.0, 40.0), "1003": (0.0, 40.0),
    }  # fmt: skip


@pytest.mark.parametrize("text", ["weights: {week1: heavy}", "weights: {week1: -1}", "weights: {week9: 1}"])
def test_a_weight_that_is_none_is_told_with_its_place(course, tmp_path, text):
    """With line and column, as every fault of a course."""
    write_zip(tmp_path / "one.zip", CANVAS)
    course("quiz", "week1", "--answers", "one.zip", "--gradebook", f"sqlite:///{tmp_path / 'gradebook.db'}", "-q")
    (tmp_path / "course.yaml").write_text(f"schema: grade-course/1\ngrading:\n  {text}\n")

    done = course("report")
    assert (done.returncode, done.stderr[:21]) == (3, "grade: course.yaml:3:")


def test_broken_and_hostile_files_cost_nobody_else(course, tmp_path):
    """Each is told by name; the others are marked."""
    write_zip(tmp_path / "answers.zip", {
        **CANVAS, "ngdee_1004_9004_week1.json": "{", "../../evil_1005_9005_week1.json": RIGHT,
        "evans_1006_9006_week1.json": "x" * 1_100_000, "fox_1007_9007_a.zip": "no zip",
        "gus_1008_9008_week1.json": RIGHT.replace("week1", "week2"),
    })  # fmt: skip

    done = course("quiz", "week1", "--answers", "answers.zip", "-q")

    assert done.returncode == 2
    assert "week1: 3 students" in done.stdout
    for name in ("ngdee_1004", "evil_1005", "evans_1006", "fox_1007", "gus_1008"):
        assert name in done.stderr


def test_a_file_under_another_students_name_is_told(course, tmp_path):
    """It counts for whoever handed it in."""
    write_zip(
        tmp_path / "answers.zip",
        {**CANVAS, "boolebo_LATE_1002_9002_week1-me-1.json": answers("26 26 64", ["false"], "lovelaceada")},
    )

    done = course("quiz", "week1", "--answers", "answers.zip", "--roster", "roster.csv")

    assert "1002 has handed in a file that says it is by 1001; it counts for 1002" in done.stderr
    assert "1002                          4 / 4" in done.stdout


@pytest.mark.parametrize(("name", "data", "said"), [
    ("answers.zip", b"no zip", "expected a .zip"), ("answers.rar", b"x", "pack it again as .zip"), ("answers.zip", None, "no such file"),
    ("answers.zip", damaged(), "is damaged (Bad magic number for central directory); download it again"),
])  # fmt: skip
def test_what_is_no_archive_is_told(course, tmp_path, name, data, said):
    """With what to do instead."""
    if data is not None:
        (tmp_path / name).write_bytes(data)

    done = course("quiz", "week1", "--answers", name)
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize(("review", "points", "key"), [
    ("{score: after_submit, correct: after_submit, feedback: never}", True, True),
    ("{score: after_submit, correct: after_close, feedback: never}", True, False), ("{score: never, correct: never, feedback: never}", False, False),
])  # fmt: skip
def test_feedback_shows_what_the_quiz_allows(course, tmp_path, review, points, key):
    """The key's words only after it may be seen; a page without a score is none."""
    write_zip(tmp_path / "one.zip", CANVAS)
    course("quiz", "week1", "--answers", "one.zip", "--gradebook", f"sqlite:///{tmp_path / 'gradebook.db'}", "-q")
    path = tmp_path / "quizzes/week1.yaml"
    path.write_text(path.read_text().replace("keep: last", f"keep: last\nreview: {review}"))

    done = course("feedback", "week1", "--format", "folder", "-o", "back")

    assert done.returncode == (0 if points else 2), done.stderr
    pages = {each.name: each.read_text() for each in (tmp_path / "back").glob("*")}
    assert sorted(pages) == (["1001.html", "1002.html", "1003.html"] if points else [])
    if points:
        assert "4/4" in pages["1001.html"]
        assert ("canary of the key" in pages["1003.html"]) == key
