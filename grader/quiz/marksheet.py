"""The marks of a class, schema `grade-marks/1`: with the answers they rest on and the marks that they replaced."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct, field

from grader.errors import UsageError
from grader.quiz.handed_in import MarkedResponse, ResponseFile, mark_class, pick_counted_attempts
from grader.quiz.key import AnswerKey
from grader.quiz.loading import hash_quiz
from grader.quiz.marking import MarkedAttempt
from grader.quiz.model import Quiz
from grader.quiz.responses import Responses
from grader.records.verdict import SubmissionRef

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class AttemptRow(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One attempt: the answers, where they came from, their marks, and whether it is the one that counts."""

    responses: Responses
    source: SubmissionRef
    marked: MarkedAttempt
    kept: bool = True
    asked: tuple[str, ...] | None = None


class ReplacedScore(Struct, frozen=True, kw_only=True):
    """One attempt's score before a regrade."""

    student: str
    attempt: int
    score: float
    points: dict[str, float]
    kept: bool


class MarkRevision(Struct, frozen=True, kw_only=True):
    """The marks that a regrade replaced, when, and the key that they came from."""

    replaced: datetime
    key_digest: str
    marks: list[ReplacedScore]


class Marksheet(Struct, frozen=True, kw_only=True):
    schema: Literal["grade-marks/1"] = "grade-marks/1"
    quiz: str
    quiz_digest: str
    key_digest: str
    rows: list[AttemptRow]
    history: list[MarkRevision] = field(default_factory=list)

    @property
    def kept(self) -> list[AttemptRow]:
        """One row for each student."""
        return [row for row in self.rows if row.kept]


def hash_answer_key(solutions: AnswerKey) -> str:
    """What marks name their key by: the correct answers, not the explanations and feedback."""
    # Sorted, so that the order of questions or accepted answers makes no other digest.
    answers = {
        name: [sorted(solved.answer.correct), solved.answer.tolerance, solved.answer.range, solved.answer.case]
        for name, solved in sorted(solutions.items())
    }
    return "sha256:" + hashlib.sha256(msgspec.json.encode(answers)).hexdigest()


def build_marksheet(quiz: Quiz, solutions: AnswerKey, attempts: Sequence[MarkedResponse]) -> Marksheet:
    """The marks of a class as a record to keep."""
    return Marksheet(
        quiz=quiz.id, quiz_digest=hash_quiz(quiz), key_digest=hash_answer_key(solutions), rows=_build_rows(attempts)
    )


def _build_rows(attempts: Sequence[MarkedResponse]) -> list[AttemptRow]:
    return [
        AttemptRow(
            responses=each.handed_in.responses,
            source=each.handed_in.source,
            marked=each.marked,
            kept=each.kept,
            asked=each.handed_in.asked,
        )
        for each in attempts
    ]


def read_marksheet(path: Path, quiz: Quiz) -> Marksheet:
    """A marksheet from its file.

    Raises:
        UsageError: it can't be read, is none, or is another quiz's.
    """
    try:
        sheet = msgspec.json.decode(path.read_bytes(), type=Marksheet)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else str(error)
        make = f"make one with: grade quiz {quiz.id} --answers FOLDER --marks {path}"
        raise UsageError(f"{path} is not a marksheet: {said}; {make}") from error
    if sheet.quiz != quiz.id:
        raise UsageError(f'{path} holds the marks of the quiz "{sheet.quiz}", not "{quiz.id}"')
    return sheet


def render_marksheet(sheet: Marksheet) -> str:
    return msgspec.json.format(msgspec.json.encode(sheet), indent=1).decode() + "\n"


def mark_again(
    sheet: Marksheet, quiz: Quiz, solutions: AnswerKey, now: datetime, *, never_lower: bool = False
) -> Marksheet:
    """The same answers marked with another key; the old marks go to the history.

    Args:
        never_lower: an attempt keeps its old marks where the new ones are worse.
    """
    handed_in = [ResponseFile(responses=row.responses, source=row.source, asked=row.asked) for row in sheet.rows]
    fresh = build_marksheet(quiz, solutions, mark_class(quiz, solutions, handed_in))
    if never_lower:
        fresh = _keep_higher_marks(sheet, fresh, quiz)
    old = [
        ReplacedScore(
            student=row.marked.student,
            attempt=row.marked.attempt,
            score=row.marked.score,
            points={item.question: item.points for item in row.marked.marks},
            kept=row.kept,
        )
        for row in sheet.rows
    ]
    revision = MarkRevision(replaced=now, key_digest=sheet.key_digest, marks=old)
    return msgspec.structs.replace(fresh, history=[*sheet.history, revision])


