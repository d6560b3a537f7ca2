"""`grade new`: copies an exercise's stub to a file of the student's own."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import click

from grader.checks.loading import load_exercise
from grader.cli import completing
from grader.cli.finding import find_course
from grader.courses.course import Course
from grader.courses.exercise import find_exercise_text
from grader.courses.notebooks import build_exercise_notebook
from grader.errors import CourseError, Problem, UsageError
from grader.reports import write


@click.command("new")
@click.argument("exercise", shell_complete=completing.list_matching_exercises)
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--notebook", is_flag=True, help="Write a notebook: the instructions, the stub, and a cell that grades it.")
@click.option("--force", is_flag=True, help="Overwrite FILE.")
@click.option(
    "--course", type=click.Path(path_type=Path), help="The course's folder (default: $GRADE_COURSE, or found)."
)
def command(exercise: str, file: Path | None, notebook: bool, force: bool, course: Path | None) -> None:
    r"""Start an exercise: copy its stub to FILE (by default EXERCISE.py or EXERCISE.ipynb, here).

    \b
    grade new exercise1
    grade new exercise1 work/first_try.py
    grade new exercise1 --notebook
    """
    found = find_course(course)
    spec = load_exercise(found, exercise)
    text = _read_text(found, spec.id, "stub.py")
    if notebook or (file is not None and file.suffix == ".ipynb"):
        target = _find_target(file, f"{spec.id}.ipynb")
        text = build_exercise_notebook(spec.id, _read_text(found, spec.id, "README.md"), text)
    else:
        target = _find_target(file, f"{spec.id}.py")
    _write_stub(target, text, force=force)
    # The commands that follow are meant to be copied.
    name = shlex.quote(str(target))
    # `grade watch` knows the exercise by the file's name.
    exercise_too = "" if target.stem == spec.id else f" {spec.id}"
    click.echo(f"Wrote {target}. `grade show {spec.id}` shows what to do; it is also in\n  {find_exercise_text(found, spec.id, 'README.md')}")
    if target.suffix == ".ipynb":
        click.echo("Open it in Jupyter, Colab or VS Code, fill in the marked places and run the cells; the last one grades them.")
    else:
        click.echo(f"Fill in the marked places. In another terminal:\n  grade watch {name}{exercise_too}")
    click.echo(f"Or grade it once:\n  grade {spec.id} {name}")


def _read_text(course: Course, exercise_id: str, name: str) -> str:
    """A file of the exercise's folder. Raises: CourseError: it can't be read."""
    try:
        return find_exercise_text(course, exercise_id, name).read_text(encoding="utf-8")
    except OSError as error:
        shown = f"exercises/{exercise_id}/{name}"
        raise CourseError(
            [Problem(file=shown, line=1, column=1, message=f"can't be read: {error.strerror}")]
        ) from error


def _find_target(file: Path | None, default: str) -> Path:
    if file is None:
        return Path(default)
    return file / default if file.is_dir() else file


def _write_stub(target: Path, text: str, *, force: bool) -> None:
    """Writes a new file.

    Raises:
        UsageError: the file exists and `force` isn't set, or it can't be written.
        GraderError: the disk is full.
    """
    # `lexists`, since a link without a target would be followed and written through.
    if os.path.lexists(target) and not force:
        raise UsageError(f"{target} exists already; name another file, or overwrite it with --force")
    write.write_text(target, text)
