"""`grade explain-verdict STUDENT EXERCISE`: where the points come from, for office hours."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import click
from rich.console import RenderableType
from rich.text import Text

from grader.cli.finding import find_course
from grader.courses import settings
from grader.courses.policy import GradingPolicy
from grader.errors import Exit
from grader.gradebook import Gradebook
from grader.gradebook import verdict_story as story
from grader.gradebook.finding import find_grade
from grader.gradebook.grades import GradeCell, StudentRow, read_sheet
from grader.records.verdict import Verdict
from grader.reports.screen import Screen, detect_screen, draw_parts
from grader.reports.terminal import draw_verdict


@click.command("explain-verdict", options_metavar="[OPTIONS]")
@click.argument("student")
@click.argument("exercise", metavar="EXERCISE")
@click.option(
    "--gradebook", metavar="URL", default="sqlite:///gradebook.db", show_default=True, help="Where the verdicts are."
)
@click.option(
    "--course", type=click.Path(path_type=Path), help="The course's folder (default: $GRADE_COURSE, or found)."
)
def command(student: str, exercise: str, gradebook: str, course: Path | None) -> int:
    r"""Show where STUDENT's points for EXERCISE (or a quiz) come from: the grade and the rules, the run with its curve,
    what each point rests on, all attempts, what was set by hand, and what would give more points.

    STUDENT is an id or a name.

    \b
    grade explain-verdict ada exercise3
    """
    policy = settings.load_settings(find_course(course)).grading
    with closing(Gradebook.open(gradebook, must_exist=True)) as book:
        row, cell = find_grade(read_sheet(book, policy), student, exercise, book.shown)
        parts = list(_render(book, row, cell, policy, screen := detect_screen(sys.stdout)))
    sys.stdout.write(draw_parts(parts, screen))
    return Exit.PASSED


def _render(
    book: Gradebook, row: StudentRow, cell: GradeCell, policy: GradingPolicy, screen: Screen
) -> Iterator[RenderableType]:
    name = cell.figures.exercise
    verdict = _read_verdict(book, cell.figures.key)
    attempts = [one for one in book.list_figures(name) if one.student == row.student]
    history = [one for one in book.list_corrections() if (one.student, one.exercise) == (row.student, name)]
    yield from _section("", story.describe_grade(row, cell, policy))
    yield Text("")
    yield from draw_verdict(verdict, screen)
    yield from _section("What each point rests on", story.describe_points(verdict))
    rule = story.describe_rule(cell.measured, policy.attempts.keep, policy.attempts.most)
    yield from _section(f"Attempts: {rule}", story.describe_attempts(attempts, cell.figures.key))
    if history:
        yield from _section("Set by hand", story.describe_corrections(history))
    yield from _section("What would change it", story.describe_changes(verdict, cell))


def _section(title: str, lines: Iterator[str]) -> Iterator[RenderableType]:
    if title:
        yield Text(f"\n{title}", style="bold")
    for line in lines:
        yield Text(line)


def _read_verdict(book: Gradebook, key: str) -> Verdict:
    return next(documents.read_verdict() for _, documents in book.iter_documents([key]))
