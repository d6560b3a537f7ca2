"""`grade EXERCISE FILE`: the main job."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import get_args

import click

from grader import submission
from grader.checks import loading
from grader.cli import experiments, outputs, picture
from grader.cli.finding import find_course
from grader.cli.helping import MainJob
from grader.cli.progress import Line
from grader.course import Course
from grader.engines.trainer import Backend, Device, library
from grader.errors import Exit
from grader.exercise import Exercise
from grader.grading import Options, grade_or_recall
from grader.noting import Book
from grader.reports.maps import of_runs
from grader.yamltree import Duration, Size, quantity

ENDING = """\
The course is --course, else $GRADE_COURSE, else the nearest folder above with exercises/ and quizzes/, else the one in
the package.

\b
Exit codes:
  0    passed
  1    graded, not passed
  2    wrong usage
  3    the course is broken: file:line:column
  4    the grader or the machine failed
  130  interrupted"""
EXITS = {"passed": Exit.PASSED, "failed": Exit.NOT_PASSED, "error": Exit.FAULT}


def seconds(_ctx: click.Context, _param: click.Parameter, value: str | None) -> float | None:
    """A time limit such as 90s, 5min or 1h, in seconds."""
    try:
        return None if value is None else float(quantity(value, Duration))
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def size(_ctx: click.Context, _param: click.Parameter, value: str | None) -> int | None:
    """A size such as 500MB or 4GB, in bytes."""
    try:
        return None if value is None else int(quantity(value, Size))
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def installed(_ctx: click.Context, _param: click.Parameter, value: Backend) -> Backend:
    """What trains. Raises: UsageError: it was asked for and isn't installed."""
    if value != "auto":
        library(value)
    return value


backend_option = click.option("--backend", type=click.Choice(get_args(Backend)), default="auto", callback=installed,
                              help="What trains: TensorFlow (auto), or JAX.")  # fmt: skip


@click.command("grade", cls=MainJob, epilog=ENDING)
@click.argument("exercise_id", metavar="EXERCISE")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), metavar="N", help="Seed of weights and shuffling (default: the exercise's).")
@click.option("--time-limit", "time_limit_s", metavar="TIME", callback=seconds, help="Training time, such as 90s or 5min.")
@click.option("--device", type=click.Choice(["auto", "cpu", "gpu"]), default="auto", help="Where to train.")
@backend_option
@click.option("--train", is_flag=True, help="Train models that are only looked at otherwise.")
@click.option("--table", is_flag=True, help="Train the exercise's experiments, and print their tables.")
@click.option("--fresh", is_flag=True, help="Grade anew, whatever is known of this file or its training.")
@click.option("--sandbox", type=click.Choice(["auto", "strict", "off"]), default="auto",
              help="How the file is confined; off only for your own.")  # fmt: skip
@outputs.options
@picture.option
@click.option("--course", type=click.Path(path_type=Path), help="The course's folder (default: $GRADE_COURSE, or found).")
@click.option("-q", "--quiet", is_flag=True, help="One line instead of the report, and no progress.")
def command(
    exercise_id: str,
    file: Path,
    course: Path | None,
    quiet: bool,
    seed: int | None,
    time_limit_s: float | None,
    device: Device,
    backend: Backend,
    train: bool,
    table: bool,
    fresh: bool,
    sandbox: str,
    picture_path: Path | None,
    **chosen: str | bool | None,
) -> int:
    r"""Grade one submission: FILE (.py or .ipynb) for EXERCISE.

    Your file declares a model and a training; the grader runs that training, watches it and measures the result.
    The report comes first, then the files that are asked for; FILE may be - for standard output there.

    \b
    grade exercise3 my_solution.py
    grade exercise3 my_solution.ipynb --html report.html
    grade exercise3 my_solution.py --json - --fresh
    """
    found = find_course(course, quiet=quiet)
    exercise = loading.load(found, exercise_id)
    if table:
        experiments.check(exercise)
    if picture_path is not None:
        picture.check(exercise, picture_path)
    progress = Line(sys.stderr, enabled=False if quiet else None)
    options = Options(
        seed=seed,
        time_limit_s=time_limit_s,
        device=device,
        backend=backend,
        train=train,
        fresh=fresh or bool(picture_path and exercise.picture),
        picture=picture_path,
        sandbox=sandbox,  # type: ignore[arg-type]
        progress=progress,
    )
    try:
        graded = grade_or_recall(found, exercise, file, options)
        verdict = graded.shown
    finally:
        progress.close()
    source = submission.read(file)
    shown = {(exercise.id, source.sha256): of_runs(graded.runs)}
    outputs.deliver([verdict], chosen, quiet=quiet, sources={source.sha256: source.source}, shown=shown)
    if picture_path is not None:
        picture.draw(exercise, graded, picture_path)
    with contextlib.suppress(OSError):  # `grade list` then doesn't know of it; the verdict stands
        Book(found).note(verdict)
    if table and verdict.status == "passed":
        return _table(found, exercise, file, options, progress)
    return EXITS[verdict.status]


def _table(course: Course, exercise: Exercise, file: Path, options: Options, progress: Line) -> int:
    """The experiments of a file that has passed."""
    try:
        return experiments.show(course, exercise, file, options)
    finally:
        progress.close()
