"""The autograder for Classroom 50: what is in it, and its script run in a checkout as the runner starts it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from grader import cli
from grader.cli import classroom50
from grader.courses.course import Course
from grader.errors import UsageError
from grader.release import bundle

ROOT = Path(__file__).resolve().parents[2]
COURSE = Course(root=ROOT)
RUNNER = {
    "CLASSROOM": "cs", "ASSIGNMENT": "pooling", "SUBMISSION_TAG": "submit/1", "COMMIT_URL": "https://example.org/c/1",
    "RELEASE_URL": "https://example.org/r/1", "REVIEW_URL": "https://example.org/v/1",
}  # fmt: skip
GOOD = (ROOT / "solutions" / "pooling" / "solution.py").read_text()


@pytest.fixture(scope="module")
def files():
    return bundle.classroom50(COURSE, "pooling", "git+https://example.org/grade")


@pytest.fixture
def laid(tmp_path, files):
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (tmp_path / "checkout").mkdir()
    return tmp_path


def test_it_holds_what_a_student_gets(files):
    """Anybody can read the classroom's pages: no solution, no key; no mark of the template is left."""
    secrets = {path.read_bytes() for path in (ROOT / "solutions").rglob("*") if path.is_file()}
    script = files["autograders/pooling/autograder.py"].decode()

    assert not [name for name, content in files.items() if content in secrets]
    assert "autograders/pooling/course/exercises/pooling/exercise.yaml" in files
    assert "'git+https://example.org/grade'" in script
    assert "PACKAGE_SPEC" not in script
    assert "EXERCISE_ID" not in script
    compile(script, "autograder.py", "exec")
    with pytest.raises(UsageError, match="password or token"):
        bundle.classroom50(COURSE, "pooling", "git+https://x:ghp_0123456789012345678901234567890123456789@example.org/grade")


@pytest.mark.parametrize(("code", "ended"), [(0, 0), (1, 0), (2, 2), (3, 3), (4, 4)])
def test_only_a_verdict_is_a_result(laid, code, ended):
    """A fault of ours is the autograder's failure, and what lay there under the result's name is gone."""
    (laid / "checkout" / "pooling.py").write_text(GOOD)
    (laid / "checkout" / "result.json").write_text('{"score": 100}')
    asked = []
    found = classroom50.main(
        laid / "autograders" / "pooling", "pooling", laid / "checkout", RUNNER, lambda args: asked.append(args) or code
    )

    assert found == ended
    assert Path(asked[0][1]).name == "pooling.py"
    assert not (laid / "checkout" / "result.json").exists()


def test_what_cannot_be_told_is_a_result_of_no_points(laid):
    """With the message as the test that failed."""
    (laid / "checkout" / "a.py").write_text("x = 1\n")
    (laid / "checkout" / "b.py").write_text("x = 2\n")
    code = classroom50.main(laid / "autograders" / "pooling", "pooling", laid / "checkout", RUNNER, lambda _: pytest.fail("ran"))
    result = json.loads((laid / "checkout" / "result.json").read_text())

    assert code == 0
    assert (result["score"], result["max-score"]) == (0, 100)
    assert "hand in one file, or name it pooling.py" in result["tests"][0]["test-name"]


@pytest.mark.train
def test_the_script_grades_a_checkout_that_means_harm(laid):
    """A module `grader` of the student's isn't the one that grades; the points are those of the file."""
    checkout = laid / "checkout"
    (checkout / "pooling.py").write_text(GOOD)
    (checkout / "grader").mkdir()
    (checkout / "grader" / "__init__.py").write_text("raise SystemExit(0)\n")
    (checkout / "result.json").write_text('{"score": 7}')
    script = laid / "autograders" / "pooling" / "autograder.py"
    script.write_text(script.read_text().replace('subprocess.run([sys.executable, "-m", "pip"', 'print([sys.executable, "-m", "pip"').replace(
        "], check=True)", "])"))
    environment = {**os.environ, **RUNNER, "PYTHONPATH": str(ROOT), "GRADE_STATE": str(laid / "state")}
    done = subprocess.run([sys.executable, str(script)], cwd=checkout, env=environment, capture_output=True, text=True,
                          timeout=120, check=False)  # fmt: skip

    assert done.returncode == 0, done.stderr
    result = json.loads((checkout / "result.json").read_text())
    assert (result["score"], result["max-score"], result["review"]) == (100, 100, "https://example.org/v/1")


def test_the_command_writes_the_files(tmp_path, monkeypatch, capsys):
    """Into the classroom's folder, and never over what is there."""
    monkeypatch.setenv("GRADE_COURSE", str(ROOT))
    args = ["bundle", "classroom50", str(tmp_path / "cs"), "pooling", "--package", "git+https://example.org/grade"]

    assert cli.run_command_line(args) == 0
    assert (tmp_path / "cs" / "autograders" / "pooling" / "autograder.py").exists()
    assert cli.run_command_line(args) == 2
    assert "is there already" in capsys.readouterr().err
