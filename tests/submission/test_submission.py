"""Reading students' files: Python, notebooks, and what is neither."""

import json
import os

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
        return submission.read_submission(path)

    return make


def notebook(*cells, language="python", **more):
    made = [{"cell_type": "code", "source": cell, "outputs": [], "metadata": {}} for cell in cells]
    meta = {"kernelspec": {"name": "k", "language": language}}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": meta, "cells": made, **more})


def test_a_missing_file_suggests_the_nearest_name(tmp_path):
    """A wrong file name is wrong usage, and the nearest name in the folder is suggested."""
    (tmp_path / "my_solution.py").write_text("x = 1")

    with pytest.raises(UsageError, match=r'my_solutoin.py: no such file; did you mean "my_solution.py"'):
        submission.read_submission(tmp_path / "my_solutoin.py")


def test_a_missing_folder_is_named(tmp_path):
    """Where the folder itself is missing, that is what is said."""
    with pytest.raises(UsageError, match=r"a\.py: no such file; there is no folder .*week1"):
        submission.read_submission(tmp_path / "week1" / "a.py")


def test_a_folder_is_refused(tmp_path):
    """A folder isn't a submission."""
    with pytest.raises(UsageError, match="is a folder; name the file to grade"):
        submission.read_submission(tmp_path)


def test_a_pipe_is_refused(tmp_path):
    """What isn't a regular file could be read forever, so it isn't opened."""
    os.mkfifo(tmp_path / "pipe.py")

    with pytest.raises(UsageError, match=r"pipe.py is not a regular file; name a .py or .ipynb file"):
        submission.read_submission(tmp_path / "pipe.py")


def test_a_file_that_cant_be_opened_says_why(tmp_path):
    """The system's reason is told."""
    (tmp_path / "loop.py").symlink_to(tmp_path / "loop.py")

    with pytest.raises(UsageError, match=r"loop.py can't be read: Too many levels"):
        submission.read_submission(tmp_path / "loop.py")
    with pytest.raises(UsageError, match=r"x00.py' can't be read: .*embedded null"):
        submission.read_submission(tmp_path / "\0.py")


