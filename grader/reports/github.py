"""GitHub Actions: annotations at file and line on stdout, and a step summary; student text forges neither.

The runner undoes `%0A` and the like, and takes any line that starts with `::` or holds `##[` for a command.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TextIO

from grader.errors import GraderError
from grader.messages.text import escape_line, escape_text
from grader.records.verdict import Verdict
from grader.reports import markdown
from grader.reports.reading import describe_ending, format_headline, list_failures

MAX_ANNOTATIONS = 10
MAX_SUMMARY_BYTES = 1024 * 1024
DATA_ESCAPES = {"%": "%25", "\r": "%0D", "\n": "%0A"}
PROPERTY_ESCAPES = DATA_ESCAPES | {":": "%3A", ",": "%2C"}


def publish_annotations(verdicts: Sequence[Verdict], environ: Mapping[str, str], stream: TextIO | None = None) -> None:
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
        write_summary(verdicts, Path(path))


def write_summary(verdicts: Sequence[Verdict], path: Path) -> None:
    """Appends the summary, so that the whole file stays within what GitHub takes.

    Raises:
        GraderError: the file can't be written.
    """
    try:
        with path.open("ab") as file:
            # Other steps may have written into the same file, and GitHub drops a summary that is too large.
            left = MAX_SUMMARY_BYTES - file.tell() - 1
            file.write(
                markdown.render(verdicts, min(left, markdown.MAX_REPORT_BYTES)).encode() + b"\n" if left > 1000 else b""
            )
    except OSError as error:
        raise GraderError(f"the step summary {path} can't be written: {error.strerror}") from error


def render(verdicts: Sequence[Verdict]) -> str:
    """The annotations as workflow commands: at most ten errors and ten warnings, as GitHub shows no more in a step."""
    errors = [item for verdict in verdicts for item in _format_errors(verdict)]
    warnings = [item for verdict in verdicts for item in _format_warnings(verdict)]
    return "".join(
        f"{command}\n" for command in [*_limit_annotations("error", errors), *_limit_annotations("warning", warnings)]
    )


def _format_errors(verdict: Verdict) -> Iterator[str]:
    if sentence := describe_ending(verdict):
        title = f"{verdict.exercise}: {format_headline(verdict)}"
        message = f"{sentence}\n{verdict.end_message}".rstrip()
        yield format_command("error", message, title, verdict.submission.path, verdict.end_line)
    for check in list_failures(verdict):
        hint = f"\nHint: {check.hint}" if check.hint else ""
        yield format_command("error", check.message + hint, check.title, verdict.submission.path, check.line)


def _format_warnings(verdict: Verdict) -> Iterator[str]:
    for note in verdict.notes:
        yield format_command("warning", note.message, f"{verdict.exercise}: note", verdict.submission.path, note.line)


def _limit_annotations(kind: str, commands: list[str]) -> list[str]:
    if len(commands) <= MAX_ANNOTATIONS:
        return commands
    # One of the ten places goes to the sentence about the rest.
    rest = len(commands) - MAX_ANNOTATIONS + 1
    return [
        *commands[: MAX_ANNOTATIONS - 1],
        format_command(kind, f"{rest} more are in the summary", "grade", None, None),
    ]


def format_command(kind: str, message: str, title: str, path: str | None, at: int | None) -> str:
    r"""One workflow command on one line.

    >>> format_command("error", "50 % is\ntoo low", "a, b", "my:file.py", 3)
    '::error title=a%2C b,file=my%3Afile.py,line=3::50 %25 is%0Atoo low'
    """
    properties = {"title": escape_line(title, 200)}
    if path:
        properties["file"] = escape_line(path, 500)
    # GitHub takes no line without a file.
    if path and at:
        properties["line"] = str(at)
    listed = ",".join(f"{name}={_escape_characters(value, PROPERTY_ESCAPES)}" for name, value in properties.items())
    return f"::{kind} {listed}::{_escape_characters(escape_text(message), DATA_ESCAPES)}"


def _escape_characters(text: str, table: Mapping[str, str]) -> str:
    return "".join(table.get(letter, letter) for letter in text)
