"""Findings about the graded function: missing, misspelt, or not to be called without arguments. Doubt favours the file."""

from __future__ import annotations

import ast
import difflib
import re
import unicodedata

from grader.records.verdict import Note
from grader.static.names import COMPREHENSION_NODES, FUNCTION_NODES, iter_load_nodes
from grader.static.outline import ModuleOutline
from grader.submission import Finding

MIN_LIKENESS = 0.6
MAX_FUNCTIONS = 500
MIN_SAME_LIKENESS = 0.9  # nobody names another function so much like the graded one
COMMENTED_FIT = re.compile(r"^[ \t]*#[# \t]*(?:\w+[ \t]*=[ \t]*)?\w+\.fit(?:_generator)?\(", re.MULTILINE)
DATA_NODES = (ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.JoinedStr, *COMPREHENSION_NODES)
# Letters of other alphabets that look like Latin ones.
LOOK_ALIKES = str.maketrans(
    "абвгԁеһіјкӏмнорԛѕтуѵԝхуαικνορτυχіⅰ", "a6brdehijklmhopqstyvwxyaiknoptuxii"
)  # fmt: skip


def report_missing_function(function: str, whole: ModuleOutline, tree: ast.Module, source: str) -> Finding:
    """No such function: where it hides, the nearest name, or the training that is commented out."""
    message = f"there is no function {function}() in this file"
    hidden = next((node for node in ast.walk(tree) if isinstance(node, FUNCTION_NODES) and node.name == function), None)
    if hidden is not None:
        hint = "Write it at the left margin, so that it belongs to the file itself."
        return Finding(
            code="S107", message=f"{function}() is inside another function or class", line=hidden.lineno, hint=hint
        )
    near = find_nearest_function(function, tree)
    if near is None:
        others = [step.node for step in whole.steps if isinstance(step.node, FUNCTION_NODES)]
        named = f" Your file defines {', '.join(f'{node.name}()' for node in others[:3])}." if others else ""
        commented = COMMENTED_FIT.search(source)
        asleep = " This line, which would train, is a comment." if commented else ""
        return Finding(
            code="S102",
            message=f"{message}, and the file by itself trains nothing",
            line=source.count("\n", 0, commented.end()) + 1 if commented else None,
            hint=f"Keep the name of the stub: def {function}():{named}{asleep}",
        )
    if foreign := _list_foreign_letters(near.name):
        hint = f"{near.name}() looks like it, but has other letters in it: {foreign}. Type the name anew."
    else:
        hint = f"Did you mean {near.name}()? Rename it to {function}."
    return Finding(code="S102", message=message, line=near.lineno, hint=hint)


def report_missing_part(name: str, is_class: bool, tree: ast.Module) -> Finding:
    """One of several graded names is missing: which of its kind is nearest."""
    kinds = (ast.ClassDef,) if is_class else FUNCTION_NODES
    own = {node.name: node.lineno for node in tree.body if isinstance(node, kinds)}
    near = difflib.get_close_matches(name, own, n=1, cutoff=MIN_LIKENESS)
    word = "class" if is_class else "function"
    shown = name if is_class else f"{name}()"
    return Finding(
        code="S102",
        message=f"there is no {word} {shown} in this file",
        line=own[near[0]] if near else None,
        hint=f"Did you mean {near[0]}? Rename it to {name}." if near else f"Keep the stub's name: {name}.",
    )


def find_nearest_function(
    function: str, tree: ast.Module, cutoff: float = MIN_LIKENESS
) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    """The function whose name is most like the graded one's."""
    plain = {}
    for node in ast.walk(tree):
        # Hooks of callbacks are never the graded function, however much their names look like it.
        if isinstance(node, FUNCTION_NODES) and not node.name.startswith("on_"):
            plain[_normalize_name(node.name)] = node
        if len(plain) > MAX_FUNCTIONS:
            break
    near = difflib.get_close_matches(_normalize_name(function), plain, n=1, cutoff=cutoff)
    return plain[near[0]] if near else None


def is_misspelt(function: str, tree: ast.Module) -> bool:
    """Whether a function's name can only be meant for the graded one's."""
    return find_nearest_function(function, tree, MIN_SAME_LIKENESS) is not None


def _normalize_name(name: str) -> str:
    return name.casefold().translate(LOOK_ALIKES).replace("_", "")[:100]