@pytest.mark.parametrize(
    ("content", "name", "code", "words"),
    [
        ("", "a.py", "S001", "the file is empty"),
        (" \n\n", "a.py", "S001", "the file is empty"),
        (b"\xef\xbb\xbf\n", "a.py", "S001", "the file is empty"),
        ("# only this\n", "a.py", "S001", "the file has no code, only comments"),
        ("%matplotlib inline\n!ls\n", "a.py", "S001", "the file has no code"),
        (b"PK\x03\x04rest", "a.py", "S002", "this is a ZIP archive (also .docx, .keras and .npz are), not a text file"),
        (b"%PDF-1.4 rest", "a.ipynb", "S002", "this is a PDF"),
        (b"x = 1\n\0\0", "a.py", "S002", "not a text file (byte 7 is zero)"),
        (b"x = 1\n# caf\xe9\n", "a.py", "S003", "not UTF-8 text: byte 0xe9 can't be read (byte 12 of the file)"),
        (b"x = 1\n" * 9 + b"# caf\xe9\n", "a.py", "S003", "not UTF-8 text: byte 0xe9 can't be read"),
        (b"# coding: ascii\n# caf\xe9\n", "a.py", "S003", "not ascii text: byte 0xe9"),
        ("import os".encode("utf-16"), "a.py", "S003", "in UTF-16, not UTF-8"),
        ("import os".encode("utf-16-be"), "a.py", "S003", "in UTF-16, not UTF-8"),
        (b"# -*- coding: klingon -*-\nx = 1\n", "a.py", "S003", "encoding can't be used: unknown encoding"),
        (b"# -*- coding: punycode -*-\nx = 1\n", "a.py", "S003", "'punycode' is no encoding of text files"),
        ("# Week 3\n\nSome *Markdown* text.\n", "a.ipynb", "S004", "text with Markdown"),
        ("Run this:\n\n```bash\nimport os\n```\n", "a.py", "S004", "text with Markdown, neither Python nor a notebook"),
        ("<html><body><pre>import os</pre></body></html>", "a.html", "S004", "this is a web page (HTML)"),
        ("my notes about it\n", "a.ipynb", "S004", "named .ipynb, but it is neither a notebook nor Python"),
        ("\n<!DOCTYPE html>\n<html>", "a.ipynb", "S004", "this is a web page (HTML)"),
        ('{"cells": [', "a.ipynb", "S005", "the notebook's JSON is broken: Input data was truncated"),
        ('{\n"cells": [],}', "a.ipynb", "S005", "the notebook's JSON is broken in line 2 of the file: "),
        ('{\n<<<<<<< HEAD\n"cells": []}', "a.ipynb", "S005", "the marks of a merge conflict"),
        ('{"nbformat": 4}', "a.ipynb", "S005", "this is JSON, but not a notebook: it has no cells"),
        ('{"cells": [{"cell_type": "code", "source": 5}]}', "a.ipynb", "S005", "the notebook is damaged: Expected"),
        ('{"x": NaN, "cells": [{"source": 5}]}', "a.ipynb", "S005", "the notebook's JSON is broken: "),
        ("[" * 100_000, "a.ipynb", "S004", "neither a notebook nor Python"),
        ('{"a":' * 100_000, "a.ipynb", "S005", "the notebook's JSON is broken: maximum recursion depth"),
        (notebook("x <- 1", language="R"), "a.ipynb", "S006", "a notebook in 'R', not in Python"),
        (notebook("x", metadata={"language_info": {"name": "julia"}}), "a.ipynb", "S006", "a notebook in 'julia'"),
        (notebook(), "a.ipynb", "S001", "the notebook has no code"),
        (notebook(" ", ""), "a.ipynb", "S001", "the notebook has no code"),
        (b"x" * 5_000_001, "a.py", "S007", "larger than 5 MB"),
        (b'{"x": "' + b"x" * 50_000_000, "a.ipynb", "S007", "larger than 50 MB"),
        ("1," * 50_001, "a.py", "S007", "too much code: more than 100,000 words"),
        (notebook("1," * 50_001), "a.ipynb", "S007", "too much code"),
    ],
)
def test_what_cant_be_graded_is_a_finding(read, content, name, code, words):
    """The student's file is at fault, so it is graded with a finding that says what to do."""
    fault = read(content, name).fault

    assert (fault.code, words in fault.message, bool(fault.hint)) == (code, True, True), fault


def test_a_byte_that_isnt_utf_8_is_shown_with_its_line(read):
    """The line of the first byte that can't be read is named."""
    assert read(b"x = 1\n" * 9 + b"# caf\xe9\n").fault.line == 10


def test_latin_1_is_read_where_the_file_says_so(read):
    """PEP 263's line is honoured, and so is a byte-order mark."""
    assert read(b"# -*- coding: latin-1 -*-\nname = '\xe9'\n").source.endswith("name = 'é'\n")
    assert read(b"\xef\xbb\xbfx = 1\r\ny = 2\r").source == "x = 1\ny = 2\n"


def test_a_notebooks_cells_are_joined_and_its_lines_named_by_cell(read):
    """Only code cells count; a line is named by its cell."""
    found = read(notebook("import tensorflow as tf\nx = 1", ["def f():\n", "    return x"]), "a.ipynb")

    assert (found.kind, found.source) == ("ipynb", "import tensorflow as tf\nx = 1\n\ndef f():\n    return x\n")
    assert [found.describe_place(line) for line in (1, 2, 4, 5)] == [
        "code cell 1, line 1", "code cell 1, line 2", "code cell 2, line 1", "code cell 2, line 2",
    ]  # fmt: skip


def test_a_line_of_a_python_file_is_named_by_its_number(read):
    """A `.py` file has no cells."""
    assert read("x = 1\n").describe_place(57) == "line 57"


