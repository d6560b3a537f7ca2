"""A class of 200 simulated students: marked, analysed, the key corrected, regraded, exported to CSV."""

import csv
import io
import json
import shutil

import pytest
from quiz_places import REPOSITORY
from simulated import write_class

from grader.courses.course import Course
from grader.quiz import key, loading

COURSE = Course(root=REPOSITORY)
QUIZ = loading.load_quiz(COURSE, "week3")
SOLUTIONS = key.load_key(COURSE, QUIZ)


@pytest.fixture
def corrected(tmp_path):
    """A course in which the keys of pool-out and conv-how are wrong, and a function that puts it right."""
    course = tmp_path / "course"
    for name in ("quizzes", "solutions/quizzes"):
        shutil.copytree(REPOSITORY / name, course / name)
    (course / "exercises").mkdir()
    path = course / "solutions" / "quizzes" / "week3.yaml"
    right = path.read_text()
    mistaken = right.replace("correct: [s13]", "correct: [s28]")
    path.write_text(mistaken.replace("conv-how:\n    correct: [isolate]", "conv-how:\n    correct: [clearer]"))
    return course, lambda: path.write_text(right)


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_a_class_from_answers_to_a_regraded_table(inside, tmp_path, corrected):
    """200 files are marked and analysed; the wrong key shows; its correction re-marks and keeps the old marks."""
    course, correct = corrected
    right = write_class(tmp_path / "in", QUIZ, SOLUTIONS, 200)
    env = {"GRADE_COURSE": str(course)}

    done = inside("quiz", "week3", "--answers", "in", "--marks", "week3.marks.json", "--csv", "before.csv", env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert "week3: 200 students in 200 files" in done.stdout.splitlines()[-1]

    told = inside("analyze", "week3", env=env)
    assert told.stdout.index("conv-how") < told.stdout.index("conv-out")
    said = " ".join(told.stdout.split())
    assert "! negative discrimination, perhaps by chance: look at the key of `conv-how`" in said
    assert "! the wrong option `isolate` draws strong students more than weak ones: is it the right one?" in said

    correct()
    stale = inside("analyze", "week3", env=env)
    assert "these marks were made with another key; first run: grade regrade week3" in stale.stderr

    kept = (tmp_path / "week3.marks.json").read_bytes()
    shown = inside("regrade", "week3", env=env)
    assert "Add --yes to write the new marks.\nNothing was written.\n" in shown.stdout
    assert "pool-out 0 → 1" in shown.stdout
    assert (tmp_path / "week3.marks.json").read_bytes() == kept

    assert inside("regrade", "week3", "--yes", "--csv", "after.csv", env=env).returncode == 0
    sheet = json.loads((tmp_path / "week3.marks.json").read_text())
    before = {row["student"]: float(row["score"]) for row in rows((tmp_path / "before.csv").read_text())}
    after = {row["student"]: float(row["score"]) for row in rows((tmp_path / "after.csv").read_text())}
    assert after == right
    assert {old["student"]: old["score"] for old in sheet["history"][0]["marks"]} == before != after
    assert "negative discrimination" not in inside("analyze", "week3", env=env).stdout


def test_a_regrade_that_changes_nothing_says_so(inside, tmp_path):
    """With the key unchanged everybody keeps the score, and the dry run writes nothing."""
    write_class(tmp_path / "in", QUIZ, SOLUTIONS, 5)
    inside("quiz", "week3", "--answers", "in", "--marks", "m.json", "-q")

    done = inside("regrade", "week3", "--marks", "m.json", "--dry-run")

    assert done.stdout == (
        "week3: 5 students, marked with the same key: 0 up, 0 down, 5 with the same score; 0 pass who did not, "
        "0 no longer pass\nNothing was written.\n"
    )


def test_never_lower_keeps_the_better_marks_and_counts_the_better_attempt(inside, tmp_path, corrected):
    """Whoever was right by the wrong key keeps the point; the attempt that counts is chosen again from what stands."""
    course, correct = corrected
    env = {"GRADE_COURSE": str(course)}
    folder = tmp_path / "in"
    folder.mkdir()
    for attempt, answers in ((1, {"pool-out": "s28", "conv-out": "s26"}), (2, {"pool-out": "s13"})):
        record = {
            "schema": "grade-responses/1",
            "quiz": "week3",
            "student": "s1",
            "attempt": attempt,
            "answers": answers,
        }
        (folder / f"{attempt}.json").write_text(json.dumps(record))
    inside("quiz", "week3", "--answers", "in", "--marks", "m.json", env=env)
    correct()

    assert (
        "0 up, 0 down, 1 with the same score"
        in inside("regrade", "week3", "--marks", "m.json", "--never-lower", env=env).stdout
    )
    assert "s1                   2 → 1 of 6 (-1)" in inside("regrade", "week3", "--marks", "m.json", env=env).stdout
    inside("regrade", "week3", "--marks", "m.json", "--never-lower", "--yes", env=env)
    sheet = json.loads((tmp_path / "m.json").read_text())
    assert [(row["marked"]["attempt"], row["marked"]["score"], row.get("kept", True)) for row in sheet["rows"]] == [
        (1, 2.0, True), (2, 1.0, False),
    ]  # fmt: skip


@pytest.mark.parametrize(("keep", "counted"), [("best", 1), ("last", 2)])
def test_best_or_last_attempt_counts(inside, tmp_path, corrected, keep, counted):
    """The quiz says which of a student's attempts counts; one beyond the allowed two never does, and is named."""
    course, correct = corrected
    correct()
    quiz = course / "quizzes" / "week3.yaml"
    quiz.write_text(quiz.read_text().replace("keep: best", f"keep: {keep}"))
    folder = tmp_path / "in"
    folder.mkdir()
    for attempt, answers in ((1, {"conv-out": "s26"}), (2, {}), (3, {"conv-out": "s26", "pool-out": "s13"})):
        record = {
            "schema": "grade-responses/1",
            "quiz": "week3",
            "student": "s1",
            "attempt": attempt,
            "answers": answers,
        }
        (folder / f"{attempt}.json").write_text(json.dumps(record))

    done = inside("quiz", "week3", "--answers", "in", "--csv", "t.csv", env={"GRADE_COURSE": str(course)})

    table = rows((tmp_path / "t.csv").read_text())
    assert [int(row["attempt"]) for row in table if row["counts"] == "yes"] == [counted]
    assert "in/3.json: E405 attempt 3 of s1, where 2 are allowed: it isn't counted" in done.stderr


def test_a_claim_under_another_name_is_told(inside, tmp_path, corrected):
    """A later attempt at a student's cost counts, as files are believed, but not unseen."""
    course, _ = corrected
    quiz = course / "quizzes" / "week3.yaml"
    quiz.write_text(quiz.read_text().replace("attempts: 2", "attempts: 3"))
    folder = tmp_path / "in"
    folder.mkdir()
    claimed = {"ada_1.json": ("Ada", 1), "ADA/two.json": ("Ada", 2), "adam.json": ("Ada", 3), "x.json": ("eve", 1)}
    for name, (student, attempt) in claimed.items():
        (folder / name).parent.mkdir(exist_ok=True)
        record = {"schema": "grade-responses/1", "quiz": "week3", "student": student, "attempt": attempt, "answers": {}}
        (folder / name).write_text(json.dumps(record))

    done = inside("quiz", "week3", "--answers", "in", env={"GRADE_COURSE": str(course)})

    assert (done.returncode, done.stderr) == (
        0,
        "look at: in/adam.json claims attempt 3 of Ada, whose file is in/ada_1.json: ask who wrote it\n",
    )


def test_bad_files_are_named_and_the_others_marked(inside, tmp_path):
    """One broken file never stops a class; the exit code tells that not all was marked; two claims of one attempt too."""
    folder = tmp_path / "in"
    folder.mkdir()
    good = {"schema": "grade-responses/1", "quiz": "week3", "student": "=1+1", "answers": {"conv-out": "s26"}}
    (folder / "a.json").write_text(json.dumps(good))
    (folder / "b.json").write_text(json.dumps(good | {"answers": {}}))
    (folder / "c.yaml").write_text("quiz: [")
    (folder / "d.json").write_text(json.dumps(good | {"quiz": "week2"}))
    (folder / "e.json").write_text(json.dumps(good | {"student": "\ud800"}))
    (folder / "f.json").symlink_to(REPOSITORY / "solutions" / "quizzes" / "week3.yaml")

    done = inside("quiz", "week3", "--answers", "in", "--csv", "t.csv")

    assert done.returncode == 2
    assert "not marked: in/c.yaml:2:1: E101 not valid YAML" in done.stderr
    assert 'not marked: in/d.json:1:1: E401 the answers are for the quiz "week2", not "week3"' in done.stderr
    assert "not marked: in/e.json:1:1: E106 a text holds half a character (a lone surrogate)" in done.stderr
    assert (
        "look at: in/a.json and in/b.json both claim attempt 1 of =1+1: the second one stands; ask who wrote them"
        in done.stderr
    )
    assert "f.json" not in done.stderr
    assert [row["student"] for row in rows((tmp_path / "t.csv").read_text())] == ["'=1+1"] * 2


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("quiz", "week3", "--answers", "nothing"), "grade: nothing: no such file or folder"),
        (
            ("quiz", "week3", "--answers", "empty"),
            "grade: empty: no response files (*.json, *.yaml, *.yml) in this folder",
        ),
        (
            ("regrade", "week3"),
            "grade: week3.marks.json is not a marksheet: No such file or directory; make one with: grade quiz",
        ),
        (("regrade", "week3", "--marks", "none.json"), "grade: none.json is not a marksheet: JSON is malformed"),
        (("regrade", "week2", "--marks", "m.json"), 'grade: m.json holds the marks of the quiz "week3", not "week2"'),
        (("regrade", "week4"), 'grade: no quiz or exercise "week4"; did you mean "week3"?'),
        (("regrade", "exercize3"), 'grade: no quiz or exercise "exercize3"; did you mean "exercise3"?'),
        (("regrade", "exercize3", "--gradebook", "sqlite:///g.db"), 'grade: no exercise "exercize3"; did you mean "exercise3"?'),
        (("analyze", "week3", "--answers", "bad"), "grade: no attempt at week3 to analyse"),
        (
            ("quiz", "week3", "--answers", "in", "--marks", "m.json"),
            "grade: m.json is there already; remove it, or mark it again",
        ),
    ],
)
def test_wrong_usage_is_told(inside, tmp_path, args, message):
    """Each mistake on the command line ends with 2 and says what to do."""
    write_class(tmp_path / "in", QUIZ, SOLUTIONS, 1)
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "x.json").write_text("{}")
    (tmp_path / "none.json").write_text("nothing")
    inside("quiz", "week3", "--answers", "in", "--marks", "m.json")

    done = inside(*args)

    assert message in done.stderr
    assert done.returncode == 2


