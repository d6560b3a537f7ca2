"""Lines that compute something and keep nothing of it, as `images / 255.0` does: without an assignment they are in vain."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from grader.records.clues import Cause, Symptom
from grader.static.names import FUNCTION_NODES

# What gives a new array and leaves the old one as it is.
PURE_CALLS = frozenset({
    "abs", "array", "asarray", "astype", "cast", "clip", "copy", "expand_dims", "flatten", "maximum", "minimum", "normalize",
    "pad", "ravel", "reshape", "to_categorical", "transpose",
})  # fmt: skip
ARRAY_PACKAGES = frozenset({"numpy", "np", "tensorflow", "tf", "keras"})
SYMPTOMS = frozenset({Symptom.LOW_ACCURACY, Symptom.WRONG_VALUES, Symptom.WRONG_MODEL})
MAX_SHOWN_CHARS = 60
MAX_FOUND = 5


def find_lost_results(tree: ast.Module) -> list[Cause]:
    r"""One for each such line of a function; at the end of a notebook's cell such a line shows its value.

    >>> told = find_lost_results(ast.parse("def train(images):\n    images / 255.0\n    return images"))
    >>> told[0].message, told[0].hint
    ("`images / 255.0` has no effect: its result isn't kept", 'Write `images = images / 255.0`.')
    """
    functions = [node for node in ast.walk(tree) if isinstance(node, FUNCTION_NODES)]
    statements = {id(part): part for node in functions for part in ast.walk(node) if isinstance(part, ast.Expr)}
    modules = {name: package for node in ast.walk(tree) for name, package in _list_imports(node)}
    return [cause for part in list(statements.values()) for cause in _describe_lost(part, modules)][:MAX_FOUND]


def _list_imports(node: ast.AST) -> Iterator[tuple[str, str]]:
    """The names that an import binds, each with its package."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        for alias in node.names:
            package = node.module or "" if isinstance(node, ast.ImportFrom) else alias.name
            yield (alias.asname or alias.name).split(".")[0], package.split(".")[0]


def _describe_lost(statement: ast.Expr, modules: Mapping[str, str]) -> Iterator[Cause]:
    name = _find_changed_name(statement.value, modules)
    if not name:
        return
    shown = ast.unparse(statement.value)
    short = shown if len(shown) <= MAX_SHOWN_CHARS else f"{shown[:MAX_SHOWN_CHARS]}…"
    layer = isinstance(statement.value, ast.Call) and isinstance(statement.value.func, ast.Call)
    yield Cause(
        symptoms=SYMPTOMS | {Symptom.MISSING_LAYERS} if layer else SYMPTOMS,
        message=f"`{short}` has no effect: its result isn't kept",
        line=statement.lineno,
        hint=f"Write `{name} = {short}`.",
    )


def _find_changed_name(value: ast.expr, modules: Mapping[str, str]) -> str:
    """The name whose new value this would be; empty where the line may have an effect."""
    match value:
        case ast.BinOp(left=left):
            return _find_first_name(left, modules)
        case ast.Call(func=ast.Attribute(attr=attr) as func, args=args) if attr in PURE_CALLS:
            owner = _find_root(func)
            # Functions of other packages may do anything, as `shutil.copy` does.
            if modules.get(owner, owner) in ARRAY_PACKAGES:
                return _find_first_name(args[0], modules) if args else ""
            # So may methods of a class of the student's own.
            return owner if owner not in modules and owner != "self" else ""
        # A model that is made, and given no name.
        case ast.Call(func=ast.Attribute(attr="Model" | "Sequential")):
            return "model"
        # A layer that is called on a tensor.
        case ast.Call(func=ast.Call(func=ast.Attribute(attr=attr)), args=[ast.Name(id=name)]) if attr[:1].isupper():
            return name
    return ""


def _find_root(node: ast.expr) -> str:
    """The name that a chain of attributes begins with."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _find_first_name(value: ast.expr, modules: Mapping[str, str]) -> str:
    names = (part.id for part in ast.walk(value) if isinstance(part, ast.Name))
    return next((name for name in names if name not in modules and name not in ARRAY_PACKAGES), "")
