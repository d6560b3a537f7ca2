"""What a course decides for all its exercises: the optional file `course.yaml` at its root, schema `grade-course/1`.

A further decision is one more field here, with a default for courses that don't make it.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from grader.course import Course
from grader.yamltree import convert, read

FILE = "course.yaml"

Dialect = Literal["accept", "warn", "reject"]


class Settings(Struct, frozen=True, kw_only=True):
    """The file `course.yaml`; a course without one has the defaults.

    Args:
        dialect: TF 1 names are understood and noted (`accept`), noted as warnings (`warn`), or keep a file from
            being graded (`reject`).
    """

    schema: Literal["grade-course/1"] = "grade-course/1"
    dialect: Dialect = "accept"


def load(course: Course) -> Settings:
    """The settings of a course.

    Raises:
        CourseError: every fault of its `course.yaml`, with line and column.
    """
    path = course.root / FILE
    if not path.exists():
        return Settings()
    tree, problems = read(path, FILE)
    settings = convert(tree, Settings, problems)
    if "schema" not in tree.keys:
        problems.add(tree, '"schema" is missing: write `schema: grade-course/1` as the first line', "missing")
    problems.check()
    assert isinstance(settings, Settings)
    return settings
