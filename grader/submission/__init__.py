"""A student's file as text: Python or a notebook, magics blanked so that line numbers stay true. Never runs anything."""

from __future__ import annotations

import difflib
import hashlib
import io
import re
import tokenize
from itertools import islice
from pathlib import Path
from stat import S_ISREG

from msgspec.structs import replace

from grader.errors import UsageError
from grader.submission import exports, notebook, scripts
from grader.submission.magics import is_python, replace_magics
from grader.submission.record import (
    MAX_NOTEBOOK_BYTES,
    Finding,
    Refusal,
    SourceText,
    Submission,
    check_bytes,
    check_code,
)

__all__ = ["Finding", "Refusal", "SourceText", "Submission", "parse_bytes", "read_submission", "replace_magics"]
MAX_DIGESTED_BYTES = 256_000_000
FENCE_MARK = re.compile(r"^[ \t]*(```|~~~)", re.MULTILINE)
PROSE_LINE = re.compile(r"^(#{1,6} .*\n\s*\n|!?\[[^\]\n]+\]\([^)\n]+\)|\*\*\S|[-*] \w+ \w+ \w+|---\n)", re.MULTILINE)
PYTHON_LINE = re.compile(r"^[ \t]*(import|from|def|class)\s+\w", re.MULTILINE)
WEB_PAGE = re.compile(r"\s*(?:<\?xml[^<>]{0,200}>\s*)?<(!doctype html|html|head|body)\b", re.IGNORECASE)
# The first bytes of what people hand in by mistake.
FILE_KINDS = (
    (b"PK\x03\x04", "a ZIP archive (also .docx, .keras and .npz are)"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"\x89HDF", "a saved model (HDF5)"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"{\\rtf", "a rich-text document (RTF)"),
)
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
# Python would also take codecs that are no encodings of text files, and two that are slow on purpose-made input.
TEXT_ENCODING = re.compile(
    r"(utf[-_]?8|ascii|latin|iso[-_ ]?8859|cp\d|windows|mac|koi8|gb|big5|shift|euc|iso2022|johab|l\d)", re.IGNORECASE
)
HAND_IN_HINT = "Hand in your .py file or your notebook (.ipynb)."
EXPORTED_REMARK = "the file is a notebook that was saved as a script; its cells were read, and are counted from 1"
UTF_8_HINT = "Save the file as UTF-8: most editors offer it under Save As, or in the status bar."


def read_submission(path: Path) -> Submission:
    """Reads one file; what is wrong inside it becomes its `fault`.

    Raises:
        UsageError: there is no such file, it is a folder, or it can't be opened.
    """
    data, sha256 = _read_bytes(path)
    blank = Submission(path=_escape_name(str(path)), name=_escape_name(path.name), sha256=sha256)
    try:
        text = parse_bytes(data, path.suffix.lower())
    except Refusal as refusal:
        return replace(blank, fault=refusal.finding)
    return replace(blank, source=text.source, kind=text.kind, cells=text.cells, remarks=text.remarks)


