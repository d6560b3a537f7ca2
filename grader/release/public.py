"""The part of a course that students may have, as files by name; what must not leave is refused, not filtered."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from grader import settings
from grader.checks.loading import load
from grader.course import Course
from grader.errors import CourseError, Problem, UsageError
from grader.quiz import loading

MOST_BYTES = 50_000_000
TOO_SHORT = 40


def files(course: Course, exercises: Sequence[str] = (), *, quizzes: bool = True) -> dict[str, Path]:
    """The files by their names below the course's folder.

    Args:
        exercises: their ids; all of them where none is named.
        quizzes: whether to take the quizzes.

    Raises:
        UsageError: there is no such exercise.
        CourseError: an exercise or quiz is broken, or a file holds what students mustn't have.
    """
    found: dict[str, Path] = {}
    if (course.root / settings.FILE).exists():
        settings.load(course)
        found[settings.FILE] = course.root / settings.FILE
    for exercise in exercises or course.exercise_ids():
        load(course, exercise)
        found |= {name: course.root / name for name in _below(course, f"exercises/{exercise}")}
    for quiz in course.quiz_ids() if quizzes else ():
        loading.load(course, quiz)  # refuses keys that stand in the quiz itself
        found[f"quizzes/{quiz}.yaml"] = course.quiz_file(quiz)
    _refuse_secrets(course, found)
    return found


def _below(course: Course, folder: str) -> Iterator[str]:
    """Plain files of an exercise, without hidden ones and what Python leaves behind."""
    for path in sorted((course.root / folder).rglob("*")):
        name = path.relative_to(course.root).as_posix()
        parts = name.split("/")
        if path.is_dir() or any(part.startswith(".") or part == "__pycache__" for part in parts):
            continue
        if path.is_symlink() or not stat.S_ISREG(path.stat().st_mode):
            raise CourseError([_problem(name, "is a link or no plain file; put the file itself here")])
        yield name


def _refuse_secrets(course: Course, found: dict[str, Path]) -> None:
    """Nothing of `solutions/` may leave, under whatever name it has got into the exercises."""
    secrets = {digest: path for path in _plain(course.solutions) if (digest := _digest(path)) is not None}
    problems = [
        _problem(name, f"is a copy of {secrets[digest].relative_to(course.root).as_posix()}; remove it")
        for name, path in found.items()
        if (digest := _digest(path)) in secrets
    ]
    if problems:
        raise CourseError(problems)


def _plain(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _digest(path: Path) -> str | None:
    """Of the text without white space at its ends; None for what is too short to mean anything."""
    if path.stat().st_size > MOST_BYTES:
        return None
    content = path.read_bytes().strip()
    return hashlib.sha256(content).hexdigest() if len(content) >= TOO_SHORT else None


def _problem(name: str, message: str) -> Problem:
    return Problem(file=name, line=1, column=1, message=message)


def empty_folder(path: Path, course: Course) -> None:
    """Makes the folder into which a release goes.

    Raises:
        UsageError: it isn't empty, it holds the course, or it can't be made.
    """
    if course.root == path.resolve() or course.root.is_relative_to(path.resolve()):
        raise UsageError(f"{path} holds the course itself; name another folder")
    try:
        path.mkdir(parents=True, exist_ok=True)
        left = next(path.iterdir(), None)
    except OSError as error:
        raise UsageError(f"{path} can't be made: {error.strerror}") from error
    if left is not None:
        raise UsageError(
            f"{path} isn't empty ({left.name} is there); name a new folder, so that nothing old stays in it"
        )
