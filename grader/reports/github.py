"""GitHub Actions: annotations at file and line on stdout, and a step summary; student text forges neither.

The runner undoes `%0A` and the like, and takes any line that starts with `::` or holds `##[` for a command.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TextIO

from grader.errors import GraderError
from grader.reports import markdown
from grader.reports.reading import ending, failures, headline
from grader.reports.text import line, visible
from grader.verdict import Verdict

MOST = 10
SUMMARY_BYTES = 1024 * 1024
DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
PROPERTY = DATA | {":": "%3A", ",": "%2C"}


def publish(verdicts: Sequence[Verdict], environ: Mapping[str, str], stream: TextIO | None = None) -> None:
    """Prints the annotations, and appends the summary to the file that the runner names.

    Args:
        verdicts: what to publish.
        environ: `GITHUB_STEP_SUMMARY` names the summary's file; without it there is no summary.
        stream: where the annotations go; stdout unless given.

    Raises:
        GraderError: the summary's file can't be written.
    """
    print(render(verdicts), end="", file=stream or sys.stdout)
    if path := environ.get("GITHUB_STEP_SUMMARY"):
        append_summary(verdicts, Path(path))


def append_summary(verdicts: Sequence[Verdict], path: Path) -> None:
    """Appends the summary, so that the whole file stays within what GitHub takes.

    Raises:
        GraderError: the file can't be written.
    """
    try:
        with path.open("ab") as file:
            left = SUMMARY_BYTES - file.tell() - 1
            file.write(markdown.render(verdicts, min(left, markdown.LIMIT)).encode() + b"\n" if left > 1000 else b"")
    except OSError as error:
        raise GraderError(f"the step summary {path} can't be written: {error.strerror}") from error


def render(verdicts: Sequence[Verdict]) -> str:
    """The annotations as workflow commands: at most ten errors and ten warnings, as GitHub shows no more in a step."""
    errors = [item for verdict in verdicts for item in _errors(verdict)]
    warnings = [item for verdict in verdicts for item in _warnings(verdict)]
    return "".join(f"{command}\n" for command in [*_capped("error", errors), *_capped("warning", warnings)])


def _errors(verdict: Verdict) -> Iterator[str]:
    if sentence := ending(verdict):
        title = f"{verdict.exercise}: {headline(verdict)}"
        message = f"{sentence}\n{verdict.end_message}".rstrip()
        yield command("error", message, title, verdict.submission.path, verdict.end_line)
    for check in failures(verdict):
        hint = f"\nHint: {check.hint}" if check.hint else ""
        yield command("error", check.message + hint, check.title, verdict.submission.path, check.line)


def _warnings(verdict: Verdict) -> Iterator[str]:
    for note in verdict.notes:
        yield command("warning", note.message, f"{verdict.exercise}: note", verdict.submission.path, note.line)


def _capped(kind: str, commands: list[str]) -> list[str]:
    if len(commands) <= MOST:
        return commands
    rest = len(commands) - MOST + 1
    return [*commands[: MOST - 1], command(kind, f"{rest} more are in the summary", "grade", None, None)]


def command(kind: str, message: str, title: str, path: str | None, at: int | None) -> str:
    r"""One workflow command on one line.

    >>> command("error", "50 % is\ntoo low", "a, b", "my:file.py", 3)
    '::error title=a%2C b,file=my%3Afile.py,line=3::50 %25 is%0Atoo low'
    """
    properties = {"title": line(title, 200)}
    if path:
        properties["file"] = line(path, 500)
    if path and at:
        properties["line"] = str(at)
    listed = ",".join(f"{name}={_escaped(value, PROPERTY)}" for name, value in properties.items())
    return f"::{kind} {listed}::{_escaped(visible(message), DATA)}"


def _escaped(text: str, table: Mapping[str, str]) -> str:
    return "".join(table.get(letter, letter) for letter in text)
