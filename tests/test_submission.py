"""Reading students' files: Python, notebooks, and what is neither."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader import submission
from grader.errors import UsageError


@pytest.fixture
def read(tmp_path):
    def make(content, name="my_solution.py"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return submission.read(path)

    return make


def notebook(*cells, language="python", **more):
    made = [{"cell_type": "code", "source": cell, "outputs": [], "metadata": {}} for cell in cells]
    meta = {"kernelspec": {"name": "k", "language": language}}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": meta, "cells": made, **more})


def test_a_missing_file_suggests_the_nearest_name(tmp_path):
    """A wrong file name is wrong usage, and the nearest name in the folder is suggested."""
    (tmp_path / "my_solution.py").write_text("x = 1")

    with pytest.raises(UsageError, match='my_solutoin.py: no such file; did you mean "my_solution.py"'):
        submission.read(tmp_path / "my_solutoin.py")


def test_a_folder_is_refused(tmp_path):
    """A folder isn't a submission."""
    with pytest.raises(UsageError, match="is a folder; name the file to grade"):
        submission.read(tmp_path)


def test_a_file_that_cant_be_opened_says_why(tmp_path):
    """The system's reason is told."""
    (tmp_path / "loop.py").symlink_to(tmp_path / "loop.py")

    with pytest.raises(UsageError, match="loop.py can't be read: Too many levels"):
        submission.read(tmp_path / "loop.py")


@pytest.mark.parametrize(
    ("content", "name", "code", "words"),
    [
        ("", "a.py", "S001", "the file is empty"),
        (" \n\n", "a.py", "S001", "the file is empty"),
        (b"PK\x03\x04rest", "a.py", "S002", "not a text file"),
        (b"x = 1\n\0\0", "a.py", "S002", "not a text file"),
        (b"x = 1\n# caf\xe9\n", "a.py", "S003", "not UTF-8 text (byte 0xe9)"),
        (b"# -*- coding: klingon -*-\nx = 1\n", "a.py", "S003", "encoding can't be used: unknown encoding"),
        ("# Week 3\n\nSome *Markdown* text.\n", "a.ipynb", "S004", "neither a notebook nor Python"),
        ('{"cells": [', "a.ipynb", "S005", "the notebook's JSON is broken"),
        ("[" * 100_000, "a.ipynb", "S004", "neither a notebook nor Python"),
        ('{"a":' * 100_000, "a.ipynb", "S005", "the notebook's JSON is broken"),
        (notebook("x <- 1", language="R"), "a.ipynb", "S006", "a notebook in R, not in Python"),
        (notebook(), "a.ipynb", "S001", "the notebook has no code"),
        (notebook(" ", ""), "a.ipynb", "S001", "the notebook has no code"),
        (b"x" * 5_000_001, "a.py", "S007", "larger than 5 MB"),
    ],
)
def test_what_cant_be_graded_is_a_finding(read, content, name, code, words):
    """The student's file is at fault, so it is graded with a finding that says what to do."""
    fault = read(content, name).fault

    assert (fault.code, words in fault.message, bool(fault.hint)) == (code, True, True)


def test_latin_1_is_read_where_the_file_says_so(read):
    """PEP 263's line is honoured, and so is a byte-order mark."""
    assert read(b"# -*- coding: latin-1 -*-\nname = '\xe9'\n").source.endswith("name = 'é'\n")
    assert read(b"\xef\xbb\xbfx = 1\r\ny = 2\r").source == "x = 1\ny = 2\n"


def test_a_notebooks_cells_are_joined_and_its_lines_named_by_cell(read):
    """Only code cells count; a line is named by its cell."""
    found = read(notebook("import tensorflow as tf\nx = 1", ["def f():\n", "    return x"]), "a.ipynb")

    assert found.source == "import tensorflow as tf\nx = 1\ndef f():\n    return x\n"
    assert [found.place(line) for line in (1, 2, 3, 4)] == [
        "cell 1, line 1", "cell 1, line 2", "cell 2, line 1", "cell 2, line 2",
    ]  # fmt: skip


def test_an_old_notebook_is_read(read):
    """nbformat 3 keeps its cells in worksheets and their text in `input`."""
    text = json.dumps({"metadata": {}, "worksheets": [{"cells": [{"cell_type": "code", "input": ["x = 1\n"]}]}]})

    assert read(text, "a.ipynb").source == "x = 1\n"


def test_python_in_a_file_named_ipynb_is_python(read):
    """Some people rename their file."""
    assert read("def f():\n    return 1\n", "a.ipynb").fault is None


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("%matplotlib inline\nx = 1", "pass\nx = 1"),
        ("!pip install foo\nx = 1", "pass\nx = 1"),
        ("x = !ls\ny = 2", "x = None\ny = 2"),
        ("x = %time 3\ny = 2", "x = None\ny = 2"),
        ("if True:\n    !wget foo\ny = 2", "if True:\n    pass\ny = 2"),
        ("model.fit?\ny = 2", "pass\ny = 2"),
        ("%%javascript\nalert(1)\n", "\n\n"),
        ("%%time\nx = 1\n", "pass\nx = 1\n"),
        ("    x = 1\n    y = 2", "x = 1\ny = 2"),
        ("x = (5\n  % 3)", "x = (5\n  % 3)"),
        ('s = """\n%not magic\n!nor this\n"""', 's = """\n%not magic\n!nor this\n"""'),
        ("x = = 1", "x = = 1"),
    ],
)
def test_magics_become_python_on_the_same_lines(text, clean):
    """Magics, shell lines and a whole indent go; line numbers stay; plain Python is left alone."""
    assert submission.clean(text) == clean
    assert submission.clean(text).count("\n") == text.count("\n")


@given(st.binary(max_size=300), st.sampled_from([".py", ".ipynb"]))
def test_any_bytes_are_text_or_a_refusal(data, suffix):
    """No file, however odd, raises anything but a refusal."""
    try:
        source, _ = submission.parse(data, suffix)
    except submission.Refusal as refusal:
        assert refusal.finding.message
    else:
        assert isinstance(source, str)
