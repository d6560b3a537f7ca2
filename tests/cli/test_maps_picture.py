"""`--picture` for an exercise that looks inside a model."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.checks.loading import load_exercise
from grader.cli import picture
from grader.courses.course import Course
from grader.errors import GraderError
from grader.records.run import Activations, LayerActivations, Run, RunEnd

EXERCISE = load_exercise(Course(root=Path(__file__).parents[2]), "feature_maps")
ONE = [[0.0, 1.0], [0.5, 0.0]]


def run(activations):
    return Run(seed=7, end=RunEnd(kind="completed"), activations=activations)


def test_without_activations_there_is_nothing_to_draw(tmp_path, capsys):
    """Neither a file nor an error: the verdict says what went wrong."""
    picture.draw_feature_maps(EXERCISE, [run(None)], tmp_path / "maps.png")
    picture.draw_feature_maps(EXERCISE, [], tmp_path / "maps.png")
    assert not (tmp_path / "maps.png").exists()
    assert "no picture, since your function came to no activations" in capsys.readouterr().err


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
