"""Exercises as notebooks."""

import re

import nbformat
import pytest

from grader import cli
from grader.checks.loading import load_exercise
from grader.courses.course import find_course
from grader.courses.notebooks import build_exercise_notebook, split_code
from grader.submission import read_submission

COURSE = find_course(None)


@pytest.mark.parametrize("name", COURSE.list_exercise_ids())
def test_every_exercise_becomes_a_notebook(name, tmp_path):
    """A valid one, with all of the README, and with the stub's own code for whom reads it as a file."""
    assert cli.run_command_line(["new", name, str(tmp_path / "mine.ipynb")]) == 0
    found = nbformat.read(tmp_path / "mine.ipynb", as_version=4)
    nbformat.validate(found)
    stub = (COURSE.root / "exercises" / name / "stub.py").read_text()
    readme = (COURSE.root / "exercises" / name / "README.md").read_text()

    assert "\n".join(cell.source for cell in found.cells if cell.cell_type == "markdown").split() == readme.split()
    assert found.cells[-1].source == f"%grade {load_exercise(COURSE, name).id}"
    assert read_submission(tmp_path / "mine.ipynb").source.split() == stub.split()


def test_code_is_cut_before_functions_and_classes():
    """With their decorators and comments; what stands between them stays with the one before."""
    parts = split_code("import a\n\n# about f\n@a.b\ndef f():\n    def g(): ...\n\nx = 1\n\nclass H: ...\nH()\n")

    assert [part.split("\n")[0] for part in parts] == ["import a", "# about f", "class H: ..."]
    assert "".join(split_code("x = 1\ndef f(): ...")) == "x = 1\ndef f(): ..."


def test_a_readme_without_sections_is_one_cell():
    """And a text in any script stays as it is."""
    found = nbformat.reads(build_exercise_notebook("e", "# Über\n\ntext `x`\n", "y = 1\n"), as_version=4)

    assert [cell.source for cell in found.cells] == ["# Über\n\ntext `x`", "%load_ext grader", "y = 1", "%grade e"]


def test_new_writes_over_nothing(tmp_path, monkeypatch):
    """Nor over a notebook."""
    monkeypatch.chdir(tmp_path)
    assert cli.run_command_line(["new", "pooling", "--notebook"]) == 0
    before = (tmp_path / "pooling.ipynb").read_bytes()
    assert cli.run_command_line(["new", "pooling", "--notebook"]) == 2
    assert (tmp_path / "pooling.ipynb").read_bytes() == before


def test_a_release_has_the_notebooks(tmp_path):
    """Of the exercises that are released."""
    assert cli.run_command_line(["release", str(tmp_path / "out"), "pooling", "exercise1", "--notebooks"]) == 0

    page = (tmp_path / "out/README.md").read_text()

    assert sorted(path.name for path in (tmp_path / "out/exercises").rglob("*.ipynb")) == ["exercise1.ipynb", "pooling.ipynb"]
    assert {link for link in re.findall(r"\(([^()]+\.ipynb)\)", page) if (tmp_path / "out" / link).is_file()} == {
        "exercises/exercise1/exercise1.ipynb",
        "exercises/pooling/pooling.ipynb",
        "units/1-computer-vision.ipynb",
        "units/2-enhancing-vision-with-convolutions.ipynb",
    }