def test_an_old_notebook_is_read(read):
    """nbformat 3 keeps its cells in worksheets and their text in `input`."""
    text = json.dumps({"metadata": {}, "worksheets": [{"cells": [{"cell_type": "code", "input": ["x = 1\n"]}]}]})

    assert read(text, "a.ipynb").source == "x = 1\n"


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"kernelspec": {"name": "python3", "display_name": "Python 3"}, "colab": {"provenance": []}, "accelerator": "GPU"},
        {"kernelspec": {"language": "R"}, "language_info": {"name": "python"}},
        {"kernelspec": "odd"},
    ],
)
def test_metadata_that_dont_name_another_language_are_no_obstacle(read, metadata):
    """Colab and Coursera write different metadata; only a language that isn't Python counts."""
    assert read(notebook("x = 1", metadata=metadata), "a.ipynb").source == "x = 1\n"


def test_stored_outputs_may_hold_what_json_does_not_know(read):
    """Python writes NaN into a notebook's outputs, and reads it again."""
    text = notebook("x = 1").replace('"outputs": []', '"outputs": [{"data": NaN}]')

    assert read(text, "a.ipynb").source == "x = 1\n"


def test_half_a_character_in_a_notebook_is_replaced(read):
    """JSON can spell a lone surrogate and a zero byte; neither can be handed on as text."""
    assert read(notebook("x = '\ud83d\0'"), "a.ipynb").source == "x = '?'\n"


def test_a_cell_may_be_indented_as_a_whole(read):
    """IPython takes the indent off each cell by itself."""
    assert read(notebook("  x = 1\n  y = 2", "z = 3"), "a.ipynb").source == "x = 1\ny = 2\n\nz = 3\n"


def test_python_in_a_file_named_ipynb_is_python(read):
    """Some people rename their file; that is remarked and costs nothing."""
    found = read("def f():\n    return 1\n", "a.ipynb")

    assert (found.fault, found.kind) == (None, "py")
    assert found.remarks == ["the file is named .ipynb, but holds plain Python; it was read as such"]


def test_python_with_a_mistake_in_a_file_named_ipynb_is_python(read):
    """A syntax error in it is for the next step to explain."""
    assert read("import os\nx = = 1\n", "a.ipynb").fault is None


