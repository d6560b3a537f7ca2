"""Where the exercises and quizzes are: `--course`, `GRADE_COURSE`, the nearest ancestor folder, or the wheel's own."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from grader.errors import UsageError
from grader.yamltree import did_you_mean

PACKAGE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A folder with `exercises/` and `quizzes/` (and `solutions/`, where an instructor has them)."""

    root: Path

    @property
    def solutions(self) -> Path:
        return self.root / "solutions"

    def exercise_ids(self) -> list[str]:
        """Every exercise folder's name, sorted."""
        return sorted(path.parent.name for path in self.root.glob("exercises/*/exercise.yaml"))

    def quiz_ids(self) -> list[str]:
        """Every quiz file's name without `.yaml`, sorted."""
        return sorted(path.stem for path in self.root.glob("quizzes/*.yaml"))

    def exercise_file(self, exercise_id: str) -> Path:
        """Raises: UsageError: there is no such exercise; the nearest name is suggested."""
        if exercise_id not in (ids := self.exercise_ids()):
            raise UsageError(f'no exercise "{exercise_id}"{did_you_mean(exercise_id, ids)} (`grade list` shows all)')
        return self.root / "exercises" / exercise_id / "exercise.yaml"

    def quiz_file(self, quiz_id: str) -> Path:
        """Raises: UsageError: there is no such quiz; the nearest name is suggested."""
        if quiz_id not in (ids := self.quiz_ids()):
            raise UsageError(f'no quiz "{quiz_id}"{did_you_mean(quiz_id, ids)} (`grade list` shows all)')
        return self.root / "quizzes" / f"{quiz_id}.yaml"


def find(given: Path | None = None) -> Course:
    """The course that this command works on.

    Raises:
        UsageError: a folder was named and holds no course.
    """
    named = given or (Path(os.environ["GRADE_COURSE"]) if os.environ.get("GRADE_COURSE") else None)
    if named is not None:
        if not _is_course(named):
            raise UsageError(f"no course in {named}: expected the folders exercises/ and quizzes/")
        return Course(root=named.resolve())
    here = Path.cwd()
    for folder in (here, *here.parents, PACKAGE.parent):
        if _is_course(folder):
            return Course(root=folder)
    return Course(root=PACKAGE / "course")


def _is_course(folder: Path) -> bool:
    return (folder / "exercises").is_dir() and (folder / "quizzes").is_dir()