def _escape_name(name: str) -> str:
    """A name as text that every report can hold: bytes that are no UTF-8 as escapes."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _read_bytes(path: Path) -> tuple[bytes, str]:
    """At most a byte more than may be read, and the digest of the file, of an endless one that of its beginning."""
    try:
        if path.is_dir():
            raise UsageError(f"{path} is a folder; name the file to grade")
        # A pipe or a device could block or never end.
        if not S_ISREG(path.stat().st_mode):
            raise UsageError(f"{path} is not a regular file; name a .py or .ipynb file")
        with path.open("rb") as file:
            data = file.read(MAX_NOTEBOOK_BYTES + 1)
            digest = hashlib.sha256(data)
            # The digest names the whole file, though its text is refused; the bound is for files without an end.
            while file.tell() < MAX_DIGESTED_BYTES and (chunk := file.read(1 << 20)):
                digest.update(chunk)
            return data, digest.hexdigest()
    except FileNotFoundError as error:
        raise UsageError(f"{path}: {_describe_missing(path)}") from error
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(f"{str(path)!a} can't be read: {error}") from error


def _describe_missing(path: Path) -> str:
    if not path.parent.is_dir():
        return f"no such file; there is no folder {path.parent}"
    # Bounded: a folder of a big course may hold very many files.
    names = [other.name for other in islice(path.parent.iterdir(), 2000) if other.is_file()]
    near = difflib.get_close_matches(path.name, names, n=1, cutoff=0.5)
    return "no such file" + (f'; did you mean "{near[0]}"?' if near else "")


def parse_bytes(data: bytes, suffix: str) -> SourceText:
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
    text = decode_text(data)
    if not text.strip():
        raise Refusal("S001", "the file is empty", hint="Did your editor save it?")
    return _recognize_text(text, suffix)


def _recognize_text(text: str, suffix: str) -> SourceText:
    if text.lstrip().startswith("{") and (suffix == ".ipynb" or notebook.is_notebook(text)):
        found = notebook.parse_notebook(text)
        remark = (
            [] if suffix == ".ipynb" else [f"the file is a notebook, although its name ends in {suffix or 'nothing'}"]
        )
        return SourceText(source=found.source, kind="ipynb", cells=found.cells, remarks=remark)
    if WEB_PAGE.match(text):
        return _read_page(text)
    check_code(text)
    text = scripts.restore_timed_statements(scripts.uncomment_cells(text))
    if cells := scripts.split_exported_cells(text):
        return replace(notebook.join(cells), remarks=[EXPORTED_REMARK])
    source = replace_magics(text)
    if is_python(source):
        _refuse_comments_only(source)
    elif _is_markdown(text):
        if (page := exports.read_markdown(text)) is not None:
            return page
        hint = "Put only the Python code into the file, or hand in the notebook itself."
        raise Refusal("S004", "this is text with Markdown, neither Python nor a notebook", hint=hint)
    # Python with an error and the wrong name still gets its syntax error, which helps more.
    elif suffix == ".ipynb" and not PYTHON_LINE.search(text):
        hint = "Download the notebook itself, not its page."
        raise Refusal("S004", "named .ipynb, but it is neither a notebook nor Python", hint=hint)
    return SourceText(source=source, remarks=_list_remarks(suffix))


def _read_page(text: str) -> SourceText:
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
    fence, code = FENCE_MARK.search(text), PYTHON_LINE.search(text)
    if code is None:
        return fence is not None or PROSE_LINE.search(text) is not None
    return fence is not None and fence.start() < code.start()


def _list_remarks(suffix: str) -> list[str]:
    return ["the file is named .ipynb, but holds plain Python; it was read as such"] if suffix == ".ipynb" else []


def decode_text(data: bytes) -> str:
    r"""The text of a file, its line ends as `\n`; a byte-order mark and PEP 263's coding line are honoured.

    Raises:
        Refusal: not text, or not in the encoding that it should be in.

    >>> decode_text(b"\xef\xbb\xbfx = 1\r\n")
    'x = 1\n'
    """
    _refuse_binary(data)
    encoding = _detect_encoding(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        what = "UTF-8" if encoding.startswith("utf-8") else encoding
        message = f"not {what} text: byte {data[error.start]:#04x} can't be read (byte {error.start + 1:,} of the file)"
        raise Refusal("S003", message, line=line, hint=UTF_8_HINT) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _refuse_binary(data: bytes) -> None:
    kind = next((kind for start, kind in FILE_KINDS if data.startswith(start)), None)
    if kind is not None:
        raise Refusal("S002", f"this is {kind}, not a text file", hint=HAND_IN_HINT)
    # Many zero bytes in the even or the odd places are text in UTF-16 without a mark.
    if data.startswith(UTF_16_MARKS) or (
        len(data) > 3 and data[:400:2].count(0) + data[1:400:2].count(0) > len(data[:400]) // 3
    ):
        raise Refusal("S003", "the text is in UTF-16, not UTF-8", hint=UTF_8_HINT)
    if (at := data.find(0)) >= 0:
        raise Refusal("S002", f"this is not a text file (byte {at + 1:,} is zero)", hint=HAND_IN_HINT)


def _detect_encoding(data: bytes) -> str:
    if data.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError as error:
        if "invalid or missing encoding" in str(error.msg):  # its first two lines aren't UTF-8
            return "utf-8"
        raise Refusal("S003", f"the file's encoding can't be used: {error.msg}", hint=UTF_8_HINT) from error
    if not TEXT_ENCODING.match(encoding):
        message = f"the file's encoding can't be used: {encoding!a} is no encoding of text files"
        raise Refusal("S003", message, hint=UTF_8_HINT)
    return encoding