def test_a_notebook_in_a_file_named_py_is_a_notebook(read):
    """What a file holds counts for more than its name."""
    found = read(notebook("x = 1"), "a.py")

    assert (found.kind, found.source) == ("ipynb", "x = 1\n")
    assert found.remarks == ["the file is a notebook, although its name ends in .py"]


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("%matplotlib inline\nx = 1", "\nx = 1"),
        ("!pip install foo\nx = 1", "\nx = 1"),
        ("!wget -q \\\n  https://a \\\n  -O b\nx = 1", "\n\n\nx = 1"),
        ("x = !ls\ny = 2", "x = []\ny = 2"),
        ("x = %timeit -o f()\ny = 2", "x = None\ny = 2"),
        ("h = %time model.fit(x)\ny = 2", "h = model.fit(x)\ny = 2"),
        ("%time model.fit(x,\n    y)", "model.fit(x,\n    y)"),
        ("if True:\n    !wget foo\ny = 2", "if True:\n    pass\ny = 2"),
        ("model.fit?\n?model\ny = 2", "\n\ny = 2"),
        ("%%javascript\nalert(1)\n", "\n\n"),
        ("%%time\nx = 1\n", "\nx = 1\n"),
        ("%%capture out\n%%time\nx = 1\n", "\n\nx = 1\n"),
        ("x = 1\n%%javascript\n<!-- save -->\nI.save();\n\ny = 2", "x = 1\n\n\n\n\ny = 2"),
        ("x = 1\n%%bash\nls -l *\n# In[3]:\ny = 2", "x = 1\n\n\n# In[3]:\ny = 2"),
        ("    x = 1\n    y = 2", "x = 1\ny = 2"),
        ("# note\n    x = 1\n    if x:\n        y = 2", "# note\nx = 1\nif x:\n    y = 2"),
        (">>> if x:\n...     y = 2", "if x:\n    y = 2"),
        ("x = (5\n  % 3)", "x = (5\n  % 3)"),
        ("x = (5\n  % 3)\n!ls", "x = (5\n  % 3)\n"),
        ("x = 5 \\\n  % 3\n!ls", "x = 5 \\\n  % 3\n"),
        ("# (\n!ls\nx = '('\n!ls", "# (\n\nx = '('\n"),
        ('s = """\n%not magic\n!nor this\n"""', 's = """\n%not magic\n!nor this\n"""'),
        ('s = """\n%not magic\n"""\n%magic', 's = """\n%not magic\n"""\n'),
        ("x != 1\n!ls", "x != 1\n"),
        ("x = = 1", "x = = 1"),
        ("pip install foo", "pip install foo"),
        ("try:\n  # # %x is Colab's.\n  # %x 2.x\nexcept E:\n  pass", "try:\n  pass\n  # %x 2.x\nexcept E:\n  pass"),
        ("if a:\n    # why\n    # !ls\n\nb = 1", "if a:\n    # why\n    pass\n\nb = 1"),
        ("!ls\nif a:\n    # %x\n    b = 1", "\nif a:\n    # %x\n    b = 1"),
        ("if a:\n    # nothing\nb = 1", "if a:\n    # nothing\nb = 1"),
        ("if a:\n# %x\nb = 1", "if a:\n# %x\nb = 1"),
        ("!ls\nif a:  # why:\n    b = 1\n    # %x", "\nif a:  # why:\n    b = 1\n    # %x"),
        ("%%python3\nx = 1\n", "\nx = 1\n"),
    ],
)
def test_magics_become_python_on_the_same_lines(text, clean):
    """Magics, shell lines and a whole indent go; line numbers stay; plain Python is left alone."""
    assert submission.replace_magics(text) == clean
    assert submission.replace_magics(text).count("\n") == text.count("\n")


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("pip install foo\nx = 1", "\nx = 1"),
        ("cd ../data\nx = 1", "\nx = 1"),
        ("cp = 3\n!ls", "cp = 3\n"),
        ("%%html\n<b>\n\nx = 1", "\n\n\n"),
    ],
)
def test_a_cell_takes_commands_without_a_sign(text, clean):
    """In a notebook `pip install x` is a command, and a cell magic governs its whole cell."""
    assert submission.replace_magics(text, cell=True) == clean


@given(st.binary(max_size=300), st.sampled_from([".py", ".ipynb"]))
def test_any_bytes_are_text_or_a_refusal(data, suffix):
    """No file, however odd, raises anything but a refusal."""
    try:
        text = submission.parse_bytes(data, suffix)
    except submission.Refusal as refusal:
        told = refusal.finding.message
    else:
        told = text.source.encode()
    assert told


@given(st.lists(st.sampled_from(["%%js", "%x", "!y \\", "(", ")", '"""', "'", "x = 1", "if x:", "    !z", "    # %z", "", "#", "a?", "x = %y"])))
def test_cleaning_keeps_the_number_of_lines(lines):
    """Whatever is blanked, every line stays where it was."""
    text = "\n".join(lines)

    assert submission.replace_magics(text).count("\n") == submission.replace_magics(text, cell=True).count("\n") == text.count("\n")


