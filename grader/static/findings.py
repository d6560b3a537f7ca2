"""Findings: the faults of a file that make running it pointless, each with its place and its remedy."""

from __future__ import annotations

import ast
import difflib
import unicodedata
import warnings

from grader.static.names import bound, is_dynamic, script_trains
from grader.submission import Finding, Submission

LOOK_ALIKE = 0.8


def parse(submission: Submission) -> ast.Module | Finding:
    """The syntax tree, or the syntax error in humane words."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(submission.source)
    except SyntaxError as error:
        return _syntax(error, submission)
    except (ValueError, RecursionError, MemoryError) as error:
        return Finding(code="S101", message=f"Python can't read this file: {error}", hint="Is it really Python?")


def _syntax(error: SyntaxError, submission: Submission) -> Finding:
    line = error.lineno or 1
    lines = submission.source.splitlines()
    text = lines[line - 1] if 0 < line <= len(lines) else ""
    column = max(0, (error.offset or 1) - 1)
    caret = f"\n    {text.strip()[:100]}\n    {' ' * max(0, min(column - (len(text) - len(text.lstrip())), 100))}^"
    hint = "Python stops reading here; look at this line and the one before it."
    if text.lstrip().startswith("print ") or "Missing parentheses" in str(error.msg):
        hint = "This is Python 2; in Python 3 write print(...)."
    elif isinstance(error, TabError):
        hint = "Indent with spaces only; your editor can convert the tabs."
    elif isinstance(error, IndentationError):
        hint = "Line up the statements of a block; is something under `def` or `:` missing?"
    where = f" ({submission.place(line)})" if submission.cells else ""
    return Finding(code="S101", message=f"syntax error{where}: {error.msg}{caret}", line=line, hint=hint)


def find(tree: ast.Module, function: str | None, stub: str | None) -> list[Finding]:
    """Every finding about the graded function; none when it could still work at run time."""
    if function is None or is_dynamic(tree):
        return []
    if function not in bound(tree):
        return [] if script_trains(tree) and not _near(function, tree) else [_missing(function, tree)]
    last = _last_definition(tree, function)
    if last is None:
        return []
    problems = [_signature(last), _kind(last), _blank(last, stub)]
    return [problem for problem in problems if problem is not None]


def _missing(function: str, tree: ast.Module) -> Finding:
    near = _near(function, tree)
    lines = {node.name: node.lineno for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    message = f"there is no function {function}() in this file"
    if near is None:
        return Finding(code="S102", message=message, hint=f"Keep the name of the stub: def {function}():")
    odd = [character for character in near if ord(character) > 127]
    if odd:
        names = ", ".join(f"{character} ({unicodedata.name(character, 'unknown')})" for character in odd[:3])
        hint = f"{near}() looks like it, but has other letters in it: {names}. Type the name anew."
    else:
        hint = f"Did you mean {near}()? Rename it to {function}."
    return Finding(code="S102", message=message, line=lines.get(near), hint=hint)


def _near(function: str, tree: ast.Module) -> str | None:
    names = [node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    near = difflib.get_close_matches(function, names, n=1, cutoff=LOOK_ALIKE)
    return near[0] if near else None


def _last_definition(tree: ast.Module, function: str) -> ast.stmt | None:
    """The last top-level statement that defines the name plainly; None if that happens in another way."""
    found = [node for node in tree.body if function in bound(ast.Module([node], []))]
    last = found[-1]
    return last if isinstance(last, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) else None


def _signature(node: ast.stmt) -> Finding | None:
    if not isinstance(node, ast.FunctionDef) or node.decorator_list:
        return None
    arguments = node.args
    needed = len(arguments.posonlyargs) + len(arguments.args) - len(arguments.defaults)
    needed += sum(default is None for default in arguments.kw_defaults)
    if needed <= 0:
        return None
    hint = f"It is called without arguments: write def {node.name}(): or give each argument a default."
    return Finding(code="S104", message=f"{node.name}() asks for {needed} argument{'s' * (needed > 1)}", line=node.lineno, hint=hint)


def _kind(node: ast.stmt) -> Finding | None:
    if isinstance(node, ast.ClassDef):
        return Finding(
            code="S106", message=f"{node.name} is a class, not a function", line=node.lineno, hint=f"Write def {node.name}():"
        )
    if isinstance(node, ast.AsyncFunctionDef):
        return Finding(code="S105", message=f"{node.name}() is async", line=node.lineno, hint="Remove `async`.")
    if isinstance(node, ast.FunctionDef) and not node.decorator_list and _yields(node):
        return Finding(
            code="S105", message=f"{node.name}() yields instead of returning", line=node.lineno, hint="Write return, not yield."
        )
    return None


def _yields(function: ast.FunctionDef) -> bool:
    queue: list[ast.AST] = list(function.body)
    while queue:
        node = queue.pop()
        if isinstance(node, (ast.Yield, ast.YieldFrom)):
            return True
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, ast.GeneratorExp)):
            queue.extend(ast.iter_child_nodes(node))
    return False


def _blank(node: ast.stmt, stub: str | None) -> Finding | None:
    """The graded function as the stub has it, or without any code."""
    if not isinstance(node, ast.FunctionDef):
        return None
    hint = "Fill in the parts between YOUR CODE STARTS HERE and YOUR CODE ENDS HERE."
    if all(_says_nothing(statement) for statement in node.body):
        return Finding(code="S103", message=f"{node.name}() is still empty", line=node.lineno, hint=hint)
    original = _function_of(stub, node.name)
    if original is not None and ast.dump(original) == ast.dump(node):
        return Finding(code="S103", message=f"{node.name}() is still as in the stub", line=node.lineno, hint=hint)
    return None


def _says_nothing(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Pass) or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))


def _function_of(stub: str | None, name: str) -> ast.FunctionDef | None:
    for node in ast.parse(stub or "").body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return node
    return None
