"""What the Tab key offers: the course's exercises and quizzes. A broken course offers nothing, and never an error."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

from grader import course as courses
from grader.errors import GradeError


def exercises(ctx: click.Context, _param: click.Parameter | None, incomplete: str) -> list[str]:
    """The ids of exercises that begin like this."""
    try:
        return [name for name in courses.find(ctx.params.get("course")).exercise_ids() if name.startswith(incomplete)]
    except (GradeError, OSError):
        return []


def items(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    """The same, for the place where a command could stand as well."""
    return [CompletionItem(name) for name in exercises(ctx, None, incomplete)]
