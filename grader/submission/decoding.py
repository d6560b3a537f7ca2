"""Bytes to text: what isn't text is named for what it is, and what isn't UTF-8 is shown its byte."""

from __future__ import annotations

import io
import re
import tokenize

from grader.submission.record import Refusal

# The first bytes of what people hand in by mistake.
KINDS = (
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
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
# Python would also take codecs that are no encodings of text files, and two that are slow on purpose-made input.
ENCODING = re.compile(
    r"(utf[-_]?8|ascii|latin|iso[-_ ]?8859|cp\d|windows|mac|koi8|gb|big5|shift|euc|iso2022|johab|l\d)", re.IGNORECASE
)
RIGHT_FILE = "Hand in your .py file or your notebook (.ipynb)."
AS_UTF_8 = "Save the file as UTF-8: most editors offer it under Save As, or in the status bar."


def decode(data: bytes) -> str:
    r"""The text of a file, its line ends as `\n`; a byte-order mark and PEP 263's coding line are honoured.

    Raises:
        Refusal: not text, or not in the encoding that it should be in.

    >>> decode(b"\xef\xbb\xbfx = 1\r\n")
    'x = 1\n'
    """
    _refuse_binary(data)
    encoding = _encoding(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        what = "UTF-8" if encoding.startswith("utf-8") else encoding
        message = f"not {what} text: byte {data[error.start]:#04x} can't be read (byte {error.start + 1:,} of the file)"
        raise Refusal("S003", message, line=line, hint=AS_UTF_8) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _refuse_binary(data: bytes) -> None:
    kind = next((kind for start, kind in KINDS if data.startswith(start)), None)
    if kind is not None:
        raise Refusal("S002", f"this is {kind}, not a text file", hint=RIGHT_FILE)
    if data.startswith(UTF_16) or (
        len(data) > 3 and data[:400:2].count(0) + data[1:400:2].count(0) > len(data[:400]) // 3
    ):
        raise Refusal("S003", "the text is in UTF-16, not UTF-8", hint=AS_UTF_8)
    if (at := data.find(0)) >= 0:
        raise Refusal("S002", f"this is not a text file (byte {at + 1:,} is zero)", hint=RIGHT_FILE)


def _encoding(data: bytes) -> str:
    if data.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError as error:
        if "invalid or missing encoding" in str(error.msg):  # its first two lines aren't UTF-8
            return "utf-8"
        raise Refusal("S003", f"the file's encoding can't be used: {error.msg}", hint=AS_UTF_8) from error
    if not ENCODING.match(encoding):
        message = f"the file's encoding can't be used: {encoding!a} is no encoding of text files"
        raise Refusal("S003", message, hint=AS_UTF_8)
    return encoding
