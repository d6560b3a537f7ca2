"""`grade show EXERCISE`: the exercise's README, laid out for the terminal."""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.markdown import Markdown

from grader.checks.loading import load_exercise
from grader.cli import completing, list_
from grader.cli.finding import find_course
from grader.courses.exercise import find_exercise_text
from grader.errors import CourseError, Problem
from grader.messages.text import escape_text
from grader.reports.screen import detect_screen

MAX_README_WIDTH = 88
MAX_README_LETTERS = 200_000


@click.command("show")
@click.argument("exercise", shell_complete=completing.list_matching_exercises)
@click.option("--course", type=click.Path(path_type=Path), help="The course's folder (default: $GRADE_COURSE, or found).")
def command(exercise: str, course: Path | None) -> None:
    r"""Show what EXERCISE asks for: its README.

    \b
    grade show exercise1
    grade show exercise1 | less
    """
    found = find_course(course)
    spec = load_exercise(found, exercise)
    path = find_exercise_text(found, spec.id, "README.md")
    try:
        text = escape_text(path.read_text(encoding="utf-8"), MAX_README_LETTERS)
    except (OSError, UnicodeDecodeError) as error:
        shown = f"exercises/{spec.id}/README.md"
        raise CourseError([Problem(file=shown, line=1, column=1, message=f"can't be read: {error}")]) from error
    click.echo(list_.replace_unencodable(render_readme(text) if sys.stdout.isatty() else text, sys.stdout.encoding))
    click.echo(f"\nTo begin: {list_.suggest_command(spec)}", err=True)


def render_readme(text: str) -> str:
    """Markdown as a terminal shows it; elsewhere it stays as it was written."""
    page = io.StringIO()
    console = Console(
        file=page,
        width=min(MAX_README_WIDTH, shutil.get_terminal_size().columns),
        color_system=detect_screen(sys.stdout).colours,
        force_terminal=True,
        legacy_windows=False,
    )
    # Links as text: a course's README must not be able to hide where one leads.
    console.print(Markdown(text, hyperlinks=False))
    return page.getvalue().rstrip("\n")
