"""`grade list`: the course's exercises, one a line, with what the student has reached in them."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from grader.checks.loading import load
from grader.cli.finding import find_course
from grader.course import Course
from grader.errors import CourseError, Problem
from grader.exercise import Exercise
from grader.standing import Shelf, Standing

HEADINGS = ("", "exercise", "title", "points", "unit", "difficulty", "minutes")
RIGHT = ("points", "minutes")
GAP = "  "
# Where the terminal is too narrow: which columns are shortened, in this order, and then which are left out.
SHRINKING = ("unit", "title")
NARROWEST = {"unit": 12, "title": 24}
DISPENSABLE = ("difficulty", "unit", "minutes", "title")
MARKS = {True: "✓", False: "✗", None: "·"}
PLAIN = str.maketrans({"✓": "+", "✗": "x", "·": "-"})


@click.command("list")
@click.option("--course", type=click.Path(path_type=Path), help="The course's folder (default: $GRADE_COURSE, or found).")
def command(course: Path | None) -> None:
    r"""Show the course's exercises: what you passed (✓), your best points, and what comes next.

    \b
    grade list
    grade list --course my_course/
    """
    found = find_course(course)
    exercises, problems = load_all(found)
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    standing = Shelf(found).read()
    text = "\n".join([table(exercises, width, standing), *summary(exercises, standing), *quizzes(found.quiz_ids())])
    click.echo(encodable(text, sys.stdout.encoding))
    if problems:
        raise CourseError(problems)


def encodable(text: str, encoding: str | None) -> str:
    """The text in characters that a terminal of this encoding has."""
    try:
        text.encode(encoding or "ascii")
    except UnicodeEncodeError:
        return text.translate(PLAIN).encode("ascii", "backslashreplace").decode()
    return text


def load_all(course: Course) -> tuple[list[Exercise], list[Problem]]:
    """Every exercise that can be read, unit by unit in the course's order, and the problems of those that can't."""
    exercises: list[Exercise] = []
    problems: list[Problem] = []
    for exercise_id in sorted(course.exercise_ids(), key=_natural):
        try:
            exercises.append(load(course, exercise_id))
        except CourseError as error:
            problems += error.problems
    first = {exercise.unit: exercise.order for exercise in sorted(exercises, key=lambda each: -each.order)}
    return sorted(exercises, key=lambda exercise: (first[exercise.unit], exercise.unit, exercise.order)), problems


def _natural(name: str) -> list[tuple[int, str]]:
    """Sorts the digits in a name as numbers."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]


def summary(exercises: Sequence[Exercise], standing: Standing) -> list[str]:
    """What is passed, the points so far, and the command for what comes next."""
    if not exercises:
        return []
    passed = [exercise.id for exercise in exercises if _passed(exercise, standing)]
    points = sum(standing.best[each.id].score for each in exercises if each.id in standing.best)
    total = sum(exercise.max_score for exercise in exercises)
    lines = ["", f"{len(passed)} of {len(exercises)} passed, {points:g} of {total:g} points"]
    following = upcoming(exercises, standing)
    return [*lines, f"next: grade new {following.id}" if following else "All passed. Well done!"]


def upcoming(exercises: Sequence[Exercise], standing: Standing) -> Exercise | None:
    """The first exercise that isn't passed yet."""
    return next((exercise for exercise in exercises if not _passed(exercise, standing)), None)


def quizzes(ids: Sequence[str]) -> list[str]:
    """The quizzes, as a line."""
    return [f"quizzes: {', '.join(ids)} (grade quiz {ids[0]})"] if ids else []


def _passed(exercise: Exercise, standing: Standing) -> bool | None:
    """Whether it is passed; None where it was never graded."""
    best = standing.best.get(exercise.id)
    return None if best is None else best.passed


def table(exercises: Sequence[Exercise], width: int | None, standing: Standing = Standing()) -> str:  # noqa: B008 - frozen
    """The exercises as text.

    Args:
        width: columns to fit into; None for as many as are needed.
    """
    if not exercises:
        return "this course has no exercises"
    rows = [dict(zip(HEADINGS, HEADINGS, strict=True)), *(_row(exercise, standing) for exercise in exercises)]
    full = {column: max(len(row[column]) for row in rows) for column in HEADINGS}
    widths = _fitted(full, width or sys.maxsize)
    return "\n".join(_line(row, widths) for row in rows)


def _row(exercise: Exercise, standing: Standing) -> dict[str, str]:
    best = standing.best.get(exercise.id)
    cells = (
        MARKS[_passed(exercise, standing)],
        exercise.id,
        exercise.title,
        f"{best.score if best else 0:g}/{exercise.max_score:g}",
        exercise.unit,
        exercise.difficulty,
        str(exercise.minutes),
    )
    return dict(zip(HEADINGS, cells, strict=True))


def _fitted(full: dict[str, int], most: int) -> dict[str, int]:
    """Widths of columns so that a row fits: shortened, then with some left out."""
    widths = dict(full)
    for dropped in range(len(DISPENSABLE) + 1):
        widths = {column: width for column, width in full.items() if column not in DISPENSABLE[:dropped]}
        over = sum(widths.values()) + len(GAP) * (len(widths) - 1) - most
        for column in SHRINKING:
            saved = max(0, min(over, widths.get(column, 0) - NARROWEST[column]))
            if saved:
                widths[column] -= saved
                over -= saved
        if over <= 0:
            break
    return widths


def _line(row: dict[str, str], widths: dict[str, int]) -> str:
    cells = (_shortened(row[column], width) for column, width in widths.items())
    placed = (
        cell.rjust(width) if column in RIGHT else cell.ljust(width)
        for cell, (column, width) in zip(cells, widths.items(), strict=True)
    )
    return GAP.join(placed).rstrip()


def _shortened(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."
