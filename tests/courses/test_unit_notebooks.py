"""The notebook of a unit: several exercises in one, of which some define functions of the same name."""

import json
import re
import shutil
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from grader import cli
from grader.batch.assign import File, choose_files
from grader.checks.loading import load_exercise
from grader.courses.course import Course
from grader.grading import inspect_file
from grader.release.public import LINKS
from grader.submission import parse_bytes, read_submission
from grader.submission.exercise_cells import keep_exercise, list_exercises

ROOT = Path(__file__).resolve().parents[2]
POOLING = (ROOT / "solutions/pooling/solution.py").read_text()
WRONG = POOLING.replace("max(pixels)", "min(pixels)")


@pytest.fixture
def course(tmp_path):
    """Two exercises of a unit that define one name, and one without a unit."""
    folder = tmp_path / "course"
    for name in ("pooling", "halving", "alone"):
        shutil.copytree(ROOT / "exercises/pooling", folder / "exercises" / name)
        spec = (folder / f"exercises/{name}/exercise.yaml").read_text()
        spec = re.sub(r"^id: .*", f"id: {name}", spec, flags=re.MULTILINE)
        spec = re.sub(r"^unit: .*\n", "" if name == "alone" else "unit: 'Vision: Ärger & <b>'\n", spec, flags=re.MULTILINE)
        (folder / f"exercises/{name}/exercise.yaml").write_text(spec)
    page = folder / "exercises/halving/README.md"
    (page.parent / "drawn.png").write_bytes(b"\x89PNG")
    page.write_text(page.read_text() + "\n![drawn](drawn.png) [a](https://example.org/a) [b](#b) <img src='./drawn.png'>\n")
    return Course(root=folder)


@pytest.fixture
def unit(course, tmp_path):
    """Where its notebook is in a release."""
    assert cli.run_command_line(["release", str(tmp_path / "out"), "--notebooks", "--course", str(course.root)]) == 0
    (path,) = (tmp_path / "out/units").iterdir()
    return path


def fill_in(path, answers):
    """Puts a solution into the cell of each exercise's function, as a student does."""
    found = nbformat.read(path, as_version=4)
    for exercise, text in answers.items():
        cells = [cell for cell in found.cells if cell.source.startswith(f"#| exercise: {exercise}\n") and "max_pool" in cell.source]
        (cell,) = cells
        cell.source = f"#| exercise: {exercise}\n{text}"
    nbformat.write(found, path)
    return found


def test_a_unit_is_one_valid_notebook(unit):
    """Titled, every exercise with its text, its stub and its check; all its links lead somewhere."""
    found = nbformat.read(unit, as_version=4)
    nbformat.validate(found)
    text = "\n".join(cell.source for cell in found.cells if cell.cell_type == "markdown")
    links = [first or second for first, second in LINKS.findall(text)]

    assert unit.name == "1-vision-rger-b.ipynb"
    assert found.cells[0].source == "# Vision: Ärger & <b>"
    assert [cell.source for cell in found.cells if "%" in cell.source and cell.cell_type == "code"] == [
        "%load_ext grader", "#| exercise: halving\n%grade halving", "#| exercise: pooling\n%grade pooling",
    ]  # fmt: skip
    assert [(unit.parent / link).is_file() for link in links if "drawn" in link] == [True, True]
    assert {"https://example.org/a", "#b"} <= set(links)


def test_each_exercise_is_graded_without_the_others_cells(course, unit):
    """As a file: each has its own function of that name, and lines keep their numbers; a cell of one's own is of both."""
    found = fill_in(unit, {"pooling": POOLING, "halving": WRONG})
    found.cells.append(new_code_cell("def helper():\n    return 1"))
    nbformat.write(found, unit)
    source = read_submission(unit)
    plans = {name: inspect_file(course, load_exercise(course, name), source).plan for name in ("pooling", "halving", "alone")}

    assert list_exercises(source) == {"pooling", "halving"}
    assert ("max(pixels)" in plans["pooling"].source, "min(pixels)" in plans["pooling"].source) == (True, False)
    assert ("max(pixels)" in plans["halving"].source, "min(pixels)" in plans["halving"].source) == (False, True)
    for name in ("pooling", "halving"):
        assert "def helper" in keep_exercise(source, name).source
        assert keep_exercise(source, name).source.count("\n") == source.source.count("\n")
    # Marked for exercises that are called otherwise now: nothing may be lost.
    assert keep_exercise(source, "alone").source == source.source


def test_what_is_still_blank_is_what_is_said(course, unit):
    """The other exercise's answer doesn't stand in for it."""
    fill_in(unit, {"halving": WRONG})
    report = inspect_file(course, load_exercise(course, "pooling"), read_submission(unit))

    assert report.plan is None
    assert report.findings


@pytest.mark.parametrize("between", ["\n\n# In[7]:\n\n\n", "\n\n# %%\n", "\n\n", "\n\n# %% [markdown]\n# text\n\n# %%\n"])
def test_a_notebook_that_was_saved_as_python_is_read_as_well(unit, between):
    """A mark begins a cell where nothing else does."""
    found = fill_in(unit, {"pooling": POOLING, "halving": WRONG})
    text = between.join(cell.source for cell in found.cells if cell.cell_type == "code")
    parsed = read_submission(unit)
    made = parse_bytes(text.encode(), ".py")
    kept = {name: keep_exercise(type(parsed)(path="a", name="a", sha256="", source=made.source), name).source for name in ("pooling", "halving")}

    assert ("max(pixels)" in kept["pooling"], "min(pixels)" in kept["pooling"]) == (True, False)
    assert ("max(pixels)" in kept["halving"], "min(pixels)" in kept["halving"]) == (False, True)


@pytest.mark.parametrize("line", ["# exercise: build it", "# Exercise 1", "#| label: pooling", "x = 1  #| exercise: halving", "'''\n#| exercise: halving\n'''"])
def test_what_students_write_themselves_is_no_mark(line):
    """Only a cell's first line of that form is."""
    cells = [f"{line}\nx = 1", "#| exercise: pooling\ny = 2"]
    made = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "code", "source": cell} for cell in cells]}
    parsed = parse_bytes(json.dumps(made).encode(), ".ipynb")
    blank = read_submission(Path(__file__))
    source = type(blank)(path="a", name="a", sha256="", source=parsed.source, cells=parsed.cells)

    assert "x = 1" in keep_exercise(source, "pooling").source


def test_one_file_of_a_class_is_graded_for_each_exercise_in_it(course, unit):
    """Whatever it is called, and beside a file for another exercise."""
    specs = [load_exercise(course, name) for name in ("alone", "halving", "pooling")]
    other = unit.with_name("alone.py")
    other.write_text(POOLING)
    files = [File(path=path, name=path.name, own=path.name) for path in (unit, other)]
    chosen, doubts = choose_files(files, specs)

    assert {name: file.path for name, file in chosen.items()} == {"alone": other, "halving": unit, "pooling": unit}
    assert doubts == []
