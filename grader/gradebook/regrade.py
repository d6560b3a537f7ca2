"""`grade regrade EXERCISE`: judges a class's stored runs by a changed specification, and shows who changes first."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click

from grader import course as courses
from grader.checks import loading
from grader.course import Course
from grader.errors import Exit, UsageError
from grader.exercise import Exercise
from grader.gradebook.book import Gradebook
from grader.gradebook.entries import Figures, spec_digest
from grader.gradebook.rejudging import Anew, Change, rejudged
from grader.reports.reading import counted, number
from grader.reports.text import line

MOST_LINES = 60


@click.command("regrade", options_metavar="[OPTIONS]")
@click.argument("exercise_id", metavar="EXERCISE")
@click.option("--gradebook", metavar="URL", default="sqlite:///gradebook.db", show_default=True, help="Where the verdicts are.")
@click.option("--never-lower", is_flag=True, help="Nobody loses points or a pass: the better verdict stands.")
@click.option("--yes", is_flag=True, help="Write without asking.")
@click.option("--dry-run", is_flag=True, help="Show the changes and write nothing.")
@click.option("--course", type=click.Path(path_type=Path), help="The course's folder (default: $GRADE_COURSE, or found).")
def command(exercise_id: str, gradebook: str, course: Path | None, never_lower: bool, yes: bool, dry_run: bool) -> int:
    r"""Judge a class's stored runs again, after EXERCISE's points, hints, lines or pass mark were changed.

    Nothing is trained. Shows whose points change and by how much, then asks. The old verdicts are kept.

    \b
    grade batch exercise3 submissions/
    (change exercises/exercise3/exercise.yaml)
    grade regrade exercise3
    """
    found = courses.find(course)
    exercise = loading.load(found, exercise_id)
    book = Gradebook.open(gradebook, must_exist=True)
    figures = book.verdicts(exercise_id)
    if not figures:
        raise UsageError(f"{book.shown}: holds no verdicts of {exercise_id}; `grade batch {exercise_id} …` writes them")
    changes, open_ = changed(found, exercise, book, figures)
    told = [change for change in changes if not (never_lower and change.worsens)]
    if stand := len(changes) - len(told):
        click.echo(f"{exercise_id}: {counted(stand, 'verdict')} would be worse, and stand" + "; nothing to do" * (not told))
    if told or open_ or not stand:
        click.echo(report(exercise_id, figures, told, open_))
    if not told:
        return Exit.PASSED
    if dry_run or not _agreed(book.shown, yes=yes):
        click.echo("Nothing was written.")
        return Exit.PASSED
    book.write([change.after for change in told])
    click.echo(f"Wrote {counted(len(told), 'verdict')} to {book.shown}; the old ones are kept there.")
    return Exit.PASSED


def changed(
    course: Course, exercise: Exercise, book: Gradebook, figures: Sequence[Figures]
) -> tuple[list[Change], Counter[str]]:
    """What becomes of the verdicts by another specification than the present one; and why some can't be judged."""
    todo = {one.key: one for one in figures if one.spec != spec_digest(exercise)}
    olds = {spec: book.specification(spec) for spec in {one.spec for one in todo.values()}}
    names = book.students()
    found: list[Change] = []
    open_: Counter[str] = Counter()
    for key, documents in book.documents(list(todo)):
        one = todo[key]
        try:
            found.append(rejudged(course, olds[one.spec], exercise, one, documents, names.get(one.student, "")))
        except Anew as reason:
            open_[str(reason)] += 1
    return sorted(found, key=lambda change: (change.before.student, change.before.key)), open_


def report(exercise_id: str, figures: Sequence[Figures], changes: Sequence[Change], open_: Counter[str]) -> str:
    """Who changes and by how much."""
    differing = [change for change in changes if change.differs]
    lines = [_line(change) for change in differing[:MOST_LINES]]
    if len(differing) > MOST_LINES:
        lines.append(f"… {len(differing) - MOST_LINES:,} more")
    scores = [(change.before, change.after.figures) for change in changes]
    up = sum(after.score > before.score for before, after in scores)
    down = sum(after.score < before.score for before, after in scores)
    now = sum(after.status == "passed" != before.status for before, after in scores)
    gone = sum(before.status == "passed" != after.status for before, after in scores)
    rest = len(changes) - up - down
    if not changes and not open_:
        return f"{exercise_id}: {counted(len(figures), 'verdict')}, all by the present specification; nothing to do"
    lines.append(
        f"{exercise_id}: {counted(len(changes), 'verdict')} judged again: {up} up, {down} down, {rest} with the same "
        f"score; {now} pass that did not, {gone} no longer pass"
    )
    lines += [
        f"{counted(count, 'verdict')} can't be judged from what is stored: {reason}; run `grade batch {exercise_id}` again"
        for reason, count in sorted(open_.items())
    ]
    return "\n".join(lines)


def _line(change: Change) -> str:
    before, after = change.before, change.after.figures
    passes = ""
    if before.status != after.status:
        passes = "  now passes" if after.status == "passed" else "  no longer passes"
    why = ", ".join(f"{line(name, 40)} {number(old)} → {number(new)}" for name, (old, new) in change.checks.items())
    more = f"{after.score - before.score:+.2f}".rstrip("0").rstrip(".")
    difference = "" if more in ("+0", "-0") else f" ({more})"
    most = number(after.max_score) if after.max_score == before.max_score else f"{number(before.max_score)} → {number(after.max_score)}"
    score = f"{number(before.score)} → {number(after.score)} of {most}{difference}"
    return f"{line(before.student, 40):<20} {score}{passes}" + (f"  [{why}]" if why else "")


def _agreed(shown: str, *, yes: bool) -> bool:
    if yes:
        return True
    if not sys.stdin.isatty():
        click.echo("Add --yes to write the new verdicts.")
        return False
    return click.confirm(f"Write the new verdicts to {shown}?")
