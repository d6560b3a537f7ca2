"""`grade hint`: one hint more each time it is asked, from a gentle question to the code."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from grader.checks.loading import load_exercise
from grader.cli import completing
from grader.cli.finding import find_course
from grader.courses.course import Course
from grader.courses.exercise import Exercise, find_exercise_text
from grader.courses.student_progress import ProgressFile


@click.command("hint")
@click.argument("exercise", shell_complete=completing.list_matching_exercises)
@click.option("--all", "show_all", is_flag=True, help="Show every hint.")
@click.option("--reset", is_flag=True, help="Start again from the first hint.")
@click.option("--course", type=click.Path(path_type=Path), help="The course's folder (default: $GRADE_COURSE, or found).")
def command(exercise: str, show_all: bool, reset: bool, course: Path | None) -> None:
    r"""Show the next hint of EXERCISE: one more each time, from a gentle question to nearly the code.

    \b
    grade hint exercise3
    grade hint exercise3 --all
    """
    click.echo(open_hints(find_course(course), exercise, show_all=show_all, reset=reset))


def open_hints(course: Course, exercise_id: str, *, show_all: bool, reset: bool, command: str = "grade hint") -> str:
    """The next hint, or all, which are then remembered as shown.

    Args:
        reset: begins again instead, and says so.
        command: how this is called, in the notebook's words or the terminal's.
    """
    spec, book = load_exercise(course, exercise_id), ProgressFile(course)
    if not spec.hints:
        return f"{spec.id} has no hints; its README is {find_exercise_text(course, spec.id, 'README.md')}"
    if reset:
        _record_hint_count(book, spec, 0)
        return f"The next `{command} {spec.id}` shows the first of {len(spec.hints)} hints."
    if show_all:
        _record_hint_count(book, spec, len(spec.hints))
        return "\n\n".join(format_hint(spec, index) for index in range(len(spec.hints)))
    return open_next_hint(spec, book, command=command)


def format_hint(spec: Exercise, index: int) -> str:
    """One hint with its number, as wide as the terminal allows."""
    return f"Hint {index + 1} of {len(spec.hints)}\n" + click.wrap_text(spec.hints[index], _measure_width(), "  ", "  ")


def open_next_hint(spec: Exercise, book: ProgressFile, again: str = "", command: str = "grade hint") -> str:
    """The next hint, which is then remembered as shown.

    Args:
        again: what shows the next one; the command unless given.
        command: how that command is called here.
    """
    shown = book.read_progress().hints.get(spec.id, 0)
    if shown >= len(spec.hints):
        said = f"No more hints: all {len(spec.hints)} were shown. `{command} {spec.id} --all` shows them again."
        return click.wrap_text(said, _measure_width())
    _record_hint_count(book, spec, shown + 1)
    more = click.wrap_text(f"For the next one, {again or f'run `{command} {spec.id}` again'}.", _measure_width())
    return format_hint(spec, shown) + (f"\n\n{more}" if shown + 1 < len(spec.hints) else "")


def _measure_width() -> int:
    # Long lines of prose are hard to read.
    return min(88, shutil.get_terminal_size().columns)


def _record_hint_count(book: ProgressFile, spec: Exercise, count: int) -> None:
    """Where the folder can't be written, says so and goes on."""
    try:
        book.note_hints(spec.id, count)
    except OSError as error:
        said = error.strerror or "it is locked"
        click.echo(f"grade: can't remember which hints were shown: {book.path}: {said}", err=True)
