"""What the Tab key offers, and what a mistyped command was meant to be.

A broken course offers no exercises, and never an error.
"""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

from grader import course as courses
from grader.errors import GradeError, UsageError
from grader.reports.text import line
from grader.yamltree import did_you_mean


def exercises(ctx: click.Context, _param: click.Parameter | None, incomplete: str) -> list[str]:
    """The ids of exercises that begin like this."""
    try:
        return [name for name in courses.find(ctx.params.get("course")).exercise_ids() if name.startswith(incomplete)]
    except (GradeError, OSError):
        return []


def check_mistyped(ctx: click.Context, word: str, commands: list[str]) -> None:
    """A lone word that is nearly a command, and no exercise, was meant to be it.

    Raises:
        UsageError: names the command.
    """
    near = did_you_mean(word, commands)
    if near and not exercises(ctx, None, word):
        raise UsageError(f'no command "{line(word, 60)}"{near} (`grade --help` shows all)')


def items(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    """The same, for the place where a command could stand as well."""
    return [CompletionItem(name) for name in exercises(ctx, None, incomplete)]
