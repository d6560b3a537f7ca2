"""Which of a student's files is for which exercise."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader import submission
from grader.batch.file_names import Stem, find_kind, fold_name, split_stem
from grader.batch.handed import Handed
from grader.batch.sources.archive import opened
from grader.batch.sources.members import SourceFile, is_ignored, walk_folder
from grader.courses.exercise import Exercise
from grader.errors import UsageError
from grader.messages.text import escape_line
from grader.submission.exercise_cells import list_exercises
from grader.submission.record import MAX_NOTEBOOK_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file of a student's: where it can be read, what it is called in the source, and what the student called it."""

    path: Path
    name: str
    own: str

    @property
    def stem(self) -> Stem:
        return split_stem(self.own)


@dataclass(frozen=True, slots=True, kw_only=True)
class GradingJob:
    """One student's file for one exercise; `name` is what the file is called where it comes from."""

    handed: Handed
    exercise: Exercise
    path: Path
    name: str

    @property
    def student(self) -> str:
        return self.handed.student


def assign_all(handed: Iterable[Handed], exercises: Sequence[Exercise]) -> tuple[list[GradingJob], list[str]]:
    """A class's jobs, and what can't be told."""
    pairs = [match_files(each, exercises) for each in handed]
    return [job for jobs, _ in pairs for job in jobs], [problem for _, problems in pairs for problem in problems]


def match_files(handed: Handed, exercises: Sequence[Exercise]) -> tuple[list[GradingJob], list[str]]:
    """A student's jobs, and what can't be told, each as a sentence."""
    if not handed.files:
        others = f"; handed in: {', '.join(sorted(handed.others)[:5])}" if handed.others else ""
        return [], [f"{handed.student}: no .py or .ipynb file{others}"]
    files = [
        File(path=path, name=name, own=own)
        for path, name, own in zip(handed.files, handed.names, handed.own or handed.names, strict=True)
    ]
    chosen, doubts = choose_files(files, exercises)
    jobs = [
        GradingJob(handed=handed, exercise=each, path=chosen[each.id].path, name=chosen[each.id].name)
        for each in exercises
        if each.id in chosen
    ]
    if not jobs and not doubts:
        wanted = ", ".join(f"{exercise.id}.py" for exercise in exercises)
        return [], [f"{handed.student}: no file is named after an exercise; expected {wanted}"]
    return jobs, [f"{handed.student}: {doubt}" for doubt in doubts]


def choose_files(files: Sequence[File], exercises: Sequence[Exercise]) -> tuple[dict[str, File], list[str]]:
    """The file for each exercise, by its id; and where it can't be told, which files there are.

    One file for one exercise is for it, whatever its name. Else a file is for an exercise whose id or graded function is
    its name; else for each that its cells are marked with, as in a unit's notebook; else for the one whose id or
    function its name holds, the longest that fits, so that `exercise10.py` isn't for `exercise1`; else for the only
    exercise if no other file defines its function. A copy beside the file itself doesn't count, a numbered download
    does: only the student knows which of `a.py` and `a (1).py` is newer.
    """
    # Nothing else can be meant, so even `final_v2.py` needs no other name.
    if len(exercises) == 1 and len(files) == 1:
        return {exercises[0].id: files[0]}, []
    chosen: dict[str, File] = {}
    doubts: list[str] = []
    marks = {file.path: _list_marks(file) for file in files}
    for exercise in exercises:
        fitting = _find_fitting(files, exercise, exercises, marks)
        if len(fitting) == 1:
            chosen[exercise.id] = fitting[0]
        # With several exercises a missing file just hasn't been handed in; with one, some file must be meant.
        elif fitting or len(exercises) == 1:
            rename = "" if fitting else f", or name it {exercise.id}.py"
            shown = ", ".join(sorted(file.name for file in fitting or files)[:5])
            doubts.append(f"which of {shown} is for {exercise.id}? Leave one{rename}")
    return chosen, doubts


def choose_in_folder(folder: Path, exercise: Exercise, space: Path) -> Path:
    """The file for an exercise in what one student handed in: by the rule of a class.

    Args:
        space: an empty folder, for what is packed.

    Raises:
        UsageError: there is none, or it can't be told; written to the student.
    """
    members = [each for each in opened(walk_folder(folder), space, lambda _: "") if isinstance(each, SourceFile) and not is_ignored(each.name)]
    files = [
        File(path=each.path, name=each.name, own=each.name)
        for each in sorted(members, key=lambda member: member.name)
        if each.path is not None and find_kind(each.name)
    ]
    if not files:
        raise UsageError("there is no .py file and no notebook in what you handed in")
    chosen, doubts = choose_files(files, [exercise])
    if doubts:
        names = ", ".join(escape_line(file.name, 60) for file in files[:10])
        raise UsageError(
            f"hand in one file, or name it {exercise.id}.py; it can't be told which of these to grade: {names}"
        )
    return chosen[exercise.id].path


def _list_marks(file: File) -> set[str]:
    """The exercises that a file's cells are marked with."""
    with contextlib.suppress(OSError), file.path.open("rb") as opened_file:
        # Most files have none, and reading a class's files as code would take minutes.
        if b"#|" in opened_file.read(MAX_NOTEBOOK_BYTES):
            return list_exercises(submission.read_submission(file.path))
    return set()


def _find_fitting(
    files: Sequence[File], exercise: Exercise, exercises: Sequence[Exercise], marks: Mapping[Path, set[str]]
) -> list[File]:
    """By the first rule that any file fits."""
    ids, functions = {fold_name(exercise.id)}, {fold_name(exercise.function)} if exercise.function else set()
    exact = [[file for file in files if file.stem.text in names] for names in (ids, functions)]
    marked = [file for file in files if exercise.id in marks[file.path]]
    held = [file for file in files if _find_meant(file.stem.text, exercises) == exercise.id]
    # A surer rule that fits any file rules the weaker ones out.
    for fitting in (*exact, marked, held):
        if fitting:
            return _without_copies(fitting)
    if len(exercises) > 1:
        return []
    left = _without_copies(files)
    return left if len(left) == 1 else [file for file in left if _defines(file, exercise)]


def _without_copies(files: Sequence[File]) -> list[File]:
    """Without the copies of files that are there themselves."""
    originals = {file.stem.text for file in files if not file.stem.is_copy}
    return [file for file in files if not (file.stem.is_copy and file.stem.text in originals)]


def _defines(file: File, exercise: Exercise) -> bool:
    """Whether a file defines the exercise's function, by its text."""
    if exercise.function is None:
        return False
    # By its text: a file is never run only to find out what it is for.
    source = submission.read_submission(file.path).source
    return re.search(rf"^[ \t]*def {re.escape(exercise.function)}\s*\(", source, re.MULTILINE) is not None


def _find_meant(stem: str, exercises: Sequence[Exercise]) -> str | None:
    """The exercise whose id, or else graded function, a file's stem holds; the longest that fits."""
    for names in (
        {fold_name(exercise.id): exercise.id for exercise in exercises},
        {fold_name(exercise.function): exercise.id for exercise in exercises if exercise.function},
    ):
        fitting = [known for known in names if known in stem]
        if fitting:
            return names[max(fitting, key=len)]
    return None
