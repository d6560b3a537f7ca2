"""For instructors: what a changed exercise or key would change, which files are alike, how a quiz's questions work.

Nothing is written before its preview was seen, and only what that preview showed.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from msgspec import Struct
from starlette.responses import Response

from grader.batch.assign import GradingJob
from grader.batch.handed import Handed
from grader.checks.loading import load_exercise
from grader.cli.similar import COPYDETECT_MISSING, MAX_COMPARED_FILES, MAX_FILE_LETTERS, compare_files
from grader.courses.exercise import Exercise, find_exercise_text
from grader.errors import UsageError
from grader.gradebook.entries import VerdictFigures
from grader.gradebook.grades import list_grades, read_sheet
from grader.gradebook.pages import decode_source
from grader.gradebook.regrade import VerdictChange, find_changes, format_verdict_changes
from grader.quiz.handed_in import mark_class
from grader.quiz.key import load_key
from grader.quiz.loading import load_quiz
from grader.quiz.marking import mark_attempt
from grader.quiz.marksheet import build_marksheet, hash_answer_key
from grader.quiz.sitting import build_responses
from grader.serve.gate import PageError, Visit, redirect
from grader.serve.quiz_marking import build_response_file, record_attempts

MIN_SHARE = 0.5
MAX_PAIRS = 100
ANALYSIS_WIDTH = 100


class QuizChange(Struct, frozen=True, kw_only=True):
    """An attempt whose points another key changes."""

    student: str
    attempt: int
    before: float
    after: float
    max_score: float


def show_regrade(visit: Visit) -> Response:
    """Who changes if stored runs, or stored answers, are judged by the course as it is now."""
    name = visit.params["name"]
    if name in visit.site.quizzes:
        changes, digest = _find_quiz_changes(visit, name)
        return visit.render("regrade_quiz.html", name=name, changes=changes, digest=digest)
    told, text, digest = _find_exercise_changes(visit, name)
    return visit.render("regrade.html", name=name, text=text, count=len(told), digest=digest)


def apply_regrade(visit: Visit) -> Response:
    """Writes what the preview has shown; where something has changed since, nothing."""
    name, never_lower = visit.params["name"], bool(visit.read_field("never_lower"))
    if name in visit.site.quizzes:
        _, digest = _find_quiz_changes(visit, name)
        _check_preview(visit, digest)
        course = visit.site.course
        quiz = load_quiz(course, name)
        record_attempts(course, visit.site.book, quiz, visit.site.sittings.list_handed_in(name), datetime.now(UTC))
        return redirect(f"/review/regrade/{name}")
    told, _, digest = _find_exercise_changes(visit, name)
    _check_preview(visit, digest)
    visit.site.book.write_entries([change.after for change in told if not (never_lower and change.worsens)])
    return redirect(f"/review/regrade/{name}")


def _check_preview(visit: Visit, digest: str) -> None:
    if visit.read_field("digest") != digest:
        raise PageError(409, "Something has changed since this preview was made. Look at it again, then write it.")


def _load_exercise(visit: Visit, name: str) -> Exercise:
    """As it is now, which need not be as when serving began. Raises: PageError: there is none."""
    if name not in visit.site.course.list_exercise_ids():
        raise PageError(404, "This course has no such exercise.")
    return load_exercise(visit.site.course, name)


def _find_exercise_changes(visit: Visit, name: str) -> tuple[list[VerdictChange], str, str]:
    """The changes, their preview, and its digest."""
    exercise = _load_exercise(visit, name)
    figures = visit.site.book.list_figures(name)
    changes, left = find_changes(visit.site.course, exercise, visit.site.book, figures)
    return changes, format_verdict_changes(name, figures, changes, left), _hash_changes(changes, left)


def _hash_changes(changes: Sequence[VerdictChange], left: Counter[str]) -> str:
    rows = [(change.before.key, change.after.figures.key, change.after.figures.score) for change in changes]
    return hashlib.sha256(repr((rows, sorted(left.items()))).encode()).hexdigest()


def _find_quiz_changes(visit: Visit, name: str) -> tuple[list[QuizChange], str]:
    """The attempts whose points differ, and a digest of that and the key."""
    course = visit.site.course
    quiz = load_quiz(course, name)
    solutions = load_key(course, quiz)
    if solutions is None:
        raise PageError(409, "This course has no key for the quiz.")
    last = _find_last_marks(visit.site.book.list_figures(name, current=False))
    changes = []
    for one in visit.site.sittings.list_handed_in(name):
        marked = mark_attempt(quiz, solutions, build_responses(one))
        before = last.get((one.student, build_response_file(one).source.sha256))
        if before is not None and before.score != marked.score:
            changes.append(
                QuizChange(
                    student=one.student,
                    attempt=one.attempt,
                    before=before.score,
                    after=marked.score,
                    max_score=marked.max_score,
                )
            )
    told = [(change.student, change.attempt, change.before, change.after) for change in changes]
    return changes, hashlib.sha256(repr((told, hash_answer_key(solutions))).encode()).hexdigest()


def _find_last_marks(figures: Sequence[VerdictFigures]) -> dict[tuple[str, str], VerdictFigures]:
    """Of each attempt the marks that were made last."""
    return {(one.student, one.sha256): one for one in sorted(figures, key=lambda one: one.graded_at)}


def show_similar(visit: Visit) -> Response:
    """Which files that count are alike; a place to look, never a score."""
    exercise = _load_exercise(visit, visit.params["name"])
    if find_spec("copydetect") is None:
        raise UsageError(COPYDETECT_MISSING)
    texts, keys = _read_counted_texts(visit, exercise)
    stub = find_exercise_text(visit.site.course, exercise.id, "stub.py")
    found = compare_files(texts, stub.read_text(encoding="utf-8") if stub.exists() else "", MIN_SHARE)
    return visit.render(
        "similar.html", name=exercise.id, found=found, pairs=found.pairs[:MAX_PAIRS], keys=keys, least=MIN_SHARE
    )


def _read_counted_texts(visit: Visit, exercise: Exercise) -> tuple[list[tuple[GradingJob, str]], dict[str, str]]:
    """The code of each student's file that counts, and the keys of their verdicts. Raises: PageError: too many."""
    sheet = read_sheet(visit.site.book, visit.site.settings.grading)
    keys = {row.student: cell.figures.key for row, cell in list_grades(sheet, exercise.id)}
    if len(keys) > MAX_COMPARED_FILES:
        raise PageError(
            422, f"{len(keys):,} files are too many to be compared each with each; at most {MAX_COMPARED_FILES:,}."
        )
    students = {key: student for student, key in keys.items()}
    texts = []
    for key, documents in visit.site.book.iter_documents(list(students)):
        source = decode_source(documents.source, documents.read_verdict()) if documents.source else ""
        if source and len(source) <= MAX_FILE_LETTERS:
            path = Path(f"{students[key]}.py")
            texts.append(
                (
                    GradingJob(handed=Handed(student=students[key]), exercise=exercise, path=path, name=exercise.id),
                    source,
                )
            )
    return sorted(texts, key=lambda pair: pair[0].student), keys


