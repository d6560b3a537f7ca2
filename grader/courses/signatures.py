"""Compares the call that an exercise makes with the `def` lines of its solution, stub and reference, without running them."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from pathlib import Path

from grader.courses.course import Course
from grader.courses.exercise import Exercise
from grader.courses.yaml_nodes import Problems, YamlNode
from grader.errors import Problem
from grader.records.syntax_tree import parse_python

MAX_BYTES = 1_000_000
Place = YamlNode | tuple[int, int]


def check_signatures(course: Course, exercise: Exercise, tree: YamlNode, problems: Problems) -> None:
    """Adds a problem where a `def` line doesn't fit the call; only in a course that has this exercise's solution.

    What can't be read, or is no plain `def`, is left to `grade selfcheck`, which runs it.
    """
    for index, part in enumerate(exercise.split_parts()):
        _check_function(course, part, tree.find_nearest("parts", index) if exercise.parts else tree, problems)


def _check_function(course: Course, exercise: Exercise, tree: YamlNode, problems: Problems) -> None:
    """The same of one function; `tree` is where it is named."""
    folder = course.solutions / exercise.id
    if exercise.function is None or not (folder / "solution.py").is_file():
        return
    place, given = _call_of(exercise, tree)
    paths = (folder / "solution.py", folder / "reference.py", course.root / "exercises" / exercise.id / "stub.py")
    found = {path: node for path in paths if (node := _find_function(path, exercise.function)) is not None}
    for path, node in found.items():
        where = f"{path.relative_to(course.root).as_posix()}:{node.lineno}"
        for fault in _compare(node, given):
            problems.add(place, f"{fault}, but {where} has `def {_line_of(node)}`; make them agree")
    _compare_stub(found, paths, course, problems)


def _call_of(exercise: Exercise, tree: YamlNode) -> tuple[Place, list[list[str]]]:
    """Where the call is written, and the names of its arguments, for each call; positional, so that their order counts."""
    models = exercise.models
    if exercise.given is not None:
        names = ["values"] if exercise.given.values else ["images", "labels"][: exercise.argument_count]
        return tree.keys["given"], [names]
    if models is None:
        given = list(exercise.arguments) if exercise.kind == "calls" else []
        return tree.keys["arguments"] if given else tree.find_nearest("function"), [given]
    names = ["model", "images"] if models.shown is not None else ["image"]
    return tree.keys["models"], [list(call) for call in models.calls] or [names]


def _find_function(path: Path, name: str) -> ast.FunctionDef | None:
    """The last module-level `def` of this name; None without one, or where anything else may have the last word."""
    try:
        with path.open("rb") as file:
            nodes = parse_python(file.read(MAX_BYTES)).body
    except (OSError, SyntaxError, ValueError, RecursionError):
        return None
    found = [node for node in nodes if isinstance(node, ast.FunctionDef) and node.name == name]
    # A decorator may change the arguments.
    return found[-1] if found and not found[-1].decorator_list else None


def _compare(node: ast.FunctionDef, calls: list[list[str]]) -> Iterator[str]:
    """The first call that doesn't fit, in words."""
    spec = node.args
    names = [one.arg for one in (*spec.posonlyargs, *spec.args)]
    least = len(names) - len(spec.defaults)
    unmet = any(default is None for default in spec.kw_defaults)
    for given in calls:
        shown = f"with {len(given)} ({', '.join(given)})" if given else "without arguments"
        if len(given) < least or unmet or (len(given) > len(names) and spec.vararg is None):
            yield f"the function is called {shown}"
            return
        # The same names in another order are a mistake; other names may be meant.
        if sorted(given) == sorted(names[: len(given)]) and given != names[: len(given)]:
            yield f"the arguments are given in the order {', '.join(given)}"
            return


def _compare_stub(
    found: dict[Path, ast.FunctionDef], paths: tuple[Path, Path, Path], course: Course, problems: Problems
) -> None:
    """Checks that stub and solution have the same `def` line, since students have to keep the stub's."""
    solution, stub = found.get(paths[0]), found.get(paths[2])
    if solution is None or stub is None or _line_of(solution) == _line_of(stub):
        return
    message = (
        f"has `def {_line_of(stub)}`, and the solution `def {_line_of(solution)}`; run `grade selfcheck --write-stubs`"
    )
    name = paths[2].relative_to(course.root).as_posix()
    # `add` would name the exercise's file, and the fault is in the stub.
    problems.found.append(Problem(file=name, line=stub.lineno, column=1, message=message))


def _line_of(node: ast.FunctionDef) -> str:
    """`name(arguments)`, without annotations."""
    # The tree is used again after this.
    spec = copy.deepcopy(node.args)
    for one in ast.walk(spec):
        if isinstance(one, ast.arg):
            one.annotation = None
    return f"{node.name}({ast.unparse(spec)})"