def _keep_higher_marks(sheet: Marksheet, fresh: Marksheet, quiz: Quiz) -> Marksheet:
    old = {_make_sort_key(row): row.marked for row in sheet.rows}
    # Of equal scores `max` keeps the old marks.
    better = [max(old[_make_sort_key(row)], row.marked, key=lambda marked: marked.score) for row in fresh.rows]
    pairs = [
        (ResponseFile(responses=row.responses, source=row.source, asked=row.asked), marked)
        for row, marked in zip(fresh.rows, better, strict=True)
    ]
    return msgspec.structs.replace(fresh, rows=_build_rows(pick_counted_attempts(quiz, pairs)))


def _make_sort_key(row: AttemptRow) -> tuple[str, int, str]:
    return (row.marked.student, row.marked.attempt, row.source.path)


class ScoreChange(Struct, frozen=True, kw_only=True):
    """How one student's counting marks change; `questions` holds the points before and after where they differ."""

    student: str
    before: float
    after: float
    max_score: float
    passed_before: bool
    passed_after: bool
    questions: dict[str, tuple[float, float]]


def list_changes(before: Marksheet, after: Marksheet) -> list[ScoreChange]:
    """Every student whose score, pass or points of a question differ, the greatest changes first."""
    # Of what counts only: a better attempt may be another one after the regrade.
    old = {name_student(row): row.marked for row in before.kept}
    found = [
        _build_change(name_student(row), old[name_student(row)], row.marked)
        for row in after.kept
        if name_student(row) in old
    ]
    changed = [change for change in found if change.questions or change.before != change.after]
    return sorted(changed, key=lambda change: (-abs(change.after - change.before), change.student))


def name_student(row: AttemptRow) -> str:
    """A row's student; the file where it names none."""
    return row.marked.student or row.source.path


def _build_change(student: str, old: MarkedAttempt, new: MarkedAttempt) -> ScoreChange:
    points = {item.question: item.points for item in old.marks}
    differing = {
        item.question: (points.get(item.question, 0.0), item.points)
        for item in new.marks
        if points.get(item.question, 0.0) != item.points
    }
    return ScoreChange(
        student=student,
        before=old.score,
        after=new.score,
        max_score=new.max_score,
        passed_before=old.passed,
        passed_after=new.passed,
        questions=differing,
    )


def render_marksheet_csv(sheet: Marksheet, quiz: Quiz) -> str:
    """The marks as CSV, one line for each attempt; a text that a spreadsheet would take for a formula is quoted."""
    names = [question.id for question in quiz.questions]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["student", "attempt", "counts", "score", "max_score", "percent", "passed", *names, "file"])
    for row in sheet.rows:
        points = {item.question: f"{item.points:g}" for item in row.marked.marks}
        share = 100 * row.marked.score / row.marked.max_score
        writer.writerow([
            escape_cell(row.marked.student), row.marked.attempt, "yes" if row.kept else "no", f"{row.marked.score:g}",
            f"{row.marked.max_score:g}", f"{share:.1f}", "yes" if row.marked.passed else "no",
            *(points.get(name, "") for name in names), escape_cell(row.source.path),
        ])  # fmt: skip
    return out.getvalue()


def escape_cell(text: str) -> str:
    """A student's text that no spreadsheet runs.

    >>> escape_cell("=HYPERLINK(1)")
    "'=HYPERLINK(1)"
    """
    plain = "".join(sign if sign.isprintable() else " " for sign in text)
    # The raw text too: a tab or line end in front is replaced above, and spreadsheets would skip it.
    return f"'{plain}" if plain.startswith(FORMULA_STARTS) or text.startswith(FORMULA_STARTS) else plain
