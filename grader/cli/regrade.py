"""`grade regrade NAME`: a quiz's stored answers marked again with a corrected key, or an exercise's stored runs.

Shows who changes and by how much before it writes. The half for exercises is `grader.gradebook.regrade.command`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import click

from grader.cli.finding import find_course
from grader.cli.helping import lay_out
from grader.courses import course as courses
from grader.courses.yaml_tree import format_suggestion
from grader.errors import Exit, UsageError
from grader.messages.text import escape_line
from grader.quiz import key, loading, marksheet
from grader.quiz.marksheet import Marksheet, ScoreChange
from grader.quiz.screens import format_count
from grader.reports import write

MAX_CHANGE_LINES = 60


EXERCISE_MODULE = "grader.gradebook.regrade"


class RegradeCommand(click.Command):
    """Hands the command line to the half for exercises where it names one and no quiz."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        other = _find_exercise_command(args)
        if other is not None:
            return other.make_context(info_name, args, parent, **extra)
        return super().make_context(info_name, args, parent, **extra)


def _find_exercise_command(args: Sequence[str]) -> click.Command | None:
    """The command for exercises; None where this one is meant."""
    # Read by hand, since which command parses the line depends on the course.
    given = next((Path(value) for name, value in pairwise(args) if name == "--course"), None)
    joined = next((Path(name.partition("=")[2]) for name in args if name.startswith("--course=")), None)
    with suppress(UsageError):
        found = courses.find_course(given or joined)
        exercises, quizzes = found.list_exercise_ids(), found.list_quiz_ids()
        only_theirs = any(name.startswith("--gradebook") for name in args)
        if only_theirs or (any(name in exercises for name in args) and not any(name in quizzes for name in args)):
            find_course(given or joined)
            return lay_out(import_module(EXERCISE_MODULE).command)
    return None


@click.command("regrade", cls=RegradeCommand, options_metavar="[OPTIONS]")
@click.argument("quiz_id", metavar="QUIZ")
@click.option("--marks", type=click.Path(path_type=Path), help="The class's marks (default: QUIZ.marks.json).")
@click.option("--never-lower", is_flag=True, help="Nobody's attempt loses points: the better marks stand.")
@click.option("--yes", is_flag=True, help="Write without asking.")
@click.option("--dry-run", is_flag=True, help="Show the changes and write nothing.")
@click.option("--csv", "csv_", type=click.Path(path_type=Path), help="Write the new marks as a table.")
@click.option(
    "--course", type=click.Path(path_type=Path), help="The course's folder (default: $GRADE_COURSE, or found)."
)
def command(
    quiz_id: str,
    marks: Path | None,
    csv_: Path | None,
    course: Path | None,
    never_lower: bool,
    yes: bool,
    dry_run: bool,
) -> int:
    r"""Mark a class's stored answers again, after QUIZ's key was corrected.

    Shows whose marks change and by how much, then asks. The old marks are kept in the file.

    \b
    grade quiz week3 --answers folder/ --marks week3.marks.json
    (correct solutions/quizzes/week3.yaml)
    grade regrade week3 --marks week3.marks.json

    For an exercise's stored verdicts: grade regrade EXERCISE --help
    """
    found = find_course(course)
    if quiz_id not in (known := [*found.list_quiz_ids(), *found.list_exercise_ids()]):
        raise UsageError(
            f'no quiz or exercise "{escape_line(quiz_id, 60)}"{format_suggestion(quiz_id, known)} (`grade list` shows all)'
        )
    quiz = loading.load_quiz(found, quiz_id)
    solutions = key.load_key(found, quiz)
    if solutions is None:
        raise UsageError(f"no key to mark with: this course has no solutions/quizzes/{quiz_id}.yaml")
    path = marks or Path(f"{quiz_id}.marks.json")
    before = marksheet.read_marksheet(path, quiz)
    after = marksheet.mark_again(before, quiz, solutions, datetime.now(UTC), never_lower=never_lower)
    click.echo(format_score_changes(before, after, marksheet.list_changes(before, after)))
    if dry_run or not _ask_agreement(path, yes=yes):
        click.echo("Nothing was written.")
        return Exit.PASSED
    write.write_text(path, marksheet.render_marksheet(after))
    if csv_ is not None:
        write.write_text(csv_, marksheet.render_marksheet_csv(after, quiz))
    click.echo(f"Wrote {path}; the old marks are in its history.")
    return Exit.PASSED


def _ask_agreement(path: Path, *, yes: bool) -> bool:
    if yes:
        return True
    if not sys.stdin.isatty():
        click.echo("Add --yes to write the new marks.")
        return False
    return click.confirm(f"Write the new marks to {path}?")


def format_score_changes(before: Marksheet, after: Marksheet, changed: Sequence[ScoreChange]) -> str:
    """Who changes and by how much."""
    lines = [_format_change(change) for change in changed[:MAX_CHANGE_LINES]]
    if len(changed) > MAX_CHANGE_LINES:
        lines.append(f"… {len(changed) - MAX_CHANGE_LINES:,} more")
    up = sum(change.after > change.before for change in changed)
    down = sum(change.after < change.before for change in changed)
    now = sum(change.passed_after and not change.passed_before for change in changed)
    gone = sum(change.passed_before and not change.passed_after for change in changed)
    total = format_count(len(after.kept), "student")
    key_is = "the same key" if before.key_digest == after.key_digest else "another key"
    lines.append(
        f"{after.quiz}: {total}, marked with {key_is}: {up} up, {down} down, {len(after.kept) - up - down} with the same "
        f"score; {now} pass who did not, {gone} no longer pass"
    )
    return "\n".join(lines)


def _format_change(change: ScoreChange) -> str:
    passes = ""
    if change.passed_after != change.passed_before:
        passes = "  now passes" if change.passed_after else "  no longer passes"
    why = ", ".join(f"{name} {old:g} → {new:g}" for name, (old, new) in change.questions.items())
    # Differences of floats such as 0.3 - 0.1 have long tails.
    difference = round(change.after - change.before, 6)
    score = f"{change.before:g} → {change.after:g} of {change.max_score:g}" + (f" ({difference:+g})" if difference else "")
    return f"{escape_line(change.student, limit=40):<20} {score}{passes}  [{why}]"
