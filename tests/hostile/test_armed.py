"""The attacks on the grader's own modules meet what is there: one that stops at an import would prove nothing."""

from __future__ import annotations

import ast
from importlib.util import find_spec
from pathlib import Path

import pytest
from hostile_files import all_cases


def names(tree: ast.AST):
    """What a file takes from the grader and what it reads of that, as dotted names, the module first."""
    aliases: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "grader":
            for alias in node.names:
                yield node.module, alias.name
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "grader":
                    yield alias.name, ""
                    aliases[alias.asname or alias.name] = alias.name
    for node in ast.walk(tree):
        base, _, rest = ast.unparse(node).partition(".") if isinstance(node, ast.Attribute) else ("", "", "")
        if base in aliases and rest.replace(".", "").isidentifier():
            yield aliases[base], rest


# Few have the word in them at all, and reading all as Python would take each worker half a second.
ARMED = [case for case in all_cases() if "grader" in case.text and any(True for _ in names(ast.parse(case.text)))]


def defined(body: list[ast.stmt], inside: str = ""):
    """What the statements of a module define, members of its classes as dotted names; read, as Keras takes seconds."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield inside + node.name
            yield from defined(node.body if isinstance(node, ast.ClassDef) else [], f"{node.name}.")
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            yield from (inside + ast.unparse(target) for target in getattr(node, "targets", None) or [node.target])


@pytest.mark.parametrize("case", ARMED, ids=lambda case: case.name)
def test_what_a_file_attacks_is_there(case):
    """Every name of the grader that a hostile file uses exists."""
    for module, path in names(ast.parse(case.text)):
        spec = find_spec(module)
        assert spec is not None, f"{case.name}: there is no {module}"
        there = set(defined(ast.parse(Path(spec.origin or "").read_text(encoding="utf-8")).body))
        assert not path or path in there | {"__file__"}, f"{case.name}: {module} has no {path}"


def test_there_are_such_files():
    """The list above is not empty for a reason of its own."""
    assert {"forged/pass_of_too_much_data", "monkeypatching/probe_answers"} <= {case.name for case in ARMED}
