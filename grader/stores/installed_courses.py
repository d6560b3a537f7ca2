"""Courses that came as Python packages: found by the entry point group `grade.courses`, never imported."""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

ENTRY_POINT_GROUP = "grade.courses"


@functools.cache
def find_installed_courses() -> Mapping[str, Path]:
    """The folder of each installed course, by its name; one whose package has no folder is left out."""
    found = {
        entry.name: _find_package_folder(entry.module)
        for entry in importlib.metadata.entry_points(group=ENTRY_POINT_GROUP)
    }
    return MappingProxyType({name: folder for name, folder in sorted(found.items()) if folder is not None})


def _find_package_folder(module: str) -> Path | None:
    """Where a package lies; only the first part of a dotted name is looked up, since more would import it."""
    top, *rest = module.split(".")
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return None
    places = spec.submodule_search_locations if spec is not None else None
    return Path(next(iter(places)), *rest).resolve() if places else None
