"""`grade watch FILE`: answers every save within seconds, and trains when it is told to."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from grader import submission
from grader.checks import loading
from grader.cli import completing
from grader.cli.finding import find_course
from grader.cli.meaning import guess_exercise
from grader.cli.watch.keyboard import Keyboard
from grader.cli.watch.session import WatchSession
from grader.errors import Exit
from grader.grading import GradingOptions


@click.command("watch", options_metavar="[OPTIONS]")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("exercise_id", metavar="[EXERCISE]", required=False, shell_complete=completing.list_matching_exercises)
@click.option("--device", type=click.Choice(["auto", "cpu", "gpu"]), default="auto", help="Where to train.")
@click.option(
    "--course", type=click.Path(path_type=Path), help="The course's folder (default: $GRADE_COURSE, or found)."
)
def command(file: Path, exercise_id: str | None, device: str, course: Path | None) -> int:
    r"""Watch FILE and answer every save: first what can be read in it, then model, data and callbacks, tried without
    training. The key t trains and grades it. Without EXERCISE, the file's name or its graded function tells which it is.

    The keys that work are shown at the bottom; without a terminal there are none, and every save is answered.

    \b
    grade watch exercise1.py
    grade watch work/my_solution.py exercise3
    """
    found = find_course(course)
    spec = loading.load_exercise(found, exercise_id) if exercise_id else guess_exercise(found, file, f"grade watch {file} EXERCISE")
    # A file that isn't there should end the command now; later in the session it is only waited for.
    submission.read_submission(file)
    with Keyboard(sys.stdin) as keyboard:
        WatchSession(found, spec, file, GradingOptions(device=device), keyboard, sys.stdout).run()  # type: ignore[arg-type]
    return Exit.PASSED
