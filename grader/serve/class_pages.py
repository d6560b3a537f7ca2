"""For instructors and assistants: the class as a table, a student, a verdict with its source, corrections, exports."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, cast

from msgspec import structs
from starlette.responses import Response

from grader.cli import export
from grader.cli.correct import check_text, read_steps
from grader.errors import UsageError
from grader.gradebook.corrections import MAX_COMMENT_LENGTH, Correction
from grader.gradebook.entries import VerdictFigures
from grader.gradebook.finding import find_grade
from grader.gradebook.grades import GradeSheet, StudentRow, describe_doubts, read_sheet
from grader.gradebook.pages import decode_source
from grader.gradebook.verdict_story import describe_attempts, describe_corrections
from grader.records.student_ids import to_look
from grader.reports.html import render_body
from grader.reports.maps import find_activations
from grader.serve.gate import PageError, Visit, redirect
from grader.serve.rendering import encode_query

EXPORT_TYPES = MappingProxyType(
    {"json": "application/json", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
)
MAX_SHOWN_ROWS = 1000
MAX_SOURCE_LINES = 5000


def show_class(visit: Visit) -> Response:
    """Every student with their points; `?q=` filters by id and name, `?sort=` sorts by a column, `-` before it backwards."""
    sheet = _read(visit)
    wanted, sort = to_look(visit.query.get("q", "")), visit.query.get("sort", "id")
    rows = [row for row in sheet.rows if wanted in to_look(row.student) or wanted in to_look(row.name)]
    rows.sort(key=_choose_sort_key(sort.removeprefix("-"), sheet), reverse=sort.startswith("-"))
    return visit.render(
        "class.html",
        rows=rows[:MAX_SHOWN_ROWS],
        left_out=max(0, len(rows) - MAX_SHOWN_ROWS),
        exercises=list(sheet.exercises),
        sheet=sheet,
        query=visit.query.get("q", ""),
        sort=sort,
        doubts=describe_doubts(visit.site.settings.grading, sheet, list(sheet.exercises)),
        formats=export.EXPORT_FORMATS,
        quizzes=list(visit.site.quizzes),
    )


def _read(visit: Visit) -> GradeSheet:
    return read_sheet(visit.site.book, visit.site.settings.grading)


def _choose_sort_key(column: str, sheet: GradeSheet) -> Callable[[StudentRow], Any]:
    if column == "name":
        return lambda row: (row.name.casefold(), row.student)
    if column == "total":
        return lambda row: (row.total.score, row.student)
    if column in sheet.exercises:
        # Who handed in nothing comes below those with no points.
        return lambda row: (row.cells[column].grade.score if column in row.cells else -1.0, row.student)
    return lambda row: row.student


def show_student(visit: Visit) -> Response:
    """One student: each grade with how it came about, and everything that was handed in."""
    student = visit.query.get("id", "")
    sheet = _read(visit)
    row = next((one for one in sheet.rows if one.student == student), None)
    if row is None:
        raise PageError(404, "There is no such student.")
    figures = visit.site.book.list_figures(student=student)
    queued = visit.site.queue.list_submissions(student=student)
    return visit.render(
        "student.html",
        row=row,
        exercises=list(sheet.exercises),
        attempts={name: [one for one in figures if one.exercise == name] for name in sheet.exercises},
        unfinished=[one for one in queued if one.state != "done"],
    )


def show_verdict(visit: Visit) -> Response:
    """One verdict as the student sees it, with the whole file, all attempts, and what was set by hand."""
    found = _find_figures(visit)
    site = visit.site
    documents = dict(site.book.iter_documents([found.key]))[found.key]
    verdict = documents.read_verdict()
    source = None if documents.source is None else decode_source(documents.source, verdict)
    named = structs.replace(verdict, submission=structs.replace(verdict.submission, path=found.exercise))
    row, cell = find_grade(_read(visit), found.student, found.exercise, site.book.shown)
    history = [
        one for one in site.book.list_corrections() if (one.student, one.exercise) == (found.student, found.exercise)
    ]
    own = site.book.list_figures(found.exercise, student=found.student)
    return visit.render(
        "verdict.html",
        body=render_body(named, source, find_activations(documents.read_runs() or []), next_step=""),
        figures=found,
        row=row,
        cell=cell,
        lines=_number_lines(source),
        attempts=list(describe_attempts(own, cell.figures.key)),
        keys=[one.key for one in own],
        history=list(describe_corrections(history)),
        may_correct=visit.person is not None and visit.person.role == "instructor",
    )


def _number_lines(source: str | None) -> list[tuple[int, str]]:
    return list(enumerate(source.split("\n")[:MAX_SOURCE_LINES], 1)) if source else []


def _find_figures(visit: Visit) -> VerdictFigures:
    """The verdict of the address, by its key. Raises: PageError: there is none."""
    key = visit.query.get("key", "")
    figures = visit.site.book.find_figures(key)
    if figures is None:
        raise PageError(404, "There is no such verdict.")
    return figures


def save_correction(visit: Visit) -> Response:
    """Sets a grade by hand, or withdraws that: beside what was measured, with the name of who did it."""
    step = visit.read_field("step")
    points = visit.read_field("points") if step == "points" else None
    reason = visit.read_field("reason")
    return _add_corrections(visit, points=points, reason=reason, comment=None, withdraw=step == "withdraw")


def save_comment(visit: Visit) -> Response:
    """Writes to a student about an exercise; an empty comment removes the last one."""
    check_text(visit.read_field("comment"), "The comment", MAX_COMMENT_LENGTH)
    return _add_corrections(visit, points=None, reason=None, comment=visit.read_field("comment"), withdraw=False)


def _add_corrections(
    visit: Visit, *, points: str | None, reason: str | None, comment: str | None, withdraw: bool
) -> Response:
    site, person = visit.site, visit.person
    assert person is not None
    row, cell = find_grade(_read(visit), visit.read_field("student"), visit.read_field("exercise"), site.book.shown)
    try:
        steps = read_steps(points, reason, comment, cell, withdraw=withdraw)
    except UsageError as error:
        raise PageError(422, str(error).replace("--", "")) from error
    for step, text, value in steps:
        site.book.add_correction(
            Correction(
                exercise=cell.figures.exercise,
                student=row.student,
                step=step,
                by=person.name or person.id,
                at=datetime.now(UTC).isoformat(timespec="microseconds"),
                text=text,
                points=value,
                measured=cell.measured.score,
            )
        )
    return redirect(f"/class/verdict?{encode_query(key=cell.figures.key)}")


def send_export(visit: Visit) -> Response:
    """The grades as `grade export` writes them, without a table of the LMS to fill in."""
    format_ = visit.params["format"]
    if format_ not in export.EXPORT_FORMATS:
        raise PageError(404, "There is no such format.")
    sheet, named = _read(visit), visit.query.get("exercise", "")
    if named and named not in sheet.exercises:
        raise PageError(404, "Nothing was handed in for that.")
    chosen = [named] if named else list(sheet.exercises)
    if not chosen or (format_ in export.SINGLE_EXERCISE_FORMATS and len(chosen) != 1):
        raise PageError(422, "This format is a table of one exercise: choose one that somebody has handed in.")
    data, _ = export.render_grades(
        sheet, chosen, cast("export.ExportFormat", format_), None, visit.site.course, checks=False
    )
    suffix = format_ if format_ in EXPORT_TYPES else "csv"
    headers = {"Content-Disposition": f'attachment; filename="grades-{format_}.{suffix}"'}
    return Response(data, media_type=EXPORT_TYPES.get(format_, "text/csv"), headers=headers)


def show_machine(visit: Visit) -> Response:
    """The queue: what is graded now, what waits and for how long, what was put aside."""
    queue = visit.site.queue
    unfinished = queue.list_submissions(states=("waiting", "running"))
    waiting = [one for one in unfinished if one.state == "waiting"]
    places = queue.read_places(visit.site.at_once)
    return visit.render(
        "machine.html",
        running=[one for one in unfinished if one.state == "running"],
        waiting=len(waiting),
        oldest=waiting[0].came if waiting else None,
        wait_s=places[waiting[-1].number].wait_s if waiting else None,
        failed=queue.list_submissions(states=("failed",)),
        at_once=visit.site.at_once,
        streams=visit.site.live.stream_count,
        now_s=datetime.now(UTC).timestamp(),
    )


def requeue_submission(visit: Visit) -> Response:
    """Has a submission graded once more that was put aside."""
    visit.site.queue.requeue(visit.read_number("number"))
    return redirect("/machine")
