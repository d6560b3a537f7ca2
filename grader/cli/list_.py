"""`grade list`: the course's exercises, one a line."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from grader import course as courses
from grader.course import Course
from grader.errors import CourseError, Problem
from grader.exercise import Exercise, load

HEADINGS = ("exercise", "title", "unit", "difficulty", "minutes")
GAP = "  "
# The columns that are shortened, in this order, where the terminal is too narrow.
SHRINKING = (2, 1)
NARROWEST = 8


@click.command("list")
@click.option("--course", type=click.Path(path_type=Path), help="The course's folder.")
def command(course: Path | None) -> None:
    """Show the course's exercises."""
    exercises, problems = load_all(courses.find(course))
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    click.echo(table(exercises, width))
    if problems:
        raise CourseError(problems)


def load_all(course: Course) -> tuple[list[Exercise], list[Problem]]:
    """Every exercise that can be read, exercise2 before exercise10, and the problems of those that can't."""
    exercises: list[Exercise] = []
    problems: list[Problem] = []
    for exercise_id in sorted(course.exercise_ids(), key=_natural):
        try:
            exercises.append(load(course, exercise_id))
        except CourseError as error:
            problems += error.problems
    return exercises, problems


def _natural(name: str) -> list[tuple[int, str]]:
    """Sorts the digits in a name as numbers."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]


def table(exercises: Sequence[Exercise], width: int | None) -> str:
    """The exercises as text.

    Args:
        width: columns to fit into; None for as many as are needed.
    """
    if not exercises:
        return "this course has no exercises"
    rows = [HEADINGS, *((e.id, e.title, e.unit, e.difficulty, str(e.minutes)) for e in exercises)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    for column in SHRINKING:
        over = sum(widths) + len(GAP) * (len(widths) - 1) - (width or sys.maxsize)
        if over > 0:
            widths[column] = max(NARROWEST, widths[column] - over)
    return "\n".join(_line(row, widths) for row in rows)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [_shortened(text, width).ljust(width) for text, width in zip(row[:-1], widths, strict=False)]
    return GAP.join([*cells, row[-1].rjust(widths[-1])])


def _shortened(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."
