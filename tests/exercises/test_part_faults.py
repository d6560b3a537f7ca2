"""What is wrong with the parts of an exercise is told when the course is loaded, at its place."""

import pytest

from grader.checks.loading import load_exercise
from grader.courses.course import Course
from grader.errors import CourseError

SPEC = """\
schema: grade-exercise/1
id: small
title: Small
dataset: mnist
parts:
  - {id: build, function: build, models: {calls: [{}], train: never}}
  - {id: stop, callback: Stop}
  - {id: file}
checks:
  - {id: model, part: build, check: returns.model, points: 1}
  - {id: line, part: stop, check: callback.stops_when, args: {metric: accuracy, above: 0.9}, points: 1}
  - {id: epochs, part: file, check: training.epochs, args: {below: 9}, points: 1}
"""


def load(tmp_path, text):
    folder = tmp_path / "exercises" / "small"
    folder.mkdir(parents=True)
    (folder / "exercise.yaml").write_text(text)
    return load_exercise(Course(root=tmp_path), "small")


def test_parts_that_fit_together_are_no_fault(tmp_path):
    """Each part is an exercise of its own kind."""
    assert [part.kind for part in load(tmp_path, SPEC).split_parts()] == ["builds", "stops", "trains"]


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("part: build, ", "", 10, '"part" is missing: which part is judged?'),
        ("part: build", "part: bulid", 10, 'no part has the id "bulid"; did you mean "build"?'),
        ("{id: stop, ", "{id: build, ", 7, 'two parts have the id "build"'),
        ("callback: Stop", "callback: Stop, function: f", 7, 'the part "stop" has a function and a callback; make two parts of it'),
        ("{id: file}", "{id: file, given: {scale: 255}}", 8, 'the part "file" has no "function" to call'),
        ("dataset: mnist\n", "dataset: mnist\nfunction: f\n", 7, 'what is graded is either in "parts" or at the top'),
        ("part: file, check: training.epochs", "part: stop, check: training.epochs", 12, "training.epochs can't be judged: of a \"callback\""),
        ("{id: stop, callback: Stop}", "{id: stop, callback: Stop, models: {calls: [{}]}}", 7, 'the part "stop" has no "function" to call'),
    ],
)  # fmt: skip
def test_faults_of_parts(tmp_path, old, new, line, message):
    """With the line, and what to do."""
    assert old in SPEC
    with pytest.raises(CourseError) as told:
        load(tmp_path, SPEC.replace(old, new))
    assert [problem.line for problem in told.value.problems if problem.message.startswith(message)] == [line], told.value
