"""Marking response files: one, or a class."""

from __future__ import annotations

import statistics
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from grader.batch.file_names import ARCHIVES, UNREADABLE_ARCHIVES
from grader.cli import outputs
from grader.courses import settings
from grader.courses.course import Course
from grader.courses.policy import find_excused
from grader.errors import Exit, UsageError
from grader.messages.text import escape_line
from grader.quiz import handed_in, key, lms_answers, marking, marksheet, verdicts
from grader.quiz.handed_in import MarkedResponse, ResponseFile
from grader.quiz.key import AnswerKey
from grader.quiz.marksheet import Marksheet
from grader.quiz.model import Quiz
from grader.quiz.pictures import load_pictures
from grader.quiz.screens import format_count
from grader.quiz.verdicts import ReviewScope
from grader.records.verdict import Verdict
from grader.reports import write

if TYPE_CHECKING:
    from grader.batch.quiz_answers import ClassAnswers
    from grader.gradebook import Gradebook

# The most students whose lines a terminal gets; files get all.
MAX_STUDENT_LINES = 400
GRADEBOOK_FILE = Path("gradebook.db")


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkingOptions:
    """What becomes of the marks of a class.

    Args:
        roster, naming: who the students are, and how the archive names them.
        marks, table: files to write.
        gradebook: where the marks go beside those of exercises; by default into the gradebook that is here.
        chosen: the values of the output options.
    """

    chosen: Mapping[str, Any]
    roster: Path | None = None
    naming: str | None = None
    marks: Path | None = None
    table: Path | None = None
    gradebook: str | None = None
    reveal: bool = False
    quiet: bool = False


def mark_answers(course: Course, quiz: Quiz, answers: Path, options: MarkingOptions) -> int:
    """Marks what is in `answers` and delivers verdicts; returns the exit code.

    Raises:
        UsageError: a single response file is broken, or there is no key to mark with.
        CourseError: the key is broken.
    """
    solutions = key.load_key(course, quiz)
    # The file has the history of earlier markings, which a new one would lose.
    if options.marks is not None and options.marks.exists():
        raise UsageError(
            f"{options.marks} is there already; remove it, or mark it again: grade regrade {quiz.id} --marks {options.marks}"
        )
    is_class = answers.is_dir() or lms_answers.is_table(answers) or answers.name.lower().endswith((*ARCHIVES, *UNREADABLE_ARCHIVES))
    if is_class or options.roster is not None or options.gradebook is not None:
        excused = find_excused(settings.load_settings(course).grading, [quiz.id])
        return _mark_class(quiz, solutions, answers, options, excused)
    (path,) = handed_in.find_response_files(answers)
    item = handed_in.read_response_file(path, quiz)
    # After reading: a student without the key still learns whether the file is well-formed.
    solutions = require_key(solutions, quiz, [item])
    verdict = _build_verdict(
        quiz, solutions, item, marking.mark_attempt(quiz, solutions, item.responses), _find_scope(quiz, options)
    )
    outputs.write_reports(
        [verdict], options.chosen, quiet=options.quiet, titles=build_page_titles(course, quiz, options.chosen)
    )
    _write_marks(quiz, handed_in.mark_class(quiz, solutions, [item]), solutions, options.marks, options.table)
    return Exit.PASSED if verdict.status == "passed" else Exit.NOT_PASSED


def _find_gradebook(options: MarkingOptions) -> str | None:
    """The gradebook that was named, or that `grade batch` has begun here."""
    here = GRADEBOOK_FILE.is_file() and options.marks is None
    return options.gradebook or (f"sqlite:///{GRADEBOOK_FILE}" if here else None)


def build_page_titles(course: Course, quiz: Quiz, chosen: Mapping[str, Any]) -> dict[str, dict[str, Any]] | None:
    """The questions with pictures and formulas as markup, where a page is written."""
    if chosen["html"] is None:
        return None
    # Loaded only for pages: base64 and markup take longer to import than most quizzes to mark.
    return {quiz.id: import_module("grader.quiz.page_titles").build_titles(quiz, load_pictures(course, quiz))}


def _find_scope(quiz: Quiz, options: MarkingOptions) -> ReviewScope:
    return verdicts.FULL_REVIEW if options.reveal else verdicts.find_review_scope(quiz, datetime.now(UTC))


def _mark_class(
    quiz: Quiz, solutions: AnswerKey | None, answers: Path, options: MarkingOptions, excused: Collection[str]
) -> int:
    """Marks every file that can be read; 0 where that is all of them, else 2."""
    url = _find_gradebook(options)
    with closing(import_module("grader.gradebook").Gradebook.open(url)) if url else nullcontext() as book:
        return _mark_into(quiz, solutions, answers, options, excused, book)


