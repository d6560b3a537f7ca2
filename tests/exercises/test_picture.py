"""`--picture`: what stands in the way is told before grading, and curves are drawn from the verdict."""

from pathlib import Path

import pytest

from grader.checks.loading import load_exercise
from grader.cli import picture
from grader.courses.course import Course
from grader.errors import GraderError, UsageError
from grader.records.verdict import SubmissionRef, TrainingRecord, Verdict

COURSE = Course(root=Path(__file__).parents[2])


def verdict(*accuracies):
    epochs = [{"epoch": index, "accuracy": value, "loss": 1 - value} for index, value in enumerate(accuracies)]
    record = TrainingRecord(epochs=epochs, stopped_by="callback", examples=60000, seed=7)
    return Verdict(
        exercise="exercise1",
        submission=SubmissionRef(path="a.py", sha256=""),
        status="passed",
        score=100,
        max_score=100,
        end="completed",
        checks=[],
        training=[record] if accuracies else [],
    )


@pytest.mark.parametrize(
    ("exercise", "name", "message"),
    [
        ("output_shapes", "a.png", "--picture: output_shapes has nothing to draw"),
        ("pooling", "a.jpg", "--picture draws PNG files; name it .*a.png"),
        ("pooling", "none/a.png", "--picture: there is no folder .*none"),
    ],
)
def test_what_stands_in_the_way_is_told(tmp_path, exercise, name, message):
    """Before anything is graded."""
    with pytest.raises(UsageError, match=message):
        picture.check_picture(load_exercise(COURSE, exercise), tmp_path / name)


def test_a_training_and_a_function_with_pictures_can_be_drawn(tmp_path):
    """Each in its own way."""
    assert [picture.check_picture(load_exercise(COURSE, name), tmp_path / "a.png") for name in ("exercise1", "convolution")] == [
        None,
        None,
    ]


@pytest.mark.train
def test_a_curve_is_drawn(tmp_path):
    """A PNG with the accuracies and the line; nothing trained, nothing drawn."""
    path, exercise = tmp_path / "curve.png", load_exercise(COURSE, "exercise1")

    with pytest.raises(GraderError):
        picture.draw_training_curve(exercise, verdict(), path)
    assert not path.exists()
    picture.draw_training_curve(exercise, verdict(0.93, 0.97, 0.985, 0.991), path)
    assert path.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


@pytest.mark.train
def test_a_curve_that_cant_be_written_is_told(tmp_path):
    """The folder went away meanwhile: said in a sentence."""
    with pytest.raises(UsageError, match="there is no folder .*gone"):
        picture.draw_training_curve(load_exercise(COURSE, "exercise1"), verdict(0.5), tmp_path / "gone" / "curve.png")
