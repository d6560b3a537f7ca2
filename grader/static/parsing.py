"""The syntax tree of a submission; a cell of a notebook that Python can't read is left out, as a notebook would go on."""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass

from grader.records.syntax_tree import parse_python
from grader.static import syntax
from grader.submission import Finding, Submission


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenCell:
    """A cell that was left out: its text and its syntax error."""

    text: str
    finding: Finding

    def can_define(self, name: str) -> bool:
        """Whether its text looks as if it would bind a name."""
        names = rf"^\s*(?:(?:async\s+)?def|class)\s+{re.escape(name)}\b|^{re.escape(name)}\s*=|\bimport\b.*\b{re.escape(name)}\b"
        return re.search(names, self.text, re.MULTILINE) is not None

    def can_train(self) -> bool:
        """Whether its text looks as if it would train."""
        return ".fit(" in self.text or ".fit_generator(" in self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFile:
    """A tree, the source that it is of (same line numbers), and the cells that were left out."""

    tree: ast.Module
    source: str
    broken: tuple[BrokenCell, ...] = ()


def parse_submission(submission: Submission) -> ParsedFile | Finding:
    """The tree, or why there is none."""
    try:
        return ParsedFile(tree=_parse_text(submission.source), source=submission.source)
    except SyntaxError as error:
        if submission.cells:
            return _parse_by_cell(submission)
        return syntax.build_syntax_finding(error, submission.source.split("\n"), submission)
    except (ValueError, RecursionError, MemoryError) as error:
        return _report_unreadable(error)


def _parse_text(text: str) -> ast.Module:
    with warnings.catch_warnings():
        # Python warns of odd escapes and the like on stderr, which would look like the grader's own trouble.
        warnings.simplefilter("ignore")
        return parse_python(text)


def _report_unreadable(error: Exception) -> Finding:
    reason = "it is nested too deeply" if isinstance(error, (RecursionError, MemoryError)) else str(error)
    return Finding(
        code=syntax.SYNTAX_CODE,
        message=f"Python can't read this file: {reason}",
        hint="Write it in shorter expressions.",
    )


def _parse_by_cell(submission: Submission) -> ParsedFile | Finding:
    lines = submission.source.split("\n")
    firsts = [first for first, _ in submission.cells]
    broken: list[BrokenCell] = []
    for first, after in zip(firsts, [*firsts[1:], len(lines) + 1], strict=True):
        cell = lines[first - 1 : after - 1]
        try:
            _parse_text("\n".join(cell))
        except SyntaxError as error:
            found = syntax.build_syntax_finding(error, cell, submission, before=first - 1)
            broken.append(BrokenCell(text="\n".join(cell), finding=found))
            # Blank lines instead of nothing, so that the lines of later cells keep their numbers.
            lines[first - 1 : after - 1] = [""] * len(cell)
        except (ValueError, RecursionError, MemoryError) as error:
            return _report_unreadable(error)
    source = "\n".join(lines)
    try:
        return ParsedFile(tree=_parse_text(source), source=source, broken=tuple(broken))
    # Cells that parse alone may fail together, for example because of `from __future__` in a later one.
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return broken[0].finding if broken else _report_unreadable(error)
