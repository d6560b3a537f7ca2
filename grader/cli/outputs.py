"""What a verdict is written to: the terminal, and every file that the command line asks for."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any

import click

from grader.messages.text import escape_line
from grader.records.run import Activations
from grader.records.verdict import Verdict
from grader.reports import write

FILE_FORMATS = {
    "json_": "json_",
    "junit": "junit",
    "gradescope": "gradescope",
    "coursera": "coursera",
    "codabench": "codabench",
    "html": "html",
}
# The values of the output options where no command line gives them.
NO_OUTPUTS: Mapping[str, None] = MappingProxyType(dict.fromkeys([*FILE_FORMATS, "github", "classroom50"]))
OUTPUT_OPTIONS = (
    click.option("--json", "json_", metavar="FILE", help="Write the verdict as JSON (- for standard output)."),
    click.option("--junit", metavar="FILE", help="Write JUnit XML."),
    click.option("--gradescope", metavar="FILE", help="Write Gradescope's results.json."),
    click.option("--coursera", metavar="FILE", help="Write Coursera's feedback.json."),
    click.option("--codabench", metavar="FILE", help="Write Codabench's scores.json."),
    click.option("--html", metavar="FILE", help="Write a page with curves and all findings."),
    click.option("--github", is_flag=True, help="GitHub Actions: annotations and a step summary."),
    click.option("--classroom50", metavar="FILE", help="Write Classroom 50's result.json, in its runner."),
    # Workflows in students' repositories still give it; the service that read it has closed.
    click.option("--classroom", is_flag=True, hidden=True, expose_value=False, help="Nothing any more."),
)
MAX_SENTENCES = 50
MAX_PATH = 300


def add_output_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the output options to a command."""
    # Decorators apply from the inside out, and help shows the outermost first.
    for option in reversed(OUTPUT_OPTIONS):
        function = option(function)
    return function


def write_reports(
    verdicts: Sequence[Verdict],
    chosen: Mapping[str, Any],
    *,
    quiet: bool,
    sources: Mapping[str, str] | None = None,
    shown: Mapping[tuple[str, str], Activations | None] | None = None,
    titles: Mapping[str, Mapping[str, Any]] | None = None,
    following: str = "",
) -> None:
    """Prints the report first, so that it isn't lost when a file can't be written; then writes the files.

    Args:
        chosen: the values of the output options.
        sources: the submissions' texts by digest, for pages that show lines in context.
        shown: activations by exercise and digest, for pages that show them as pictures.
        titles: markup of a quiz's questions, for pages.
        following: the command that begins the next exercise.

    Raises:
        UsageError: a file can't be written where it was asked for.
        GraderError: the disk is full.
    """
    # Whoever pipes JSON wants nothing else in the pipe.
    to_stdout = any(chosen[name] == "-" for name in FILE_FORMATS)
    if quiet and not to_stdout:
        for verdict in verdicts:
            click.echo(format_one_line(verdict) if len(verdicts) == 1 else f"{escape_line(verdict.submission.path)}  {format_one_line(verdict)}")
    elif not to_stdout:
        import_module("grader.reports.terminal").show_report(verdicts, sys.stdout, following=following)
    for name, module in FILE_FORMATS.items():
        if chosen[name] is not None:
            # Loaded when it is asked for: templates and XML take longer to import than most reports to write.
            render = import_module(f"grader.reports.{module}").render
            text = render(verdicts, sources, shown, titles) if name == "html" else render(verdicts)
            write.write_text(Path(str(chosen[name])), text)
            if chosen[name] != "-":
                tell_written(f"Wrote {show_path(Path(chosen[name]))}", quiet=quiet)
    if chosen["github"]:
        import_module("grader.reports.github").publish_annotations(verdicts, os.environ)
    if chosen["classroom50"] is not None:
        import_module("grader.reports.classroom50").publish(Path(str(chosen["classroom50"])), verdicts, os.environ)


def tell_written(said: str, *, quiet: bool) -> None:
    """Says which file was written, on standard error: what is piped on holds nothing but the report."""
    if not quiet:
        click.echo(said, err=True)


def show_path(path: Path) -> str:
    """A path as it is shown: harmless, and whole where it isn't endless."""
    return escape_line(str(path), MAX_PATH)


def format_one_line(verdict: Verdict) -> str:
    """A verdict in a line: `exercise3: passed, 100/100`."""
    return f"{verdict.exercise}: {verdict.status}, {verdict.score:g}/{verdict.max_score:g}"


def tell_problems(what: str, sentences: Sequence[str]) -> None:
    """Prints what went wrong with some of a class on standard error, a line each and not endlessly many."""
    for sentence in sentences[:MAX_SENTENCES]:
        click.echo(f"{what}: {escape_line(sentence, limit=500)}", err=True)
    if len(sentences) > MAX_SENTENCES:
        click.echo(f"… and {len(sentences) - MAX_SENTENCES:,} more", err=True)
