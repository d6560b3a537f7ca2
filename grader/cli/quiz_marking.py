"""Marking response files: one, or a class."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from grader.cli import outputs
from grader.course import Course
from grader.errors import Exit, UsageError
from grader.quiz import handed_in, key, marking, verdicts
from grader.quiz.handed_in import HandedIn
from grader.quiz.key import Solutions
from grader.quiz.model import Quiz
from grader.quiz.screens import plural


def mark(
    course: Course,
    quiz: Quiz,
    answers: Path,
    marks: Path | None,
    table: Path | None,
    chosen: Mapping[str, Any],
    *,
    reveal: bool,
    quiet: bool,
) -> int:
    """Marks what is in `answers` and delivers verdicts; returns the exit code.

    Raises:
        UsageError: a response file is broken, or there is no key to mark with.
        CourseError: the key is broken.
    """
    solutions = key.load(course, quiz)
    seen = verdicts.EVERYTHING if reveal else verdicts.sight(quiz, datetime.now(UTC))
    item = handed_in.read_file(handed_in.files(answers)[0], quiz)
    verdict = _verdict(quiz, needed(solutions, quiz, [item]), item, seen)
    outputs.deliver([verdict], chosen, quiet=quiet)
    return Exit.PASSED if verdict.status == "passed" else Exit.NOT_PASSED


def needed(solutions: Solutions | None, quiz: Quiz, items: list[HandedIn]) -> Solutions:
    """The key. Raises: UsageError: there is none; it says what was read all the same."""
    if solutions is not None:
        return solutions
    count = sum(given is not None for given in items[0].responses.answers.values())
    read = f"{count} of {plural(len(quiz.questions), 'question')} answered" if len(items) == 1 else f"{len(items)} files"
    raise UsageError(
        f"recorded, not graded: the answers are well-formed ({read}), but this course has no key "
        f"(solutions/quizzes/{quiz.id}.yaml); hand in the file"
    )


def _verdict(quiz: Quiz, solutions: Solutions, item: HandedIn, seen: verdicts.Sight) -> verdicts.Verdict:
    marked = marking.mark(quiz, solutions, item.responses)
    return verdicts.verdict(quiz, solutions, marked, item.responses, item.source, seen)
