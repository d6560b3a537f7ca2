"""`grade batch EXERCISE… SUBMISSIONS`: a whole class."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import click

from grader.batch import sources
from grader.batch.assign import assign_all
from grader.batch.given_times import read_given_times
from grader.batch.handed import Submissions
from grader.batch.identities import describe_absent
from grader.batch.loop import Batch, FinishedJob
from grader.checks import loading
from grader.cli import outputs
from grader.cli.batch import engine as engines
from grader.cli.batch.follow import MAX_AT_ONCE, Place, grade_arrivals
from grader.cli.batch.record import add_knowledge, record
from grader.cli.batch.view import BatchView, format_recalled, tell_interruption
from grader.cli.exercise import backend_option, parse_seconds, parse_size
from grader.cli.finding import find_course
from grader.courses import course as courses
from grader.courses import settings
from grader.courses.exercise import Exercise
from grader.courses.policy import GradingPolicy, find_excused
from grader.engines.trainer import Backend, Device
from grader.errors import Exit, UsageError
from grader.gradebook import Gradebook
from grader.grading import GradingOptions
from grader.records.verdict import Verdict


@click.command("batch", options_metavar="[OPTIONS]")
@click.argument("words", metavar="EXERCISE… SUBMISSIONS", nargs=-1, required=True)
@click.option("--roster", type=click.Path(path_type=Path), help="Table of the class: ids and names (CSV or .xlsx).")
@click.option("--submitted", metavar="TABLE", type=click.Path(path_type=Path),
              help="Table of the times of handing in: ids, submitted_at, and exercise if they differ.")  # fmt: skip
@click.option("--naming", metavar="SYSTEM", help="Whose names the files have: plain, canvas, moodle, gradescope, blackboard, "
              "brightspace, github, or a package's own (default: told by the names).")  # fmt: skip
@click.option("-j", "--jobs", type=click.IntRange(1, 256), help="Submissions at a time (default: the number of cores).")
@click.option("--memory", metavar="SIZE", callback=parse_size, help="What all trainings at a time may take, such as 8GB: of the "
              "GPU (default: what is free there), else of this machine (default: no limit).")  # fmt: skip
@click.option("--engine", "engine_", type=click.Choice(["local", "ray"]), default="local", show_default=True,
              help="Where to grade: on this machine, or on a Ray cluster.")  # fmt: skip
@click.option("--address", metavar="HOST:PORT", help="The Ray cluster's (default: $RAY_ADDRESS, else one on this machine).")
@click.option("--gradebook", metavar="URL", default="sqlite:///gradebook.db", show_default=True,
              help="Where every verdict is written as it comes.")  # fmt: skip
@click.option("--device", type=click.Choice(["auto", "cpu", "gpu"]), default="auto", help="Where to train.")
@backend_option
@click.option("--time-limit", "time_limit_s", metavar="TIME", callback=parse_seconds, help="Training time of each, such as 5min.")
@click.option("--fresh", is_flag=True, help="Grade everything anew, whatever is known.")
@click.option("--sandbox", type=click.Choice(["auto", "strict"]), default="auto", help="How files are confined.")
@click.option("--follow", "follow_", is_flag=True, help="Grade what arrives in the folder, as it comes.")
@click.option("--idle", "idle_s", metavar="TIME", callback=parse_seconds, help="With --follow: end when nothing has come for so long.")
@outputs.add_output_options
@click.option("--course", type=click.Path(path_type=Path), help="The course's folder (default: $GRADE_COURSE, or found).")
@click.option("-q", "--quiet", is_flag=True, help="A line for each, and no progress.")
def command(
    words: Sequence[str],
    roster: Path | None,
    submitted: Path | None,
    naming: str | None,
    jobs: int | None,
    memory: int | None,
    engine_: str,
    address: str | None,
    gradebook: str,
    course: Path | None,
    quiet: bool,
    device: Device,
    backend: Backend,
    time_limit_s: float | None,
    fresh: bool,
    sandbox: str,
    follow_: bool,
    idle_s: float | None,
    **chosen: str | bool | None,
) -> int:
    r"""Grade a class: SUBMISSIONS is a folder, or an archive from an LMS, with one file or one folder per student.

    Verdicts go into the gradebook one by one; interrupted at any moment, the same command goes on where it was.
    Exit code 0: everything was graded; 2: some of it could not be read; 4: the grader failed on some.

    \b
    grade batch exercise3 submissions/
    grade batch exercise1 exercise2 canvas.zip --jobs 4 --html class.html
    grade batch exercise3 submissions/ --engine ray --address 10.0.0.1:6379
    grade batch exercise3 inbox/ --follow
    grade report
    """
    found = find_course(course, quiet=quiet)
    # What is wrong with the course is told once, not for each submission.
    policy = settings.load_settings(found).grading
    known, place = _parse_words(found, words)
    options = GradingOptions(
        device=device, backend=backend, time_limit_s=time_limit_s, fresh=fresh, keep_timeouts=True, sandbox=sandbox  # type: ignore[arg-type]
    )  # fmt: skip
    start = partial(engines.start_engine, engine_, found, known, options, address, jobs, memory=memory)
    inbox = Place(folder=place, roster=roster, naming=naming, idle_s=idle_s)
    if follow_:
        _check_follow(chosen, submitted)
        with contextlib.closing(Gradebook.open(gradebook)) as book, start(MAX_AT_ONCE) as engine:
            return grade_arrivals(inbox, known, book, Batch(found, engine.options, engine.at_once, grade=engine.grade))
    with _read_class(found, inbox, submitted, known, gradebook, policy) as (handed, book):
        verdicts, problems, fault = _grade(found, handed, known, book, start, replace_same=fresh, quiet=quiet)
    outcome = _finish_batch(verdicts, handed, problems, chosen, quiet=quiet)
    return Exit.FAULT if fault else outcome


def _check_follow(chosen: Mapping[str, Any], submitted: Path | None) -> None:
    """Raises: UsageError: options that --follow contradicts."""
    if any(chosen.values()):
        raise UsageError("--follow writes no reports; when it has ended, `grade report` does")
    if submitted:
        raise UsageError("--follow takes no --submitted; grade the same files once more with it")


@contextlib.contextmanager
def _read_class(
    course: courses.Course, inbox: Place, submitted: Path | None, known: Sequence[Exercise], gradebook: str, policy: GradingPolicy
) -> Iterator[tuple[Submissions, Gradebook]]:
    """The submissions with what is known of their students, and the open gradebook."""
    times = None if submitted is None else read_given_times(submitted, course.list_exercise_ids())
    with (
        sources.read_submissions(inbox.folder, inbox.roster, naming=inbox.naming, taken=sources.names_taken(known)) as read,
        contextlib.closing(Gradebook.open(gradebook)) as book,
    ):
        handed = add_knowledge(read, book, times)
        absent = describe_absent(handed, find_excused(policy, [one.id for one in known]))
        yield replace(handed, remarks=(*handed.remarks, *absent)), book


def _grade(
    course: courses.Course,
    handed: Submissions,
    known: Sequence[Exercise],
    book: Gradebook,
    start: Callable[[int], AbstractContextManager[engines.BatchEngine]],
    *,
    replace_same: bool,
    quiet: bool,
) -> tuple[list[Verdict], list[str], bool]:
    """The verdicts, what wasn't graded, and whether that was a fault of ours."""
    todo, doubts = assign_all(handed, known)
    problems = [*handed.problems, *doubts]
    # Before grading, so that a report shows who handed in nothing even after an interruption.
    book.add_students(handed.enrolled)
    verdicts: list[Verdict] = []
    recalled: list[FinishedJob] = []
    fault = False
    with tell_interruption(todo, verdicts, book), start(len(todo)) as engine, BatchView(len(todo), sys.stderr, enabled=not quiet) as view:
        batch = Batch(course, engine.options, engine.at_once, view.show_progress, engine.grade)
        # Closing it ends the running attempts if anything here fails.
        with contextlib.closing(batch.run(todo)) as ends:
            for done in ends:
                view.show_end(done)
                fault = fault or done.fault
                if done.graded is None:
                    problems.append(f"{done.job.student}: {done.problem}")
                else:
                    verdicts.append(record(book, done, replace_same=replace_same))
                    recalled += [done] * done.graded.recalled
    if recalled:
        click.echo(format_recalled(recalled, len(todo)), err=True)
    return verdicts, problems, fault


def _parse_words(course: courses.Course, words: Sequence[str]) -> tuple[list[Exercise], Path]:
    """The exercises and the place of the submissions. Raises: UsageError: one of the two is missing."""
    *wanted, place = words
    # The last word is the place, so a single word leaves no exercise.
    if not wanted:
        raise UsageError("grade batch needs exercises and a folder or archive, such as: grade batch exercise3 submissions/")
    return [loading.load_exercise(course, name) for name in dict.fromkeys(wanted)], Path(place)


def _finish_batch(
    verdicts: list[Verdict], handed: Submissions, problems: list[str], chosen: Mapping[str, Any], *, quiet: bool
) -> Exit:
    """The class in the order of its students, what went wrong, and the exit code."""
    # They come in the order in which they ended, which is another one each time.
    verdicts = sorted(verdicts, key=lambda verdict: (verdict.exercise, verdict.submission.path))
    try:
        if verdicts:
            outputs.write_reports(verdicts, chosen, quiet=quiet)
    finally:  # also where a file can't be written
        outputs.tell_problems("not graded", problems)
        outputs.tell_problems("not read", handed.unread)
        outputs.tell_problems("look at", handed.remarks)
    return Exit.USAGE if problems or handed.unread else Exit.PASSED
