"""An author's day: from an empty folder to a course of one's own, its students' clone, and the class's grades."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import zipfile

import pytest
from zip_files import write_zip

from grader import cli

pytestmark = pytest.mark.train

QUIZ = """\
schema: grade-quiz/1
id: shapes
title: Shapes
questions:
  - {id: out, kind: shape, prompt: "What comes out of Conv2D(64, 3) for 28x28x1?", points: 2}
  - {id: pool, kind: truefalse, prompt: Pooling has weights.}
"""
KEY = """\
schema: grade-key/1
quiz: shapes
quiz_digest: sha256:0
answers:
  out: {correct: [26x26x64], explain: canary-explanation of the key}
  pool: {correct: [false]}
"""
SETTINGS = """\
schema: grade-course/1
grading:
  weights: {my_own: 75%, shapes: 25%}
  extensions: {canary-1002: {my_own: 2d}}
"""


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("GRADE_COURSE", raising=False)

    def command(folder, *args):
        monkeypatch.chdir(folder)
        capsys.readouterr()
        code = cli.run_command_line([str(arg) for arg in args])
        return code, *capsys.readouterr()

    return command


def git(folder, *args):
    names = {f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    subprocess.run(
        ["git", "-C", str(folder), *args], check=True, capture_output=True, env=os.environ | names, timeout=60
    )


def write_course(run, folder):
    """An exercise and a quiz of one's own, from nothing; every step as the commands say it."""
    folder.mkdir()
    assert run(folder, "new-exercise", "my_own")[0] == 0
    (folder / "quizzes").mkdir()
    (folder / "solutions/quizzes").mkdir()
    (folder / "quizzes/shapes.yaml").write_text(QUIZ)
    (folder / "solutions/quizzes/shapes.yaml").write_text(KEY)
    code, out, _ = run(folder, "quiz-check")
    assert code == 3, out
    digest = re.search(r"E302 .*(sha256:[0-9a-f]+)", out)[1]
    (folder / "solutions/quizzes/shapes.yaml").write_text(KEY.replace("sha256:0", digest))
    assert run(folder, "quiz-check")[0] == 0
    assert run(folder, "selfcheck", "my_own")[0] == 0
    (folder / "course.yaml").write_text(SETTINGS)
    (folder / "roster.csv").write_text("id,name\ncanary-1001,Ada Canary\ncanary-1002,Bo Canary\n")


def test_from_an_empty_folder_to_a_classs_grades(run, tmp_path):
    """New exercise and quiz, release, a clone by git, a student's file, a batch, the quiz, a correction, and one total."""
    course, students, clone = tmp_path / "course", tmp_path / "students", tmp_path / "clone"
    write_course(run, course)

    assert run(course, "release", students)[0] == 0
    git(students, "init")
    git(students, "add", ".")
    git(students, "commit", "-m", "Start")
    git(tmp_path, "clone", str(students), str(clone))

    code, out, err = run(clone, "list")
    assert (code, "my_own" in out, "exercise1" in out, "built-in" in err) == (0, True, False, False)
    assert run(clone, "new", "my_own")[0] == 0
    assert run(clone, "my_own", "my_own.py")[0] == 1

    solution = (course / "solutions/my_own/solution.py").read_text()
    stub = (clone / "my_own.py").read_text()
    write_zip(course / "work.zip", {"ada_1001_9001_my_own.py": solution, "bo_1002_9002_my_own.py": stub})
    answers = {
        "schema": "grade-responses/1",
        "quiz": "shapes",
        "student": "me",
        "answers": {"out": "(None, 26, 26, 64)", "pool": ["true"]},
    }
    write_zip(course / "answers.zip", {"ada_1001_9011_shapes.json": json.dumps(answers)})
    assert run(course, "batch", "my_own", "work.zip", "-q")[0] == 0
    assert run(course, "quiz", "shapes", "--answers", "answers.zip", "-q")[0] == 0
    assert (
        run(
            course,
            "correct",
            "1002",
            "my_own",
            "--points",
            "20",
            "--reason",
            "canary-reason",
            "--comment",
            "canary-comment",
        )[0]
        == 0
    )

    rows = {
        (row["student"], row["exercise"]): float(row["score"])
        for row in csv.DictReader(io.StringIO(run(course, "export", "--format", "csv")[1]))
    }
    assert rows == {("1001", "my_own"): 100.0, ("1002", "my_own"): 20.0, ("1001", "shapes"): 2.0}
    totals = {
        row["student"]: (row["score"], row["max_score"])
        for row in json.loads(run(course, "export", "--format", "json")[1])["totals"]
    }
    # 75 % of the exercise and 25 % of two of three points; 75 % of a fifth, and no quiz.
    assert totals == {"1001": (pytest.approx(75 + 25 * 2 / 3), 100.0), "1002": (15.0, 100.0)}
    assert "+0" not in run(course, "explain-verdict", "1002", "my_own")[1]
    assert run(course, "feedback", "my_own", "--format", "canvas", "-o", "back.zip")[0] == 0
    with zipfile.ZipFile(course / "back.zip") as archive:
        assert {name: b"canary-comment" in archive.read(name) for name in archive.namelist()} == {
            "ada_1001_9001_my_own-feedback.html": False, "bo_1002_9002_my_own-feedback.html": True,
        }  # fmt: skip

    # After all of this is in the course, what leaves it still holds nothing of it.
    again = tmp_path / "again"
    assert run(course, "release", again)[0] == 0
    for path in (path for path in again.rglob("*") if path.is_file()):
        assert b"canary" not in path.read_bytes().lower(), path
        assert b"75%" not in path.read_bytes(), path


def test_a_new_course_keeps_its_promises(run, tmp_path):
    """Stubs fail, solutions pass, every wrong answer fails as it says, the quiz's key is complete."""
    assert run(tmp_path, "new-course", "mine")[0] == 0
    course = tmp_path / "mine"

    code, out, _ = run(course, "selfcheck")
    assert (code, out.splitlines()[-1].endswith("none broken")) == (0, True), out
    assert run(course, "quiz-check")[0] == 0
    assert run(course, "release", tmp_path / "students")[0] == 0
