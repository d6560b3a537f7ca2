"""`grade batch --follow`: what arrives in a folder, graded as it comes, each once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from grader import submission
from grader.batch import sources
from grader.batch.assign import GradingJob, assign_all
from grader.batch.following import Follower, follow
from grader.batch.loop import Batch
from grader.cli.batch.record import add_knowledge, record
from grader.cli.batch.view import format_end
from grader.courses.exercise import Exercise
from grader.errors import Exit, UsageError
from grader.gradebook import Gradebook
from grader.gradebook.entries import hash_specification
from grader.messages.text import escape_line
from grader.records.student_ids import to_student_id

SETTLE_S = 2.0
MAX_AT_ONCE = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where work arrives, and how to tell whose it is."""

    folder: Path
    roster: Path | None
    naming: str | None
    idle_s: float | None


def grade_arrivals(place: Place, exercises: Sequence[Exercise], book: Gradebook, batch: Batch) -> Exit:
    """Grades arrivals until nothing comes any more; what can't be read is left where it is, with a line.

    A kill loses nothing: what the gradebook has isn't graded again.

    Raises:
        UsageError: no such folder.
    """
    outcome = Exit.PASSED
    for arrivals in follow(Follower(place.folder, SETTLE_S), place.idle_s):
        for path in arrivals:
            try:
                ended = _grade_one(path, place, exercises, book, batch)
            # One bad arrival must not end a session that runs for weeks.
            except (UsageError, OSError) as error:
                click.echo(f"left: {escape_line(path.name)}: {escape_line(str(error), 300)}", err=True)
                ended = Exit.USAGE
            # Exit codes grow with their gravity.
            outcome = max(outcome, ended)
    return outcome


def _grade_one(path: Path, place: Place, exercises: Sequence[Exercise], book: Gradebook, batch: Batch) -> Exit:
    taken = sources.names_taken(exercises)
    # The roster is read again for each arrival: students enrol late.
    with sources.read_arrival(path, place.roster, naming=place.naming, taken=taken) as read:
        handed = add_knowledge(read, book)
        jobs, doubts = assign_all(handed, exercises)
        for problem in (*handed.problems, *handed.unread, *doubts):
            click.echo(f"left: {escape_line(path.name)}: {escape_line(problem, 300)}", err=True)
        book.add_students({each.student: each.name for each in handed})
        fault = False
        # A restart sees every old file as an arrival.
        for done in batch.run(_find_new(jobs, book)):
            click.echo(format_end(done))
            fault = fault or done.fault
            if done.graded is not None:
                record(book, done, replace_same=False)
    return Exit.FAULT if fault else Exit.USAGE if handed.problems or doubts else Exit.PASSED


def _find_new(jobs: Sequence[GradingJob], book: Gradebook) -> list[GradingJob]:
    """Those whose file the gradebook doesn't have by the exercise as it is."""
    known = {
        (one.exercise, one.student, one.sha256, one.spec)
        for name in {job.exercise.id for job in jobs}
        for one in book.list_figures(name)
        # What a fault of ours kept from a grade is tried again.
        if one.status != "error"
    }
    return [
        job
        for job in jobs
        if (job.exercise.id, to_student_id(job.student), submission.read_submission(job.path).sha256, hash_specification(job.exercise)) not in known
    ]
