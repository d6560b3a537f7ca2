"""What a wheel holds: everything that a student needs, and no solution or key."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.train

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(REPOSITORY)]
    subprocess.run(command, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_it_holds_the_exercises_and_no_solutions_or_keys(wheel):
    """Every file of the exercises is there; nothing of solutions/ is, by name or by content."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        texts = {archive.read(name) for name in names if name.endswith((".py", ".yaml", ".md"))}
    exercises = {path.relative_to(REPOSITORY) for path in REPOSITORY.glob("exercises/*/*") if path.is_file()}
    quizzes = {path.relative_to(REPOSITORY) for path in REPOSITORY.glob("quizzes/*.yaml")}
    images = {path.relative_to(REPOSITORY) for path in REPOSITORY.glob("datasets/*/*/*/*.png")}
    secrets = [path.read_bytes() for path in (REPOSITORY / "solutions").rglob("*") if path.is_file()]

    assert {f"grader/course/{path.as_posix()}" for path in exercises | quizzes | images} <= names
    assert len(images) == 120
    assert [name for name in names if "solution" in name or "reject" in name] == []
    assert [secret for secret in secrets if secret in texts] == []
    assert len(secrets) > 30


def test_it_works_from_any_folder(wheel, tmp_path):
    """The course inside the wheel is found where there is no other."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    (tmp_path / "elsewhere").mkdir()
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    environment.pop("GRADE_COURSE", None)
    command = [sys.executable, "-c", "import sys; from grader.cli import main; main()", "list"]

    done = subprocess.run(
        command, cwd=tmp_path / "elsewhere", env=environment, capture_output=True, text=True, check=False
    )

    assert (done.returncode, "exercise3" in done.stdout) == (0, True), done.stderr
