"""What a graded function returned, in words: models and lists of arrays travel as plain data, which nobody wrote."""

from __future__ import annotations

from typing import Any

from grader.reports import jsontext

MOST_ARRAYS = 12


def returned(value: Any, limit: int = 200) -> str:
    """A model by its class, arrays by their shapes, anything else as JSON.

    Args:
        value: of a student's, or what the student's side says of it; untrusted, and shown as it comes where it is odd.

    >>> returned([[0, 1], 0.99])
    '[[0,1],0.99]'
    >>> returned({"arrays": [[3, 26, 26, 8], [3, 13, 13, 8]], "fault": ""})
    '2 arrays: (3, 26, 26, 8), (3, 13, 13, 8)'
    >>> returned({"call": {"filters": 16}, "returned": "Sequential", "model": True, "compiled": False})
    'Sequential, not compiled, for filters = 16'
    """
    match value:
        case {"arrays": list(arrays), "fault": str(fault), **rest} if not rest:
            return _arrays(arrays, fault)[:limit]
        case {"call": dict(call), "returned": what, "model": bool(model), "compiled": bool(compiled), **rest} if (
            not rest
        ):
            name = what if model and isinstance(what, str) else jsontext.short(what)
            state = "" if compiled or not model else ", not compiled"
            given = ", ".join(f"{key} = {jsontext.short(item)}" for key, item in list(call.items())[:MOST_ARRAYS])
            return f"{name}{state}{f', for {given}' if given else ''}"[:limit]
    return jsontext.short(value)


def _arrays(arrays: list[Any], fault: str) -> str:
    if fault:
        return fault
    shapes = [f"({', '.join(map(str, shape))})" if isinstance(shape, list) else "?" for shape in arrays[:MOST_ARRAYS]]
    rest = [f"{len(arrays) - MOST_ARRAYS} more"] if len(arrays) > MOST_ARRAYS else []
    return f"{len(arrays)} array{'s' * (len(arrays) != 1)}: {', '.join([*shapes, *rest])}"
