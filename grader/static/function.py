"""Findings about the graded function: missing, misspelt, or not to be called without arguments. Doubt favours the file."""

from __future__ import annotations

import ast
import difflib
import re
import unicodedata

from grader.static.names import COMPREHENSIONS, FUNCTIONS, at_load
from grader.static.outline import Outline
from grader.submission import Finding
from grader.verdict import Note

NEAR = 0.6
MOST = 500
SAME = 0.9  # nobody names another function so much like the graded one
COMMENTED_FIT = re.compile(r"^[ \t]*#[# \t]*(?:\w+[ \t]*=[ \t]*)?\w+\.fit(?:_generator)?\(", re.MULTILINE)
DATA = (ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.JoinedStr, *COMPREHENSIONS)
# Letters of other alphabets that look like Latin ones.
LOOK_ALIKES = str.maketrans(
    "абвгԁеһіјкӏмнорԛѕтуѵԝхуαικνορτυχіⅰ", "a6brdehijklmhopqstyvwxyaiknoptuxii"
)  # fmt: skip


def missing(function: str, whole: Outline, tree: ast.Module, source: str) -> Finding:
    """No such function: where it hides, the nearest name, or the training that is commented out."""
    message = f"there is no function {function}() in this file"
    hidden = next((node for node in ast.walk(tree) if isinstance(node, FUNCTIONS) and node.name == function), None)
    if hidden is not None:
        hint = "Write it at the left margin, so that it belongs to the file itself."
        return Finding(
            code="S107", message=f"{function}() is inside another function or class", line=hidden.lineno, hint=hint
        )
    near = nearest(function, tree)
    if near is None:
        others = [step.node for step in whole.steps if isinstance(step.node, FUNCTIONS)]
        named = f" Your file defines {', '.join(f'{node.name}()' for node in others[:3])}." if others else ""
        commented = COMMENTED_FIT.search(source)
        asleep = " This line, which would train, is a comment." if commented else ""
        return Finding(
            code="S102",
            message=f"{message}, and the file by itself trains nothing",
            line=source.count("\n", 0, commented.end()) + 1 if commented else None,
            hint=f"Keep the name of the stub: def {function}():{named}{asleep}",
        )
    if foreign := _foreign(near.name):
        hint = f"{near.name}() looks like it, but has other letters in it: {foreign}. Type the name anew."
    else:
        hint = f"Did you mean {near.name}()? Rename it to {function}."
    return Finding(code="S102", message=message, line=near.lineno, hint=hint)


def nearest(function: str, tree: ast.Module, cutoff: float = NEAR) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    """The function whose name is most like the graded one's."""
    plain = {}
    for node in ast.walk(tree):
        if isinstance(node, FUNCTIONS) and not node.name.startswith("on_"):
            plain[_plainly(node.name)] = node
        if len(plain) > MOST:
            break
    near = difflib.get_close_matches(_plainly(function), plain, n=1, cutoff=cutoff)
    return plain[near[0]] if near else None


def is_misspelt(function: str, tree: ast.Module) -> bool:
    """Whether a function's name can only be meant for the graded one's."""
    return nearest(function, tree, SAME) is not None


def _plainly(name: str) -> str:
    return name.casefold().translate(LOOK_ALIKES).replace("_", "")[:100]


def _foreign(name: str) -> str:
    letters = [letter for letter in dict.fromkeys(name) if ord(letter) > 127]
    return ", ".join(f"{letter} ({unicodedata.name(letter, 'unknown')})" for letter in letters[:3])


def faults(function: str, whole: Outline, given: int = 0) -> list[Finding]:
    """What keeps the last definition of the function from being called with so many arguments."""
    last = whole.binders(function)[-1].node
    line = "Keep the stub's `def` line" if given else f"Write def {function}():"
    match last:
        case ast.FunctionDef(decorator_list=[]):
            return [fault for fault in (_arguments(last, given), _generator(last)) if fault is not None]
        case ast.AsyncFunctionDef(decorator_list=[]):
            return [_fault("S105", f"{function}() is async", last, "Remove `async`.")]
        case ast.ClassDef(decorator_list=[], keywords=[]) if not _makes_anything(last):
            return [_fault("S106", f"{function} is a class, not a function", last, line)]
        case ast.Assign(targets=[ast.Name()], value=value) if isinstance(value, DATA):
            hint = f"{line} and keep other things under other names."
            return [_fault("S106", f"{function} is a variable here, not a function", last, hint)]
    return []


def own_call(function: str, whole: Outline) -> Note | None:
    """A note, where the function asks for arguments and the file itself calls it with some: that call is graded then."""
    last = whole.binders(function)[-1].node if whole.binders(function) else None
    if not isinstance(last, ast.FunctionDef) or last.decorator_list or _arguments(last, 0) is None:
        return None
    calls = (node for step in whole.steps for node in at_load(step.node) if isinstance(node, ast.Call))
    own = next((call for call in calls if getattr(call.func, "id", None) == function and _given(call)), None)
    if own is None:
        return None
    text = f"{function}() asks for arguments, so what the file trains by calling it here is graded"
    return Note(line=own.lineno, message=text)


def _given(call: ast.Call) -> bool:
    return bool(call.args or call.keywords)


def _fault(code: str, message: str, node: ast.stmt, hint: str) -> Finding:
    return Finding(code=code, message=message, line=node.lineno, hint=hint)


def _arguments(node: ast.FunctionDef, given: int) -> Finding | None:
    spec = node.args
    positional = [*spec.posonlyargs, *spec.args]
    needed = positional[: len(positional) - len(spec.defaults)]
    needed += [one for one, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if default is None]
    if given and len(positional) < given and spec.vararg is None:
        many = f"{given} argument{'s' * (given > 1)}"
        return _fault(
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
    return _fault(
        "S104", f"{node.name}() asks for {len(needed)} argument{'s' * (len(needed) > 1)} ({names})", node, hint
    )


def _generator(node: ast.FunctionDef) -> Finding | None:
    queue: list[ast.AST] = list(node.body)
    while queue:
        part = queue.pop()
        if isinstance(part, (ast.Yield, ast.YieldFrom)):
            return _fault("S105", f"{node.name}() yields instead of returning", node, "Write return, not yield.")
        if not isinstance(part, (*FUNCTIONS, ast.Lambda, ast.ClassDef, ast.GeneratorExp)):
            queue.extend(ast.iter_child_nodes(part))
    return None


def _makes_anything(node: ast.ClassDef) -> bool:
    return any(isinstance(part, FUNCTIONS) and part.name == "__new__" for part in node.body)
