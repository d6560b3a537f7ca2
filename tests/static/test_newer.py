"""What a newer Python takes and this one doesn't is told as that, with a spelling for both."""

import sys

import pytest

from grader.static.newer import find_newer

OLD = (3, 11)


@pytest.mark.parametrize(
    ("version", "lines"),
    [
        ((3, 12), ["x = 1", 'print(f"epoch {epoch}: {logs["accuracy"]:.3f}")']),
        ((3, 12), ["x = 1", "print(f'{d['a']!r:>{w['b']}} {d['c'] = }')"]),
        ((3, 12), ["x = 1", 'print(f"{"\\n".join(lines)}")']),
        ((3, 12), ["x = 1", 'print(f"{f"{f"{1 + 1}"}"}")']),
        ((3, 12), ["x = 1", 'print(f"{', "    x  # a comment", '}")']),
        ((3, 12), ["x = 1", "print(f'''{d['''a''']}''' f\"{d[\"b\"]}\")"]),
        ((3, 12), ["x = 1", "type Pair = tuple[int, int]"]),
        ((3, 12), ["x = 1", "type Pair[T] = tuple[T, T]"]),
        ((3, 12), ["x = 1", "def first[T: (int, str)](items: list[T]) -> T:", "    return items[0]"]),
        ((3, 12), ["x = 1", "class Box[T](list):", "    pass"]),
        ((3, 13), ["x = 1", "class Box[T = list[int]]:", "    pass"]),
        ((3, 14), ["try:", "    x = 1", "except ValueError, TypeError:", "    pass"]),
        ((3, 14), ["try:", "    x = 1", "except tf.errors.OpError, OSError:", "    pass"]),
        ((3, 14), ["x = 1", 'print(t"{x}")']),
        ((3, 15), ["x = 1", "lazy import json"]),
    ],
)
@pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python reads some of it")
def test_a_newer_spelling_is_known_by_the_version_that_brought_it(version, lines):
    """With its line, among other code, and beside another one."""
    spelling, line = find_newer("\n".join(lines), OLD)
    after = find_newer("\n".join([*lines, "lazy import os"]), OLD)

    assert spelling.version == version
    assert line == (2 if lines[0] == "x = 1" else 3)
    assert after[0].version == (3, 15)
    assert find_newer("\n".join(lines), (3, 15)) is None


@pytest.mark.parametrize(
    "text",
    [
        "print 'x'", "try:\n    x\nexcept ValueError, e:\n    pass", "print(f\"{logs['a'}\")", 'print(f"{logs["a"]")', "x = (1",
        'print(f"{d["a"]}" x)', 'f"{a b["c"]}"', "def f[T(x): pass", "type = ", "type X", "except A, B:", "'''", "f'''{", "f'{" * 5000,
        'f"{' * 30 + "x", "print 'a'\ntry:\n    x\nexcept A, B:\n    pass",
    ],
)  # fmt: skip
def test_what_no_python_takes_is_no_newer_spelling(text):
    """A mistake stays one, also beside a newer spelling; Python 2 stays Python 2."""
    assert find_newer(text, OLD) is None


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python reads it")
def test_it_is_told_with_both_versions_and_never_as_python_2(inspect, inspect_cells):
    """In a file and in a notebook's cell, where only that cell is left out."""
    bad = 'print(f"{d["a"]}")'
    (finding,) = inspect(f"def train_mnist():\n    {bad}\n    return 1\n").findings
    report = inspect_cells("def train_mnist():\n    return 1", bad)

    assert finding.message.startswith("this is Python 3.12's spelling (the same quotation marks")
    assert f"graded here with Python {sys.version_info[0]}.{sys.version_info[1]}" in finding.message
    assert (finding.code, finding.line, "Python 2" in finding.hint) == ("S101", 2, False)
    assert report.findings == []
    assert "Python 3.12's spelling" in report.notes[0].message


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="this Python reads it")
def test_exceptions_without_parentheses_are_no_python_2(inspect):
    """Two classes are Python 3.14's; a class and a name in small letters were Python 2's."""
    (new,) = inspect("def train_mnist():\n    try:\n        f()\n    except ValueError, OSError:\n        return 1\n").findings
    (old,) = inspect("def train_mnist():\n    try:\n        f()\n    except ValueError, e:\n        return 1\n").findings

    assert ("3.14" in new.message, new.hint) == (True, "Write `except (A, B):`. Every Python 3 takes that.")
    assert "Python 2" in old.hint