def _mark_into(
    quiz: Quiz,
    solutions: AnswerKey | None,
    answers: Path,
    options: MarkingOptions,
    excused: Collection[str],
    book: Gradebook | None,
) -> int:
    read: ClassAnswers = import_module("grader.batch.quiz_answers").read_class_answers(
        answers, quiz, options.roster, naming=options.naming, remembered=book.read_roster() if book else None, excused=excused
    )
    items = [item for _, item in read.items]
    attempts = handed_in.mark_class(quiz, require_key(solutions, quiz, items), items)
    assert solutions is not None
    sheet = _write_marks(quiz, attempts, solutions, options.marks, options.table)
    seen = _find_scope(quiz, options)
    found = [_build_verdict(quiz, solutions, a.handed_in, a.marked, seen, named=True) for a in attempts if a.kept]
    if any(options.chosen.values()) and found:
        outputs.write_reports(found, options.chosen, quiet=True)
    if not any(options.chosen[name] == "-" for name in outputs.FILE_FORMATS):
        click.echo(format_class_summary(quiz, sheet, read.files, quiet=options.quiet))
    if book is not None:
        _record_marks(quiz, solutions, attempts, read, book)
    for problem in read.problems:
        click.echo(f"not marked: {problem}", err=True)
    for doubt in [*read.remarks, *handed_in.find_suspicious_attempts(quiz, attempts)]:
        click.echo(f"look at: {doubt}", err=True)
    return Exit.USAGE if read.problems else Exit.PASSED


def _record_marks(
    quiz: Quiz, solutions: AnswerKey, attempts: Sequence[MarkedResponse], read: ClassAnswers, book: Gradebook
) -> None:
    if read.roster is not None:
        book.remember_roster(read.roster)
    book.add_students(read.enrolled)
    # No more than the policy allows, whatever `--reveal` shows here: students get the gradebook's pages.
    seen = verdicts.find_review_scope(quiz, datetime.now(UTC))
    quiz_marks = import_module("grader.gradebook.quiz_marks")
    records = {quiz_marks.make_attempt_key(item): handed for handed, item in read.items}
    count = quiz_marks.record_quiz(book, quiz, solutions, attempts, seen, records)
    click.echo(f"{quiz.id}: the marks of {format_count(count, 'student')} are in {book.shown}", err=True)


def _write_marks(
    quiz: Quiz, attempts: Sequence[MarkedResponse], solutions: AnswerKey, marks: Path | None, table: Path | None
) -> Marksheet:
    """The marks as a record, written where that was asked for."""
    sheet = marksheet.build_marksheet(quiz, solutions, attempts)
    if marks is not None:
        write.write_text(marks, marksheet.render_marksheet(sheet))
    if table is not None:
        write.write_text(table, marksheet.render_marksheet_csv(sheet, quiz))
    return sheet


def format_class_summary(quiz: Quiz, sheet: Marksheet, files: int, *, quiet: bool) -> str:
    """A class in a few lines: a line for each student, then how it went."""
    kept = [row.marked for row in sheet.kept]
    rows = (
        []
        if quiet
        else [_format_student(marksheet.name_student(row), row.marked) for row in sheet.kept[:MAX_STUDENT_LINES]]
    )
    if len(rows) < len(kept) and not quiet:
        rows.append(f"… {len(kept) - len(rows):,} more; --csv FILE writes all")
    if not kept:
        return f"{quiz.id}: no attempt to mark in {format_count(files, 'file')}"
    shares = [100 * item.score / item.max_score for item in kept]
    passed = sum(item.passed for item in kept)
    told = f"mean {statistics.fmean(shares):.1f} %, median {statistics.median(shares):.1f} %"
    head = f"{quiz.id}: {format_count(len(kept), 'student')} in {format_count(files, 'file')}, {passed} passed, {told}"
    return "\n".join([*rows, head])


def _format_student(who: str, marked: marking.MarkedAttempt) -> str:
    shown = escape_line(who, limit=40)
    return f"{shown:<24} {marked.score:>6g} / {marked.max_score:g}  {'passed' if marked.passed else 'not passed'}"


def require_key(solutions: AnswerKey | None, quiz: Quiz, items: list[ResponseFile]) -> AnswerKey:
    """The key. Raises: UsageError: there is none; it says what was read all the same."""
    if solutions is not None:
        return solutions
    read = format_count(len(items), "file")
    if len(items) == 1:
        count = sum(given is not None for given in items[0].responses.answers.values())
        read = f"{count} of {format_count(len(quiz.questions), 'question')} answered"
    raise UsageError(
        f"recorded, not graded: the answers are well-formed ({read}), but this course has no key "
        f"(solutions/quizzes/{quiz.id}.yaml); hand in the file"
    )


def _build_verdict(
    quiz: Quiz,
    solutions: AnswerKey,
    item: ResponseFile,
    marked: marking.MarkedAttempt,
    seen: ReviewScope,
    *,
    named: bool = False,
) -> Verdict:
    source = item.source
    if named and item.responses.student:
        # In a class rows are told apart by students, not by files.
        source = msgspec.structs.replace(source, path=item.responses.student)
    return verdicts.build_quiz_verdict(quiz, solutions, marked, item.responses, source, seen)
