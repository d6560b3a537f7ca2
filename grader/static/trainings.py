"""Where a file trains: its `fit` calls, what of the top level comes to one, and whether there is only one."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from grader.static.names import COMPREHENSION_NODES, FUNCTION_NODES, iter_load_nodes
from grader.static.outline import ModuleOutline, OutlineStep

FIT_METHODS = ("fit", "fit_generator")
LOOP_NODES = (ast.For, ast.AsyncFor, ast.While, *COMPREHENSION_NODES)


def iter_fit_calls(nodes: Iterable[ast.AST]) -> Iterator[ast.Call]:
    """The calls of a method named `fit` among some nodes."""
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in FIT_METHODS:
            yield node


def find_training_names(whole: ModuleOutline) -> set[str]:
    """Names of the file's own functions and classes that come to a `fit` when they are called."""
    definitions = {
        name: step
        for step in whole.steps
        for name in step.names.binds
        if isinstance(step.node, (*FUNCTION_NODES, ast.ClassDef, ast.Assign))
    }
    # Followed backwards from the functions with a `fit` to whatever calls them.
    users: dict[str, list[str]] = {}
    for name, step in definitions.items():
        for used in step.names.later & definitions.keys():
            users.setdefault(used, []).append(name)
    queue = [name for name, step in definitions.items() if _has_inner_fit(step.node)]
    training = set(queue)
    while queue:
        fresh = set(users.get(queue.pop(), [])) - training
        training |= fresh
        queue.extend(fresh)
    return training


def _has_inner_fit(node: ast.AST) -> bool:
    """Whether a function defined in a statement holds a `fit`."""
    # By identity: calls in functions are those that loading the statement doesn't reach.
    at_once = {id(call) for call in iter_fit_calls(iter_load_nodes(node))}
    return any(id(call) not in at_once for call in iter_fit_calls(ast.walk(node)))


def is_training_step(step: OutlineStep, training: set[str]) -> bool:
    """Whether loading a statement trains, by itself or through the file's own functions."""
    nodes = list(iter_load_nodes(step.node))
    called = {node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    return bool(called & training) or next(iter_fit_calls(nodes), None) is not None


def has_single_fit(nodes: list[ast.stmt], graded: ast.stmt | None) -> bool:
    """Whether some statements hold one `fit` that is called at most once.

    Args:
        nodes: the statements that are needed.
        graded: the graded function, called once by the grader; None where the top level trains.
    """
    parents = {id(child): node for top in nodes for node in ast.walk(top) for child in ast.iter_child_nodes(node)}
    everything = [node for top in nodes for node in ast.walk(top)]
    sites = [node for node in everything if isinstance(node, ast.Attribute) and node.attr in FIT_METHODS]
    odd = any(
        isinstance(node, ast.Constant) and node.value in FIT_METHODS for node in everything
    )  # getattr(model, "fit")
    # The method counts wherever it is mentioned, since `train = model.fit` calls it under another name.
    return len(sites) == 1 and not odd and _is_run_once(sites[0], parents, everything, graded, depth=0)


def _is_run_once(
    node: ast.AST, parents: dict[int, ast.AST], everything: list[ast.AST], graded: ast.stmt | None, depth: int
) -> bool:
    """Whether the code around a node runs it at most once; a helper must be mentioned at one place only."""
    at = node
    while (above := parents.get(id(at))) is not None:
        if isinstance(above, (*LOOP_NODES, ast.Lambda, ast.ClassDef)):
            return False
        if isinstance(above, FUNCTION_NODES):
            uses = [one for one in everything if isinstance(one, ast.Name) and one.id == above.name]
            if above is graded:
                return not uses
            # Bounded, since helpers may call each other in a circle.
            return depth < 5 and len(uses) == 1 and _is_run_once(uses[0], parents, everything, graded, depth + 1)
        at = above
    return True
