"""Lines that compute something and keep nothing of it, as `images / 255.0` does: without an assignment they are in vain."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.records.clues import Cause, Symptom
from grader.static.names import FUNCTION_NODES

# What gives a new array and leaves the old one as it is.
PURE_CALLS = frozenset({
    "abs", "array", "asarray", "astype", "cast", "clip", "copy", "expand_dims", "flatten", "maximum", "minimum", "normalize",
    "pad", "ravel", "reshape", "to_categorical", "transpose",
})  # fmt: skip
SYMPTOMS = frozenset({Symptom.LOW_ACCURACY, Symptom.WRONG_VALUES, Symptom.WRONG_MODEL})
MAX_SHOWN_CHARS = 60
MAX_FOUND = 5


def find_lost_results(tree: ast.Module) -> list[Cause]:
    r"""One for each such line of a function; at the end of a notebook's cell such a line shows its value.

    >>> told = find_lost_results(ast.parse("def train(images):\n    images / 255.0\n    return images"))
    >>> told[0].message, told[0].hint
    ('`images / 255.0` computes something, and nothing is kept of it', 'Write `images = images / 255.0`.')
    """
    functions = [node for node in ast.walk(tree) if isinstance(node, FUNCTION_NODES)]
    statements = {id(part): part for node in functions for part in ast.walk(node) if isinstance(part, ast.Expr)}
    return [cause for part in list(statements.values()) for cause in _describe_lost(part)][:MAX_FOUND]


def _describe_lost(statement: ast.Expr) -> Iterator[Cause]:
    name = _find_changed_name(statement.value)
    if not name:
        return
    shown = ast.unparse(statement.value)
    short = shown if len(shown) <= MAX_SHOWN_CHARS else f"{shown[:MAX_SHOWN_CHARS]}…"
    yield Cause(
        symptoms=SYMPTOMS,
        message=f"`{short}` computes something, and nothing is kept of it",
        line=statement.lineno,
        hint=f"Write `{name} = {short}`.",
    )


def _find_changed_name(value: ast.expr) -> str:
    """The name whose new value this would be; empty where the line may have an effect."""
    match value:
        case ast.BinOp(left=left):
            return _find_first_name(left)
        case ast.Call(func=ast.Attribute(value=owner, attr=attr), args=args) if attr in PURE_CALLS:
            own = owner.id if isinstance(owner, ast.Name) and owner.id not in ("np", "numpy", "tf") else ""
            return own or (_find_first_name(args[0]) if args else "")
        # A layer that is called on a tensor.
        case ast.Call(func=ast.Call(func=ast.Attribute(attr=attr)), args=[ast.Name(id=name)]) if attr[:1].isupper():
            return name
    return ""


def _find_first_name(value: ast.expr) -> str:
    return next(
        (part.id for part in ast.walk(value) if isinstance(part, ast.Name) and part.id not in ("np", "numpy", "tf")), ""
    )
