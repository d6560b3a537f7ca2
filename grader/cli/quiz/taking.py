"""Taking a quiz on this terminal, and what happens with the answers at the end."""

from __future__ import annotations

import getpass
import hashlib
import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import msgspec

from grader.cli import outputs
from grader.cli.quiz.marking import build_page_titles
from grader.courses.course import Course
from grader.errors import Exit, UsageError
from grader.quiz import key, practising, sitting, verdicts
from grader.quiz.marking import mark_attempt
from grader.quiz.model import Quiz
from grader.quiz.responses import MAX_STUDENT_NAME
from grader.quiz.screens import MAX_QUIZ_WIDTH, MIN_QUIZ_WIDTH
from grader.quiz.sitting import AttemptStore, Sitting, escape_path_part, open_attempt_store
from grader.quiz.taking import QuizTerminal
from grader.quiz.taking import take_quiz as go_through
from grader.records.verdict import SubmissionRef, Verdict


def take_in_terminal(
    course: Course,
    quiz: Quiz,
    student: str | None,
    save: Path | None,
    chosen: Mapping[str, Any],
    *,
    reveal: bool,
    quiet: bool,
) -> int:
    """Takes a quiz and hands it in; returns the exit code.

    Raises:
        UsageError: no attempt is left, another terminal has it, or nothing can be written.
        CourseError: the key is broken.
    """
    who = find_student_name(student)
    # Before the quiz begins: a broken key should be noticed before somebody has worked for an hour.
    solutions = key.load_key(course, quiz)
    place = open_attempt_store(quiz, who)
    with place.lock_attempts():
        done = _take_attempt(quiz, who, place)
    if done is None or done.submitted is None:
        click.echo(f"\nSaved. `grade quiz {quiz.id}` continues where you were.")
        return Exit.INTERRUPTED if done is None else Exit.PASSED
    handed = hand_in(quiz, solutions, done, save, reveal=reveal)
    click.echo(f"\n{handed.text}" + ("\n" if handed.verdict else ""))
    if handed.verdict is None:
        return Exit.PASSED
    outputs.write_reports([handed.verdict], chosen, quiet=quiet, titles=build_page_titles(course, quiz, chosen))
    return Exit.PASSED if handed.verdict.status == "passed" else Exit.NOT_PASSED


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedIn:
    """What became of an attempt: a sentence, and the verdict where the course has the key and the student may see it."""

    text: str
    verdict: Verdict | None


def hand_in(quiz: Quiz, solutions: key.AnswerKey | None, done: Sitting, save: Path | None, *, reveal: bool = False) -> HandedIn:
    """Writes the answers of an attempt that was submitted, and marks them.

    Args:
        save: the file to write; None is one in this folder, named after the quiz, the student and the attempt.
        reveal: whatever the quiz's review policy says.

    Raises:
        UsageError: the file can't be written.
    """
    path = _write_responses(done, save or Path(f"{quiz.id}-{escape_path_part(done.student)}-{done.attempt}.json"))
    seen = verdicts.FULL_REVIEW if reveal else verdicts.find_review_scope(quiz, datetime.now(UTC))
    if solutions is None or not seen.score:
        later = "not graded" if solutions is None else "the score comes later"
        return HandedIn(text=f"Recorded, {later}. Your answers are in {path}: hand in this file.", verdict=None)
    given = sitting.build_responses(done)
    source = SubmissionRef(path=str(path), sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    verdict = verdicts.build_quiz_verdict(quiz, solutions, mark_attempt(quiz, solutions, given), given, source, seen)
    return HandedIn(text=f"Your answers are in {path}.", verdict=verdict)


def practise_in_terminal(course: Course, quiz: Quiz, student: str | None) -> int:
    """Practises a quiz; returns the exit code, which says nothing of the answers.

    Raises:
        UsageError: the quiz can't be practised, or its key isn't here.
        CourseError: the key is broken.
    """
    who = find_student_name(student)
    practising.check_practice(quiz, datetime.now(UTC))
    if (solutions := key.load_key(course, quiz)) is None:
        raise UsageError(f"the answers to {quiz.id} aren't in this copy of the course, so it can't be practised")
    try:
        right, tried = practising.practise_quiz(quiz, solutions, who, _open_desk())
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    click.echo(f"\n{right} of {tried} right at the first try." if tried else "\nNothing was answered.")
    return Exit.PASSED


def find_student_name(student: str | None) -> str:
    """Who takes the quiz. Raises: UsageError: the name is empty, too long, or nobody knows it."""
    try:
        name = (student or os.environ.get("GRADE_STUDENT") or getpass.getuser()).strip()
    except (OSError, KeyError, ImportError) as error:
        raise UsageError("who takes the quiz? Give --student NAME") from error
    if not 0 < len(name) <= MAX_STUDENT_NAME or not name.isprintable():
        raise UsageError(f"--student must be a name of 1 to {MAX_STUDENT_NAME} printable characters, got {name[:40]!a}")
    return name


def _take_attempt(quiz: Quiz, who: str, place: AttemptStore) -> Sitting | None:
    """The attempt as it was left; None where Ctrl-C ended it."""
    try:
        return go_through(quiz, who, place, _open_desk())
    # Every step is saved, so Ctrl-C only puts the quiz aside.
    except KeyboardInterrupt:
        return None


def _open_desk() -> QuizTerminal:
    """Makes this terminal ready to be typed at."""
    if hasattr(sys.stdin, "reconfigure"):
        # A byte that isn't UTF-8 would end the quiz in the middle of an answer.
        sys.stdin.reconfigure(errors="replace")
    with suppress(ImportError):
        # Gives `input` editing with arrow keys; it isn't there on every system.
        import_module("readline")
    return QuizTerminal(ask=input, tell=click.echo, now=lambda: datetime.now(UTC), width=_measure_width)


def _measure_width() -> int:
    return max(MIN_QUIZ_WIDTH, min(shutil.get_terminal_size().columns, MAX_QUIZ_WIDTH))


def _write_responses(done: Sitting, path: Path) -> Path:
    text = msgspec.json.format(msgspec.json.encode(sitting.build_responses(done)), indent=2).decode() + "\n"
    import_module("grader.reports.write").write_text(path, text)
    return path
