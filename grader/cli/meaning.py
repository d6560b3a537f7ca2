"""Which exercise and which file a command line means, where it gives only one of the two, or both in the other order."""

from __future__ import annotations

from pathlib import Path

from grader import submission
from grader.checks import loading
from grader.cli.list_ import load_readable_exercises
from grader.courses.course import Course
from grader.courses.exercise import Exercise
from grader.courses.yaml_tree import format_suggestion
from grader.errors import UsageError
from grader.messages.text import escape_line

FILE_SUFFIXES = (".py", ".ipynb")
MAX_SHOWN = 60


def find_submission(course: Course, first: str, second: Path | None) -> tuple[Exercise, Path]:
    """The exercise and the file of `grade FIRST [SECOND]`.

    Args:
        first: an exercise, or the file where that is all, or comes first.
        second: the file, where both are given.

    Raises:
        UsageError: no exercise or no file is called so, or it isn't clear which is meant.
    """
    ids = course.list_exercise_ids()
    if second is None and first in ids:
        return loading.load_exercise(course, first), _find_own_file(first)
    is_file = first not in ids and (Path(first).suffix.lower() in FILE_SUFFIXES or Path(first).is_file())
    if second is None and is_file:
        return guess_exercise(course, Path(first), f"grade EXERCISE {escape_line(first, MAX_SHOWN)}"), Path(first)
    if second is None:
        shown = escape_line(first, MAX_SHOWN)
        raise UsageError(f'no command, exercise or file "{shown}"{format_suggestion(first, ids)} (`grade list` shows the exercises)')
    if is_file and str(second) in ids:
        return loading.load_exercise(course, str(second)), Path(first)
    return loading.load_exercise(course, first), second


def _find_own_file(exercise_id: str) -> Path:
    """The file in the working folder that has the exercise's name. Raises: UsageError: there is none, or several."""
    found = [path for suffix in FILE_SUFFIXES if (path := Path(exercise_id + suffix)).is_file()]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"which file? Both {found[0]} and {found[1]} are here: grade {exercise_id} {found[0]}")
    raise UsageError(
        f"there is no {exercise_id}.py here. `grade new {exercise_id}` makes one to start from; "
        f"to grade another file, name it: grade {exercise_id} FILE"
    )


def guess_exercise(course: Course, file: Path, correction: str) -> Exercise:
    """The exercise that a file is for, by its name, else by the function in it.

    Args:
        correction: the command that names the exercise, for the message.

    Raises:
        UsageError: none or several fit, or the file can't be read.
    """
    if file.stem in course.list_exercise_ids():
        return loading.load_exercise(course, file.stem)
    source = submission.read_submission(file).source
    specs, _ = load_readable_exercises(course)
    # By its text: the file may not parse yet.
    fitting = [spec for spec in specs if spec.function and f"def {spec.function}(" in source]
    if len(fitting) == 1:
        return fitting[0]
    among = f"it may be {', '.join(spec.id for spec in fitting)}" if fitting else "`grade list` shows the exercises"
    raise UsageError(f"which exercise is {escape_line(str(file), MAX_SHOWN)} for? Name it: {correction} ({among})")
