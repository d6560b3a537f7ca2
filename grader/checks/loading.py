"""Loads an exercise whose checks exist, get the arguments that they take, and fit its kind. Never judges anything."""

from __future__ import annotations

from grader.checks.catalogue import check_arguments
from grader.checks.exercise_kinds import check_use
from grader.courses.course import Course
from grader.courses.exercise import Exercise
from grader.courses.reading import read_exercise
from grader.courses.signatures import check_signatures
from grader.courses.yaml_nodes import Problems, YamlNode


def load_exercise(course: Course, exercise_id: str) -> Exercise:
    """Reads and checks one exercise.

    Raises:
        UsageError: there is no such exercise.
        CourseError: every fault of its `exercise.yaml`, with line and column.
    """
    return read_exercise(course, exercise_id, check_arguments, _check_whole)


def _check_whole(course: Course, exercise: Exercise, tree: YamlNode, problems: Problems) -> None:
    check_use(exercise, tree, problems)
    check_signatures(course, exercise, tree, problems)
