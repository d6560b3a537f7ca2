"""Loads an exercise whose checks exist, get the arguments that they take, and fit its kind. Never judges anything."""

from __future__ import annotations

from msgspec import structs

from grader.checks.catalogue import check_arguments
from grader.checks.exercise_kinds import check_use
from grader.checks.titles import find_title
from grader.checks.wording import name_examples
from grader.courses.course import Course
from grader.courses.exercise import Exercise
from grader.courses.reading import read_exercise
from grader.courses.signatures import check_signatures
from grader.courses.table_use import check_table_use
from grader.courses.yaml_nodes import Problems, YamlNode


def load_exercise(course: Course, exercise_id: str) -> Exercise:
    """Reads and checks one exercise.

    Raises:
        UsageError: there is no such exercise.
        CourseError: every fault of its `exercise.yaml`, with line and column.
    """
    return _name_examples(read_exercise(course, exercise_id, check_arguments, _check_whole))


def _name_examples(exercise: Exercise) -> Exercise:
    """With titles that speak of rows, where the dataset is a table, or of whatever the dataset calls its examples."""
    if exercise.source is None or (unit := exercise.source.about.unit) == "image":
        return exercise
    checks = [structs.replace(spec, title=spec.title or name_examples(find_title(spec), unit)) for spec in exercise.checks]
    return structs.replace(exercise, checks=checks)


def _check_whole(course: Course, exercise: Exercise, tree: YamlNode, problems: Problems) -> None:
    check_use(exercise, tree, problems)
    check_table_use(exercise, tree, problems)
    check_signatures(course, exercise, tree, problems)
