"""What can be said of a file without running it: findings that end its grading, notes, and what of it to execute."""

from __future__ import annotations

from msgspec import Struct

from grader.static.findings import find, parse
from grader.static.dialect import notes as dialect_notes
from grader.static.plan import Plan, make_plan
from grader.submission import Finding, Submission
from grader.verdict import Note

__all__ = ["Finding", "Plan", "StaticReport", "inspect"]


class StaticReport(Struct, frozen=True, kw_only=True):
    """Any finding means: not graded further. Notes cost nothing."""

    findings: list[Finding]
    notes: list[Note]
    plan: Plan | None


def inspect(submission: Submission, function: str | None, stub: str | None = None) -> StaticReport:
    """Looks at a submission.

    Args:
        function: the graded function's name, or None for an exercise without one.
        stub: the text that students start from.
    """
    if submission.fault is not None:
        return StaticReport(findings=[submission.fault], notes=[], plan=None)
    parsed = parse(submission)
    if isinstance(parsed, Finding):
        return StaticReport(findings=[parsed], notes=[], plan=None)
    findings = find(parsed, function, stub)
    plan, notes = make_plan(parsed, submission.source, function)
    return StaticReport(findings=findings, notes=[*dialect_notes(parsed), *notes], plan=None if findings else plan)
