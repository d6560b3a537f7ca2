"""`grade report [EXERCISE]`: what a class has reached."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
from rich.console import RenderableType

from grader import settings
from grader.cli import outputs
from grader.cli.finding import find_course
from grader.errors import Exit, UsageError
from grader.gradebook import Gradebook
from grader.gradebook import showing as show
from grader.gradebook.grades import Cell, Row, Sheet, counted, sheet, strangers
from grader.gradebook.summary import cohort
from grader.reports import write
from grader.reports.screen import Screen, draw, screen_of
from grader.verdict import Verdict
from grader.yamltree import did_you_mean

MOST_ROWS = 500
MOST_PAGES = 5000
EVERYBODY = 10**9


@click.command("report", options_metavar="[OPTIONS]")
@click.argument("exercise_id", metavar="[EXERCISE]", required=False)
@click.option("--gradebook", metavar="URL", default="sqlite:///gradebook.db", show_default=True, help="Where the verdicts are.")
@click.option("--html", "html_", metavar="DIR", type=click.Path(path_type=Path), help="Write pages: the class, and each submission.")
@click.option("--all", "all_", is_flag=True, help=f"Every student, also beyond {MOST_ROWS}.")
@click.option("--course", type=click.Path(path_type=Path), help="The course's folder (default: $GRADE_COURSE, or found).")
def command(exercise_id: str | None, gradebook: str, html_: Path | None, course: Path | None, all_: bool) -> int:
    r"""Show the class: grades by the course's rules, how points are spread, the commonest findings.

    With EXERCISE: each student's points for it, and what kept them from more.

    \b
    grade report
    grade report exercise3 --html class/
    """
    policy = settings.load(find_course(course)).grading
    book = Gradebook.open(gradebook, must_exist=True)
    figures = book.verdicts()
    whole = sheet(figures, book.students(), policy)
    chosen = _chosen(whole, exercise_id, book)
    screen = screen_of(sys.stdout)
    shown = EVERYBODY if all_ else MOST_ROWS
    sys.stdout.write(draw(_parts(whole, chosen, exercise_id, shown, screen, book), screen))
    sys.stdout.flush()
    outputs.tell("look at", strangers(policy, whole))
    if html_ is not None:
        _write_pages(book, [pair for name in chosen for pair in counted(whole, name)], html_)
    return Exit.PASSED


def _chosen(whole: Sheet, exercise_id: str | None, book: Gradebook) -> list[str]:
    if exercise_id is None:
        return list(whole.exercises)
    if exercise_id not in whole.exercises:
        near = did_you_mean(exercise_id, whole.exercises)
        known = ", ".join(whole.exercises) or "nothing"
        raise UsageError(f'no verdicts of "{exercise_id}" in {book.shown}{near or f"; it holds {known}"}')
    return [exercise_id]


def _parts(
    whole: Sheet, chosen: list[str], exercise_id: str | None, shown: int, screen: Screen, book: Gradebook
) -> Iterator[RenderableType]:
    if exercise_id is None:
        yield from show.overview(whole, shown, screen)
    else:
        yield from show.exercise(whole, exercise_id, shown, screen)
    for name in chosen:
        cells = [cell for _, cell in counted(whole, name)]
        found = cohort(name, [cell.figures for cell in cells], _example(book, cells[-1].figures.key))
        yield from show.summary(found, screen, ruled=any(cell.grade.score != cell.grade.raw for cell in cells))


def _example(book: Gradebook, key: str) -> Verdict | None:
    return next((documents.read() for _, documents in book.documents([key])), None)


def _write_pages(book: Gradebook, pairs: list[tuple[Row, Cell]], folder: Path) -> None:
    if len(pairs) > MOST_PAGES:
        raise UsageError(f"--html: {len(pairs):,} pages are too many to look at; name one exercise (at most {MOST_PAGES:,})")
    pages = import_module("grader.gradebook.pages").pages(book, pairs)
    write.write_folder(folder, pages)
    click.echo(f"Wrote {folder / 'index.html'} and a page for each of {len(pairs):,} submissions.", err=True)
