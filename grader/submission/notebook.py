"""A notebook's code cells as one Python text; outputs and pictures in it are passed over unread.

The JSON is decoded into typed records: nbformat itself takes 120 ms to say the same, which is most of what a refusal
may take. nbformat 4 (`cells`) and 3 (`worksheets`) are read.
"""

from __future__ import annotations

import json
import re

import msgspec
from msgspec import Struct, field

from grader.submission.magics import replace_magics
from grader.submission.record import Refusal, SourceText, check_code

DOWNLOAD_AGAIN_HINT = "Download it again; an upload may have cut it off, or an editor may have changed it."
NOTEBOOK_SHAPE = re.compile(r'"(cells|worksheets)"\s*:\s*\[')
# In the metadata of a notebook that was made from a session: its cells' numbers are those of their execution.
SESSION_KEY = "grade_session"
MERGE_CONFLICT = re.compile(r"^(<<<<<<<|>>>>>>>) ", re.MULTILINE)


class _Cell(Struct):
    cell_type: str = ""
    source: str | list[str] | None = None
    input: str | list[str] | None = None
    execution_count: int | None = None


class _Sheet(Struct):
    cells: list[_Cell] = field(default_factory=list)


class _Notebook(Struct):
    metadata: msgspec.Raw = msgspec.Raw(b"{}")
    cells: list[_Cell] | None = None
    worksheets: list[_Sheet] | None = None


class _LanguageSpec(Struct):
    language: str | None = None
    name: str | None = None


class _Metadata(Struct):
    kernelspec: _LanguageSpec | None = None
    language_info: _LanguageSpec | None = None
    grade_session: bool = False


def is_notebook(text: str) -> bool:
    """Whether a text that begins with a brace is meant to be a notebook."""
    return NOTEBOOK_SHAPE.search(text) is not None


def parse_notebook(text: str) -> SourceText:
    """The code cells joined, one empty line between them.

    Raises:
        Refusal: broken JSON, no notebook, no code in it, or a language other than Python.
    """
    notebook = _decode_notebook(text)
    if notebook.cells is None and notebook.worksheets is None:
        raise Refusal(
            "S005", "this is JSON, but not a notebook: it has no cells", hint="Hand in the notebook itself (.ipynb)."
        )
    metadata = _read_metadata(notebook)
    _check_language(metadata)
    every = [*(notebook.cells or []), *(cell for sheet in notebook.worksheets or [] for cell in sheet.cells)]
    cells = [cell for cell in every if cell.cell_type == "code"]
    numbers = [cell.execution_count or 0 for cell in cells] if metadata.grade_session else None
    return join([_read_cell_text(cell) for cell in cells], numbers)


def _decode_notebook(text: str) -> _Notebook:
    try:
        return msgspec.json.decode(text, type=_Notebook)
    except msgspec.ValidationError as error:
        raise Refusal("S005", f"the notebook is damaged: {error}", hint=DOWNLOAD_AGAIN_HINT) from error
    except (msgspec.DecodeError, RecursionError) as error:
        return _decode_leniently(text, str(error))


def _decode_leniently(text: str, reason: str) -> _Notebook:
    """Once more with the decoder that notebooks were written for: it takes NaN, which stored outputs may hold.

    Raises:
        Refusal: neither decoder reads it.
    """
    try:
        tree = json.loads(text)
        return msgspec.convert({"metadata": msgspec.Raw(b"{}"), **_select_parts(tree)}, _Notebook)
    except json.JSONDecodeError as error:
        if MERGE_CONFLICT.search(text):
            reason = "it holds the marks of a merge conflict (<<<<<<<)"
        # At the very end the file was cut off, and its last line number would say nothing.
        where = "" if error.pos >= len(text.rstrip()) else f" in line {error.lineno} of the file"
        raise Refusal("S005", f"the notebook's JSON is broken{where}: {reason}", hint=DOWNLOAD_AGAIN_HINT) from error
    except (msgspec.ValidationError, RecursionError, ValueError, TypeError) as error:
        raise Refusal("S005", f"the notebook's JSON is broken: {reason}", hint=DOWNLOAD_AGAIN_HINT) from error


def _select_parts(tree: object) -> dict[str, object]:
    if not isinstance(tree, dict):
        return {}
    parts = {key: tree[key] for key in ("cells", "worksheets") if key in tree}
    return {**parts, "metadata": msgspec.Raw(msgspec.json.encode(tree.get("metadata", {})))}


def _read_metadata(notebook: _Notebook) -> _Metadata:
    try:
        return msgspec.json.decode(notebook.metadata, type=_Metadata)
    except (msgspec.DecodeError, RecursionError):
        return _Metadata()  # odd metadata say nothing


def _check_language(metadata: _Metadata) -> None:
    named = [
        metadata.language_info and metadata.language_info.name,
        metadata.kernelspec and metadata.kernelspec.language,
    ]
    languages = [language for language in named if language]
    if languages and not any("python" in language.lower() for language in languages):
        raise Refusal(
            "S006", f"this is a notebook in {languages[0][:30]!a}, not in Python", hint="Use a Python 3 kernel."
        )


def _read_cell_text(cell: _Cell) -> str:
    raw = cell.source if cell.source is not None else cell.input
    text = "".join(raw) if isinstance(raw, list) else raw or ""
    # JSON can spell halves of characters, which no file can hold.
    text = text.encode("utf-8", "replace").decode()
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def join(texts: list[str], numbers: list[int] | None = None) -> SourceText:
    """Code cells as one text, one empty line between them.

    Args:
        texts: of the cells.
        numbers: what the cells are called; without, they are counted from 1.

    Raises:
        Refusal: there is no code in them, or too much.
    """
    check_code("\n".join(texts))
    cells = [replace_magics(text, cell=True).rstrip("\n") for text in texts]
    if not any(cell.strip() for cell in cells):
        raise Refusal("S001", "the notebook has no code", hint="Did you save it after writing your code?")
    starts: list[tuple[int, int]] = []
    line = 1
    for number, text in zip(numbers or range(1, len(cells) + 1), cells, strict=True):
        starts.append((line, number))
        # The cell's own last line end, and the empty line between cells.
        line += text.count("\n") + 2
    return SourceText(source="\n\n".join(cells) + "\n", kind="ipynb", cells=starts)
