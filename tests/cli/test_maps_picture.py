"""`--picture` for an exercise that looks inside a model."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.checks.loading import load_exercise
from grader.cli import picture
from grader.courses.course import Course
from grader.errors import GraderError
from grader.grading import GradedSubmission
from grader.records.run import Activations, LayerActivations, Run, RunEnd

FUNCTION = load_exercise(Course(root=Path(__file__).parents[2]), "pooling")
EXERCISE = load_exercise(Course(root=Path(__file__).parents[2]), "feature_maps")
ONE = [[0.0, 1.0], [0.5, 0.0]]


def run(activations):
    return Run(seed=7, end=RunEnd(kind="completed"), activations=activations)


@pytest.mark.parametrize("runs", [[], [run(None)]], ids=["no run", "no activations"])
def test_without_activations_there_is_nothing_to_draw(tmp_path, runs):
    """No file, and no error: the verdict says what went wrong, and one line that there is no picture."""
    graded = GradedSubmission(verdict=None, runs=runs, at="2026-01-01T00:00:00+00:00")
    said = picture.draw(EXERCISE, graded, tmp_path / "maps.png", None)

    assert not (tmp_path / "maps.png").exists()
    assert said.startswith("grade: no picture")


@pytest.mark.parametrize(("again", "start"), [(False, "grade: no picture"), (True, "Wrote ")])
def test_a_picture_of_an_earlier_grading_is_not_taken_for_this_ones(tmp_path, again, start):
    """The referee draws functions while it judges; a file that was there before says nothing."""
    path = tmp_path / "old.png"
    path.write_bytes(b"x")
    before = picture.find_signature(path)
    if again:
        path.write_bytes(b"new")
    graded = GradedSubmission(verdict=None, runs=[], at="2026-01-01T00:00:00+00:00")

    assert picture.draw(FUNCTION, graded, path, before).startswith(start)


@pytest.mark.train
def test_maps_are_drawn_as_a_png(tmp_path):
    """A row for each image, a column for each layer."""
    pytest.importorskip("matplotlib")
    layers = [LayerActivations(layer=name, kind="Conv2D", shape=[3, 2, 2, 8], maps=[ONE] * 3) for name in ("a", "b")]
    picture.draw_feature_maps(EXERCISE, [run(Activations(layers=layers, came=2))], tmp_path / "maps.png")
    assert (tmp_path / "maps.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.train
def test_a_drawing_that_fails_is_the_graders_fault(tmp_path):
    """With the last line of what went wrong."""
    pytest.importorskip("matplotlib")
    layers = [LayerActivations(layer="a", kind="Conv2D", shape=[3, 2, 2, 8], maps=[ONE])]
    with pytest.raises(GraderError, match="the picture could not be drawn: ValueError"):
        picture.draw_feature_maps(EXERCISE, [run(Activations(layers=layers, came=1))], tmp_path / "maps.png")
