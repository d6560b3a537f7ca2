"""Brings a class's quizzes to an end and into the gradebook: what is over is handed in, what is handed in is marked."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from grader.batch.handed import Handed
from grader.courses.course import Course
from grader.errors import GradeError
from grader.gradebook import Gradebook
from grader.gradebook.quiz_marks import encode_answers, make_attempt_key, record_quiz
from grader.quiz.handed_in import MarkedResponse, ResponseFile
from grader.quiz.key import load_key
from grader.quiz.loading import load_quiz
from grader.quiz.marking import mark_attempt
from grader.quiz.model import Quiz
from grader.quiz.sitting import Sitting, build_responses, find_end_time, submit_sitting
from grader.quiz.verdicts import find_review_scope
from grader.records.verdict import SubmissionRef
from grader.serve.sittings import SittingTable

LOGGER = logging.getLogger("grader.serve")


def hand_in_expired(course: Course, sittings: SittingTable, now: datetime) -> int:
    """Hands in the attempts whose time is up, at that time; returns how many. Nobody has to open a page for it."""
    count = 0
    for quiz_id, group in groupby(sorted(sittings.list_open(), key=lambda one: one.quiz), key=lambda one: one.quiz):
        try:
            quiz = load_quiz(course, quiz_id)
        except GradeError:
            LOGGER.warning("a quiz with open attempts can't be read: %s", quiz_id)
            continue
        for found in group:
            keeper = sittings.open_attempts(quiz_id, found.student)
            with keeper.lock_attempts():
                # Read again: it may have been handed in meanwhile.
                for one in keeper.list_attempts():
                    end = find_end_time(one, quiz)
                    if one.submitted is None and end is not None and now >= end:
                        keeper.save_attempt(submit_sitting(one, end))
                        count += 1
    return count


def record_marks(course: Course, book: Gradebook, sittings: SittingTable, now: datetime) -> int:
    """Marks what was handed in, and writes it into the gradebook; returns how many attempts.

    Killed in between, it does the same once more; a quiz without a key waits for one.
    """
    count = 0
    for quiz_id, group in groupby(sorted(sittings.list_unmarked(), key=lambda one: one.quiz), key=lambda one: one.quiz):
        try:
            count += _record_quiz(course, book, quiz_id, list(group), sittings, now)
        # A broken key, or answers that don't fit a changed quiz, keep only their own quiz from being marked.
        except Exception as error:
            LOGGER.warning("a quiz can't be marked: %s: %s: %s", quiz_id, type(error).__name__, error)
    return count


def _record_quiz(
    course: Course, book: Gradebook, quiz_id: str, handed_in: Sequence[Sitting], sittings: SittingTable, now: datetime
) -> int:
    count = record_attempts(course, book, load_quiz(course, quiz_id), handed_in, now)
    for one in handed_in[:count]:
        sittings.note_marked(one)
    return count


def record_attempts(course: Course, book: Gradebook, quiz: Quiz, handed_in: Sequence[Sitting], now: datetime) -> int:
    """Marks attempts by the present key, and writes that; returns how many, which is none without a key."""
    solutions = load_key(course, quiz)
    if solutions is None:
        return 0
    items = [build_response_file(one) for one in handed_in]
    marked = [
        MarkedResponse(handed_in=item, marked=mark_attempt(quiz, solutions, item.responses), kept=False)
        for item in items
    ]
    records = {
        make_attempt_key(item): Handed(student=one.student, submitted_at=one.submitted)
        for item, one in zip(items, handed_in, strict=True)
    }
    record_quiz(book, quiz, solutions, marked, find_review_scope(quiz, now), records)
    return len(handed_in)


def build_response_file(sitting: Sitting) -> ResponseFile:
    """An attempt as a file of answers would be; its digest is the one in the gradebook."""
    given = build_responses(sitting)
    digest = hashlib.sha256(encode_answers(given)).hexdigest()
    return ResponseFile(responses=given, source=SubmissionRef(path=sitting.student, sha256=digest))
