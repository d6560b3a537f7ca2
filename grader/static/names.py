"""Which module-level names a statement binds and reads, now or when a function is called; nothing is looked up or run."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

FUNCTION_NODES = (ast.FunctionDef, ast.AsyncFunctionDef)
COMPREHENSION_NODES = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True, slots=True, kw_only=True)
class NameUse:
    """What a top-level statement has to do with the module's names.

    Args:
        binds: names that it binds when it runs.
        now: names that it reads when it runs.
        later: names that functions defined in it read when they are called.
        sets: names that functions defined in it bind through `global`.
    """

    binds: frozenset[str]
    now: frozenset[str]
    later: frozenset[str]
    sets: frozenset[str]

    @property
    def reads(self) -> frozenset[str]:
        return self.now | self.later


@dataclass(slots=True)
class _Scope:
    """What has been seen of one scope so far."""

    binds: set[str] = field(default_factory=set)
    now: set[str] = field(default_factory=set)
    later: set[str] = field(default_factory=set)
    sets: set[str] = field(default_factory=set)
    elsewhere: set[str] = field(default_factory=set)  # declared global or nonlocal here
    walrus: set[str] = field(default_factory=set)


def collect_names(node: ast.stmt) -> NameUse:
    r"""The names of one top-level statement.

    >>> found = collect_names(ast.parse("def f(a):\n    b = a + c\n    return b").body[0])
    >>> sorted(found.binds), sorted(found.now), sorted(found.later)
    (['f'], [], ['c'])
    """
    scope = _scan_nodes([node])
    return NameUse(
        binds=frozenset(scope.binds), now=frozenset(scope.now), later=frozenset(scope.later), sets=frozenset(scope.sets)
    )


def iter_load_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Every node that runs when the module is loaded: not the bodies of functions."""
    queue = [node]
    while queue:
        node = queue.pop()
        yield node
        queue.extend(
            _list_immediate_parts(node)
            if isinstance(node, (*FUNCTION_NODES, ast.Lambda))
            else ast.iter_child_nodes(node)
        )


def find_root_name(node: ast.AST) -> str | None:
    """The name at the bottom of `name.a[0].b(...)`."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call, ast.Starred)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


def list_imported_names(node: ast.Import | ast.ImportFrom) -> set[str]:
    """The names that an import binds; a star binds none that could be told."""
    return {alias.asname or alias.name.split(".")[0] for alias in node.names if alias.name != "*"}


def _scan_nodes(nodes: Iterable[ast.AST]) -> _Scope:
    scope = _Scope()
    queue = list(nodes)
    while queue:
        node = queue.pop()
        if isinstance(node, ast.Name):
            (scope.binds if isinstance(node.ctx, ast.Store) else scope.now).add(node.id)
        elif isinstance(node, (*FUNCTION_NODES, ast.Lambda)):
            _scan_function(node, scope)
            queue.extend(_list_immediate_parts(node))
        elif isinstance(node, ast.ClassDef):
            _scan_class(node, scope)
            queue.extend([*node.decorator_list, *node.bases, *node.keywords])
        elif isinstance(node, COMPREHENSION_NODES):
            _scan_comprehension(node, scope)
        else:
            _record_bindings(node, scope)
            queue.extend(ast.iter_child_nodes(node))
    return scope


def _record_bindings(node: ast.AST, scope: _Scope) -> None:
    """What other kinds of nodes bind."""
    match node:
        case ast.Import() | ast.ImportFrom():
            scope.binds |= list_imported_names(node)
        case ast.Global() | ast.Nonlocal():
            scope.elsewhere |= set(node.names)
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            scope.binds.add(name)
        case ast.MatchMapping(rest=str(name)):
            scope.binds.add(name)
        case ast.NamedExpr(target=ast.Name(id=name)):
            # Kept apart, since in a comprehension `:=` binds in the scope around it.
            scope.walrus.add(name)
        case ast.AugAssign(target=ast.Name(id=name)):
            # `x += 1` reads x as well as binding it, while the syntax tree marks the name as stored only.
            scope.now.add(name)


def _list_immediate_parts(node: ast.AST) -> list[ast.AST]:
    """What of a function runs where it is defined: decorators, defaults, annotations."""
    assert isinstance(node, (*FUNCTION_NODES, ast.Lambda))
    spec = node.args
    parts: list[ast.AST | None] = [*spec.defaults, *spec.kw_defaults]
    if isinstance(node, FUNCTION_NODES):
        arguments = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs, spec.vararg, spec.kwarg]
        parts += [*node.decorator_list, node.returns, *(one.annotation for one in arguments if one)]
    return [part for part in parts if part is not None]


def _scan_function(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, outer: _Scope) -> None:
    """Adds a function's free names to those read later; its local names are left out."""
    spec = node.args
    inner = _scan_nodes([node.body] if isinstance(node, ast.Lambda) else node.body)
    arguments = {one.arg for one in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs, spec.vararg, spec.kwarg) if one}
    # A name that is declared global in the function is the module's, although the function binds it.
    own = (inner.binds | arguments) - inner.elsewhere
    outer.later |= (inner.now | inner.later) - own
    outer.sets |= inner.sets | (inner.binds & inner.elsewhere)
    if isinstance(node, FUNCTION_NODES):
        outer.binds.add(node.name)


def _scan_class(node: ast.ClassDef, outer: _Scope) -> None:
    """A class body runs at once; what it binds is not visible in its methods."""
    inner = _scan_nodes(node.body)
    outer.now |= inner.now
    outer.later |= inner.later
    outer.sets |= inner.sets
    outer.binds.add(node.name)


def _scan_comprehension(node: ast.AST, outer: _Scope) -> None:
    inner = _scan_nodes(ast.iter_child_nodes(node))
    # The loop's variables are the comprehension's own.
    outer.now |= inner.now - inner.binds
    outer.later |= inner.later - inner.binds
    # `:=` inside a comprehension binds in the scope around it.
    outer.binds |= inner.walrus
    outer.walrus |= inner.walrus
