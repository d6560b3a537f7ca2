"""`grade quiz QUIZ`: take a quiz in the terminal, or mark answers with --answers."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from grader import course as courses
from grader.cli import outputs
from grader.course import Course
from grader.errors import Exit, UsageError
from grader.quiz import handed_in, key, loading, verdicts
from grader.quiz.handed_in import Attempt, HandedIn
from grader.quiz.marking import mark
from grader.quiz.model import Quiz
from grader.quiz.responses import AnswersError
from grader.verdict import Verdict


@click.command("quiz", options_metavar="[OPTIONS]")
@click.argument("quiz_id", metavar="QUIZ")
@click.option("--answers", type=click.Path(path_type=Path), help="Mark this response file (- for standard input), or a folder.")
@click.option("--reveal", is_flag=True, help="Tell correct answers and feedback, whatever the quiz's review policy.")
@outputs.options
@click.option("--course", type=click.Path(path_type=Path), help="The course's folder (default: $GRADE_COURSE, or found).")
@click.option("-q", "--quiet", is_flag=True, help="One line instead of the report.")
def command(
    quiz_id: str, answers: Path | None, course: Path | None, quiet: bool, reveal: bool, **chosen: str | bool | None
) -> int:
    r"""Take QUIZ in the terminal, or mark answers to it.

    \b
    grade quiz week3                            take it
    grade quiz week3 --answers a.yaml           mark a response file
    grade quiz week3 --answers folder/          mark a class
    """
    found = courses.find(course)
    quiz = loading.load(found, quiz_id)
    if answers is None:
        raise UsageError("not yet")
    return _mark(found, quiz, answers, reveal=reveal, quiet=quiet, chosen=chosen)


def _mark(course: Course, quiz: Quiz, answers: Path, *, reveal: bool, quiet: bool, chosen: dict[str, Any]) -> int:
    solutions = key.load(course, quiz)
    paths = handed_in.files(answers)
    item = handed_in.read_file(paths[0], quiz)
    if solutions is None:
        raise UsageError("no key")
    seen = verdicts.EVERYTHING if reveal else verdicts.sight(quiz, datetime.now(UTC))
    marked = mark(quiz, solutions, item.responses)
    found = verdicts.verdict(quiz, solutions, marked, item.responses, item.source, seen)
    outputs.deliver([found], chosen, quiet=quiet)
    return Exit.PASSED if found.status == "passed" else Exit.NOT_PASSED
