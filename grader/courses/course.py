"""Where the exercises and quizzes are: `--course`, `GRADE_COURSE`, the nearest ancestor folder, or the wheel's own.

`--course` and `GRADE_COURSE` name a folder, or a course that was installed as a package.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from grader.courses.yaml_tree import format_suggestion
from grader.errors import UsageError
from grader.stores.installed_courses import find_installed_courses

PACKAGE_FOLDER = Path(__file__).resolve().parents[1]
FILE = "course.yaml"
Source = Literal["--course", "GRADE_COURSE", "ancestor", "built-in"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A folder with `course.yaml`, `exercises/` or `quizzes/` (and `solutions/`, where an instructor has them).

    Args:
        source: how this command came to it.
    """

    root: Path
    source: Source = "--course"

    @property
    def solutions(self) -> Path:
        return self.root / "solutions"

    def list_exercise_ids(self) -> list[str]:
        """Every exercise folder's name, sorted."""
        return sorted(path.parent.name for path in self.root.glob("exercises/*/exercise.yaml"))

    def list_quiz_ids(self) -> list[str]:
        """Every quiz file's name without `.yaml`, sorted."""
        return sorted(path.stem for path in self.root.glob("quizzes/*.yaml"))

    def find_exercise_file(self, exercise_id: str) -> Path:
        """Raises: UsageError: there is no such exercise; the nearest name is suggested."""
        if exercise_id not in (ids := self.list_exercise_ids()):
            raise UsageError(
                f'no exercise "{exercise_id}"{format_suggestion(exercise_id, ids)} (`grade list` shows all)'
            )
        return self.root / "exercises" / exercise_id / "exercise.yaml"

    def find_quiz_file(self, quiz_id: str) -> Path:
        """Raises: UsageError: there is no such quiz; the nearest name is suggested."""
        if quiz_id not in (ids := self.list_quiz_ids()):
            raise UsageError(f'no quiz "{quiz_id}"{format_suggestion(quiz_id, ids)} (`grade list` shows all)')
        return self.root / "quizzes" / f"{quiz_id}.yaml"


def find_course(given: Path | None = None) -> Course:
    """The course that this command works on.

    Raises:
        UsageError: a folder was named and holds no course.
    """
    source: Source = "--course" if given else "GRADE_COURSE"
    # An empty variable counts as none, as in most programs.
    named = given or (Path(os.environ["GRADE_COURSE"]) if os.environ.get("GRADE_COURSE") else None)
    if named is not None:
        return Course(root=_find_named(named), source=source)
    if (surrounding := find_surrounding()) is not None:
        return Course(root=surrounding, source="ancestor")
    return find_built_in()


def _find_named(named: Path) -> Path:
    """The folder, or that of an installed course. Raises: UsageError: there is neither."""
    # Less is asked of a folder that somebody named than of one that is only found.
    if _may_be_course(named):
        return named.resolve()
    installed = find_installed_courses()
    if (folder := installed.get(str(named))) is not None and _may_be_course(folder):
        return folder
    known = f"; installed courses: {', '.join(installed)}" if installed else ""
    raise UsageError(f"no course in {named}: expected course.yaml, exercises/ or quizzes/{known}")


def find_built_in() -> Course:
    """The package's own course."""
    # In a checkout of the repository it lies beside the package, in a wheel inside it.
    checkout = PACKAGE_FOLDER.parent
    return Course(root=checkout if _is_course(checkout) else PACKAGE_FOLDER / "course", source="built-in")


def find_surrounding() -> Path | None:
    """Finds the course around the working folder: this folder, or the nearest one above it."""
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if _is_course(folder)), None)


def _may_be_course(folder: Path) -> bool:
    return (folder / FILE).is_file() or (folder / "exercises").is_dir() or (folder / "quizzes").is_dir()


def _is_course(folder: Path) -> bool:
    """Whether a folder that nobody named is a course: one that says so, or both folders, or one with content.

    A folder `exercises/` of any other kind doesn't hide the course that is meant.
    """
    both = (folder / "exercises").is_dir() and (folder / "quizzes").is_dir()
    content = (folder.glob("exercises/*/exercise.yaml"), folder.glob("quizzes/*.yaml"))
    return (folder / FILE).is_file() or both or any(next(found, None) for found in content)
