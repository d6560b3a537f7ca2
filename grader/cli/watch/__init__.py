"""`grade watch FILE`: answers every save within seconds, and trains when it is told to."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from grader import submission
from grader.checks import loading
from grader.cli import completing
from grader.cli.finding import find_course
from grader.cli.meaning import guess_exercise
from grader.cli.watch.keyboard import Keyboard
from grader.cli.watch.session import WatchSession
from grader.courses.course import Course
from grader.courses.exercise import Exercise
from grader.errors import Exit, UsageError
from grader.grading import GradingOptions


@click.command("watch", options_metavar="[OPTIONS]")
@click.argument("names", metavar="FILE… [EXERCISE]", nargs=-1, required=True, shell_complete=completing.list_files_and_exercises)
@click.option("--device", type=click.Choice(["auto", "cpu", "gpu"]), default="auto", help="Where to train.")
@click.option(
    "--course", type=click.Path(path_type=Path), help="The course's folder (default: $GRADE_COURSE, or found)."
)
def command(names: tuple[str, ...], device: str, course: Path | None) -> int:
    r"""Watch FILE and answer every save: first what can be read in it, then model, data and callbacks, tried without
    training. The key t trains and grades it. Without EXERCISE, the file's name or its graded function tells which it is.
    Of several files, the keys are about the one that you saved last.

    The keys that work are shown at the bottom; without a terminal there are none, and every save is answered.

    \b
    grade watch exercise1.py
    grade watch work/my_solution.py exercise3
    grade watch exercise1.py exercise2.py
    """
    found = find_course(course)
    files = find_watched_files(found, names)
    with Keyboard(sys.stdin) as keyboard:
        WatchSession(found, files, GradingOptions(device=device), keyboard, sys.stdout).run()  # type: ignore[arg-type]
    return Exit.PASSED


def find_watched_files(course: Course, names: Sequence[str]) -> list[tuple[Exercise, Path]]:
    """The files of a command line, each with its exercise.

    Raises:
        UsageError: a file isn't there, or it isn't clear what it is for.
    """
    *before, last = names
    # The exercise comes last, and only one can be meant.
    given = last if before and last in course.list_exercise_ids() and not Path(last).is_file() else None
    paths = [Path(name) for name in (before if given else names)]
    if given and len(paths) > 1:
        raise UsageError(f"several files can't all be for {given}; leave it out, and their names or functions tell")
    # A file that isn't there should end the command now; later in the session it is only waited for.
    for path in paths:
        submission.read_submission(path)
    return [
        (loading.load_exercise(course, given) if given else guess_exercise(course, path, f"grade watch {path} EXERCISE"), path)
        for path in dict.fromkeys(paths)
    ]
