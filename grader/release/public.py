"""The part of a course that students get: YAML written from a list of keys, and files that a student has a use for."""

from __future__ import annotations

import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from grader.checks.loading import load_exercise
from grader.courses import settings
from grader.courses.course import FILE, Course
from grader.courses.datasets import DESCRIPTION_FILE
from grader.courses.image_folders import list_public_files
from grader.courses.yaml_tree import format_suggestion, read_yaml
from grader.errors import CourseError, Problem, UsageError
from grader.protocol.datasets import DatasetSource
from grader.quiz import loading
from grader.quiz.pictures import load_pictures
from grader.release import leaks
from grader.release.written import DATASET, EXERCISE, QUIZ, SETTINGS, write_listed

FILES = ("stub.py", "README.md", "cases.npz")
# Where a page shows or names a file: ![alt](file), [text](file "title"), src="file", href='file'.
LINKS = re.compile(r"\]\(\s*<?([^)\s>]+)|(?:src|href)\s*=\s*[\"']([^\"']+)[\"']")


@dataclass(frozen=True, slots=True, kw_only=True)
class Public:
    """What leaves a course.

    Args:
        exercises: the ids of those that leave.
        quizzes: likewise.
        files: their content by name below the course's folder.
        left: names of files in the exercises' folders that stay in the course.
    """

    exercises: tuple[str, ...]
    quizzes: tuple[str, ...]
    files: dict[str, bytes]
    left: tuple[str, ...] = ()


def collect(course: Course, names: Sequence[str] = ()) -> Public:
    """What students get of these exercises and quizzes; of all if `names` is empty.

    Raises:
        UsageError: there is no such exercise or quiz.
        CourseError: one of them is broken, or a file holds what students mustn't have.
    """
    exercises, quizzes = _choose(course, names)
    files: dict[str, bytes] = {}
    left: list[str] = []
    if (course.root / FILE).exists():
        settings.load_settings(course)
        files[FILE] = _written(course, FILE, SETTINGS)
    for exercise in exercises:
        spec = load_exercise(course, exercise)
        if spec.source is not None:
            files |= _collect_dataset(course, spec.source)
        files[f"exercises/{exercise}/exercise.yaml"] = _written(course, f"exercises/{exercise}/exercise.yaml", EXERCISE)
        found = _find_listed(course, exercise)
        files |= {name: (course.root / name).read_bytes() for name in found}
        left += [name for name in _find_others(course, exercise) if name not in files]
    for quiz in quizzes:
        questions = loading.load_quiz(course, quiz)  # refuses keys that stand in the quiz itself
        # Only what a question shows: other pictures beside the quizzes may show answers.
        files |= {f"quizzes/{name}": data for name, data in load_pictures(course, questions).items()}
        files[f"quizzes/{quiz}.yaml"] = _written(course, f"quizzes/{quiz}.yaml", QUIZ)
    if problems := leaks.find_leaks(leaks.collect_secrets(course), files):
        raise CourseError(problems)
    return Public(exercises=tuple(exercises), quizzes=tuple(quizzes), files=files, left=tuple(left))


def _collect_dataset(course: Course, source: DatasetSource) -> dict[str, bytes]:
    """A course's own dataset: its description and the file or images that it means, whatever else lies beside them."""
    folder, place = f"datasets/{source.about.id}", Path(source.folder)
    description = {f"{folder}/{DESCRIPTION_FILE}": _written(course, f"{folder}/{DESCRIPTION_FILE}", DATASET)}
    names = list_public_files(source.about, place)
    return description | {f"{folder}/{name}": (place / name).read_bytes() for name in names}


def _choose(course: Course, names: Sequence[str]) -> tuple[list[str], list[str]]:
    exercises, quizzes = course.list_exercise_ids(), course.list_quiz_ids()
    known = [*exercises, *quizzes]
    for name in names:
        if name not in known:
            raise UsageError(
                f'no exercise "{name}" and no quiz{format_suggestion(name, known)} (`grade list` shows all)'
            )
    if not names:
        return exercises, quizzes
    return [name for name in exercises if name in names], [name for name in quizzes if name in names]


def _written(course: Course, name: str, listed: Sequence[str]) -> bytes:
    tree, _ = read_yaml(course.root / name, name)
    return write_listed(tree, listed)


def _find_listed(course: Course, exercise: str) -> list[str]:
    """The exercise's files that students need: those of every exercise, and those that its README shows or links."""
    folder = course.root / "exercises" / exercise
    readme = folder / "README.md"
    linked = _find_linked(readme.read_text("utf-8", "replace")) if readme.is_file() else []
    names = [name for name in dict.fromkeys([*FILES, *linked]) if _is_inside(folder, name)]
    for name in names:
        if _is_indirect(folder, name) or not stat.S_ISREG((folder / name).stat().st_mode):
            shown = f"exercises/{exercise}/{name}"
            message = "is a link or no plain file; put the file itself here"
            raise CourseError([Problem(file=shown, line=1, column=1, message=message)])
    return [f"exercises/{exercise}/{name}" for name in names]


def _find_linked(page: str) -> list[str]:
    found = (unquote(first or second).partition("#")[0] for first, second in LINKS.findall(page))
    return [name.removeprefix("./") for name in found]


def _is_inside(folder: Path, name: str) -> bool:
    """Whether it is a file of the exercise's own: below its folder, not hidden, and not its specification."""
    parts = name.split("/")
    if not name or name == "exercise.yaml" or any(not part or part.startswith((".", "__")) for part in parts):
        return False
    return "\0" not in name and (folder / name).exists() and not (folder / name).is_dir()


def _is_indirect(folder: Path, name: str) -> bool:
    return (folder / name).resolve() != folder.resolve() / name


def _find_others(course: Course, exercise: str) -> list[str]:
    found = sorted((course.root / "exercises" / exercise).rglob("*"))
    return [
        path.relative_to(course.root).as_posix() for path in found if not path.is_dir() and _is_visible(course, path)
    ]


def _is_visible(course: Course, path: Path) -> bool:
    return not any(part.startswith((".", "__")) for part in path.relative_to(course.root).parts)


def make_empty_folder(path: Path, course: Course) -> None:
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
