"""The folder in which a submission's files are laid down, and its removal whatever was made of it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from grader.engines.confine.inside import removing


def make_scratch(files: Mapping[str, bytes]) -> Path:
    """A fresh folder with `files` in it; of a name only its last part is used."""
    folder = Path(tempfile.mkdtemp(prefix="grade-"))
    for name, content in files.items():
        # A name comes from outside and may hold a path.
        (folder / Path(name).name).write_bytes(content)
    return folder


def remove_scratch(folder: Path) -> None:
    """Removes a folder with unreadable, endlessly deep or oddly named things in it; follows no link."""
    removing.remove(str(folder))
