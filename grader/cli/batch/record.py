"""Writing a batch's verdict into the gradebook, under the student's id."""

from __future__ import annotations

from pathlib import Path

from msgspec import structs

from grader.batch.loop import FinishedJob
from grader.gradebook import Gradebook
from grader.records.verdict import Verdict


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
        submitted_at=handed.submitted_at,
        handed_in=handed.handed_in,
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
