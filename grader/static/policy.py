"""What a course makes of TF 1 names: notes, warnings, or findings that end a file's grading."""

from __future__ import annotations

from typing import Literal

from msgspec import structs

from grader.static.report import StaticReport
from grader.submission import Finding
from grader.verdict import Note

REJECTED = "S108"
MOST = 20


def under(report: StaticReport, dialect: Literal["accept", "warn", "reject"]) -> StaticReport:
    """The report as the course's policy has it; a file without TF 1 names is the same under each."""
    if dialect == "accept" or not report.dialect:
        return report
    if dialect == "reject":
        findings = [*report.findings, *_findings(report.dialect)]
        return structs.replace(report, findings=findings, notes=_others(report), plan=None)
    warnings = [Note(line=note.line, message=f"warning: {note.message}") for note in report.dialect]
    return structs.replace(report, notes=[*warnings, *_others(report)])


def _others(report: StaticReport) -> list[Note]:
    return [note for note in report.notes if note not in report.dialect]


def _findings(notes: list[Note]) -> list[Finding]:
    hint = "This course takes TensorFlow 2 only: change the lines that are named."
    if len(notes) > MOST:
        hint = f"There are {len(notes) - MOST} more such places. {hint}"
    shown = notes[:MOST]
    return [
        Finding(code=REJECTED, message=note.message, line=note.line, hint=hint if note is shown[-1] else None)
        for note in shown
    ]
