"""Syntax errors in humane words, in files and in single cells of notebooks."""

import pytest

from grader.static import syntax
from grader.submission import Submission


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        ("def train_mnist(:\n    return 1", 1, ["syntax error: invalid syntax", "def train_mnist(:", "^", "at the one before it"]),
        ("def train_mnist():\nreturn 1", 2, ["expected an indented block", "in line 1", "Indent the statements under it"]),
        ("def train_mnist():\n    x = 1\n  y = 2\n", 3, ["unindent does not match", "Line it up"]),
        ("x = 1\n    y = 2\n", 2, ["unexpected indent", "further to the right"]),
        ("def train_mnist():\n    print 'x'\n", 2, ["print without parentheses", "This is Python 2", "print(...)"]),
        ("print 'x' % 3,\n", 1, ["This is Python 2"]),
        ("try:\n    x\nexcept A, e:\n    pass\n", 3, ["except (A, B) as error"]),
        ("x = 0777\n", 1, ["Is this Python 2?"]),
        ("def f():\n\tif 1:\n        x = 1\n", 3, ["tabs and spaces are mixed", "spaces only"]),
        ("model.fit(x,\n    y\n\nz = 1\n", 1, ["'(' was never closed", "count the brackets"]),
        ("x = [1, 2)\n", 1, ["does not match opening", "in the order"]),
        ("x = 1)\n", 1, ["unmatched ')'", "in the order"]),
        ("x = 'abc\n", 1, ["unterminated string literal", "same line"]),
        ("y = 1\nx = '''abc\n", 2, ["unterminated triple-quoted", "Close the three"]),
        ("x = 'C:\\Users\\Lena'\n", 1, ["a backslash begins a special character", "Write the path with / instead"]),
        ("x = [Dense(1)\n  Dense(2)]\n", 1, ["forgot a comma", "Is a comma missing"]),
        ("if x\n    y = 1\n", 1, ["expected ':'", "End this line with a colon"]),
        ("if x = 1:\n    y = 1\n", 1, ["To compare, write `==`"]),
        ("f(x=1, 2)\n", 1, ["positional argument follows keyword", "without a name first"]),
        ("x = 1 \\ \ny\n", 1, ["after line continuation", "Nothing may stand after a backslash"]),
        ("x = “a”\n", 1, ["a typographic quotation mark “", "copied from a document"]),
        ("if x:\n\u00a0\u00a0y = 1\n", 2, ["not Python: no-break space (U+00A0)", "type the place anew"]),
        ("x = 1\u200b\n", 1, ["zero width space (U+200B)"]),
        ("x = 3 × 4\n", 1, ["not Python: × multiplication sign (U+00D7)"]),
        ("<<<<<<< HEAD\nx = 1\n", 1, ["a mark of a merge conflict", "Keep one of the two"]),
        ("pip install tensorflow\n", 1, ["a command for the terminal, not Python", "put ! in front"]),
    ],
)
def test_a_syntax_error_is_explained_with_its_line_and_a_caret(inspect, source, line, words):
    """The finding says what is wrong, shows the line, and says what to do."""
    (finding,) = inspect(source).findings
    told = f"{finding.message}\n{finding.hint}"

    assert (finding.code, finding.line, [word for word in words if word not in told]) == ("S101", line, [])


@pytest.mark.parametrize(
    ("source", "said", "offset", "shown"),
    [
        ("x = 1\u200b", "invalid decimal literal", 5, "a character that is not Python: zero width space (U+200B)"),
        ("x=1×2", "invalid decimal literal", 3, "a character that is not Python: × multiplication sign (U+00D7)"),
        ("x = 1é", "invalid decimal literal", 5, "invalid decimal literal"),
        ("x = 1a", "invalid decimal literal", 5, "invalid decimal literal"),
        ("x = 0x", "invalid hexadecimal literal", 6, "invalid hexadecimal literal"),
    ],
)
def test_a_character_behind_a_number_is_named_where_python_blames_the_number(source, said, offset, shown):
    """Python 3.11.2 says "invalid decimal literal" of `1` and a zero width space."""
    file = Submission(path="a.py", name="a.py", sha256="", source=source)
    found = syntax.build_syntax_finding(SyntaxError(said, ("a.py", 1, offset, source)), [source], file)

    assert found.message.split("\n")[0] == f"syntax error: {shown}"


def test_the_caret_stands_under_the_place(inspect):
    """The second line of the excerpt has its caret under the character that Python names."""
    shown = inspect("def f():\n    x = = 1\n").findings[0].message.split("\n")

    assert shown[1:] == ["    x = = 1", "        ^"]


def test_a_long_line_is_cut_around_the_place(inspect):
    """A line of any length is shown as a short one, without control characters."""
    shown = inspect("x = '" + "\x1b" * 300 + "' = 1\n").findings[0].message.split("\n")

    assert max(map(len, shown[1:])) < 100
    assert "\x1b" not in shown[1]


def test_a_broken_cell_that_nothing_needs_is_left_out(inspect_cells):
    """A notebook goes on after a cell that fails; so does grading, with a note."""
    report = inspect_cells("import os\nx = = 1", "def train_mnist():\n    return m.fit(1)\n")

    assert (report.findings, report.plan.mode, report.plan.source) == (
        [], "function", "\n\n\ndef train_mnist():\n    return m.fit(1)\n",
    )  # fmt: skip
    assert (2, "this cell is not Python and was left out (syntax error: invalid syntax)") in [
        (note.line, note.message) for note in report.notes
    ]


@pytest.mark.parametrize(
    "cells",
    [
        ("x = 1", "def train_mnist():\n    return (1"),
        ("class Stop(\n    pass", "def train_mnist():\n    return m.fit(callbacks=[Stop()])"),
        ("import tensorflow as tf", "model = make()\nmodel.fit(x"),
        ("m.fit(x)", "def train_mnist():\n    return (1"),
    ],
)
def test_a_broken_cell_that_matters_is_a_finding(inspect_cells, cells):
    """A cell that was to bring the function, what it needs, or the training, is explained."""
    (finding,) = inspect_cells(*cells).findings

    assert (finding.code, "was never closed" in finding.message) == ("S101", True)


def test_a_broken_cells_message_names_lines_of_cells(inspect_cells):
    """Lines in Python's own message are those of the cell as well."""
    (finding,) = inspect_cells("x = 1", "y = 2\ndef train_mnist():\nreturn 1").findings

    assert (finding.line, "function definition in code cell 2, line 2" in finding.message) == (5, True)


def test_many_broken_cells_give_few_notes(inspect_cells):
    """Notes stay readable."""
    report = inspect_cells(*["x = ("] * 50, "def train_mnist():\n    return 1")

    assert len(report.notes) == 20