def _list_foreign_letters(name: str) -> str:
    letters = [letter for letter in dict.fromkeys(name) if ord(letter) > 127]
    return ", ".join(f"{letter} ({unicodedata.name(letter, 'unknown')})" for letter in letters[:3])


def find_call_faults(function: str, whole: ModuleOutline, given: int = 0) -> list[Finding]:
    """What keeps the last definition of the function from being called with so many arguments."""
    last = whole.find_binders(function)[-1].node
    line = "Keep the stub's `def` line" if given else f"Write def {function}():"
    match last:
        case ast.FunctionDef(decorator_list=[]):
            # Only undecorated functions are judged: a decorator may change the arguments or the result.
            return [fault for fault in (_check_arguments(last, given), _check_generator(last)) if fault is not None]
        case ast.AsyncFunctionDef(decorator_list=[]):
            return [_build_finding("S105", f"{function}() is async", last, "Remove `async`.")]
        # A class with `__new__` or a metaclass may return anything when it is called.
        case ast.ClassDef(decorator_list=[], keywords=[]) if not _has_new_method(last):
            return [_build_finding("S106", f"{function} is a class, not a function", last, line)]
        case ast.Assign(targets=[ast.Name()], value=value) if isinstance(value, DATA_NODES):
            hint = f"{line} and keep other things under other names."
            return [_build_finding("S106", f"{function} is a variable here, not a function", last, hint)]
    return []


def find_own_call(function: str, whole: ModuleOutline, given: int = 0) -> Note | None:
    """A note, where the function can't be called as the exercise does and the file itself calls it: that call is graded then.

    Args:
        given: with how many arguments the exercise calls it. A call without any is the same mistake as the exercise's
            where it gives none.
    """
    last = whole.find_binders(function)[-1].node if whole.find_binders(function) else None
    if not isinstance(last, ast.FunctionDef) or last.decorator_list or _check_arguments(last, given) is None:
        return None
    calls = (node for step in whole.steps for node in iter_load_nodes(step.node) if isinstance(node, ast.Call))
    own = next((call for call in calls if getattr(call.func, "id", None) == function and (given or _has_arguments(call))), None)
    if own is None:
        return None
    many = f"the exercise calls {function}() with {given} argument{'s' * (given > 1)}, and it isn't written for that"
    reason = many if given else f"{function}() asks for arguments"
    return Note(line=own.lineno, message=f"{reason}, so what the file trains by calling it here is graded")


def _has_arguments(call: ast.Call) -> bool:
    return bool(call.args or call.keywords)


def _build_finding(code: str, message: str, node: ast.stmt, hint: str) -> Finding:
    return Finding(code=code, message=message, line=node.lineno, hint=hint)


def _check_arguments(node: ast.FunctionDef, given: int) -> Finding | None:
    spec = node.args
    positional = [*spec.posonlyargs, *spec.args]
    # Defaults belong to the last positional arguments.
    needed = positional[: len(positional) - len(spec.defaults)]
    needed += [one for one, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if default is None]
    if given and len(positional) < given and spec.vararg is None:
        many = f"{given} argument{'s' * (given > 1)}"
        return _build_finding(
            "S104",
            f"{node.name}() takes {len(positional)}, and is called with {many}",
            node,
            "Keep the stub's `def` line.",
        )
    if len(needed) <= given:
        return None
    names = ", ".join(one.arg[:40] for one in needed[:5])
    hint = f"It is called without arguments: write def {node.name}(): or give each argument a default."
    if given:
        hint = f"It is called with {given}: keep the stub's `def` line."
    return _build_finding(
        "S104", f"{node.name}() asks for {len(needed)} argument{'s' * (len(needed) > 1)} ({names})", node, hint
    )


def _check_generator(node: ast.FunctionDef) -> Finding | None:
    queue: list[ast.AST] = list(node.body)
    while queue:
        part = queue.pop()
        if isinstance(part, (ast.Yield, ast.YieldFrom)):
            return _build_finding(
                "S105", f"{node.name}() yields instead of returning", node, "Write return, not yield."
            )
        # A `yield` in an inner function makes a generator of that function only.
        if not isinstance(part, (*FUNCTION_NODES, ast.Lambda, ast.ClassDef, ast.GeneratorExp)):
            queue.extend(ast.iter_child_nodes(part))
    return None


def _has_new_method(node: ast.ClassDef) -> bool:
    return any(isinstance(part, FUNCTION_NODES) and part.name == "__new__" for part in node.body)
