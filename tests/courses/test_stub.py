"""Stubs are generated from solutions and stay valid Python."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

from grader.courses import stub
from grader.errors import CourseError

SOLUTION = '''"""Train."""


def train():
    # YOUR CODE STARTS HERE: make the model
    model = build(1)
    model.compile()
    # YOUR CODE ENDS HERE
    history = model.fit(
        # YOUR CODE STARTS HERE: the data
        images,
        labels,  # all of them
        # YOUR CODE ENDS HERE
        epochs=5,
    )
    return history
'''
STUB = '''"""Train."""


def train():
    # YOUR CODE STARTS HERE
    # TODO: make the model
    ...
    # YOUR CODE ENDS HERE
    history = model.fit(
        # YOUR CODE STARTS HERE
        # TODO: the data
        ...,
        # YOUR CODE ENDS HERE
        epochs=5,
    )
    return history
'''
START, END = "# YOUR CODE STARTS HERE: x\n", "# YOUR CODE ENDS HERE\n"


def faults(solution: str) -> list[str]:
    with pytest.raises(CourseError) as caught:
        stub.generate_stub(solution, "s.py")
    return str(caught.value).splitlines()


def test_regions_become_blanks() -> None:
    """Statements and arguments are left out, the instruction and everything else stays."""
    assert stub.generate_stub(SOLUTION) == STUB


def test_the_docstring_example_holds() -> None:
    """The example in the module is true."""
    assert doctest.testmod(stub).failed == 0


@pytest.mark.parametrize(
    ("solution", "message"),
    [
        (
            "x = 1\n",
            "s.py:1:1: no `# YOUR CODE STARTS HERE: what to write`, so there is nothing to leave out",
        ),
        (f"\n{START}x = 1\n", "s.py:2:1: this region has no `# YOUR CODE ENDS HERE`"),
        (f"{END}", "s.py:1:1: no `# YOUR CODE STARTS HERE: what to write` before this"),
        (f"{START}{START}{END}", "s.py:2:1: the region that starts in line 1 is not closed yet"),
        (
            "# your code starts here\n",
            "s.py:1:1: write `# YOUR CODE STARTS HERE: what to write` or `# YOUR CODE ENDS HERE`",
        ),
        (f"if x:\n{START}    y = 1\n{END}else:\n    z = 1\n",
         "s.py:1:1: its stub is not valid Python (expected an indented block after 'if' statement on line 1, "
         "at `...`); mark whole statements or items"),
    ],
)  # fmt: skip
def test_a_broken_region_is_named_with_its_line(solution: str, message: str) -> None:
    """The course author reads file, line and what to write."""
    assert faults(solution) == [message]


def test_a_region_must_say_what_to_write() -> None:
    """A student who sees only a blank wouldn't know what to do."""
    expected = "s.py:1:1: say what to write: `# YOUR CODE STARTS HERE: what to write`"
    assert expected in faults(f"# YOUR CODE STARTS HERE\nx = 1\n{END}")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """A missing solution and one that isn't UTF-8 are the course's problems."""
    with pytest.raises(CourseError, match=r"s.py:1:1: can't be read: No such file or directory"):
        stub.generate_stub_from(tmp_path / "s.py", "s.py")
    (tmp_path / "s.py").write_bytes(b"x = '\xff'")
    with pytest.raises(CourseError, match=r"s.py:1:1: not UTF-8 text \(byte 5\)"):
        stub.generate_stub_from(tmp_path / "s.py", "s.py")
