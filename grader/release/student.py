"""The students' repository: stubs, READMEs and quizzes, with a page that says how to begin."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from grader.checks.loading import load
from grader.course import PACKAGE, Course
from grader.exercise import Exercise
from grader.release import public
from grader.reports import write

TEMPLATES = PACKAGE / "templates" / "student"


def release(course: Course, folder: Path, exercises: Sequence[str] = ()) -> list[str]:
    """Makes the repository in a new folder; returns the names of its files.

    Raises:
        UsageError: see `public.files` and `public.empty_folder`.
        CourseError: see `public.files`.
    """
    found = public.files(course, exercises)
    public.empty_folder(folder, course)
    ids = exercises or course.exercise_ids()
    for name, path in found.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    (folder / "quizzes").mkdir(exist_ok=True)
    specs = sorted((load(course, name) for name in ids), key=lambda spec: spec.order)
    pages = {
        "README.md": readme(specs, course.quiz_ids()),
        ".gitignore": (TEMPLATES / "gitignore").read_text(encoding="utf-8"),
    }
    write.write_folder(folder, pages)
    return sorted([*found, *pages])


def readme(specs: Sequence[Exercise], quizzes: Sequence[str]) -> str:
    """The page at the repository's root."""
    rows = "\n".join(
        f"| [{spec.id}](exercises/{spec.id}/README.md) | {spec.title} | {spec.minutes} |" for spec in specs
    )
    taken = "\n".join(f"    grade quiz {quiz}" for quiz in quizzes)
    text = (TEMPLATES / "README.md").read_text(encoding="utf-8")
    text = text.replace("FIRST", specs[0].id if specs else "EXERCISE").replace("TABLE", rows)
    return text.replace("QUIZZES", f"## Quizzes\n\n{taken}\n" if quizzes else "").rstrip() + "\n"
