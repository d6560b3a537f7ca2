"""Notebooks that were saved as Python scripts: code that the export hid in a comment or a string. Runs nothing."""

from __future__ import annotations

import ast
import re

from grader.records.syntax_tree import parse_python
from grader.submission.magics import PYTHON_CELLS, is_python, replace_magics

# Colab writes this above each magic that it comments out; of a cell magic it comments out the whole cell.
COLAB_MARK = "# Commented out IPython magic"
COMMENTED_CELL = re.compile(r"^# %%(?P<name>\w+)")
SHELL_CALL = "get_ipython().run_"
PROMPT_MARK = re.compile(r"^# In\[[ \d]*\]:\s*$")


def uncomment_cells(text: str) -> str:
    r"""The cells that Colab's export commented out, on the lines where they stand.

    >>> uncomment_cells("# Commented out IPython magic to ensure Python compatibility.\n# %%time\n# x = 1\n\n# y = 2")
    '# Commented out IPython magic to ensure Python compatibility.\n\nx = 1\n\n# y = 2'
    """
    if COLAB_MARK not in text:
        return text
    lines = text.split("\n")
    for start in range(1, len(lines)):
        if lines[start - 1].startswith(COLAB_MARK) and COMMENTED_CELL.match(lines[start]):
            end = next((index for index in range(start, len(lines)) if _ends_cell(lines[index])), len(lines))
            cell = replace_magics("\n".join(re.sub("^# ?", "", line) for line in lines[start:end]), cell=True)
            # What isn't Python is a cell in another language, or was a comment before.
            if is_python(cell):
                lines[start:end] = (cell.split("\n") + [""] * (end - start))[: end - start]
    return "\n".join(lines)


def _ends_cell(line: str) -> bool:
    return not line.startswith("#") or line.startswith(COLAB_MARK)


def split_exported_cells(text: str) -> list[str]:
    r"""The cells of nbconvert's script, where it hides some of them in strings; an empty list for any other text.

    >>> split_exported_cells("# In[1]:\nx = 1\n# In[2]:\nget_ipython().run_cell_magic('time', '', 'y = 2\\n')\n")
    ['x = 1', 'y = 2\n\n']
    """
    if SHELL_CALL not in text or not is_python(text):
        return []
    lines = text.split("\n")
    # From the last to the first, so that the places of those before stay true.
    hidden = [found for node in parse_python(text).body if (found := _read_hidden_cell(node)) is not None]
    for first, last, cell in reversed(hidden):
        lines[first - 1 : last] = cell.split("\n")
    return _split_at_marks(lines) if hidden else []


def _split_at_marks(lines: list[str]) -> list[str]:
    cells: list[list[str]] = [[]]
    for line in lines:
        if PROMPT_MARK.match(line):
            cells.append([])
        else:
            cells[-1].append(line)
    # What stands before the first mark is nbconvert's own heading.
    if len(cells) > 1 and all(not line or line.startswith("#") for line in cells[0]):
        del cells[0]
    return ["\n".join(cell) for cell in cells]


def _read_hidden_cell(node: ast.stmt) -> tuple[int, int, str] | None:
    """First line, last line and text of a Python cell that is the argument of IPython's call."""
    match node:
        case ast.Expr(
            value=ast.Call(
                func=ast.Attribute(value=ast.Call(func=ast.Name(id="get_ipython")), attr="run_cell_magic"),
                args=[ast.Constant(value=str(name)), ast.Constant(value=str()), ast.Constant(value=str(cell))],
                keywords=[],
            ),
            col_offset=0,
        ) if name in PYTHON_CELLS:
            return node.lineno, node.end_lineno or node.lineno, cell
        case _:
            return None


def restore_timed_statements(text: str) -> str:
    r"""The statements that `%time` stood before, in place of IPython's calls; every line keeps its number.

    >>> restore_timed_statements("h = get_ipython().run_line_magic('time', 'train()')\n")
    'h = train()\n'
    """
    if SHELL_CALL not in text or not is_python(text):
        return text
    lines = text.split("\n")
    for node in ast.walk(parse_python(text)):
        if isinstance(node, (ast.Expr, ast.Assign)) and (statement := _read_timed_statement(node.value)):
            line = lines[node.lineno - 1].encode()
            lines[node.lineno - 1] = (
                line[: node.value.col_offset] + statement.encode() + line[node.value.end_col_offset :]
            ).decode()
    restored = "\n".join(lines)
    return restored if is_python(restored) else text


def _read_timed_statement(value: ast.expr) -> str:
    match value:
        case ast.Call(
            func=ast.Attribute(value=ast.Call(func=ast.Name(id="get_ipython")), attr="run_line_magic"),
            args=[ast.Constant(value="time"), ast.Constant(value=str(statement))],
            keywords=[],
        ) if value.lineno == value.end_lineno and "\n" not in statement:
            return statement
        case _:
            return ""