def test_cells_are_those_that_the_notebook_format_itself_reads(read):
    """The typed records give the same code cells as nbformat, for both versions of the format."""
    import nbformat

    new = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": ["x = 1\n", "y = 2"]}
    prose = {"cell_type": "markdown", "metadata": {}, "source": "# Title"}
    old = {"cell_type": "code", "collapsed": False, "input": ["z = 3"], "language": "python", "metadata": {}, "outputs": []}
    texts = [
        json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [prose, new, new]}),
        json.dumps({"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [{"cells": [old], "metadata": {}}]}),
    ]
    for text in texts:
        cells = nbformat.reads(text, as_version=4).cells

        assert read(text, "a.ipynb").source == "\n\n".join(cell.source for cell in cells if cell.cell_type == "code") + "\n"


PAGE = "<!DOCTYPE html>\n<html><head><style>a{}</style></head><body>%s<pre>an output</pre></body></html>"
BOX = '<div class="%s"><pre><span></span>%s</pre></div>'


@pytest.mark.parametrize(
    ("content", "name", "source"),
    [
        ("# Mine\n\n```python\nx = 1\n```\n\n    1\n\n```python\ny = x < 2\n```\n", "a.md", "\n\n\nx = 1\n\n\n\n\n\ny = x < 2\n\n\n"),
        ("Text.\n\n~~~py\n%matplotlib inline\nx = 1\n~~~\n", "a.py", "\n\n\n\nx = 1\n\n\n"),
        ("- one two three four\n```\nimport os\n```\n```text\nimport this\n```\n", "a.txt", "\n\nimport os\n\n\n\n\n\n"),
        ('Text\n\n```{python}\nx = """a\n```\n', "a.qmd", '\n\n\nx = """a\n\n\n'),
        (PAGE % (BOX % ("highlight hl-ipython3", "x <span class='o'>=</span> 1\n") + BOX % ("highlight hl-ipython3", "y = &#39;&lt;b&gt;&#39;\n")),
         "a.html", "x = 1\n\ny = '<b>'\n"),
        (PAGE % ("<pre class='sourceCode python'><code>x = 1\ny = 2</code></pre>"), "a.ipynb", "x = 1\ny = 2\n"),
        (PAGE % (BOX % ("highlight-python notranslate", "!pip install x\nx = 1\n")), "a.htm", "\nx = 1\n"),
    ],
)  # fmt: skip
def test_a_notebook_that_was_exported_is_read(read, content, name, source):
    """The code cells of Markdown and HTML are read, outputs and other languages aren't; Markdown keeps its lines."""
    found = read(content, name)

    assert (found.fault, found.source) == (None, source)
    assert "page" in found.remarks[0]


def test_a_page_may_be_as_large_as_a_notebook_and_takes_no_longer(read):
    """Pictures in a page are passed over; what only looks like the box of a cell takes linear time."""
    box = BOX % ("hl-ipython3", "x = 1\n")

    assert read(PAGE % (f"<img src='{'x' * 9_000_000}'>" + box), "a.html").source == "x = 1\n"
    assert read("<html>" + "<div class='hl-ipython3 " * 200_000, "a.html").fault.code == "S004"


@pytest.mark.parametrize("name", ["a.ipynb.json", "a.ipynb.txt", "a.IPYNB", "a.ipynb (1)", "a-Copy1.ipynb", "a"])
def test_names_that_browsers_and_editors_give_a_notebook_are_no_obstacle(read, name):
    """What a file holds counts for more than what it is called."""
    found = read(notebook("x = 1"), name)

    assert (found.fault, found.source, found.kind) == (None, "x = 1\n", "ipynb")


def test_a_file_that_a_cell_writes_is_written_with_all_its_lines(read):
    """`%%writefile` becomes IPython's own call, on the same number of lines; so do the magics that later cells need."""
    found = read(notebook("%%writefile -a 'my file.py'\n%time x = 'a\\n'\n\n# end", "%cd work\n%env A=b\n!mkdir -p out\n%cd?"), "a.ipynb")
    lines = found.source.split("\n")

    assert lines[0] == """get_ipython().run_cell_magic('writefile', "-a 'my file.py'", "%time x = 'a\\\\n'\\n\\n# end\\n")"""
    assert lines[1] == ""
    assert lines[2:5] == [f"get_ipython().run_line_magic({name!r}, {rest!r})" for name, rest in
                          (("cd", "work"), ("env", "A=b"), ("mkdir", "-p out"))]  # fmt: skip
