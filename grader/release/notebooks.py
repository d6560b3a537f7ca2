"""The notebooks of a release, made from the files that are released, so that they hold nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from grader.courses.exercise import Exercise, sort_by_unit
from grader.courses.notebooks import ExerciseText, build_exercise_notebook, build_unit_notebook
from grader.release.public import LINKS

MAX_SLUG = 60
# An address of its own, a place on the same page, or one from the root.
WHOLE_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:|[#/]", re.IGNORECASE)


def build_exercise_notebooks(specs: Iterable[Exercise], files: Mapping[str, bytes]) -> dict[str, str]:
    """Each exercise's notebook, by the name of its file."""
    return {f"exercises/{spec.id}/{spec.id}.ipynb": _build_notebook(spec, files) for spec in specs}


def _build_notebook(spec: Exercise, files: Mapping[str, bytes]) -> str:
    texts = _read_texts(spec, files)
    return build_exercise_notebook(texts.id, texts.readme, texts.stub)


def build_unit_notebooks(specs: Sequence[Exercise], files: Mapping[str, bytes]) -> dict[str, tuple[str, str]]:
    """By the unit's title, in the order of the course: the name of its notebook, and the notebook."""
    in_units = sort_by_unit([spec for spec in specs if spec.unit])
    made = {}
    for number, (unit, group) in enumerate(groupby(in_units, key=lambda each: each.unit), 1):
        texts = [_move_links(_read_texts(spec, files)) for spec in group]
        made[unit] = (f"units/{name_unit_file(number, unit)}.ipynb", build_unit_notebook(unit, texts))
    return made


def name_unit_file(number: int, unit: str) -> str:
    """A file's name in which every shell and address takes each letter as it is.

    >>> name_unit_file(2, "Über Bilder: Teil 1"), name_unit_file(3, "画像")
    ('2-ber-bilder-teil-1', '3')
    """
    slug = re.sub(r"[^a-z0-9]+", "-", unit.lower()).strip("-")[:MAX_SLUG].strip("-")
    return f"{number}-{slug}" if slug else f"{number}"


def _read_texts(spec: Exercise, files: Mapping[str, bytes]) -> ExerciseText:
    readme, stub = (files[f"exercises/{spec.id}/{name}"].decode() for name in ("README.md", "stub.py"))
    return ExerciseText(id=spec.id, readme=readme, stub=stub)


def _move_links(exercise: ExerciseText) -> ExerciseText:
    """With links that lead to the exercise's folder, now that they stand elsewhere."""

    def move(found: re.Match[str]) -> str:
        target = found[1] or found[2]
        moved = target if WHOLE_ADDRESS.match(target) else f"../exercises/{exercise.id}/{target.removeprefix('./')}"
        return found[0].replace(target, moved)

    return ExerciseText(id=exercise.id, readme=LINKS.sub(move, exercise.readme), stub=exercise.stub)
