"""Notebooks saved as Python scripts: cells that the export hid are code again; everything else stays as it is."""

from __future__ import annotations

import pytest

from grader.submission import parse_bytes
from grader.submission.scripts import restore_timed_statements, split_exported_cells, uncomment_cells

MARK = "# Commented out IPython magic to ensure Python compatibility.\n"


def read(text: str) -> str:
    return parse_bytes(text.encode(), ".py").source


@pytest.mark.parametrize("magic", ["time", "capture", "timeit -n1", "prun"])
def test_a_cell_that_colab_commented_out_is_code_on_its_own_lines(magic: str) -> None:
    hidden = f"{MARK}# %%{magic}\n# def train():\n# \n#     return 1  # one\n# # a remark\n\ntrain()\n"

    assert read(hidden) == f"{MARK}\ndef train():\n\n    return 1  # one\n# a remark\n\ntrain()\n"


def test_a_file_of_one_commented_cell_has_code() -> None:
    assert "x = 1" in read(f"{MARK}# %%time\n# x = 1\n")


def test_what_a_student_commented_out_stays_a_comment() -> None:
    assert read("# %%time\n# x = 1\ny = 2\n") == "# %%time\n# x = 1\ny = 2\n"


def test_a_commented_cell_ends_where_the_next_one_begins() -> None:
    assert uncomment_cells(f"{MARK}# %%bash\n# ls -l\n{MARK}# %%time\n# x = 1\n").split("\n")[1:] == [
        *["", "", MARK.strip()],
        *["", "x = 1", ""],
    ]


def test_a_commented_cell_in_another_language_brings_no_code() -> None:
    assert read(f"{MARK}# %%bash\n# x = 1\n\ny = 2\n").count("x = 1") == 0


def test_a_commented_cell_that_is_no_python_stays_a_comment() -> None:
    text = f"{MARK}# %%time\n# my notes, no code\n\ny = 2\n"

    assert read(text) == text


def test_a_module_of_a_commented_cell_is_written() -> None:
    assert "run_cell_magic('writefile', 'a.py', 'x = 1\\n')" in read(f"{MARK}# %%writefile a.py\n# x = 1\n\nimport a\n")


def test_a_cell_in_a_string_is_a_cell_with_its_own_lines() -> None:
    text = "#!/usr/bin/env python\n\n# In[1]:\n\nimport math\n\n# In[ ]:\n\nget_ipython().run_cell_magic('time', '', 'def train():\\n    return 1\\n')\n"
    found = parse_bytes(text.encode(), ".py")

    line = found.source.split("\n").index("    return 1") + 1
    first, number = found.cells[1]
    assert (found.kind, number, line - first + 1, len(found.remarks)) == ("ipynb", 2, 3, 1)


def test_magics_in_such_a_cell_are_left_out() -> None:
    source = read("get_ipython().run_cell_magic('capture', '', '%matplotlib inline\\nx = 1\\n!ls\\n')\n")

    assert [line for line in source.split("\n") if line] == ["x = 1"]


@pytest.mark.parametrize(
    "call",
    [
        "get_ipython().run_cell_magic('bash', '', 'x = 1')",
        "get_ipython().run_cell_magic('writefile', 'a.py', 'x = 1')",
        "get_ipython().run_cell_magic('time', '', text)",
        "get_ipython().run_line_magic('matplotlib', 'inline')",
        "if True:\n    get_ipython().run_cell_magic('time', '', 'x = 1')",
        "other().run_cell_magic('time', '', 'x = 1')",
    ],
)
def test_any_other_call_stays(call: str) -> None:
    assert (split_exported_cells(call), read(call + "\n")) == ([], call + "\n")


def test_timed_statements_are_statements_again() -> None:
    text = "def f():\n    h = get_ipython().run_line_magic('time', 'g(\"ä\")')\n    return h\nget_ipython().run_line_magic('time', 'k()')\n"

    assert restore_timed_statements(text) == 'def f():\n    h = g("ä")\n    return h\nk()\n'


@pytest.mark.parametrize("statement", ["x y", "a\\nb = 1", ")("])
def test_a_timed_statement_that_is_no_python_leaves_the_text_alone(statement: str) -> None:
    text = f"x = 1\nget_ipython().run_line_magic('time', '{statement}')\n"

    assert restore_timed_statements(text) == text
