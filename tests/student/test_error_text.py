"""The first line of an error's words says what is wrong, and the second what to do."""

import pytest

from grader.messages.error_hints import find_error_hint
from grader.student.error_text import list_traced_lines, put_cause_first, put_way_out_second

TRACED = """in user code:

    File "loop.py", line 30, in step  *
        scores = predict(images)
    File "loop.py", line 12, in predict  *
        return images * undefined

    NameError: name 'undefined' is not defined
"""
CALLED = (
    'Exception encountered when calling Sequential.call().\n\n\x1b[1mInvalid input shape for input Tensor("data:0", shape=(None, 784)).'
    "\x1b[0m\n\nArguments received by Sequential.call():\n  • training=True"
)
RUN = (
    'Graph execution error:\n\nDetected at node compile_loss/x defined at (most recent call last):\n  File "/a/b.py", line 17, in fit\n\n'
    "Received a label value of 5 which is outside the valid range of [0, 2).  Label values: 5 5\n"
    "\t [[{{node compile_loss/x}}]] [Op:__inference_multi_step_on_iterator_123]"
)


@pytest.mark.parametrize(
    ("kind", "text", "first"),
    [
        ("NameError", TRACED, "NameError: name 'undefined' is not defined"),
        ("ValueError", CALLED, 'ValueError: Invalid input shape for input Tensor("data:0", shape=(None, 784)).'),
        ("InvalidArgumentError", RUN, "InvalidArgumentError: Received a label value of 5 which is outside the valid range of [0, 2).  Label values: 5 5"),
        ("ValueError", "Invalid input shape for input [[0. 0.]\n [0. 0.]] with name 'x'", "ValueError: Invalid input shape for input [[...]] with name 'x'"),
        ("KeyError", "'acc'", "KeyError: 'acc'"),
        ("ValueError", "in user code:\n", "ValueError: in user code:"),
        ("ValueError", "", "ValueError: "),
    ],
)  # fmt: skip
def test_the_first_line_is_the_decisive_one(kind, text, first):
    """Whatever the library says before it; and the advice is that on this line."""
    assert put_cause_first(kind, text).split("\n")[0] == first
    assert find_error_hint(put_cause_first(kind, text)) == find_error_hint(first)


def test_nothing_that_the_library_says_of_the_call_is_lost():
    """Arguments and layer follow."""
    said = put_cause_first("ValueError", CALLED)

    assert "training=True" in said
    assert "calling Sequential.call()" in said


def test_the_way_out_comes_before_the_details():
    """In the second line, and an error without advice keeps its own."""
    assert put_way_out_second("ValueError: a\n\nArguments\n  b", "Do c.") == "ValueError: a\nDo c.\nArguments\n  b"
    assert put_way_out_second("ValueError: a", "") == "ValueError: a"


def test_traced_lines_are_those_of_the_file():
    """Of other files, and of a message that only looks like one, there are none."""
    assert list_traced_lines(TRACED, "loop.py") == [(30, "step"), (12, "predict")]
    assert list_traced_lines(TRACED, "other.py") == []
    assert list_traced_lines(TRACED.removeprefix("in user code:"), "loop.py") == []


def test_long_words_are_cut_in_the_middle():
    """The beginning and the end of a message count."""
    lines = put_cause_first("ValueError", "\n".join(map(str, range(1000)))).split("\n")

    assert (lines[0], lines[-1], len(lines)) == ("ValueError: 0", "999", 20)


@pytest.mark.parametrize(
    "text", ["in user code:\n" + "\n" * 50_000, "[[" + "1 " * 50_000, "Exception encountered when calling " * 5000]
)
def test_no_message_takes_long(text):
    """What a file makes an error say costs its own time, but not for ever."""
    assert put_cause_first("ValueError", text)
