"""Between a batch and its gradebook: whom it knows already, and each verdict under the student's id."""

from __future__ import annotations

from pathlib import Path

from msgspec import structs

from grader.batch.given_times import GivenTimes, add_given_times
from grader.batch.handed import Submissions
from grader.batch.identities import recall_students
from grader.batch.loop import FinishedJob
from grader.gradebook import Gradebook
from grader.records.verdict import Verdict


def add_knowledge(read: Submissions, book: Gradebook, times: GivenTimes | None = None) -> Submissions:
    """The submissions with what else is known of their students: by this roster, or by one that came earlier."""
    if read.roster is not None:
        book.remember_roster(read.roster)
    remembered = book.read_roster()
    handed = read if read.roster is not None else recall_students(read, remembered)
    return handed if times is None else add_given_times(handed, times, remembered)


def record(book: Gradebook, done: FinishedJob, *, replace_same: bool) -> Verdict:
    """Writes a verdict, and returns it under the name that it has there."""
    assert done.graded is not None
    handed, named = done.job.handed, _name_verdict(done)
    book.record_verdict(
        done.job.exercise,
        handed.student,
        structs.replace(done.graded, verdict=named),
        name=handed.name,
        source=done.job.path.read_bytes(),
        handed_in=handed.handed_in,  # orders the attempts, whoever knows the time better
        times=handed.list_times(done.job.exercise.id),
        late=handed.late,
        replace=replace_same,
    )
    return named


def _name_verdict(done: FinishedJob) -> Verdict:
    """The verdict under the student's id, so that the rows of a class can be distinguished."""
    assert done.graded is not None
    verdict = done.graded.verdict
    # The file's own path is in a temporary folder and says nothing to anybody.
    path = f"{done.job.student}/{Path(done.job.name).name}"
    return structs.replace(verdict, submission=structs.replace(verdict.submission, path=path))
