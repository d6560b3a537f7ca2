"""The Gradescope bundle: what is in it, and its scripts run in a folder laid out as Gradescope lays it out."""

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from grader import cli
from grader.cli import gradescope
from grader.courses.course import Course
from grader.errors import GraderError, UsageError
from grader.release import bundle

ROOT = Path(__file__).resolve().parents[2]
COURSE = Course(root=ROOT)


@pytest.fixture(scope="module")
def archive():
    return bundle.build_gradescope_bundle(COURSE, "exercise1")


@pytest.fixture
def prepared(tmp_path, archive):
    """/autograder as documented, with the bundle's course."""
    return lay_out(tmp_path / "autograder", archive, "course/")


@pytest.fixture
def laid_out(tmp_path, archive):
    """/autograder as documented, with the whole bundle in `source`."""
    return lay_out(tmp_path / "autograder", archive, "")


def lay_out(root, archive, below):
    for name in ("source", "submission", "results"):
        (root / name).mkdir(parents=True)
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        for entry in (entry for entry in files.infolist() if entry.filename.startswith(below)):
            path = Path(files.extract(entry, root / "source"))
            path.chmod(entry.external_attr >> 16 & 0o777)
    return root


def scripts(root, name):
    environment = {**os.environ, "AUTOGRADER_ROOT": str(root), "GRADE_VENV": sys.prefix, "PIP_NO_INDEX": "1"}
    environment.pop("GRADE_COURSE", None)
    command = [str(root / "source" / name)]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=300, check=False)


def test_the_archive_holds_no_solution_and_no_key(archive):
    """Nothing of `solutions/`, no other exercise, no quiz; the scripts can be executed."""
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        names = files.namelist()
        modes = {entry.filename: entry.external_attr >> 16 & 0o777 for entry in files.infolist()}
        secrets = {path.read_bytes() for path in (ROOT / "solutions").rglob("*") if path.is_file()}
        leaked = [name for name in names if name.startswith("course/") and files.read(name) in secrets]

    assert leaked == []
    assert {"setup.sh", "run_autograder", "requirements.txt", "grader/cli/__init__.py"} <= set(names)
    assert sorted(name for name in names if name.startswith("course/")) == [
        "course/exercises/exercise1/README.md",
        "course/exercises/exercise1/exercise.yaml",
        "course/exercises/exercise1/stub.py",
    ]
    assert modes["setup.sh"] == modes["run_autograder"] == 0o755
    assert not [name for name in names if "solution" in name or "__pycache__" in name or ".git/" in name]


def test_the_same_course_gives_the_same_archive(archive):
    """Nothing of the day or the machine gets into it."""
    assert bundle.build_gradescope_bundle(COURSE, "exercise1") == archive


def test_the_requirements_are_those_of_the_package():
    """One a line, without the extras for tests."""
    lines = bundle.list_requirements().splitlines()

    assert any(line.startswith("tensorflow>=") for line in lines)
    assert not any("pytest" in line or "extra" in line for line in lines)


# ---- which file is graded ----


def handed_in(root, **files):
    for name, text in files.items():
        path = root / "submission" / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def ran():
    """A stand-in for the command line, which remembers what it was asked and ends as it is told."""

    class Ran:
        code = 0
        asked = None

        def __call__(self, args):
            self.asked = args
            return self.code

    return Ran()


