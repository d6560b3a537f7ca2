"""Slips in a graded function that its text shows; each beside what looks like it and is right."""

import ast

import pytest

from grader.records.clues import Symptom
from grader.static.slips import collect_call_lines, find_function_slips


def slips(source):
    return [(cause.line, cause.message) for cause in find_function_slips(ast.parse(source).body[0]) if Symptom.WRONG_VALUES in cause.symptoms]


SUM = """def convolve(image, filter):
    {out}
    result = np.copy(image)
    for x in range(1, 9):
        {within}
        for i in range(3):
            {adding}
        result[x, x] = total
    return result
"""


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("def f(size, pool):\n    return size // 2\n", [(1, "the argument `pool` is never used")]),
        ("def f(size, pool):\n    pool = 2\n    return size // pool\n", [(2, "the argument `pool` is overwritten before it is used")]),
        ("def f(n):\n    for i in range(n):\n        a = i\n        return a\n", [(4, "this `return` is inside the loop, so the loop ends in its first round")]),
        (SUM.format(out="total = 0", within="pass", adding="total += image[x, i] * filter[i]"),
         [(2, "`total` is set once, before the loops, so each sum goes on from the one before")]),
        (SUM.format(out="total = 0", within="pass", adding="total = total + image[x, i] * filter[i]"),
         [(2, "`total` is set once, before the loops, so each sum goes on from the one before")]),
        (SUM.format(out="pass", within="total = 0", adding="total += result[x - 1, i] * filter[i] + image[0, 0]"),
         [(7, "this line reads from `result`, the array that is being changed")]),
    ],
)  # fmt: skip
def test_a_slip_is_named_with_its_line(source, told):
    """And nothing else is."""
    assert slips(source) == told


@pytest.mark.parametrize(
    "source",
    [
        "def f(size, pool):\n    return size // pool\n",
        "def f(size, pool):\n    pool = pool or 2\n    return size // pool\n",
        "def f(size, pool):\n    pool += 1\n    return size // pool\n",
        "def f(size, pool):\n    return locals()\n",
        "def f(size, pool):\n    g = lambda: pool\n    return size // g()\n",
        "def f(n):\n    for i in range(n):\n        if i > 2:\n            return i\n    return n\n",
        "def f(n):\n    for i in range(n):\n        if i < 2:\n            continue\n        return i\n    return n\n",
        SUM.format(out="pass", within="total = 0", adding="total += image[x, i] * filter[i]"),
        SUM.format(out="pass", within="total = 0", adding="total += image[x, i] * filter[i] + min(result[x, x], 255)"),
        "def f(n):\n    count = 0\n    for i in range(n):\n        count += i\n    return count\n",
    ],
)
def test_what_is_right_is_no_slip(source):
    """Though it looks like one."""
    assert slips(source) == []


def test_calls_are_found_under_the_names_of_the_layers():
    """In the order of the text; an alias counts as its layer."""
    tree = ast.parse("m = Sequential([Dense(1),\nlayers.MaxPool2D(2),\nDense(2)])\nm.compile()\n")

    assert collect_call_lines(tree) == {"Sequential": [1], "Dense": [1, 3], "MaxPooling2D": [2], "compile": [4]}
