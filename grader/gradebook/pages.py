"""A class as pages: the verdicts that count, under their students' names."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath

from msgspec import structs

from grader.gradebook.book import Gradebook
from grader.gradebook.grades import GradeCell, StudentRow
from grader.records.run import Activations
from grader.records.verdict import Note, Verdict
from grader.reports import html
from grader.reports.maps import find_activations
from grader.reports.reading import format_number
from grader.submission import Refusal, parse_bytes


def render_pages(book: Gradebook, pairs: Iterable[tuple[StudentRow, GradeCell]]) -> dict[str, str]:
    """The pages by their relative names, `index.html` first.

    Args:
        pairs: students and what they have for an exercise.
    """
    chosen = list(pairs)
    # All at once: a query for each student would take most of the time.
    stored = dict(book.iter_documents([cell.figures.key for _, cell in chosen]))
    verdicts: list[Verdict] = []
    sources: dict[str, str] = {}
    shown: dict[tuple[str, str], Activations | None] = {}
    for row, cell in chosen:
        documents = stored[cell.figures.key]
        verdict = documents.read_verdict()
        verdicts.append(_add_grade(verdict, row, cell))
        if documents.source is not None:
            sources[cell.figures.sha256] = decode_source(documents.source, verdict)
        shown[verdict.exercise, cell.figures.sha256] = find_activations(documents.read_runs() or [])
    return html.render_site(verdicts, sources, shown, [_describe_grade(cell) for _, cell in chosen])


def decode_source(source: bytes, verdict: Verdict) -> str:
    """The text of the file that was graded; empty where it was none."""
    try:
        # Read as when it was graded, so that a verdict's lines are those of the shown text.
        return parse_bytes(source, PurePath(verdict.submission.path).suffix).source
    except Refusal:
        return ""


def _add_grade(verdict: Verdict, row: StudentRow, cell: GradeCell) -> Verdict:
    """The verdict under the student's name, with what the course's policy made of it."""
    name = f"{row.student} {row.name}" if row.name else row.student
    notes = verdict.notes
    if remark := _describe_grade(cell):
        notes = [Note(line=None, message=remark), *notes]
    return structs.replace(verdict, submission=structs.replace(verdict.submission, path=name), notes=notes)


def _describe_grade(cell: GradeCell) -> str:
    """What the course's policy made of the points; empty where they count as they are."""
    grade = cell.grade
    points = (
        f"; it counts {format_number(grade.score)} of {format_number(grade.max_score)} points" if grade.graded else ""
    )
    return grade.note + points if grade.note else ""
