"""Which names a piece of code binds and uses, and whether it trains; nothing is looked up, nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator

FITS = ("fit", "fit_generator")
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def at_module_level(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node that runs when the module is loaded: not the bodies of functions and classes."""
    for child in ast.iter_child_nodes(tree):
        yield child
        if not isinstance(child, SCOPES):
            yield from at_module_level(child)


def bound(tree: ast.AST) -> set[str]:
    """Names that the module-level code binds, in any way that can be seen."""
    names: set[str] = set()
    for node in at_module_level(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ExceptHandler) and node.name:
            names.add(node.name)
    return names


def bound_anywhere(tree: ast.AST) -> set[str]:
    """Names that are bound at any depth, arguments and `global` ones included."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Global):
            names |= set(node.names)
    return names


def used(tree: ast.AST) -> set[str]:
    """Names that are read at any depth."""
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def is_dynamic(tree: ast.Module) -> bool:
    """Whether names may come from where the source doesn't show: exec, globals(), star imports, setattr on modules."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            return True
        if isinstance(node, ast.Name) and node.id in ("exec", "eval", "globals", "vars", "locals", "__import__", "setattr"):
            return True
    return False


def calls(tree: ast.AST, *, deep: bool = True) -> Iterator[ast.Call]:
    """The calls in a piece of code; `deep` looks into functions and classes too."""
    nodes = ast.walk(tree) if deep else at_module_level(tree)
    return (node for node in nodes if isinstance(node, ast.Call))


def fits(tree: ast.AST, *, deep: bool = True) -> list[ast.Call]:
    """The calls of a method named `fit`."""
    return [call for call in calls(tree, deep=deep) if isinstance(call.func, ast.Attribute) and call.func.attr in FITS]


def script_trains(tree: ast.Module) -> bool:
    """Whether loading the file trains: by itself, or through functions of its own that it calls."""
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    queue: list[ast.AST] = [node for node in tree.body if not isinstance(node, SCOPES)]
    seen: set[str] = set()
    while queue:
        node = queue.pop()
        if fits(node):
            return True
        for name in used(node) & functions.keys() - seen:
            seen.add(name)
            queue.append(functions[name])
    return False
