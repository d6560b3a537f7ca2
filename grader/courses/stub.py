"""Makes a student's stub from the reference solution: marked regions become a TODO and a blank (`...`)."""

from __future__ import annotations

import re
from pathlib import Path

from grader.errors import CourseError, Problem

REGION_START = re.compile(r"^(?P<indent>\s*)# YOUR CODE STARTS HERE(?::\s*(?P<todo>\S.*?))?\s*$")
REGION_END = re.compile(r"^\s*# YOUR CODE ENDS HERE\s*$")
MISSPELT_MARKER = re.compile(r"^\s*#.*YOUR CODE (STARTS|ENDS)", re.IGNORECASE)


def generate_stub(solution: str, shown: str = "solution.py") -> str:
    r"""The stub of a solution's text.

    Between `# YOUR CODE STARTS HERE: what to write` and `# YOUR CODE ENDS HERE` only the text after the colon stays.
    A blank is `...`, which Python takes both as a statement and as an item of a list or a call.

    Args:
        solution: the whole text of `solution.py`.
        shown: the name that messages give the file.

    Raises:
        CourseError: no region, a region that isn't closed or has no text, or a stub that isn't valid Python.

    >>> print(generate_stub("# YOUR CODE STARTS HERE: add one\nx = 1 + 1\n# YOUR CODE ENDS HERE\n"), end="")
    # YOUR CODE STARTS HERE
    # TODO: add one
    ...
    # YOUR CODE ENDS HERE
    """
    stub: list[str] = []
    opened: tuple[int, str, list[str]] | None = None
    problems: list[Problem] = []
    regions = 0
    for number, line in enumerate(solution.splitlines(), 1):
        start = REGION_START.match(line)
        if start is not None and opened is None and start["todo"]:
            opened, regions = (number, start["indent"], []), regions + 1
            stub += [f"{start['indent']}# YOUR CODE STARTS HERE", f"{start['indent']}# TODO: {start['todo']}"]
        elif REGION_END.match(line) and opened is not None:
            stub += [opened[1] + _make_blank(opened[2]), line]
            opened = None
        # A marker that isn't recognised would leave the solution in the students' stub.
        elif MISSPELT_MARKER.match(line):
            problems.append(_build_problem(shown, number, _describe_fault(line, opened)))
        elif opened is not None:
            opened[2].append(line)
        else:
            stub.append(line)
    if opened is not None:
        problems.append(_build_problem(shown, opened[0], "this region has no `# YOUR CODE ENDS HERE`"))
    if not regions and not problems:
        problems.append(
            _build_problem(shown, 1, "no `# YOUR CODE STARTS HERE: what to write`, so there is nothing to leave out")
        )
    text = "\n".join(stub) + "\n"
    if not problems:
        problems = _check_syntax(text, shown)
    if problems:
        raise CourseError(problems)
    return text


def generate_stub_from(path: Path, shown: str) -> str:
    """The stub of a solution file.

    Raises:
        CourseError: as `generate_stub`, or the file can't be read as UTF-8 text.
    """
    try:
        return generate_stub(path.read_text(encoding="utf-8"), shown)
    except OSError as error:
        raise CourseError([_build_problem(shown, 1, f"can't be read: {error.strerror}")]) from error
    except UnicodeDecodeError as error:
        raise CourseError([_build_problem(shown, 1, f"not UTF-8 text (byte {error.start})")]) from error


def _make_blank(region: list[str]) -> str:
    """`...`, with the comma that the region's last line of code ends with."""
    code = [line.split("#")[0].rstrip() for line in region]
    last = next((line for line in reversed(code) if line), "")
    return "...," if last.endswith(",") else "..."


def _describe_fault(line: str, opened: tuple[int, str, list[str]] | None) -> str:
    if REGION_END.match(line):
        return "no `# YOUR CODE STARTS HERE: what to write` before this"
    start = REGION_START.match(line)
    if start is None:
        return "write `# YOUR CODE STARTS HERE: what to write` or `# YOUR CODE ENDS HERE`"
    if opened is not None:
        return f"the region that starts in line {opened[0]} is not closed yet"
    return "say what to write: `# YOUR CODE STARTS HERE: what to write`"


def _check_syntax(text: str, shown: str) -> list[Problem]:
    try:
        # Compiled, not only parsed: `return` outside a function is found by the compiler.
        compile(text, shown, "exec", dont_inherit=True)
    except SyntaxError as error:
        line = text.splitlines()[(error.lineno or 1) - 1].strip()
        return [
            _build_problem(
                shown, 1, f"its stub is not valid Python ({error.msg}, at `{line}`); mark whole statements or items"
            )
        ]
    return []


def _build_problem(shown: str, line: int, message: str) -> Problem:
    return Problem(file=shown, line=line, column=1, message=message)
