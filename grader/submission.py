"""A student's file as text: Python or a notebook, magics blanked so that line numbers stay true. Never runs anything."""

from __future__ import annotations

import ast
import difflib
import hashlib
import io
import re
import textwrap
import tokenize
import warnings
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, field

from grader.errors import UsageError

MAX_BYTES = 5_000_000
OTHER_LANGUAGES = ("javascript", "js", "html", "bash", "sh", "script", "latex", "svg", "markdown", "perl", "ruby", "writefile", "R")
MAGIC = re.compile(r"^(?P<indent>\s*)(?:[%!?]|pip\s+install\b|[\w.]+\?{1,2}\s*$)")
ASSIGNED_MAGIC = re.compile(r"^(?P<target>\s*[\w.,\s\[\]'\"]+=\s*)[%!]\S")


class Finding(Struct, frozen=True, kw_only=True):
    """Why a file can't be graded further: what, where, how to mend it."""

    code: str
    message: str
    line: int | None = None
    hint: str | None = None


class Submission(Struct, frozen=True, kw_only=True):
    """One student file.

    Args:
        source: the Python text that is graded; for a notebook its code cells joined.
        cells: for a notebook, the first line (1-based, in `source`) and the number of each code cell.
        fault: set when there is nothing to grade.
    """

    path: str
    name: str
    sha256: str
    source: str = ""
    cells: list[tuple[int, int]] = field(default_factory=list)
    fault: Finding | None = None

    def place(self, line: int) -> str:
        """`line 57`, or `cell 3, line 4` in a notebook."""
        for first, number in reversed(self.cells):
            if line >= first:
                return f"cell {number}, line {line - first + 1}"
        return f"line {line}"


class Refusal(Exception):
    """The file holds nothing that can be graded; carries the finding."""

    def __init__(self, code: str, message: str, *, line: int | None = None, hint: str | None = None) -> None:
        self.finding = Finding(code=code, message=message, line=line, hint=hint)
        super().__init__(message)


def read(path: Path) -> Submission:
    """Reads one file; what is wrong inside it becomes its `fault`.

    Raises:
        UsageError: there is no such file, it is a folder, or it can't be opened.
    """
    data = _bytes(path)
    base = {"path": str(path), "name": path.name, "sha256": hashlib.sha256(data).hexdigest()}
    try:
        source, cells = parse(data, path.suffix.lower())
    except Refusal as refusal:
        return Submission(**base, fault=refusal.finding)
    return Submission(**base, source=source, cells=cells)


def _bytes(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise UsageError(f"{path} is a folder; name the file to grade")
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        names = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
        near = difflib.get_close_matches(path.name, names, n=1, cutoff=0.5)
        hint = f'; did you mean "{near[0]}"?' if near else ""
        raise UsageError(f"{path}: no such file{hint}") from error
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}") from error


def parse(data: bytes, suffix: str) -> tuple[str, list[tuple[int, int]]]:
    """The Python text of a file's bytes, and where its cells begin.

    Raises:
        Refusal: nothing that can be graded.
    """
    if len(data) > MAX_BYTES:
        raise Refusal("S007", f"the file is larger than {MAX_BYTES // 1_000_000} MB", hint="Remove stored outputs and data.")
    if not data.strip():
        raise Refusal("S001", "the file is empty", hint="Did your editor save it?")
    text = _decode(data)
    if suffix == ".ipynb" and (notebook := _notebook(text)) is not None:
        return notebook
    return clean(text), []


def _decode(data: bytes) -> str:
    if data[:2] in (b"PK", b"\x1f\x8b") or data[:4] in (b"%PDF", b"\x89PNG", b"\x89HDF") or b"\0" in data[:4096]:
        raise Refusal("S002", "this is not a text file", hint="Hand in your .py file or your notebook (.ipynb).")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return data.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        message = f"not UTF-8 text (byte {data[error.start]:#04x})"
        raise Refusal("S003", message, line=line, hint="Save the file as UTF-8 in your editor.") from error
    except SyntaxError as error:
        raise Refusal("S003", f"the file's encoding can't be used: {error.msg}", hint="Save the file as UTF-8.") from error


class _Cell(Struct):
    cell_type: str
    source: str | list[str] = ""
    input: str | list[str] = ""
    language: str = ""


class _Sheet(Struct):
    cells: list[_Cell] = field(default_factory=list)


class _Notebook(Struct):
    """Both forms: nbformat 4's `cells` and nbformat 3's `worksheets`."""

    metadata: dict[str, Any] = field(default_factory=dict)
    cells: list[_Cell] | None = None
    worksheets: list[_Sheet] | None = None


def _notebook(text: str) -> tuple[str, list[tuple[int, int]]] | None:
    """The code cells joined; None when the text is Python after all."""
    if not text.lstrip("\ufeff \n").startswith("{"):
        if _parses(clean(text)):
            return None
        raise Refusal(
            "S004", "named .ipynb, but it is neither a notebook nor Python", hint="Download the notebook itself, not its page."
        )
    try:
        notebook = msgspec.json.decode(text, type=_Notebook)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Refusal(
            "S005", f"the notebook's JSON is broken: {error}", hint="Download it again; an upload may have cut it off."
        ) from error
    _check_language(notebook)
    cells = notebook.cells if notebook.cells is not None else [c for s in notebook.worksheets or [] for c in s.cells]
    return _join([cell for cell in cells if cell.cell_type == "code"])


def _check_language(notebook: _Notebook) -> None:
    spec = notebook.metadata.get("kernelspec")
    language = str(spec.get("language", "")) if isinstance(spec, dict) else ""
    if language and language.lower() != "python":
        raise Refusal("S006", f"this is a notebook in {language[:30]}, not in Python", hint="Use a Python 3 kernel.")


def _join(cells: list[_Cell]) -> tuple[str, list[tuple[int, int]]]:
    parts: list[str] = []
    starts: list[tuple[int, int]] = []
    line = 1
    for number, cell in enumerate(cells, 1):
        raw = cell.source or cell.input
        text = clean("".join(raw) if isinstance(raw, list) else raw).rstrip("\n")
        starts.append((line, number))
        parts.append(text)
        line += text.count("\n") + 1
    source = "\n".join(parts) + "\n"
    if not source.strip():
        raise Refusal("S001", "the notebook has no code", hint="Did you save it after writing your code?")
    return source, starts


def clean(text: str) -> str:
    """Python that may carry magics, shell lines or an indent as a whole, as Python with the same line numbers."""
    if _parses(text):
        return text
    first = next((line.split() for line in text.splitlines() if line.strip()), [""])[0]
    if first.startswith("%%") and first[2:] in OTHER_LANGUAGES:
        return "\n" * text.count("\n")
    blanked = "\n".join(_without_magic(line) for line in text.split("\n"))
    if _parses(blanked):
        return blanked
    dedented = textwrap.dedent(blanked)
    return dedented if _parses(dedented) else text if "%" not in text and "!" not in text else blanked


def _without_magic(line: str) -> str:
    if (match := ASSIGNED_MAGIC.match(line)) is not None:
        return f"{match['target']}None"
    match = MAGIC.match(line)
    return f"{match['indent']}pass" if match else line


def _parses(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
