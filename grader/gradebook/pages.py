"""A class as pages: the verdicts that count, under their students' names."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath

from msgspec import structs

from grader.gradebook.book import Gradebook
from grader.gradebook.grades import Cell, Row
from grader.reports import html
from grader.reports.maps import of_runs
from grader.reports.reading import number
from grader.run import Activations
from grader.submission import Refusal, parse
from grader.verdict import Note, Verdict


def pages(book: Gradebook, pairs: Iterable[tuple[Row, Cell]]) -> dict[str, str]:
    """The pages by their relative names, `index.html` first.

    Args:
        pairs: students and what they have for an exercise.
    """
    chosen = list(pairs)
    stored = dict(book.documents([cell.figures.key for _, cell in chosen]))
    verdicts: list[Verdict] = []
    sources: dict[str, str] = {}
    shown: dict[tuple[str, str], Activations | None] = {}
    for row, cell in chosen:
        documents = stored[cell.figures.key]
        verdict = documents.read()
        verdicts.append(_told(verdict, row, cell))
        if documents.source is not None:
            sources[cell.figures.sha256] = text_of(documents.source, verdict)
        shown[verdict.exercise, cell.figures.sha256] = of_runs(documents.read_runs() or [])
    return html.site(verdicts, sources, shown, [_remark(cell) for _, cell in chosen])


def text_of(source: bytes, verdict: Verdict) -> str:
    """The text of the file that was graded; empty where it was none."""
    try:
        return parse(source, PurePath(verdict.submission.path).suffix).source
    except Refusal:
        return ""


def _told(verdict: Verdict, row: Row, cell: Cell) -> Verdict:
    """The verdict under the student's name, with what the course's policy made of it."""
    name = f"{row.student} {row.name}" if row.name else row.student
    notes = verdict.notes
    if remark := _remark(cell):
        notes = [Note(line=None, message=remark), *notes]
    return structs.replace(verdict, submission=structs.replace(verdict.submission, path=name), notes=notes)


def _remark(cell: Cell) -> str:
    """What the course's policy made of the points; empty where they count as they are."""
    grade = cell.grade
    points = f"; it counts {number(grade.score)} of {number(grade.max_score)} points" if grade.graded else ""
    return grade.note + points if grade.note else ""
