"""Values as text: what a student's code returned, as JSON or in words. Untrusted, bounded, and shown as it comes."""

from __future__ import annotations

import math
import re
from typing import Any

import msgspec

MAX_JSON_DEPTH = 50
MAX_JSON_INTEGER = 2**63
UNSAFE_CHARACTERS = re.compile(r"[^ -~\n]|##(?=\w*\[)")
LONE_SURROGATES = re.compile("[\ud800-\udfff]")
MAX_SHOWN_ARRAYS = 12
MAX_DECIMAL_BITS = 4096


def render(value: Any) -> str:
    r"""The value as indented JSON text with a final line end.

    >>> render({"loss": float("nan"), "said": "\x9b##[error]"})
    '{\n  "loss": null,\n  "said": "\\u009b#\\u0023[error]"\n}\n'
    """
    return render_plain_json(convert_to_plain(value))


def render_plain_json(value: Any) -> str:
    r"""As `render`, of what `convert_to_plain` would leave as it is, such as text and numbers from a gradebook; twice as fast.

    >>> render_plain_json({"finding": "\x9b"})
    '{\n  "finding": "\\u009b"\n}\n'
    """
    # Two steps, as msgspec can't indent while it encodes.
    text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    return UNSAFE_CHARACTERS.sub(_escape_character, text) + "\n"


def convert_to_plain(value: Any, depth: int = 0) -> Any:
    r"""Builtin data that JSON can carry: NaN and infinities become null, over-long integers and lone surrogates text.

    >>> convert_to_plain([float("inf"), 2**70, chr(0xD800)])
    [None, '1180591620717411303424', '\\ud800']
    """
    if depth > MAX_JSON_DEPTH:
        return "…"
    match value:
        case dict():
            return {convert_to_plain(str(key)): convert_to_plain(item, depth + 1) for key, item in value.items()}
        case list():
            return [convert_to_plain(item, depth + 1) for item in value]
        case str():
            return LONE_SURROGATES.sub(lambda found: ascii(found[0])[1:-1], value)
        case float():
            return value if math.isfinite(value) else None
        case int() if not isinstance(value, bool) and not -MAX_JSON_INTEGER <= value < MAX_JSON_INTEGER:
            # Python refuses to write very long integers as decimals, which takes quadratic time.
            return hex(value) if value.bit_length() > MAX_DECIMAL_BITS else str(value)
    return value


def _escape_character(found: re.Match[str]) -> str:
    if found[0] == "##":
        return r"#\u0023"
    if found[0].isprintable():
        return found[0]
    # JSON escapes are UTF-16: characters beyond the first 65,536 take two.
    units = found[0].encode("utf-16-be").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))


def render_short_json(value: Any, limit: int = 200) -> str:
    """The value as JSON on one line, cut to about `limit` characters.

    >>> render_short_json([[0, 1], 0.9982])
    '[[0,1],0.9982]'
    """
    text = msgspec.json.encode(convert_to_plain(value)).decode()
    return text if len(text) <= limit else text[:limit] + "…"


def render_short_python(value: Any, limit: int = 200) -> str:
    """The value as Python writes it, on one line, cut to about `limit` characters.

    >>> render_short_python([[0, 1], None, True, "a"])
    "[[0, 1], None, True, 'a']"
    """
    text = _write_python(value, 0)
    return text if len(text) <= limit else text[:limit] + "…"


def _write_python(value: Any, depth: int) -> str:
    """As `repr`, but of a bounded depth: it is a student's value."""
    if depth > MAX_JSON_DEPTH:
        return "…"
    match value:
        case dict():
            items = (f"{_write_python(key, depth + 1)}: {_write_python(item, depth + 1)}" for key, item in value.items())
            return f"{{{', '.join(items)}}}"
        case list():
            return f"[{', '.join(_write_python(item, depth + 1) for item in value)}]"
        case int() if not isinstance(value, bool):
            # Python refuses to write very long integers as decimals, which takes quadratic time.
            return hex(value) if value.bit_length() > MAX_DECIMAL_BITS else str(value)
    return repr(value)


def describe_returned(value: Any, limit: int = 200) -> str:
    """A model by its class, arrays by their shapes, anything else as Python.

    Args:
        value: of a student's, or what the student's side says of it; untrusted, and shown as it comes where it is odd.

    >>> describe_returned([[0, 1], 0.99])
    '[[0, 1], 0.99]'
    >>> describe_returned({"arrays": [[3, 26, 26, 8], [3, 13, 13, 8]], "fault": ""})
    '2 arrays: (3, 26, 26, 8), (3, 13, 13, 8)'
    >>> describe_returned({"call": {"filters": 16}, "returned": "Sequential", "model": True, "compiled": False})
    'Sequential, not compiled, for filters = 16'
    """
    match value:
        # Exactly these keys: any other dict is a value of the student's own that happens to look alike.
        case {"arrays": list(arrays), "fault": str(fault), **rest} if not rest:
            return _describe_arrays(arrays, fault)[:limit]
        case {"call": dict(call), "returned": what, "model": bool(model), "compiled": bool(compiled), **rest} if (
            not rest
        ):
            name = what if model and isinstance(what, str) else render_short_python(what)
            state = "" if compiled or not model else ", not compiled"
            given = ", ".join(
                f"{key} = {render_short_python(item)}" for key, item in list(call.items())[:MAX_SHOWN_ARRAYS]
            )
            return f"{name}{state}{f', for {given}' if given else ''}"[:limit]
    return render_short_python(value)


def _describe_arrays(arrays: list[Any], fault: str) -> str:
    if fault:
        return fault
    shapes = [
        f"({', '.join(map(str, shape))})" if isinstance(shape, list) else "?" for shape in arrays[:MAX_SHOWN_ARRAYS]
    ]
    rest = [f"{len(arrays) - MAX_SHOWN_ARRAYS} more"] if len(arrays) > MAX_SHOWN_ARRAYS else []
    return f"{len(arrays)} array{'s' * (len(arrays) != 1)}: {', '.join([*shapes, *rest])}"
