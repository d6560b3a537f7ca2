"""`grade quiz-check`: the quizzes of a course and their keys: every fault at once, and what tells the key."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli.finding import find_course
from grader.courses.course import Course
from grader.errors import CourseError, Exit
from grader.quiz import key, loading, pictures, secrecy
from grader.quiz.key import AnswerKey
from grader.quiz.model import Quiz
from grader.quiz.screens import format_count


@click.command("quiz-check", options_metavar="[OPTIONS]")
@click.argument("quiz_ids", metavar="[QUIZ]…", nargs=-1)
@click.option(
    "--course", type=click.Path(path_type=Path), help="The course's folder (default: $GRADE_COURSE, or found)."
)
def command(quiz_ids: tuple[str, ...], course: Path | None) -> int:
    r"""Check quizzes and their keys: all faults at once, with line and column, and whatever tells students the key.

    \b
    grade quiz-check             all quizzes of the course
    grade quiz-check week3       one of them
    """
    found = find_course(course)
    sound: list[tuple[Quiz, AnswerKey]] = []
    faults: list[str] = []
    for name in quiz_ids or found.list_quiz_ids():
        faults += _check_quiz(found, name, sound)
    # Over all quizzes together: a habit of their author shows in no single one.
    faults += secrecy.find_key_patterns(sound)
    for fault in faults:
        click.echo(fault)
    if faults:
        click.echo(f"{format_count(len(faults), 'fault')}; `grade explain CODE` explains each code")
        return Exit.COURSE
    return Exit.PASSED


def _check_quiz(course: Course, name: str, sound: list[tuple[Quiz, AnswerKey]]) -> list[str]:
    """The faults of one quiz; a sound one is added to `sound`."""
    path = course.find_quiz_file(name)
    try:
        quiz = loading.load_quiz(course, name)
        solutions = key.load_key(course, quiz)
    except CourseError as error:
        return [str(problem) for problem in error.problems]
    questions = format_count(len(quiz.questions), "question")
    unseen = list(pictures.find_picture_faults(course, quiz))
    if solutions is None:
        click.echo(f"quizzes/{name}.yaml: {questions}; no key here")
        return unseen
    told = unseen + [
        f"quizzes/{name}.yaml: {leak}" for leak in secrecy.find_leaks(quiz, solutions, path.read_text("utf-8-sig"))
    ]
    if not told:
        click.echo(f"quizzes/{name}.yaml: {questions}, key complete")
    sound.append((quiz, solutions))
    return told
