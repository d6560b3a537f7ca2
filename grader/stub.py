"""Makes a student's stub from the reference solution: marked regions become a TODO and a blank (`...`)."""

from __future__ import annotations

import re
from pathlib import Path

from grader.errors import CourseError, Problem

STARTS = re.compile(r"^(?P<indent>\s*)# YOUR CODE STARTS HERE(?::\s*(?P<todo>\S.*?))?\s*$")
ENDS = re.compile(r"^\s*# YOUR CODE ENDS HERE\s*$")
NEARLY = re.compile(r"^\s*#.*YOUR CODE (STARTS|ENDS)", re.IGNORECASE)


def generate(solution: str, shown: str = "solution.py") -> str:
    r"""The stub of a solution's text.

    Between `# YOUR CODE STARTS HERE: what to write` and `# YOUR CODE ENDS HERE` only the text after the colon stays.
    A blank is `...`, which Python takes both as a statement and as an item of a list or a call.

    Args:
        solution: the whole text of `solution.py`.
        shown: the name that messages give the file.

    Raises:
        CourseError: no region, a region that isn't closed or has no text, or a stub that isn't valid Python.

    >>> print(generate("# YOUR CODE STARTS HERE: add one\nx = 1 + 1\n# YOUR CODE ENDS HERE\n"), end="")
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
        start = STARTS.match(line)
        if start is not None and opened is None and start["todo"]:
            opened, regions = (number, start["indent"], []), regions + 1
            stub += [f"{start['indent']}# YOUR CODE STARTS HERE", f"{start['indent']}# TODO: {start['todo']}"]
        elif ENDS.match(line) and opened is not None:
            stub += [opened[1] + _blank(opened[2]), line]
            opened = None
        elif NEARLY.match(line):
            problems.append(_problem(shown, number, _fault(line, opened)))
        elif opened is not None:
            opened[2].append(line)
        else:
            stub.append(line)
    if opened is not None:
        problems.append(_problem(shown, opened[0], "this region has no `# YOUR CODE ENDS HERE`"))
    if not regions and not problems:
        problems.append(
            _problem(shown, 1, "no `# YOUR CODE STARTS HERE: what to write`, so there is nothing to leave out")
        )
    text = "\n".join(stub) + "\n"
    if not problems:
        problems = _syntax(text, shown)
    if problems:
        raise CourseError(problems)
    return text


def generate_from(path: Path, shown: str) -> str:
    """The stub of a solution file.

    Raises:
        CourseError: as `generate`, or the file can't be read as UTF-8 text.
    """
    try:
        return generate(path.read_text(encoding="utf-8"), shown)
    except OSError as error:
        raise CourseError([_problem(shown, 1, f"can't be read: {error.strerror}")]) from error
    except UnicodeDecodeError as error:
        raise CourseError([_problem(shown, 1, f"not UTF-8 text (byte {error.start})")]) from error


def _blank(region: list[str]) -> str:
    """`...`, with the comma that the region's last line of code ends with."""
    code = [line.split("#")[0].rstrip() for line in region]
    last = next((line for line in reversed(code) if line), "")
    return "...," if last.endswith(",") else "..."


def _fault(line: str, opened: tuple[int, str, list[str]] | None) -> str:
    if ENDS.match(line):
        return "no `# YOUR CODE STARTS HERE: what to write` before this"
    start = STARTS.match(line)
    if start is None:
        return "write `# YOUR CODE STARTS HERE: what to write` or `# YOUR CODE ENDS HERE`"
    if opened is not None:
        return f"the region that starts in line {opened[0]} is not closed yet"
    return "say what to write: `# YOUR CODE STARTS HERE: what to write`"


def _syntax(text: str, shown: str) -> list[Problem]:
    try:
        compile(text, shown, "exec", dont_inherit=True)
    except SyntaxError as error:
        line = text.splitlines()[(error.lineno or 1) - 1].strip()
        return [
            _problem(
                shown, 1, f"its stub is not valid Python ({error.msg}, at `{line}`); mark whole statements or items"
            )
        ]
    return []


def _problem(shown: str, line: int, message: str) -> Problem:
    return Problem(file=shown, line=line, column=1, message=message)
