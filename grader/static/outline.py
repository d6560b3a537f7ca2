"""A file as its top-level statements, and which of them the graded function (or a training) reaches through names."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from grader.static.names import (
    FUNCTION_NODES,
    NameUse,
    collect_names,
    find_root_name,
    iter_load_nodes,
    list_imported_names,
)

# Star imports from these can't define a graded function.
KNOWN_LIBRARIES = frozenset({
    "tensorflow", "keras", "numpy", "matplotlib", "pylab", "os", "sys", "math", "random", "time", "sklearn", "pandas",
    "scipy", "PIL", "cv2", "seaborn", "IPython", "google", "tqdm", "typing", "datetime", "json", "collections",
    "itertools", "functools", "operator", "string", "re", "glob", "shutil", "pathlib", "tensorflow_datasets", "warnings",
    "skimage", "urllib", "zipfile",
})  # fmt: skip
DYNAMIC_NAMES = frozenset({"exec", "eval", "globals", "locals", "vars", "setattr", "__import__", "execfile"})
# Methods that look at an object and leave it as it is.
READING_METHODS = frozenset({
    "summary", "evaluate", "predict", "save", "save_weights", "to_json", "get_config", "get_weights", "count_params",
    "show", "head", "tail", "describe", "info", "plot",
})  # fmt: skip
# Methods that change an object although their result is taken too.
CHANGING_METHODS = frozenset({
    "fit", "fit_generator", "train_on_batch", "compile", "build", "add", "append", "extend", "insert", "update", "pop",
    "popitem", "setdefault", "remove", "load_weights", "set_weights",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlineStep:
    """One top-level statement; `changes` names objects that it may alter."""

    index: int
    node: ast.stmt
    names: NameUse
    changes: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleOutline:
    """A module's statements.

    Args:
        modules: names bound by imports only.
        definable: exec, globals() or a star import from an unknown module may bind any name.
        stars: some star import, so that a name may come from a library.
        bindings: by name, how many statements bind it.
        later: names that functions of the file read when they are called.
    """

    steps: tuple[OutlineStep, ...]
    modules: frozenset[str]
    definable: bool
    stars: bool
    bindings: Counter[str]
    later: frozenset[str]

    def find_binders(self, name: str) -> list[OutlineStep]:
        """The statements that bind a name, also through `global` in a function that they define."""
        return [step for step in self.steps if name in step.names.binds or name in step.names.sets]

    @property
    def bound(self) -> set[str]:
        """Every name that some statement binds."""
        return set(self.bindings)


def build_outline(tree: ast.Module) -> ModuleOutline:
    """The outline of a module."""
    names = [collect_names(node) for node in tree.body]
    stars = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"]
    unknown = [node for node in stars if node.level or (node.module or "").split(".")[0] not in KNOWN_LIBRARIES]
    dynamic = any(isinstance(node, ast.Name) and node.id in DYNAMIC_NAMES for node in ast.walk(tree))
    modules = _collect_modules(tree)
    own = frozenset(node.name for node in ast.walk(tree) if isinstance(node, (*FUNCTION_NODES, ast.ClassDef)))
    steps = tuple(
        OutlineStep(index=index, node=node, names=found, changes=frozenset(_find_changed_names(node, own) - modules))
        for index, (node, found) in enumerate(zip(tree.body, names, strict=True))
    )
    return ModuleOutline(
        steps=steps,
        modules=modules,
        definable=bool(unknown) or dynamic,
        stars=bool(stars),
        bindings=Counter(name for found in names for name in found.binds | found.sets),
        later=frozenset().union(*(found.later for found in names)),
    )


def find_reached_steps(
    whole: ModuleOutline, roots: Iterable[str], start: Iterable[OutlineStep] = ()
) -> tuple[set[int], set[str]]:
    """What some names need to come about.

    Args:
        whole: the module.
        roots: names that are needed.
        start: statements that are needed for themselves.

    Returns:
        The indices of the needed statements, and all names that they read.
    """
    binders: dict[str, list[OutlineStep]] = {}
    for step in whole.steps:
        # What changes an object counts as binding its name: `model.add(...)` is needed wherever `model` is.
        for name in step.names.binds | step.names.sets | step.changes:
            binders.setdefault(name, []).append(step)
    names, needed = set(roots), {step.index for step in start}
    queue = [*names, *(name for step in start for name in step.names.reads)]
    names.update(queue)
    while queue:
        for step in binders.get(queue.pop(), []):
            if step.index not in needed:
                needed.add(step.index)
                fresh = step.names.reads - names
                names |= fresh
                queue.extend(fresh)
    # A name that nothing binds may come from any star import, so all of them are needed then.
    if whole.stars:
        foreign = names - whole.bound
        needed |= {step.index for step in whole.steps if foreign and _is_star_import(step.node)}
    return needed, names


def _is_star_import(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.names[0].name == "*"


def _collect_modules(tree: ast.Module) -> frozenset[str]:
    """Names bound by imports at module level and by nothing else there."""
    imports: set[str] = set()
    others: set[str] = set()
    for node in (found for statement in tree.body for found in iter_load_nodes(statement)):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            imports |= list_imported_names(node)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            others.add(node.id)
    # A name that is also assigned is an object of the file's own, which a call may change.
    return frozenset(imports - others)


def _find_changed_names(node: ast.stmt, own: frozenset[str]) -> set[str]:
    """Names whose objects a statement may alter: `config.x = 1`, `items.append(2)`, `prepare(model)`."""
    if isinstance(node, (*FUNCTION_NODES, ast.ClassDef, ast.Import, ast.ImportFrom)):
        return set()
    takes_result = isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign))
    changed: set[str | None] = set()
    for part in iter_load_nodes(node):
        match part:
            case ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.Subscript(ctx=ast.Store() | ast.Del()):
                changed.add(find_root_name(part))
            case ast.Call(func=ast.Attribute(attr=method)):
                # `y = a.f()` is taken as reading `a`, and a bare `a.f()` as changing it, unless the method is known.
                if method in CHANGING_METHODS or not (takes_result or method in READING_METHODS):
                    changed.add(find_root_name(part))
            # Functions of the file may change what they are given; those of libraries rarely do.
            case ast.Call(func=ast.Name(id=name)) if name in own:
                changed |= {
                    find_root_name(argument) for argument in (*part.args, *(word.value for word in part.keywords))
                }
    return {name for name in changed if name is not None}
