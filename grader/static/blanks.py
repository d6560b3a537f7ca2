"""The places of a stub that are still open, by its marks; and functions that hold nothing but what the stub holds."""

from __future__ import annotations

import ast
import re

from msgspec import Struct

from grader.messages.text import describe_open_places
from grader.records.syntax_tree import parse_python
from grader.submission import Finding, Submission

BLANK_HINT = "Write your code in place of `...`, between YOUR CODE STARTS HERE and YOUR CODE ENDS HERE."
START_MARK = re.compile(r"#.*YOUR CODE (STARTS|GOES) HERE", re.IGNORECASE)
END_MARK = re.compile(r"#.*YOUR CODE ENDS HERE", re.IGNORECASE)
# What a stub leaves in a place, and what stands for nothing.
FILLERS = frozenset({"...", "...,", "pass"})
MAX_PLACES = 200
# Methods that can only fail without any argument.
NEEDY_METHODS = ("fit", "compile")


class OpenPlaces(Struct, frozen=True, kw_only=True):
    """The places that are still open, by line and in words, and how many places there are to fill."""

    lines: list[int]
    words: list[str]
    total: int
    in_cells: bool = False

    def describe(self) -> str:
        """The places in a sentence."""
        return describe_open_places(self.words, self.lines_of_file, self.total)

    @property
    def lines_of_file(self) -> list[int]:
        """Their lines; none for a notebook, whose cells have lines of their own."""
        return [] if self.in_cells else self.lines


def find_open_places(file: Submission, source: str, tree: ast.Module, stub: str | None) -> OpenPlaces:
    r"""The places between the marks that hold no code, and the stub's `...` where its marks are gone.

    Args:
        file: names places by line or by cell.
        source: its text as it was parsed.
        tree: the same, parsed.
        stub: the text that students start from.

    >>> text = "# YOUR CODE STARTS HERE\n# TODO: one\n...\n# YOUR CODE ENDS HERE\n"
    >>> find_open_places(Submission(path="a.py", name="a.py", sha256=""), text, ast.parse(text), None).words
    ['line 3']
    """
    lines, regions = source.split("\n"), _list_regions(source)
    found = [_find_place(lines, region) for region in regions]
    marked = {number for region in regions for number in region}
    stray = [number for number in _list_lone_dots(lines, tree) if number not in marked]
    open_lines = sorted([*(line for line in found if line is not None), *stray])[:MAX_PLACES]
    asked = sum(START_MARK.search(line) is not None for line in (stub or "").split("\n"))
    words = [file.describe_place(line) for line in open_lines]
    return OpenPlaces(lines=open_lines, words=words, total=max(len(regions), asked, len(open_lines)), in_cells=bool(file.cells))


def _list_regions(source: str) -> list[range]:
    """The lines between each pair of marks (1-based), the marks themselves among them."""
    regions, start = [], None
    for number, line in enumerate(source.split("\n"), 1):
        if START_MARK.search(line):
            start = number
        elif END_MARK.search(line) and start is not None:
            regions.append(range(start, number + 1))
            start = None
    return regions


def _find_place(lines: list[str], region: range) -> int | None:
    """The line to write at, where a region holds nothing but what a stub leaves in it."""
    code = [number for number in region if (text := lines[number - 1].strip()) and not text.startswith("#")]
    # Any code fills the place, right or wrong.
    if any(lines[number - 1].strip() not in FILLERS for number in code):
        return None
    return code[0] if code else region.start


def _list_lone_dots(lines: list[str], tree: ast.Module) -> list[int]:
    """Lines with nothing but `...`; where that is all that a method or class holds it is Python's own way to say nothing."""
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    legal = {body[0].lineno for body in bodies if len(body) == 1}
    dots = {part.lineno for part in ast.walk(tree) if isinstance(part, ast.Constant) and part.value is ...}
    return sorted(number for number in dots - legal if lines[number - 1].strip() in FILLERS)


def find_blank_function(node: ast.stmt, places: OpenPlaces, source: str, stub: str | None) -> Finding | None:
    """The graded function as the stub has it, without any code, or with a blank where nothing else can stand.

    Args:
        node: the graded function.
        places: those that are open in the whole file.
        source: the file's text.
        stub: the text that students start from.
    """
    if isinstance(node, ast.ClassDef):
        same = _find_stub_definition(stub, node.name)
        is_blank = same is not None and ast.dump(same) == ast.dump(node)
        return _build_finding(f"the class {node.name} is still as in the stub", node.lineno) if is_blank else None
    if not isinstance(node, ast.FunctionDef):
        return None
    also = f": {places.describe()}" if places.lines else ""
    if all(_is_empty_statement(statement) for statement in node.body):
        return _build_finding(f"{node.name}() is still empty{also}", node.lineno)
    original = _find_stub_definition(stub, node.name)
    if original is not None and ast.dump(original) == ast.dump(node):
        return _build_finding(f"{node.name}() is still as in the stub{also}", places.lines[0] if places.lines else node.lineno)
    lines = source.split("\n")
    line = next((line for part in ast.walk(node) if (line := _find_blank_item(part, lines)) is not None), None)
    if line is None:
        return None
    if line in places.lines:
        return _build_finding(places.describe(), places.lines[0])
    return Finding(code="S103", message="the stub's `...` still stands beside your code", line=line, hint="Delete this line.")


def find_blank_place(places: OpenPlaces) -> Finding | None:
    """The open places of a file that trains nothing."""
    if not places.lines:
        return None
    return _build_finding(f"the file trains nothing: {places.describe()}", places.lines[0])


def _build_finding(message: str, line: int) -> Finding:
    return Finding(code="S103", message=message, line=line, hint=BLANK_HINT)


def _is_empty_statement(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


def _find_stub_definition(stub: str | None, name: str) -> ast.FunctionDef | ast.ClassDef | None:
    for node in parse_python(stub or "").body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name == name:
            return node
    return None


def _find_blank_item(node: ast.AST, lines: list[str]) -> int | None:
    """The line of a blank among the items of a call or a list, where it can only fail."""
    items = [*node.args] if isinstance(node, ast.Call) else node.elts if isinstance(node, ast.List) else []
    dots = (item.lineno for item in items if isinstance(item, ast.Constant) and item.value is ...)
    # `...` is a legal value of some functions; nobody gives it a line of its own.
    found = next((number for number in dots if lines[number - 1].strip() in FILLERS), None)
    named = getattr(node, "func", None)
    if found is None and isinstance(named, ast.Attribute) and named.attr in NEEDY_METHODS and not items:
        return _find_empty_region(lines, node) if not getattr(node, "keywords", []) else None
    return found


def _find_empty_region(lines: list[str], call: ast.AST) -> int | None:
    """The line of an open place inside the brackets of a call."""
    first, last = getattr(call, "lineno", 0), getattr(call, "end_lineno", 0)
    inside = "\n".join(lines[first - 1 : last])
    found = next((_find_place(inside.split("\n"), region) for region in _list_regions(inside)), None)
    return None if found is None else found + first - 1
