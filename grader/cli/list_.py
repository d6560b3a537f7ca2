"""`grade list`: the course's exercises, one a line, with what the student has reached in them."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from grader.checks.loading import load_exercise
from grader.cli.finding import find_course
from grader.courses.course import Course
from grader.courses.exercise import Exercise, sort_by_unit
from grader.courses.student_progress import ProgressReader, StudentProgress
from grader.errors import CourseError, Problem

COLUMN_HEADINGS = ("", "exercise", "title", "points", "unit", "difficulty", "minutes")
RIGHT_ALIGNED = ("points", "minutes")
COLUMN_GAP = "  "
# Where the terminal is too narrow: which columns are shortened, in this order, and then which are left out.
SHRINKING_COLUMNS = ("unit", "title")
MIN_COLUMN_WIDTHS = {"unit": 12, "title": 24}
DISPENSABLE_COLUMNS = ("difficulty", "unit", "minutes", "title")
PASSED_MARKS = {True: "✓", False: "✗", None: "·"}
ASCII_MARKS = str.maketrans({"✓": "+", "✗": "x", "·": "-"})


@click.command("list")
@click.option("--course", type=click.Path(path_type=Path), help="The course's folder (default: $GRADE_COURSE, or found).")
def command(course: Path | None) -> None:
    r"""Show the course's exercises: what you passed (✓), your best points, and what comes next.

    \b
    grade list
    grade list --course my_course/
    """
    found = find_course(course)
    exercises, problems = load_readable_exercises(found)
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    standing = ProgressReader(found).read_progress()
    text = "\n".join([format_exercise_list(exercises, width, standing), *describe_progress(exercises, standing), *format_quiz_list(found.list_quiz_ids())])
    click.echo(replace_unencodable(text, sys.stdout.encoding))
    # Shown first and raised then, so that one broken exercise doesn't hide the rest of the course.
    if problems:
        raise CourseError(problems)


def replace_unencodable(text: str, encoding: str | None) -> str:
    """The text in characters that a terminal of this encoding has."""
    try:
        text.encode(encoding or "ascii")
    except UnicodeEncodeError:
        return text.translate(ASCII_MARKS).encode("ascii", "backslashreplace").decode()
    return text


def load_readable_exercises(course: Course) -> tuple[list[Exercise], list[Problem]]:
    """Every exercise that can be read, unit by unit in the course's order, and the problems of those that can't."""
    exercises: list[Exercise] = []
    problems: list[Problem] = []
    for exercise_id in sorted(course.list_exercise_ids(), key=_split_digits):
        try:
            exercises.append(load_exercise(course, exercise_id))
        except CourseError as error:
            problems += error.problems
    return sort_by_unit(exercises), problems


def _split_digits(name: str) -> list[tuple[int, str]]:
    """Sorts the digits in a name as numbers."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]


def describe_progress(
    exercises: Sequence[Exercise], standing: StudentProgress, name_next: Callable[[Exercise], str] | None = None
) -> list[str]:
    """What is passed, the points so far, and what comes next.

    Args:
        name_next: what is said of the next exercise; the command that begins it unless given.
    """
    if not exercises:
        return []
    passed = [exercise.id for exercise in exercises if _is_passed(exercise, standing)]
    points = sum(standing.best[each.id].score for each in exercises if each.id in standing.best)
    total = sum(exercise.max_score for exercise in exercises)
    lines = ["", f"{len(passed)} of {len(exercises)} passed, {points:g} of {total:g} points"]
    following = find_next_exercise(exercises, standing)
    return [*lines, f"next: {(name_next or suggest_command)(following)}" if following else "All passed. Well done!"]


def find_next_command(course: Course) -> str:
    """The command for the first exercise that isn't passed yet; empty where there is none."""
    following = find_next_exercise(load_readable_exercises(course)[0], ProgressReader(course).read_progress())
    return suggest_command(following) if following else ""


def suggest_command(following: Exercise) -> str:
    """The command that goes on with an exercise: with its stub, or with the file that is already here."""
    own = next((name for suffix in (".py", ".ipynb") if Path(name := following.id + suffix).is_file()), None)
    return f"grade new {following.id}" if own is None else f"grade watch {own}"


def find_next_exercise(exercises: Sequence[Exercise], standing: StudentProgress) -> Exercise | None:
    """The first exercise that isn't passed yet."""
    return next((exercise for exercise in exercises if not _is_passed(exercise, standing)), None)


def format_quiz_list(ids: Sequence[str], command: str = "grade quiz") -> list[str]:
    """The quizzes, as a line, with the command that asks the first one."""
    return [f"quizzes: {', '.join(ids)} ({command} {ids[0]})"] if ids else []


def _is_passed(exercise: Exercise, standing: StudentProgress) -> bool | None:
    """Whether it is passed; None where it was never graded."""
    best = standing.best.get(exercise.id)
    return None if best is None else best.passed


def format_exercise_list(exercises: Sequence[Exercise], width: int | None, standing: StudentProgress = StudentProgress()) -> str:  # noqa: B008 - frozen
    """The exercises as text.

    Args:
        width: columns to fit into; None for as many as are needed.
    """
    if not exercises:
        return "this course has no exercises"
    rows = [dict(zip(COLUMN_HEADINGS, COLUMN_HEADINGS, strict=True)), *(_format_row(exercise, standing) for exercise in exercises)]
    full = {column: max(len(row[column]) for row in rows) for column in COLUMN_HEADINGS}
    widths = _fit_widths(full, width or sys.maxsize)
    return "\n".join(_format_line(row, widths) for row in rows)


def _format_row(exercise: Exercise, standing: StudentProgress) -> dict[str, str]:
    best = standing.best.get(exercise.id)
    cells = (
        PASSED_MARKS[_is_passed(exercise, standing)],
        exercise.id,
        exercise.title,
        f"{best.score if best else 0:g}/{exercise.max_score:g}",
        exercise.unit,
        exercise.difficulty,
        str(exercise.minutes),
    )
    return dict(zip(COLUMN_HEADINGS, cells, strict=True))


def _fit_widths(full: dict[str, int], most: int) -> dict[str, int]:
    """Widths of columns so that a row fits: shortened, then with some left out."""
    widths = dict(full)
    # Shortening is tried anew after each column that is left out: that may make it needless.
    for dropped in range(len(DISPENSABLE_COLUMNS) + 1):
        widths = {column: width for column, width in full.items() if column not in DISPENSABLE_COLUMNS[:dropped]}
        over = sum(widths.values()) + len(COLUMN_GAP) * (len(widths) - 1) - most
        for column in SHRINKING_COLUMNS:
            saved = max(0, min(over, widths.get(column, 0) - MIN_COLUMN_WIDTHS[column]))
            if saved:
                widths[column] -= saved
                over -= saved
        if over <= 0:
            break
    return widths


def _format_line(row: dict[str, str], widths: dict[str, int]) -> str:
    cells = (_shorten_text(row[column], width) for column, width in widths.items())
    placed = (
        cell.rjust(width) if column in RIGHT_ALIGNED else cell.ljust(width)
        for cell, (column, width) in zip(cells, widths.items(), strict=True)
    )
    return COLUMN_GAP.join(placed).rstrip()


def _shorten_text(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."
