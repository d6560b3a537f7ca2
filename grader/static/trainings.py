"""Where a file trains: its `fit` calls, what of the top level comes to one, and whether there is only one."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from grader.static.names import COMPREHENSIONS, FUNCTIONS, at_load
from grader.static.outline import Outline, Step

FITS = ("fit", "fit_generator")
LOOPS = (ast.For, ast.AsyncFor, ast.While, *COMPREHENSIONS)


def fits(nodes: Iterable[ast.AST]) -> Iterator[ast.Call]:
    """The calls of a method named `fit` among some nodes."""
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in FITS:
            yield node


def training_names(whole: Outline) -> set[str]:
    """Names of the file's own functions and classes that come to a `fit` when they are called."""
    definitions = {
        name: step
        for step in whole.steps
        for name in step.names.binds
        if isinstance(step.node, (*FUNCTIONS, ast.ClassDef, ast.Assign))
    }
    users: dict[str, list[str]] = {}
    for name, step in definitions.items():
        for used in step.names.later & definitions.keys():
            users.setdefault(used, []).append(name)
    queue = [name for name, step in definitions.items() if _fits_inside(step.node)]
    training = set(queue)
    while queue:
        fresh = set(users.get(queue.pop(), [])) - training
        training |= fresh
        queue.extend(fresh)
    return training


def _fits_inside(node: ast.AST) -> bool:
    """Whether a function defined in a statement holds a `fit`."""
    at_once = {id(call) for call in fits(at_load(node))}
    return any(id(call) not in at_once for call in fits(ast.walk(node)))


def trains(step: Step, training: set[str]) -> bool:
    """Whether loading a statement trains, by itself or through the file's own functions."""
    nodes = list(at_load(step.node))
    called = {node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    return bool(called & training) or next(fits(nodes), None) is not None


def only_one(nodes: list[ast.stmt], graded: ast.stmt | None) -> bool:
    """Whether some statements hold one `fit` that is called at most once.

    Args:
        nodes: the statements that are needed.
        graded: the graded function, called once by the grader; None where the top level trains.
    """
    parents = {id(child): node for top in nodes for node in ast.walk(top) for child in ast.iter_child_nodes(node)}
    everything = [node for top in nodes for node in ast.walk(top)]
    sites = [node for node in everything if isinstance(node, ast.Attribute) and node.attr in FITS]
    odd = any(isinstance(node, ast.Constant) and node.value in FITS for node in everything)  # getattr(model, "fit")
    return len(sites) == 1 and not odd and _once(sites[0], parents, everything, graded, depth=0)


def _once(
    node: ast.AST, parents: dict[int, ast.AST], everything: list[ast.AST], graded: ast.stmt | None, depth: int
) -> bool:
    """Whether the code around a node runs it at most once; a helper must be mentioned at one place only."""
    at = node
    while (above := parents.get(id(at))) is not None:
        if isinstance(above, (*LOOPS, ast.Lambda, ast.ClassDef)):
            return False
        if isinstance(above, FUNCTIONS):
            uses = [one for one in everything if isinstance(one, ast.Name) and one.id == above.name]
            if above is graded:
                return not uses
            return depth < 5 and len(uses) == 1 and _once(uses[0], parents, everything, graded, depth + 1)
        at = above
    return True
