"""What of a file is executed: all of it, but not the calls that would train a second time."""

from __future__ import annotations

import ast
import builtins
from typing import Literal

from msgspec import Struct, field

from grader.static.names import SCOPES, bound, bound_anywhere, calls, fits, is_dynamic, used
from grader.verdict import Note

SUPPLIED = (
    "tf", "np", "keras", "os", "sys", "math", "random", "time", "json", "plt", "path", "layers", "models", "optimizers",
    "callbacks", "datasets", "mnist", "fashion_mnist",
)  # fmt: skip
LOOPS = (ast.For, ast.AsyncFor, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Plan(Struct, frozen=True, kw_only=True):
    """How the student process runs the file.

    Args:
        skipped: indices of top-level statements that are left out.
        tolerated: indices of those whose failure is only noted.
        supply: names that the file uses and never defines.
        mode: call the graded function, or grade what the top level trains.
        single_fit: exactly one `fit` call, not in a loop, so that a gate that fails there can't be mended by another.
    """

    source: str
    skipped: list[int] = field(default_factory=list)
    tolerated: list[int] = field(default_factory=list)
    supply: list[str] = field(default_factory=list)
    mode: Literal["function", "script"] = "function"
    single_fit: bool = False
    fit_lines: list[int] = field(default_factory=list)


def make_plan(tree: ast.Module, source: str, function: str | None) -> tuple[Plan, list[Note]]:
    """The plan for a file, and the notes that explain it."""
    dynamic = is_dynamic(tree)
    script = function is not None and not dynamic and function not in bound(tree)
    notes: list[Note] = []
    skipped: list[int] = []
    if function is not None and not script:
        skipped = [index for index, node in enumerate(tree.body) if _trains_again(node, function)]
    needed = set(range(len(tree.body))) if dynamic or script or function is None else _needed(tree, function)
    skipped = [index for index in skipped if index not in needed or _is_call_only(tree.body[index])]
    supply = _supply(tree)
    if script:
        notes.append(Note(line=None, message=f"there is no function {function}(), so what the file trains is graded"))
    notes += _notes_on_supply(supply) + _notes_on_definitions(tree, function)
    found = fits(tree)
    plan = Plan(
        source=source,
        skipped=skipped,
        tolerated=[index for index in range(len(tree.body)) if index not in needed and index not in skipped],
        supply=supply,
        mode="script" if script else "function",
        single_fit=len(found) == 1 and not _in_loop(tree, found[0]),
        fit_lines=sorted(call.lineno for call in found),
    )
    return plan, notes


def _trains_again(node: ast.stmt, function: str) -> bool:
    """A top-level statement that calls the graded function or trains by itself."""
    if isinstance(node, SCOPES):
        return False
    names = {call.func.id for call in calls(node) if isinstance(call.func, ast.Name)}
    return function in names or bool(fits(node))


def _is_call_only(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr)


def _needed(tree: ast.Module, function: str) -> set[int]:
    """Statements that the graded function reaches through names, transitively."""
    binders: dict[str, list[int]] = {}
    for index, node in enumerate(tree.body):
        for name in bound(ast.Module([node], [])) | _changed(node):
            binders.setdefault(name, []).append(index)
    needed: set[int] = set()
    queue, seen = [function], {function}
    while queue:
        for index in binders.get(queue.pop(), []):
            if index in needed:
                continue
            needed.add(index)
            for name in used(tree.body[index]) - seen:
                seen.add(name)
                queue.append(name)
    return needed


def _changed(node: ast.stmt) -> set[str]:
    """Names whose objects a statement may change: `config.x = 1`, `items.append(2)`."""
    if isinstance(node, SCOPES) or not isinstance(node, (ast.Assign, ast.AugAssign, ast.Expr)):
        return set()
    changed: set[str] = set()
    for child in ast.walk(node):
        if isinstance(child, (ast.Attribute, ast.Subscript)):
            root: ast.AST = child
            while isinstance(root, (ast.Attribute, ast.Subscript)):
                root = root.value
            if isinstance(root, ast.Name) and (isinstance(child.ctx, ast.Store) or isinstance(node, ast.Expr)):
                changed.add(root.id)
    return changed


def _supply(tree: ast.Module) -> list[str]:
    missing = used(tree) - bound_anywhere(tree) - set(dir(builtins))
    return [name for name in SUPPLIED if name in missing]


def _notes_on_supply(supply: list[str]) -> list[Note]:
    return [Note(line=None, message=f"your file uses `{name}` and never defines it; the grader supplied it") for name in supply]


def _notes_on_definitions(tree: ast.Module, function: str | None) -> list[Note]:
    lines = [node.lineno for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function]
    if len(lines) < 2:
        return []
    return [Note(line=lines[-1], message=f"{function}() is defined {len(lines)} times; this last one is graded")]


def _in_loop(tree: ast.Module, call: ast.Call) -> bool:
    return any(isinstance(node, LOOPS) and any(child is call for child in ast.walk(node)) for node in ast.walk(tree))
