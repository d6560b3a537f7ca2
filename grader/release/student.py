"""The students' repository: stubs, READMEs and quizzes, with a page that says how to begin."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from grader.checks.loading import load_exercise
from grader.courses.course import PACKAGE_FOLDER, Course
from grader.courses.exercise import Exercise
from grader.release import public
from grader.release.notebooks import build_exercise_notebooks, build_unit_notebooks
from grader.reports import write

STUDENT_TEMPLATES = PACKAGE_FOLDER / "templates" / "student"
NO_UNITS: Mapping[str, str] = MappingProxyType({})


def release_course(course: Course, folder: Path, names: Sequence[str] = (), *, notebooks: bool = False) -> tuple[list[str], tuple[str, ...]]:
    """Makes the repository in a new folder.

    Args:
        names: the exercises and quizzes; all of them if empty.
        notebooks: with each exercise and each unit also as a notebook.

    Returns:
        The names of its files, and those of files in the exercises' folders that stay in the course.

    Raises:
        UsageError: see `public.collect` and `public.make_empty_folder`.
        CourseError: see `public.collect`.
    """
    found = public.collect(course, names)
    public.make_empty_folder(folder, course)
    specs = sorted((load_exercise(course, name) for name in found.exercises), key=lambda spec: spec.order)
    made = build_exercise_notebooks(specs, found.files) if notebooks else {}
    units = build_unit_notebooks(specs, found.files) if notebooks else {}
    named = {unit: name for unit, (name, _) in units.items()}
    pages = made | dict(units.values()) | {
        "README.md": render_readme(specs, found.quizzes, notebooks=made, units=named),
        ".gitignore": (STUDENT_TEMPLATES / "gitignore").read_text(encoding="utf-8"),
    }
    for name, content in found.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    write.write_folder(folder, pages)
    return sorted([*found.files, *pages]), found.left


def render_readme(
    specs: Sequence[Exercise], quizzes: Sequence[str], *, notebooks: Collection[str] = (), units: Mapping[str, str] = NO_UNITS
) -> str:
    """The page at the repository's root.

    Args:
        notebooks: the files of the exercises' notebooks.
        units: the file of each unit's notebook, by its title.
    """
    rows = "\n".join(f"| {_link_exercise(spec.id, notebooks)} | {spec.title} | {spec.minutes} |" for spec in specs)
    if units:
        rows += "\n\nAll exercises of a unit in one notebook:\n\n"
        rows += "\n".join(f"- [{unit}]({name})" for unit, name in units.items())
    taken = "\n".join(f"    grade quiz {quiz}" for quiz in quizzes)
    text = (STUDENT_TEMPLATES / "README.md").read_text(encoding="utf-8")
    text = text.replace("FIRST", specs[0].id if specs else "EXERCISE").replace("TABLE", rows)
    return text.replace("QUIZZES", f"## Quizzes\n\n{taken}\n" if quizzes else "").rstrip() + "\n"


def _link_exercise(exercise_id: str, notebooks: Collection[str]) -> str:
    folder = f"exercises/{exercise_id}"
    notebook = f"{folder}/{exercise_id}.ipynb"
    return f"[{exercise_id}]({folder}/README.md)" + (f" ([notebook]({notebook}))" if notebook in notebooks else "")
