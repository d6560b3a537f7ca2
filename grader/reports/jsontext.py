"""Values as JSON that is safe to print and strict to parse: no NaN, no lone surrogates, nothing a terminal obeys.

Unlike the other formats it keeps a student's text: what is unseen is written as a JSON escape, which a reader undoes.
"""

from __future__ import annotations

import math
import re
from typing import Any

import msgspec

DEEPEST = 50
LARGEST = 2**63
UNSAFE = re.compile(r"[^ -~\n]|##(?=\w*\[)")
LONE = re.compile("[\ud800-\udfff]")


def render(value: Any) -> str:
    r"""The value as indented JSON text with a final line end.

    >>> render({"loss": float("nan"), "said": "\x9b##[error]"})
    '{\n  "loss": null,\n  "said": "\\u009b#\\u0023[error]"\n}\n'
    """
    return render_plain(plain(value))


def render_plain(value: Any) -> str:
    r"""As `render`, of what `plain` would leave as it is, such as text and numbers from a gradebook; twice as fast.

    >>> render_plain({"finding": "\x9b"})
    '{\n  "finding": "\\u009b"\n}\n'
    """
    text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    return UNSAFE.sub(_escape, text) + "\n"


def plain(value: Any, depth: int = 0) -> Any:
    r"""Builtin data that JSON can carry: NaN and infinities become null, over-long integers and lone surrogates text.

    >>> plain([float("inf"), 2**70, chr(0xD800)])
    [None, '1180591620717411303424', '\\ud800']
    """
    if depth > DEEPEST:
        return "…"
    match value:
        case dict():
            return {plain(str(key)): plain(item, depth + 1) for key, item in value.items()}
        case list():
            return [plain(item, depth + 1) for item in value]
        case str():
            return LONE.sub(lambda found: ascii(found[0])[1:-1], value)
        case float():
            return value if math.isfinite(value) else None
        case int() if not isinstance(value, bool) and not -LARGEST <= value < LARGEST:
            return hex(value) if value.bit_length() > 4096 else str(value)
    return value


def _escape(found: re.Match[str]) -> str:
    if found[0] == "##":
        return r"#\u0023"
    if found[0].isprintable():
        return found[0]
    units = found[0].encode("utf-16-be").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))


def short(value: Any, limit: int = 200) -> str:
    """The value as JSON on one line, cut to about `limit` characters.

    >>> short([[0, 1], 0.9982])
    '[[0,1],0.9982]'
    """
    text = msgspec.json.encode(plain(value)).decode()
    return text if len(text) <= limit else text[:limit] + "…"
