"""Statements of a text replaced by `pass`, line for line, so that what is left keeps its line numbers."""

from __future__ import annotations

import ast


def without(source: str, nodes: list[ast.stmt], as_true: list[ast.expr]) -> str:
    r"""The source with some statements blanked and some conditions made true.

    Args:
        source: a text.
        nodes: statements to blank, none inside another.
        as_true: conditions on one line each.

    >>> tree = ast.parse("if a:\n    f(1,\n      2); x = 1\n")
    >>> without("if a:\n    f(1,\n      2); x = 1\n", [tree.body[0].body[0]], [tree.body[0].test])
    'if True:\n    pass; x = 1\n\n'
    """
    lines = source.split("\n")
    places: list[tuple[ast.stmt | ast.expr, str]] = [
        *((node, "pass") for node in nodes),
        *((node, "True") for node in as_true),
    ]
    for node, new in sorted(places, key=lambda place: (place[0].lineno, place[0].col_offset), reverse=True):
        _replace(lines, node, new)
    return "\n".join(lines)


def _replace(lines: list[str], node: ast.stmt | ast.expr, new: str) -> None:
    first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    before = lines[first].encode()[: node.col_offset].decode()
    after = lines[last].encode()[node.end_col_offset :].decode()
    # What follows on the last line after a semicolon moves up to the first.
    lines[first : last + 1] = [before + new + after, *[""] * (last - first)]
