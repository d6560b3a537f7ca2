"""Where a student's points come from and what would change them, as sentences for office hours."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from grader.courses.policy import ExerciseGrade, GradingPolicy, find_deadline
from grader.gradebook.corrections import MAX_REASON_LENGTH, Correction
from grader.gradebook.entries import VerdictFigures
from grader.gradebook.grades import GradeCell, StudentRow
from grader.messages.glossary import BASIS_MEANINGS
from grader.messages.text import escape_line
from grader.records.verdict import CheckResult, Verdict
from grader.reports.reading import (
    describe_ending,
    extract_figures,
    format_count,
    format_figure,
    format_number,
    format_points,
    line_figure,
)

MAX_LINE = 600


def describe_grade(row: StudentRow, cell: GradeCell, policy: GradingPolicy) -> Iterator[str]:
    """The grade that counts, and how it came from the measured points."""
    grade, figures = cell.grade, cell.figures
    yield f"{escape_line(f'{row.student} {row.name}'.strip(), 120)}: {figures.exercise}"
    points = (
        f"{format_number(grade.score)}/{format_number(grade.max_score)} points" if grade.graded else "no points yet"
    )
    yield f"  {points} count; the checks gave {format_number(grade.raw)}"
    if grade.note:
        yield f"  {escape_line(grade.note, MAX_LINE)}"
    if (due := find_deadline(policy, figures.exercise, row.student)) is not None:
        came = cell.submitted_at or "a time that isn't known"
        yield f"  due {due.isoformat(timespec='minutes')}, handed in at {came}"
    if len(row.cells) > 1:
        yield f"  total over all: {format_number(row.total.score)}/{format_number(row.total.max_score)}"


def describe_points(verdict: Verdict) -> Iterator[str]:
    """Each check's points and what they rest on."""
    for check in verdict.checks:
        meaning = BASIS_MEANINGS.get(check.basis, "")
        yield f"  {format_points(check):>9}  {check.id}: {check.status}; {check.basis}: {meaning}"


def describe_attempts(attempts: Sequence[VerdictFigures], counted: str) -> Iterator[str]:
    """Every file of the student, oldest first; the one that counts is marked."""
    for number, one in enumerate(attempts, 1):
        mark = "→" if one.key == counted else " "
        came = one.submitted_at or one.recorded_at
        late = ", late" if one.late else ""
        points = "not graded" if one.status == "error" else f"{format_number(one.score)}/{format_number(one.max_score)}"
        finding = f", {escape_line(one.finding, 200)}" if one.finding else ""
        yield f"  {mark} {number}. {came[:16].replace('T', ' ')}{late}: {points}{finding} (file {one.sha256[:12]})"


def describe_corrections(history: Sequence[Correction]) -> Iterator[str]:
    """Everything that was set by hand, oldest first."""
    for one in history:
        what = {
            "points": f"{format_number(one.points or 0.0)} points",
            "withdraw": "withdrawn",
            "comment": "comment",
        }[one.step]
        yield f"  {one.at[:16].replace('T', ' ')} {escape_line(one.by, 100)}: {what}: {escape_line(one.text, MAX_REASON_LENGTH)}"


def describe_changes(verdict: Verdict, cell: GradeCell) -> Iterator[str]:
    """What would give more points, the most first."""
    measured = cell.measured
    if verdict.status == "error":
        yield "  nothing that the student does: a fault of the grader or the machine kept it from a grade; grade it again"
        return
    if ending := describe_ending(verdict):
        message = verdict.end_message.split("\n", 1)[0]
        yield f"  the run itself: {ending} {escape_line(message, MAX_LINE)}".rstrip()
    lost = [check for check in verdict.checks if check.points < check.max_points]
    for check in sorted(lost, key=lambda check: check.points - check.max_points):
        yield from _describe_check(check)
    yield from _describe_miss(verdict)
    if measured.score < measured.raw:
        gap = format_number(measured.raw - measured.score)
        yield f"  +{gap}  in time: {escape_line(measured.note, MAX_LINE)}"
    if cell.by_hand.correction is not None:
        yield f"  the correction counts whatever is measured; without it: {format_number(measured.score)} (`grade correct … --withdraw`)"
    if not lost and measured.score == measured.raw and cell.by_hand.correction is None:
        yield "  nothing: all points are reached"


def _describe_check(check: CheckResult) -> Iterator[str]:
    gain = f"+{format_number(check.max_points - check.points)}"
    if check.status == "skipped":
        yield f"  {gain:>5}  {check.id} couldn't be judged: {escape_line(check.message, MAX_LINE)}"
        return
    yield f"  {gain:>5}  {check.id}: {escape_line(check.message or check.title, MAX_LINE)}"
    for name, text in (("expected", check.expected), ("got", check.got), ("hint", check.hint)):
        if text:
            yield f"         {name}: {escape_line(text, MAX_LINE)}"
    if check.line:
        yield f"         line {check.line} of the file"


def _describe_miss(verdict: Verdict) -> Iterator[str]:
    """How near the best epoch came to the exercise's line."""
    line = verdict.line_to_cross
    logged = [extract_figures(record, line.metric) for record in verdict.training] if line is not None else []
    values = [value for figures in logged for value in figures if math.isfinite(value)]
    if line is not None and values and max(values) <= line.above:
        trainings = format_count(len(verdict.training), "training")
        yield f"  the best epoch of {trainings} reached {format_figure(max(values), line.above)}; the line is {line_figure(line.above)}"


def describe_rule(grade: ExerciseGrade, keep: str, most: int | None) -> str:
    """Which attempt counts by the course's rule."""
    limit = f" of the first {most}" if most is not None else ""
    return f"the {keep} attempt{limit} counts: number {grade.attempt + 1} of {grade.attempts}"
