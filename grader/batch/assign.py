"""Which of a student's files is for which exercise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from grader.batch.sources import Handed
from grader.exercise import Exercise


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One student's file for one exercise; `name` is what the file is called where it comes from."""

    handed: Handed
    exercise: Exercise
    path: Path
    name: str

    @property
    def student(self) -> str:
        return self.handed.student


def assign(handed: Handed, exercises: Sequence[Exercise]) -> tuple[list[Job], list[str]]:
    """A student's jobs, and what can't be told, each as a sentence.

    With one exercise and one file, the file is for it, whatever its name. Otherwise a file is for the exercise whose
    id or graded function its name holds; the longest that fits counts, so that `exercise10.py` isn't for `exercise1`.
    """
    known = list(zip(handed.files, handed.names, strict=True))
    if not known:
        return [], [f"{handed.student}: no .py or .ipynb file"]
    if len(exercises) == 1 and len(known) == 1:
        (path, name), *_ = known
        return [Job(handed=handed, exercise=exercises[0], path=path, name=name)], []
    jobs, problems = [], []
    for exercise in exercises:
        fitting = [(path, name) for path, name in known if _meant(name, exercises) == exercise.id]
        if len(fitting) == 1:
            jobs.append(Job(handed=handed, exercise=exercise, path=fitting[0][0], name=fitting[0][1]))
        elif fitting or len(exercises) == 1:
            rename = "" if fitting else f", or name it {exercise.id}.py"
            shown = ", ".join(sorted(name for _, name in fitting or known)[:5])
            problems.append(f"{handed.student}: which of {shown} is for {exercise.id}? Leave one{rename}")
    if not jobs and not problems:
        wanted = ", ".join(f"{exercise.id}.py" for exercise in exercises)
        problems.append(f"{handed.student}: no file is named after an exercise; expected {wanted}")
    return jobs, problems


def _meant(name: str, exercises: Sequence[Exercise]) -> str | None:
    """The exercise whose id, or else graded function, the file's name holds; the longest that fits."""
    stem = PurePosixPath(name).stem.lower()
    for names in (
        {exercise.id.lower(): exercise.id for exercise in exercises},
        {exercise.function.lower(): exercise.id for exercise in exercises if exercise.function},
    ):
        fitting = [known for known in names if known in stem]
        if fitting:
            return names[max(fitting, key=len)]
    return None
