"""A page for each student to give back: their own grades, corrections, comments and verdicts, and nothing of anybody else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from msgspec import structs

from grader.gradebook.book import Gradebook
from grader.gradebook.entries import VerdictDocuments
from grader.gradebook.grades import GradeCell, GradeSheet, StudentRow
from grader.gradebook.pages import decode_source
from grader.records.run import Activations
from grader.records.verdict import Verdict
from grader.reports.html import FeedbackRow, TitlesByExercise, render_feedback
from grader.reports.maps import find_activations
from grader.reports.reading import format_number

# A quiz's verdict as students may see it now, from the stored one and the stored answers; None where nothing may be seen.
ShowQuiz = Callable[[Verdict, bytes | None], Verdict | None]


def render_feedback_pages(
    book: Gradebook, sheet: GradeSheet, exercises: Sequence[str], quizzes: dict[str, ShowQuiz], titles: TitlesByExercise
) -> Iterable[tuple[StudentRow, Verdict, str]]:
    """Each student who has something to see, their first verdict, and the page.

    Args:
        exercises: what to show.
        quizzes: for each quiz among them, how its verdicts may be seen.
        titles: the questions with pictures and formulas, as `html.render` takes them.
    """
    for row in sheet.rows:
        cells = [row.cells[name] for name in exercises if name in row.cells]
        stored = dict(book.iter_documents([cell.figures.key for cell in cells]))
        pairs = [(cell, stored[cell.figures.key]) for cell in cells]
        shown = [
            (cell, documents, verdict) for cell, documents in pairs if (verdict := _show(cell, documents, quizzes))
        ]
        if shown:
            # The total tells the points of what may not be seen yet.
            whole = len(shown) == len(cells) and set(exercises) == set(sheet.exercises)
            yield row, shown[0][2], _render(row, shown, titles, whole=whole)


def _show(cell: GradeCell, documents: VerdictDocuments, quizzes: dict[str, ShowQuiz]) -> Verdict | None:
    verdict = documents.read_verdict()
    show = quizzes.get(cell.figures.exercise)
    return verdict if show is None else show(verdict, documents.source)


def _render(
    row: StudentRow,
    shown: Sequence[tuple[GradeCell, VerdictDocuments, Verdict]],
    titles: TitlesByExercise,
    *,
    whole: bool,
) -> str:
    sources: dict[str, str] = {}
    pictures: dict[tuple[str, str], Activations | None] = {}
    for cell, documents, verdict in shown:
        if documents.source is not None:
            sources[cell.figures.sha256] = decode_source(documents.source, verdict)
        pictures[verdict.exercise, cell.figures.sha256] = find_activations(documents.read_runs() or [])
    rows = [_build_row(row, cell, verdict) for cell, _, verdict in shown]
    total = f"{format_number(row.total.score)}/{format_number(row.total.max_score)}" if whole and len(rows) > 1 else ""
    return render_feedback(row.name or row.student, rows, total, sources, pictures, titles)


def _build_row(row: StudentRow, cell: GradeCell, verdict: Verdict) -> FeedbackRow:
    grade, comment = cell.grade, cell.by_hand.comment
    points = f"{format_number(grade.score)}/{format_number(grade.max_score)}" if grade.graded else "not graded"
    # The file's name in the archive may tell the platform's own numbers; the student knows it by their own name.
    named = structs.replace(verdict.submission, path=row.name or row.student)
    return FeedbackRow(
        verdict=structs.replace(verdict, submission=named),
        title=verdict.title or verdict.exercise,
        points=points,
        note=grade.note,
        comment=comment.text if comment else "",
        comment_by=comment.by if comment else "",
    )
