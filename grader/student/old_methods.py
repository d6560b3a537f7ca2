"""Methods that NumPy removed from arrays: the class can't be extended, so calls of these names are rewritten."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from grader.leniency.old_names import ARRAY_METHODS

LOOK = "__call_method__"  # the name in the student's module of what looks


def _set_item(array: Any, *arguments: Any) -> None:
    *index, value = arguments
    if len(index) == 1 and isinstance(index[0], tuple):
        array[index[0]] = value
    elif len(index) > 1:
        array[tuple(index)] = value
    else:
        array.flat[index[0] if index else 0] = value


METHODS: Mapping[str, Callable[..., Any]] = MappingProxyType({
    "ptp": np.ptp, "itemset": _set_item, "newbyteorder": lambda array, *order: array.view(array.dtype.newbyteorder(*order)),
    "tostring": lambda array, *order: array.tobytes(*order),
})  # fmt: skip


class Rewrite(ast.NodeTransformer):
    """`a.ptp(axis=0)` as a call that looks whether `a` has such a method."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        # Inner calls first: `a.ptp().tostring()` holds one call in the other.
        self.generic_visit(node)
        match node.func:
            case ast.Attribute(value=owner, attr=name) if name in METHODS:
                look = ast.Name(LOOK, ast.Load())
                called = ast.Call(look, [owner, ast.Constant(name), *node.args], node.keywords)
                return ast.fix_missing_locations(ast.copy_location(called, node))
        return node


def make_caller(remark: Callable[[str], None]) -> Callable[..., Any]:
    """Returns a function that calls the method if it exists, and today's function if an array has lost it.

    Args:
        remark: takes the note.
    """

    def call_method(owner: Any, name: str, *args: Any, **kwargs: Any) -> Any:
        # Subclasses and other classes may have such a method themselves, and an older NumPy has it, too.
        if isinstance(owner, (np.ndarray, np.generic)) and not hasattr(owner, name):
            remark(f"arrays have no `{name}` in today's NumPy; write `{ARRAY_METHODS[name]}`")
            return METHODS[name](owner, *args, **kwargs)
        return getattr(owner, name)(*args, **kwargs)

    return call_method
