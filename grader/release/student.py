"""The students' repository: stubs, READMEs and quizzes, with a page that says how to begin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from grader.checks.loading import load_exercise
from grader.courses.course import PACKAGE_FOLDER, Course
from grader.courses.exercise import Exercise
from grader.courses.notebooks import build_exercise_notebook
from grader.release import public
from grader.reports import write

STUDENT_TEMPLATES = PACKAGE_FOLDER / "templates" / "student"


def release_course(course: Course, folder: Path, names: Sequence[str] = (), *, notebooks: bool = False) -> tuple[list[str], tuple[str, ...]]:
    """Makes the repository in a new folder.

    Args:
        names: the exercises and quizzes; all of them if empty.
        notebooks: with each exercise also as a notebook.

    Returns:
        The names of its files, and those of files in the exercises' folders that stay in the course.

    Raises:
        UsageError: see `public.collect` and `public.make_empty_folder`.
        CourseError: see `public.collect`.
    """
    found = public.collect(course, names)
    public.make_empty_folder(folder, course)
    specs = sorted((load_exercise(course, name) for name in found.exercises), key=lambda spec: spec.order)
    pages = {
        "README.md": render_readme(specs, found.quizzes, notebooks=notebooks),
        ".gitignore": (STUDENT_TEMPLATES / "gitignore").read_text(encoding="utf-8"),
    }
    if notebooks:
        pages |= {f"exercises/{spec.id}/{spec.id}.ipynb": _build_notebook(spec, found.files) for spec in specs}
    for name, content in found.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    write.write_folder(folder, pages)
    return sorted([*found.files, *pages]), found.left


def _build_notebook(spec: Exercise, files: Mapping[str, bytes]) -> str:
    """From what is released, so that a notebook holds nothing else."""
    readme, stub = (files[f"exercises/{spec.id}/{name}"].decode() for name in ("README.md", "stub.py"))
    return build_exercise_notebook(spec.id, readme, stub)


def render_readme(specs: Sequence[Exercise], quizzes: Sequence[str], *, notebooks: bool = False) -> str:
    """The page at the repository's root."""
    rows = "\n".join(
        f"| {_link_exercise(spec.id, notebooks=notebooks)} | {spec.title} | {spec.minutes} |" for spec in specs
    )
    taken = "\n".join(f"    grade quiz {quiz}" for quiz in quizzes)
    text = (STUDENT_TEMPLATES / "README.md").read_text(encoding="utf-8")
    text = text.replace("FIRST", specs[0].id if specs else "EXERCISE").replace("TABLE", rows)
    return text.replace("QUIZZES", f"## Quizzes\n\n{taken}\n" if quizzes else "").rstrip() + "\n"


def _link_exercise(exercise_id: str, *, notebooks: bool) -> str:
    folder = f"exercises/{exercise_id}"
    notebook = f" ([notebook]({folder}/{exercise_id}.ipynb))" if notebooks else ""
    return f"[{exercise_id}]({folder}/README.md){notebook}"
