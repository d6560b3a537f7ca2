"""`grade EXERCISE FILE`: the main job."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import click

from grader import submission
from grader.cli import experiments, list_, outputs, picture
from grader.cli.finding import find_course
from grader.cli.helping import MainCommand
from grader.cli.meaning import find_submission
from grader.cli.progress import ProgressLine
from grader.courses.course import Course
from grader.courses.exercise import Exercise
from grader.courses.student_progress import ProgressFile
from grader.courses.yaml_tree import ByteSize, Duration, parse_quantity
from grader.engines.trainer import Backend, pick_library
from grader.errors import Exit
from grader.grading import GradedSubmission, GradingOptions, grade_or_recall
from grader.grading.options import RunProgress
from grader.reports.maps import find_activations

HELP_ENDING = """\
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
# The options of the command line that are passed on as they are.
GRADING_CHOICES = ("seed", "time_limit_s", "device", "backend", "train", "sandbox")
EXIT_CODES = {"passed": Exit.PASSED, "failed": Exit.NOT_PASSED, "error": Exit.FAULT}


def parse_seconds(_ctx: click.Context, _param: click.Parameter, value: str | None) -> float | None:
    """A time limit such as 90s, 5min or 1h, in seconds."""
    try:
        return None if value is None else float(parse_quantity(value, Duration))
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def parse_size(_ctx: click.Context, _param: click.Parameter, value: str | None) -> int | None:
    """A size such as 500MB or 4GB, in bytes."""
    try:
        return None if value is None else int(parse_quantity(value, ByteSize))
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def check_backend(_ctx: click.Context, _param: click.Parameter, value: Backend) -> Backend:
    """What trains. Raises: UsageError: it was asked for and isn't installed."""
    if value != "auto":
        pick_library(value)
    return value


backend_option = click.option("--backend", type=click.Choice(get_args(Backend)), default="auto", callback=check_backend,
                              help="What trains: TensorFlow (auto), or JAX.")  # fmt: skip


@click.command("grade", cls=MainCommand, epilog=HELP_ENDING)
@click.argument("exercise_id", metavar="EXERCISE")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), metavar="N", help="Seed of weights and shuffling (default: the exercise's).")
@click.option("--time-limit", "time_limit_s", metavar="TIME", callback=parse_seconds, help="Training time, such as 90s or 5min.")
@click.option("--device", type=click.Choice(["auto", "cpu", "gpu"]), default="auto", help="Where to train.")
@backend_option
@click.option("--train", is_flag=True, help="Train models that are otherwise only inspected.")
@click.option("--table", is_flag=True, help="Train the exercise's experiments, and print their tables.")
@click.option("--fresh", is_flag=True, help="Grade again, even if this file or its training was graded before.")
@click.option("--sandbox", type=click.Choice(["auto", "strict", "off"]), default="auto",
              help="How the file is confined; use off only for your own files.")  # fmt: skip
@outputs.add_output_options
@picture.picture_option
@click.option("--course", type=click.Path(path_type=Path), help="The course's folder (default: $GRADE_COURSE, or found).")
@click.option("-q", "--quiet", is_flag=True, help="One line instead of the report, and no progress.")
def command(
    exercise_id: str,
    file: Path | None,
    course: Path | None,
    quiet: bool,
    table: bool,
    picture_path: Path | None,
    fresh: bool,
    **chosen: Any,
) -> int:
    r"""Grade one submission: FILE (.py or .ipynb) for EXERCISE.

    Your file declares a model and a training; the grader runs that training, watches it and measures the result.
    The report comes first, then the files that you ask for; FILE may be - for standard output there.
    One name is enough: EXERCISE grades the file of that name, and a FILE is graded for the exercise that it is for.

    \b
    grade exercise3 my_solution.py
    grade exercise3.py
    grade exercise3 my_solution.ipynb --html report.html
    grade exercise3 my_solution.py --json - --fresh
    """
    found = find_course(course, quiet=quiet)
    exercise, file = find_submission(found, exercise_id, file)
    # Before grading: it would be a pity to learn after minutes that there is nothing to show.
    if table:
        experiments.check_experiments(exercise)
    if picture_path is not None:
        picture.check_picture(exercise, picture_path)
    progress = ProgressLine(sys.stderr, enabled=False if quiet else None)
    options = GradingOptions(
        # The referee draws while it judges; a recalled verdict has no calls to draw.
        fresh=fresh or bool(picture_path and exercise.picture),
        picture=picture_path,
        progress=progress,
        **{name: chosen[name] for name in GRADING_CHOICES},
    )
    try:
        graded = _grade_and_report(found, exercise, file, options, progress, chosen, quiet=quiet)
        # Models of a file that fails its checks would fill the table with other models' figures.
        if table and graded.verdict.status == "passed":
            return experiments.show_experiments(found, exercise, file, options, progress)
    finally:
        progress.clear()
    return EXIT_CODES[graded.verdict.status]


def _grade_and_report(
    course: Course,
    exercise: Exercise,
    file: Path,
    options: GradingOptions,
    progress: ProgressLine,
    chosen: Mapping[str, Any],
    *,
    quiet: bool,
) -> GradedSubmission:
    """Grades the file, and writes and draws what was asked for."""
    before = picture.find_signature(options.picture)
    # Processes are a second away at best, and seconds on a busy machine.
    progress(RunProgress(stage="starting"))
    graded = grade_or_recall(course, exercise, file, options)
    progress.clear()
    source = submission.read_submission(file)
    with contextlib.suppress(OSError):  # `grade list` then doesn't know of it; the verdict stands
        ProgressFile(course).note_verdict(graded.verdict)
    outputs.write_reports(
        [graded.shown],
        chosen,
        quiet=quiet,
        sources={source.sha256: source.source},
        shown={(exercise.id, source.sha256): find_activations(graded.runs)},
        following=list_.find_next_command(course) if graded.verdict.status == "passed" and not quiet else "",
    )
    if options.picture is not None:
        progress(RunProgress(stage="drawing"))
        said = picture.draw(exercise, graded, options.picture, before)
        progress.clear()
        outputs.tell_written(said, quiet=quiet)
    return graded