def test_an_instructor_without_the_key_is_told(inside, tmp_path):
    """Marking, analysis and regrade say which file is missing."""
    course = tmp_path / "course"
    shutil.copytree(REPOSITORY / "quizzes", course / "quizzes")
    (course / "exercises").mkdir()
    write_class(tmp_path / "in", QUIZ, SOLUTIONS, 2)
    env = {"GRADE_COURSE": str(course)}

    for args in (("quiz", "week3", "--answers", "in"), ("analyze", "week3", "--answers", "in"), ("regrade", "week3")):
        done = inside(*args, env=env)
        assert (done.returncode, "solutions/quizzes/week3.yaml" in done.stderr) == (2, True)


def test_reports_of_a_class(inside, tmp_path):
    """One verdict per student reaches every report; figures of the analysis reach CSV and JSON."""
    write_class(tmp_path / "in", QUIZ, SOLUTIONS, 30)
    reports = ("--json", "v.json", "--junit", "j.xml", "--html", "p.html")
    assert inside("quiz", "week3", "--answers", "in", "-q", *reports).returncode == 0
    told = inside("analyze", "week3", "--answers", "in", "--csv", "i.csv", "--json", "i.json")

    assert len(json.loads((tmp_path / "v.json").read_text())) == 30
    assert (tmp_path / "j.xml").read_text().count('name="conv-out: ') == 30
    figures = json.loads((tmp_path / "i.json").read_text())
    table = rows((tmp_path / "i.csv").read_text())
    assert [float(row["facility"]) for row in table] == [
        pytest.approx(item["facility"], abs=1e-4) for item in figures["items"]
    ]
    assert max(map(len, told.stdout.splitlines())) <= 80


def test_a_regrade_of_an_exercise_goes_to_its_own_half(inside):
    """The name decides: an exercise's asks for a gradebook, a quiz's for marks, whether the course is named or found."""
    assert "gradebook.db" in inside("regrade", "exercise3").stderr
    assert "gradebook.db" in inside("regrade", "--course", REPOSITORY, "exercise3").stderr
    assert "week3.marks.json is not a marksheet" in inside("regrade", "week3", f"--course={REPOSITORY}").stderr
