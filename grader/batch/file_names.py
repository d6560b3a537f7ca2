"""What a student's file is called: its kind, its stem, and the marks that browsers and notebooks put on copies."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

Kind = Literal["py", "ipynb"]

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
UNREADABLE_ARCHIVES = (".rar", ".7z", ".gz", ".bz2", ".xz")
# Browsers and mail programs add `.json` and `.txt` to notebooks; Windows writes suffixes in capitals.
SUFFIX = re.compile(r"\.(?P<kind>py|ipynb)(?:\.(?:json|txt))?$", re.IGNORECASE)
# Jupyter's `-Copy1`, Windows' ` - Copy (2)`, macOS's ` copy 2`, Google Drive's `Copy of `: made beside the file itself.
COPIED = re.compile(
    r"^(?:copy|kopie|copie|copia) (?:of|von|de|di) "
    r"|(?:-copy\d*| - (?:copy|kopie|copie|copia)(?: \(\d+\))?|[ _]copy(?: ?\d+)?| ?\(copy\))$",
    re.IGNORECASE,
)
# A browser's second download, which may be the newer one.
NUMBERED = re.compile(r" ?\(\d{1,3}\)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stem:
    """A file's name without suffix and marks, in lower case.

    Args:
        whole: with the marks.
        is_copy: it is a copy that was made beside the file of that name.
    """

    text: str
    whole: str
    is_copy: bool


def fold_name(name: str) -> str:
    """The form in which two names are the same: composed, in lower case.

    >>> fold_name("Jose\u0301") == fold_name("JOS\u00c9")
    True
    """
    # Case folding can take composed letters apart again.
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def find_kind(name: str) -> Kind | None:
    """What kind of file this is, by its name; None for one that isn't graded.

    >>> find_kind("POOLING.PY"), find_kind("pooling.ipynb.json"), find_kind("pooling.docx")
    ('py', 'ipynb', None)
    """
    found = _find_suffix(PurePosixPath(name).name)
    return None if found is None else "ipynb" if found["kind"].lower() == "ipynb" else "py"


def is_archive_name(name: str) -> bool:
    """Whether it can be unpacked."""
    return name.lower().endswith(ARCHIVES)


def strip_archive(name: str) -> str:
    """An archive's name without its suffix; other names as they are."""
    lower = name.lower()
    fitting = [suffix for suffix in ARCHIVES if lower.endswith(suffix)]
    # `.tar.gz` before `.gz`.
    return name[: -len(max(fitting, key=len))] if fitting else name


def split_stem(name: str) -> Stem:
    """A file's stem.

    >>> split_stem("work/Pooling-Copy1.ipynb").text, split_stem("pooling (1).py").text
    ('pooling', 'pooling')
    """
    whole = fold_name(strip_suffix(PurePosixPath(name).name))
    text = strip_marks(whole)
    return Stem(text=text, whole=whole, is_copy=bool(_find_copied(whole)))


def strip_suffix(last: str) -> str:
    """A name without the suffix of its kind."""
    found = _find_suffix(last)
    return last[: found.start()] if found else last


def strip_marks(stem: str) -> str:
    """A stem without the marks of copies; one that is nothing but a mark as it is.

    >>> strip_marks("Copy of Ada"), strip_marks("ada (2)"), strip_marks("ada - Copy (2)")
    ('Ada', 'ada', 'ada')
    """
    if copied := _find_copied(stem):
        stem = stem[: copied.start()] + stem[copied.end() :]
    numbered = NUMBERED.search(stem)
    return (stem[: numbered.start()] if numbered else stem).strip() or stem


def _find_copied(stem: str) -> re.Match[str] | None:
    found = COPIED.search(stem)
    # A file that is called just "copy" isn't a copy of a file without a name.
    return found if found and len(found[0]) < len(stem) else None


def _find_suffix(last: str) -> re.Match[str] | None:
    found = SUFFIX.search(last)
    # `.py` alone is a hidden file without a name.
    return found if found and found.start() else None