def show_pair(visit: Visit) -> Response:
    """Two students' files side by side."""
    keys = [visit.query.get("a", ""), visit.query.get("b", "")]
    found = dict(visit.site.book.iter_documents(keys))
    figures = [visit.site.book.find_figures(key) for key in keys]
    sides: list[dict[str, Any]] = []
    for key, one in zip(keys, figures, strict=True):
        if one is None or key not in found:
            raise PageError(404, "There is no such verdict.")
        documents = found[key]
        source = decode_source(documents.source, documents.read_verdict()) if documents.source else ""
        sides.append(
            {
                "student": one.student,
                "lines": list(enumerate(source.split("\n"), 1)),
                "key": key,
                "exercise": one.exercise,
            }
        )
    return visit.render("pair.html", sides=sides)


def show_items(visit: Visit) -> Response:
    """How the questions of a quiz work, in words, the ones to look at first."""
    course = visit.site.course
    name = visit.params["name"]
    if name not in visit.site.quizzes:
        raise PageError(404, "This course has no such quiz.")
    quiz = load_quiz(course, name)
    solutions = load_key(course, quiz)
    if solutions is None:
        raise PageError(409, "This course has no key for the quiz.")
    attempts = visit.site.sittings.list_handed_in(name)
    text = ""
    if attempts:
        sheet = build_marksheet(
            quiz, solutions, mark_class(quiz, solutions, [build_response_file(one) for one in attempts])
        )
        # Loaded only here, as it brings NumPy, which no other page needs.
        analyze = import_module("grader.cli.analyze")
        text = analyze.render_analysis(analyze.build_item_analysis(quiz, solutions, sheet), quiz, ANALYSIS_WIDTH)
    return visit.render("items.html", quiz=quiz, text=text, count=len(attempts))
