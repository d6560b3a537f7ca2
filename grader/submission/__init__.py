"""A student's file as text: Python or a notebook, magics blanked so that line numbers stay true. Never runs anything."""

from __future__ import annotations

import difflib
import hashlib
import re
from itertools import islice
from pathlib import Path
from stat import S_ISREG

from msgspec.structs import replace

from grader.errors import UsageError
from grader.submission import exports, notebook
from grader.submission.bounds import MAX_NOTEBOOK_BYTES, check_bytes, check_code
from grader.submission.decoding import decode
from grader.submission.magics import clean, parses
from grader.submission.record import Finding, Refusal, Submission, Text

__all__ = ["Finding", "Refusal", "Submission", "Text", "clean", "parse", "read"]

MAX_DIGESTED_BYTES = 256_000_000
FENCE = re.compile(r"^[ \t]*(```|~~~)", re.MULTILINE)
PROSE = re.compile(r"^(#{1,6} .*\n\s*\n|!?\[[^\]\n]+\]\([^)\n]+\)|\*\*\S|[-*] \w+ \w+ \w+|---\n)", re.MULTILINE)
PYTHON_LINE = re.compile(r"^\s*(import|from|def|class)\s+\w", re.MULTILINE)
WEB_PAGE = re.compile(r"\s*(?:<\?xml[^<>]{0,200}>\s*)?<(!doctype html|html|head|body)\b", re.IGNORECASE)


def read(path: Path) -> Submission:
    """Reads one file; what is wrong inside it becomes its `fault`.

    Raises:
        UsageError: there is no such file, it is a folder, or it can't be opened.
    """
    data, sha256 = _bytes(path)
    blank = Submission(path=_printable(str(path)), name=_printable(path.name), sha256=sha256)
    try:
        text = parse(data, path.suffix.lower())
    except Refusal as refusal:
        return replace(blank, fault=refusal.finding)
    return replace(blank, source=text.source, kind=text.kind, cells=text.cells, remarks=text.remarks)


def _printable(name: str) -> str:
    """A name as text that every report can hold: bytes that are no UTF-8 as escapes."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _bytes(path: Path) -> tuple[bytes, str]:
    """At most a byte more than may be read, and the digest of the file, of an endless one that of its beginning."""
    try:
        if path.is_dir():
            raise UsageError(f"{path} is a folder; name the file to grade")
        if not S_ISREG(path.stat().st_mode):
            raise UsageError(f"{path} is not a regular file; name a .py or .ipynb file")
        with path.open("rb") as file:
            data = file.read(MAX_NOTEBOOK_BYTES + 1)
            digest = hashlib.sha256(data)
            while file.tell() < MAX_DIGESTED_BYTES and (chunk := file.read(1 << 20)):
                digest.update(chunk)
            return data, digest.hexdigest()
    except FileNotFoundError as error:
        raise UsageError(f"{path}: {_missing(path)}") from error
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(f"{str(path)!a} can't be read: {error}") from error


def _missing(path: Path) -> str:
    if not path.parent.is_dir():
        return f"no such file; there is no folder {path.parent}"
    names = [other.name for other in islice(path.parent.iterdir(), 2000) if other.is_file()]
    near = difflib.get_close_matches(path.name, names, n=1, cutoff=0.5)
    return "no such file" + (f'; did you mean "{near[0]}"?' if near else "")


def parse(data: bytes, suffix: str) -> Text:
    """The Python text of a file's bytes, and where its cells begin.

    Args:
        data: the whole file.
        suffix: `.py` or `.ipynb`; what a file holds counts for more than what it is called.

    Raises:
        Refusal: nothing that can be graded.
    """
    if not data.strip():
        raise Refusal("S001", "the file is empty", hint="Did your editor save it?")
    check_bytes(data)
    text = decode(data)
    if not text.strip():
        raise Refusal("S001", "the file is empty", hint="Did your editor save it?")
    return _understand(text, suffix)


def _understand(text: str, suffix: str) -> Text:
    if text.lstrip().startswith("{") and (suffix == ".ipynb" or notebook.looks_like_one(text)):
        found = notebook.parse(text)
        remark = (
            [] if suffix == ".ipynb" else [f"the file is a notebook, although its name ends in {suffix or 'nothing'}"]
        )
        return Text(source=found.source, kind="ipynb", cells=found.cells, remarks=remark)
    if WEB_PAGE.match(text):
        return _read_page(text)
    check_code(text)
    source = clean(text)
    if parses(source):
        _refuse_comments_only(source)
    elif _is_markdown(text):
        if (page := exports.read_markdown(text)) is not None:
            return page
        hint = "Put only the Python code into the file, or hand in the notebook itself."
        raise Refusal("S004", "this is text with Markdown, neither Python nor a notebook", hint=hint)
    elif suffix == ".ipynb" and not PYTHON_LINE.search(text):
        hint = "Download the notebook itself, not its page."
        raise Refusal("S004", "named .ipynb, but it is neither a notebook nor Python", hint=hint)
    return Text(source=source, remarks=_remarks(suffix))


def _read_page(text: str) -> Text:
    """The code cells of a notebook that was exported as HTML.

    Raises:
        Refusal: any other page.
    """
    cells = exports.find_html_cells(text)
    if not cells:
        hint = "Download the file itself (the Raw or Download button), not its page."
        raise Refusal("S004", "this is a web page (HTML), not the file that it shows", hint=hint)
    return replace(notebook.join(cells), remarks=["the file is the page of a notebook; the code in it was read"])


def _refuse_comments_only(source: str) -> None:
    code = (line for line in source.split("\n") if line.strip() and not line.lstrip().startswith("#"))
    if next(code, None) is None:
        raise Refusal("S001", "the file has no code, only comments", hint="Did you save it after writing your code?")


def _is_markdown(text: str) -> bool:
    """Prose, or prose with code between fences: no line of Python stands before the first fence."""
    fence, code = FENCE.search(text), PYTHON_LINE.search(text)
    if code is None:
        return fence is not None or PROSE.search(text) is not None
    return fence is not None and fence.start() < code.start()


def _remarks(suffix: str) -> list[str]:
    return ["the file is named .ipynb, but holds plain Python; it was read as such"] if suffix == ".ipynb" else []
