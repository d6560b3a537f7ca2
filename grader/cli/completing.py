"""What the Tab key offers, and what a mistyped command was meant to be.

A broken course offers no exercises, and never an error.
"""

from __future__ import annotations

from pathlib import Path

import click
from click.shell_completion import CompletionItem

from grader.courses import course as courses
from grader.courses.yaml_tree import format_suggestion
from grader.errors import GradeError, UsageError
from grader.messages.text import escape_line


def list_matching_exercises(ctx: click.Context, _param: click.Parameter | None, incomplete: str) -> list[str]:
    """The ids of exercises that begin like this."""
    try:
        return [
            name
            for name in courses.find_course(ctx.params.get("course")).list_exercise_ids()
            if name.startswith(incomplete)
        ]
    # An error message in the middle of typing would ruin the command line.
    except (GradeError, OSError):
        return []


def list_files_and_exercises(ctx: click.Context, param: click.Parameter | None, incomplete: str) -> list[CompletionItem]:
    """Files, and the exercises that begin like this."""
    exercises = [CompletionItem(name) for name in list_matching_exercises(ctx, param, incomplete)]
    # The shell lists the files itself.
    return [CompletionItem(incomplete, type="file"), *exercises]


def check_mistyped(ctx: click.Context, word: str, commands: list[str]) -> None:
    """A lone word that is nearer to a command than to an exercise, and is neither nor a file, was meant to be it.

    Raises:
        UsageError: names the command.
    """
    exercises = list_matching_exercises(ctx, None, "")
    near = format_suggestion(word, [*exercises, *commands])
    begins_one = any(name.startswith(word) for name in exercises)
    if near and near != format_suggestion(word, exercises) and not begins_one and not Path(word).is_file():
        raise UsageError(f'no command "{escape_line(word, 60)}"{near} (`grade --help` shows all)')


def list_completions(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    """The same, for the place where a command could stand as well."""
    return [CompletionItem(name) for name in list_matching_exercises(ctx, None, incomplete)]
