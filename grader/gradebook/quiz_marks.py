"""A quiz's marks in the gradebook, beside the exercises: every allowed attempt, of which the quiz's own rule counts one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Protocol

import msgspec
from msgspec import Struct

from grader.gradebook.book import Gradebook
from grader.gradebook.entries import GradebookEntry, VerdictFigures, build_entry
from grader.gradebook.times import TimeSource
from grader.quiz.handed_in import MarkedResponse, ResponseFile
from grader.quiz.key import AnswerKey
from grader.quiz.loading import hash_quiz
from grader.quiz.marking import mark_attempt
from grader.quiz.marksheet import hash_answer_key
from grader.quiz.model import Quiz
from grader.quiz.responses import Responses
from grader.quiz.verdicts import ReviewScope, build_quiz_verdict
from grader.records.run import Run
from grader.records.student_ids import to_student_id
from grader.records.verdict import SubmissionRef, Verdict

AttemptKey = tuple[str, str, int]


class HandInRecord(Protocol):
    """Who handed in a file, and what the archive or the roster says of when."""

    @property
    def name(self) -> str: ...
    @property
    def handed_in(self) -> datetime | None: ...
    @property
    def late(self) -> bool | None: ...
    def list_times(self, exercise: str) -> dict[TimeSource, datetime]: ...


class QuizSpecification(Struct, frozen=True, kw_only=True):
    """What marks rest on: another quiz or key means that they may differ."""

    id: str
    quiz_digest: str
    key_digest: str


class StoredAnswers(Struct, frozen=True, kw_only=True):
    """The file that the gradebook keeps of an attempt; `asked` names its questions where an LMS drew them."""

    responses: Responses
    asked: tuple[str, ...] | None = None


class JudgedQuiz(Struct, frozen=True, kw_only=True):
    """A marked attempt as the gradebook takes verdicts."""

    verdict: Verdict
    at: str
    runs: list[Run] = []


def record_quiz(
    book: Gradebook,
    quiz: Quiz,
    solutions: AnswerKey,
    attempts: Sequence[MarkedResponse],
    seen: ReviewScope,
    records: Mapping[AttemptKey, HandInRecord],
) -> int:
    """Writes the attempts that the quiz allows; returns of how many students.

    Args:
        seen: what reports may show of the key; the gradebook's pages show no more.
        records: by `make_attempt_key`.
    """
    spec = QuizSpecification(id=quiz.id, quiz_digest=hash_quiz(quiz), key_digest=hash_answer_key(solutions))
    allowed = [each for each in attempts if each.marked.attempt <= quiz.attempts and each.handed_in.responses.student]
    book.write_entries([_build(quiz, solutions, spec, each, seen, records) for each in allowed], replace=True)
    students = {to_student_id(each.marked.student) for each in allowed}
    book.choose_counted(quiz.id, choose_attempts(book, quiz, students))
    return len(students)


def encode_answers(responses: Responses, asked: tuple[str, ...] | None = None) -> bytes:
    """The file that the gradebook keeps of an attempt; its SHA-256 is that of the verdict's submission."""
    return msgspec.json.encode(StoredAnswers(responses=responses, asked=asked))


def make_attempt_key(item: ResponseFile) -> AttemptKey:
    """What distinguishes one attempt from all others: its path doesn't, since an LMS's table is one file for all."""
    return item.source.path, item.responses.student, item.responses.attempt


def rebuild_verdict(
    quiz: Quiz, solutions: AnswerKey | None, seen: ReviewScope, stored: Verdict, source: bytes | None
) -> Verdict | None:
    """A stored verdict with what the review policy shows by now; None where not even the score may be seen.

    A key that was corrected since changes nothing before the answers are marked again.
    """
    if not seen.score:
        return None
    try:
        kept = msgspec.json.decode(source or b"", type=StoredAnswers)
    except msgspec.DecodeError:
        return stored
    if solutions is None:
        return stored
    marked = mark_attempt(quiz, solutions, kept.responses, kept.asked)
    same = [(check.id, check.points) for check in stored.checks] == [
        (mark.question, mark.points) for mark in marked.marks
    ]
    return build_quiz_verdict(quiz, solutions, marked, kept.responses, stored.submission, seen) if same else stored


def choose_attempts(book: Gradebook, quiz: Quiz, students: Iterable[str]) -> dict[str, str]:
    """The key of each student's verdict that counts, over all that were ever recorded."""
    wanted = set(students)
    figures = [one for one in book.list_figures(quiz.id, current=False) if one.student in wanted]
    numbers = {
        key: _read_attempt(documents.source) for key, documents in book.iter_documents([one.key for one in figures])
    }
    found: dict[str, str] = {}
    for student, group in groupby(figures, key=lambda one: one.student):
        # Of one attempt the marks that were made last, as after a corrected key.
        by_attempt: dict[int, VerdictFigures] = {}
        for one in sorted(group, key=lambda one: one.graded_at):
            by_attempt[numbers[one.key]] = one
        ordered = [by_attempt[number] for number in sorted(by_attempt) if number <= quiz.attempts]
        if ordered:
            chosen = ordered[-1] if quiz.keep == "last" else max(ordered, key=lambda one: one.score)
            found[student] = chosen.key
    return found


def _read_attempt(source: bytes | None) -> int:
    try:
        return msgspec.json.decode(source or b"", type=StoredAnswers).responses.attempt
    except msgspec.DecodeError:
        return 1


def _build(
    quiz: Quiz,
    solutions: AnswerKey,
    spec: QuizSpecification,
    each: MarkedResponse,
    seen: ReviewScope,
    records: Mapping[AttemptKey, HandInRecord],
) -> GradebookEntry:
    item, record = each.handed_in, records.get(make_attempt_key(each.handed_in))
    source = encode_answers(item.responses, item.asked)
    # Of the answers, as an LMS's table is one file for all students and attempts.
    named = SubmissionRef(path=item.responses.student, sha256=hashlib.sha256(source).hexdigest())
    verdict = build_quiz_verdict(quiz, solutions, each.marked, item.responses, named, seen)
    return build_entry(
        spec,
        item.responses.student,
        JudgedQuiz(verdict=verdict, at=datetime.now(UTC).isoformat(timespec="microseconds")),
        name=record.name if record else "",
        source=source,
        handed_in=record.handed_in if record else None,
        times=record.list_times(quiz.id) if record else {},
        late=record.late if record else None,
    )
