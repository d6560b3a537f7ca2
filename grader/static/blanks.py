"""The stub still blank: found by comparing syntax trees, so that comments and empty lines don't count."""

from __future__ import annotations

import ast
import re

from grader.submission import Finding

BLANK_HINT = "Fill in the parts between YOUR CODE STARTS HERE and YOUR CODE ENDS HERE."
START_MARK = re.compile(r"#.*YOUR CODE (STARTS|GOES) HERE", re.IGNORECASE)
END_MARK = re.compile(r"#.*YOUR CODE ENDS HERE", re.IGNORECASE)


def find_blank_function(node: ast.stmt, source: str, stub: str | None) -> Finding | None:
    """The graded function as the stub has it, without any code, or with a blank where nothing else can stand.

    Args:
        node: the graded function.
        source: the file's text.
        stub: the text that students start from.
    """
    if isinstance(node, ast.ClassDef):
        same = _find_stub_definition(stub, node.name)
        is_blank = same is not None and ast.dump(same) == ast.dump(node)
        return _build_finding(f"the class {node.name} is still as in the stub", node.lineno) if is_blank else None
    if not isinstance(node, ast.FunctionDef):
        return None
    if all(_is_empty_statement(statement) for statement in node.body):
        return _build_finding(f"{node.name}() is still empty", node.lineno)
    original = _find_stub_definition(stub, node.name)
    if original is not None and ast.dump(original) == ast.dump(node):
        return _build_finding(f"{node.name}() is still as in the stub", node.lineno)
    for part in ast.walk(node):
        if isinstance(part, ast.Call) and (line := _find_blank_in_call(part, source)) is not None:
            return _build_finding(f"this place in {node.name}() is still blank", line)
    return None


def find_blank_place(source: str) -> Finding | None:
    r"""The first place between the marks that holds no code, in a file that trains nothing.

    >>> find_blank_place("# YOUR CODE STARTS HERE\n\n# YOUR CODE ENDS HERE\n").line
    1
    """
    started: int | None = None
    for number, line in enumerate(source.split("\n"), 1):
        if START_MARK.search(line):
            started = number
        elif END_MARK.search(line):
            if started is not None:
                return _build_finding("the file trains nothing, and this place in it is still blank", started)
        # Any code after the start mark fills the place, right or wrong.
        elif line.strip() and not line.lstrip().startswith("#"):
            started = None
    return None


def _build_finding(message: str, line: int) -> Finding:
    return Finding(code="S103", message=message, line=line, hint=BLANK_HINT)


def _is_empty_statement(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


def _find_stub_definition(stub: str | None, name: str) -> ast.FunctionDef | ast.ClassDef | None:
    for node in ast.parse(stub or "").body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name == name:
            return node
    return None


def _find_blank_in_call(call: ast.Call, source: str) -> int | None:
    """The line of a blank in `fit(...)` or `Sequential([...])`, where it can only fail."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name == "fit":
        if not call.args and not call.keywords:
            return _find_empty_region(source.split("\n"), call.lineno, call.end_lineno or call.lineno)
        # `...` is a legal value elsewhere; as data of `fit` or as a layer it can only be a blank.
        return _find_dots(call.args)
    if name == "Sequential" and call.args and isinstance(call.args[0], ast.List):
        return _find_dots(call.args[0].elts)
    return None


def _find_dots(items: list[ast.expr]) -> int | None:
    return next((item.lineno for item in items if isinstance(item, ast.Constant) and item.value is ...), None)


def _find_empty_region(lines: list[str], first: int, last: int) -> int | None:
    """The first line of a marked place without code, among the lines of one statement (1-based)."""
    starts = next((number for number in range(first, last + 1) if START_MARK.search(lines[number - 1])), None)
    ends = next((number for number in range(first, last + 1) if END_MARK.search(lines[number - 1])), None)
    return starts if starts is not None and ends is not None and starts < ends else None