@pytest.mark.parametrize(
    ("files", "chosen"),
    [
        ({"any_dot_py": "x = 1"}, "any.py"),
        ({"exercise1_dot_py": "x = 1", "other_dot_py": "x = 2"}, "exercise1.py"),
        ({"a_dot_py": "def train_mnist():\n    return 1\n", "b_dot_py": "x = 2"}, "a.py"),
        ({"week__a_dot_ipynb": "{}", "notes_dot_txt": "x"}, "a.ipynb"),
        ({"a_dot_py": "x", "__MACOSX__a_dot_py": "x", "_dot_hidden__b_dot_py": "x"}, "a.py"),
    ],
)
def test_the_file_is_found(prepared, ran, files, chosen):
    """The only one, the one with the exercise's name, or the one with its function; never a hidden one."""
    handed_in(prepared, **files)

    assert gradescope.main(prepared, "exercise1", ran) == 0
    assert Path(ran.asked[1]).name == chosen


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"notes_dot_txt": "x"}, "there is no .py file and no notebook in what you handed in"),
        ({"a_dot_py": "x", "b_dot_py": "y"}, "hand in one file, or name it exercise1.py; it can't be told which of these to "
                                             "grade: a.py, b.py"),
    ],
)  # fmt: skip
def test_what_cannot_be_graded_is_told_to_the_student(prepared, ran, files, message):
    """The results hold the message and no points, and the autograder hasn't failed."""
    handed_in(prepared, **files)

    assert gradescope.main(prepared, "exercise1", ran) == 0
    assert json.loads((prepared / "results" / "results.json").read_text()) == {
        "score": 0.0, "output": message, "output_format": "text"}  # fmt: skip
    assert ran.asked is None


@pytest.mark.parametrize(("code", "ended"), [(0, 0), (1, 0), (2, 2), (3, 3), (4, 4)])
def test_a_fault_of_ours_is_no_result(prepared, ran, code, ended):
    """Passed and not passed are results; everything else is left to Gradescope as a failed autograder."""
    handed_in(prepared, a_dot_py="x")
    ran.code = code

    assert gradescope.main(prepared, "exercise1", ran) == ended


def test_an_exercise_that_was_not_bundled(prepared, ran):
    """The message says which exercise isn't there."""
    with pytest.raises((UsageError, GraderError), match='no exercise "exercise2"'):
        gradescope.main(prepared, "exercise2", ran)


# ---- the scripts themselves ----


@pytest.mark.train
def test_the_scripts_grade_a_file_that_is_not_run(laid_out):
    """setup.sh prepares, run_autograder writes Gradescope's results for a stub; the course is closed to others."""
    shutil.copyfile(ROOT / "exercises" / "exercise1" / "stub.py", laid_out / "submission" / "my_file.py")

    ready = scripts(laid_out, "setup.sh")
    graded = scripts(laid_out, "run_autograder")

    assert (ready.returncode, ready.stderr) == (0, "")
    assert graded.returncode == 0, graded.stderr
    results = json.loads((laid_out / "results" / "results.json").read_text())
    assert results["score"] == 0.0
    assert "still as in the stub" in json.dumps(results)
    assert (laid_out / "source" / "course").stat().st_mode & 0o077 == 0
    assert (laid_out / "results").stat().st_mode & 0o077 == 0


@pytest.mark.train
def test_the_scripts_grade_a_solution(laid_out):
    """A right answer earns full marks through the bundle, from the bundled sources alone."""
    shutil.copyfile(ROOT / "solutions" / "exercise1" / "solution.py", laid_out / "submission" / "my_file.py")
    assert scripts(laid_out, "setup.sh").returncode == 0

    graded = scripts(laid_out, "run_autograder")

    assert graded.returncode == 0, graded.stderr
    results = json.loads((laid_out / "results" / "results.json").read_text())
    assert sum(test["score"] for test in results["tests"]) == 100


# ---- the command ----


def test_the_exercise_is_taken_from_the_name(tmp_path, monkeypatch, capsys):
    """`grade bundle gradescope exercise1.zip` needs no further word; another name does."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRADE_COURSE", str(ROOT))

    assert cli.run_command_line(["bundle", "gradescope", "exercise1.zip"]) == 0
    assert zipfile.is_zipfile(tmp_path / "exercise1.zip")
    assert cli.run_command_line(["bundle", "gradescope", "week2.zip"]) == 2
    assert "which exercise? Name it: grade bundle SERVICE week2.zip EXERCISE" in capsys.readouterr().err
