"""`grade solution EXERCISE`: the course's own solution, for whoever has passed, where the course allows it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from grader.checks.loading import load_exercise
from grader.cli import completing, list_
from grader.cli.finding import find_course
from grader.courses.course import Course
from grader.courses.exercise import Exercise
from grader.courses.settings import load_settings
from grader.courses.student_progress import ProgressReader
from grader.errors import UsageError


@click.command("solution")
@click.argument("exercise", shell_complete=completing.list_matching_exercises)
@click.option("--course", type=click.Path(path_type=Path), help="The course's folder (default: $GRADE_COURSE, or found).")
def command(exercise: str, course: Path | None) -> None:
    r"""Show the course's solution of EXERCISE, once you have passed it.

    A course allows that with `solutions: after_pass` in its course.yaml.

    \b
    grade solution exercise1
    grade solution exercise1 > theirs.py
    """
    found = find_course(course)
    spec = load_exercise(found, exercise)
    text = read_solution(found, spec)
    # The remark isn't part of the file, should it be written to one.
    click.echo(f"One way to solve {spec.id}. Yours has passed, too: compare what is shorter, clearer or faster.\n", err=True)
    click.echo(list_.replace_unencodable(text.rstrip("\n"), sys.stdout.encoding))


def read_solution(course: Course, spec: Exercise) -> str:
    """The text of the course's solution.

    Raises:
        UsageError: the course doesn't show it, it hasn't been earned, or it isn't there.
    """
    if load_settings(course).solutions != "after_pass":
        raise UsageError("this course doesn't show its solutions")
    best = ProgressReader(course).read_progress().best.get(spec.id)
    if best is None or not best.passed:
        raise UsageError(f"the solution of {spec.id} is shown once you have passed it (`grade hint {spec.id}` gives a hint)")
    path = course.solutions / spec.id / "solution.py"
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the solution of {spec.id} isn't in this copy of the course") from error
