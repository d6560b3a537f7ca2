"""`grade report [EXERCISE]`: what a class has reached."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
from rich.console import RenderableType

from grader.cli import outputs
from grader.cli.finding import find_course
from grader.courses import settings
from grader.courses.yaml_tree import format_suggestion
from grader.errors import Exit, UsageError
from grader.gradebook import Gradebook
from grader.gradebook import summary as show
from grader.gradebook.grades import (
    GradeCell,
    GradeSheet,
    StudentRow,
    describe_doubts,
    list_grades,
    read_sheet,
)
from grader.gradebook.summary import build_cohort
from grader.records.verdict import Verdict
from grader.reports import write
from grader.reports.screen import Screen, detect_screen, draw_parts

MAX_SHOWN_STUDENTS = 500
MAX_PAGES = 5000
ALL_ROWS = 10**9


@click.command("report", options_metavar="[OPTIONS]")
@click.argument("exercise_id", metavar="[EXERCISE]", required=False)
@click.option("--gradebook", metavar="URL", default="sqlite:///gradebook.db", show_default=True, help="Where the verdicts are.")
@click.option("--html", "html_", metavar="DIR", type=click.Path(path_type=Path), help="Write pages: the class, and each submission.")
@click.option("--all", "all_", is_flag=True, help=f"Every student, also beyond {MAX_SHOWN_STUDENTS}.")
@click.option("--course", type=click.Path(path_type=Path), help="The course's folder (default: $GRADE_COURSE, or found).")
def command(exercise_id: str | None, gradebook: str, html_: Path | None, course: Path | None, all_: bool) -> int:
    r"""Show the class: grades by the course's rules, how points are spread, the commonest findings.

    With EXERCISE: each student's points for it, and what kept them from more.

    \b
    grade report
    grade report exercise3 --html class/
    """
    policy = settings.load_settings(find_course(course)).grading
    book = Gradebook.open(gradebook, must_exist=True)
    whole = read_sheet(book, policy)
    chosen = _select_exercises(whole, exercise_id, book)
    screen = detect_screen(sys.stdout)
    shown = ALL_ROWS if all_ else MAX_SHOWN_STUDENTS
    sys.stdout.write(draw_parts(_render_parts(whole, chosen, exercise_id, shown, screen, book), screen))
    # What follows goes to stderr and should stand below.
    sys.stdout.flush()
    outputs.tell_problems("look at", describe_doubts(policy, whole, chosen))
    if html_ is not None:
        _write_pages(book, [pair for name in chosen for pair in list_grades(whole, name)], html_)
    return Exit.PASSED


def _select_exercises(whole: GradeSheet, exercise_id: str | None, book: Gradebook) -> list[str]:
    if exercise_id is None:
        return list(whole.exercises)
    if exercise_id not in whole.exercises:
        near = format_suggestion(exercise_id, whole.exercises)
        known = ", ".join(whole.exercises) or "nothing"
        raise UsageError(f'no verdicts of "{exercise_id}" in {book.shown}{near or f"; it holds {known}"}')
    return [exercise_id]


def _render_parts(
    whole: GradeSheet, chosen: list[str], exercise_id: str | None, shown: int, screen: Screen, book: Gradebook
) -> Iterator[RenderableType]:
    if exercise_id is None:
        yield from show.render_overview(whole, shown, screen)
    else:
        yield from show.render_exercise(whole, exercise_id, shown, screen)
    for name in chosen:
        cells = [cell for _, cell in list_grades(whole, name)]
        # For the titles of the checks any verdict of the exercise will do.
        found = build_cohort(name, [cell.figures for cell in cells], _find_example(book, cells[-1].figures.key))
        yield from show.render_cohort(found, screen, ruled=any(cell.grade.score != cell.grade.raw for cell in cells))


def _find_example(book: Gradebook, key: str) -> Verdict | None:
    return next((documents.read_verdict() for _, documents in book.iter_documents([key])), None)


def _write_pages(book: Gradebook, pairs: list[tuple[StudentRow, GradeCell]], folder: Path) -> None:
    if len(pairs) > MAX_PAGES:
        raise UsageError(f"--html: {len(pairs):,} pages are too many to look at; name one exercise (at most {MAX_PAGES:,})")
    pages = import_module("grader.gradebook.pages").render_pages(book, pairs)
    write.write_folder(folder, pages)
    click.echo(f"Wrote {folder / 'index.html'} and a page for each of {len(pairs):,} submissions.", err=True)
