"""`grade EXERCISE FILE --table`: trains what an exercise's experiments ask for, and prints the course's tables."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

import click

from grader import submission
from grader.course import Course
from grader.errors import Exit, UsageError
from grader.exercise import Column, Exercise, Experiment
from grader.grading import Options
from grader.grading.experiments import train
from grader.reports.text import line
from grader.run import Built, Run

HEADINGS = ("", "training", "testing", "time")
GAP = "   "
MISSING = "-"


def check(exercise: Exercise) -> None:
    """Raises: UsageError: the exercise has no experiments."""
    if not exercise.tables:
        raise UsageError(f"{exercise.id} has no experiments, so there is no table; leave --table out")


def show(course: Course, exercise: Exercise, file: Path, options: Options) -> int:
    """Trains and prints one table after the other; returns the exit code."""
    source = submission.read(file)
    for experiment in exercise.tables:
        click.echo(f"\n{experiment.title}\n")
        run = train(course, exercise, experiment, source, options)
        click.echo(
            table(experiment, run.models or [], shutil.get_terminal_size().columns if sys.stdout.isatty() else None)
        )
        if run.end.kind != "completed":
            click.echo(f"\n{ending(run)}")
            return Exit.NOT_PASSED
    return Exit.PASSED


def ending(run: Run) -> str:
    """How a run ended that didn't come to its end."""
    return f"ended before the last model was trained: {line(run.end.message or run.end.kind)}"


def table(experiment: Experiment, models: Sequence[Built], width: int | None) -> str:
    """The models as rows: accuracies and time, each with the figure of the course's text in brackets.

    Args:
        models: what was trained, in the order of the columns; models that are missing have no figures.
        width: columns to fit into; None for as many as are needed.
    """
    rows = [_row(column, built) for column, built in zip_longest(experiment.columns, models[: len(experiment.columns)])]
    widths = [max(map(len, cells)) for cells in zip(HEADINGS, *rows, strict=True)]
    foot = "In brackets: the figures that the course's text prints, from another machine."
    if width is None or sum(widths) + len(GAP) * (len(widths) - 1) <= width:
        lines = [
            GAP.join(cell.ljust(size) for cell, size in zip(row, widths, strict=True)).rstrip()
            for row in (HEADINGS, *rows)
        ]
    else:
        lines = [text for row in rows for text in _block(row)]
    return "\n".join([*lines, "", foot])


def _block(row: Sequence[str]) -> list[str]:
    """A row for a narrow screen: its name, and a line for each figure."""
    longest = max(map(len, HEADINGS))
    return [row[0], *(f"  {name.ljust(longest)}  {cell}" for name, cell in zip(HEADINGS[1:], row[1:], strict=True))]


def _row(column: Column, built: Built | None) -> tuple[str, str, str, str]:
    training = built.training if built is not None else None
    measured = built.measured if built is not None else None
    last = training.epochs[-1].get("accuracy") if training is not None and training.epochs else None
    return (
        column.title,
        _beside(_share(last), _share(column.train)),
        _beside(_share(measured.test_accuracy if measured is not None else None), _share(column.test)),
        _beside(_seconds(training.seconds if training is not None else None), _seconds(column.seconds)),
    )


def _beside(own: str, printed: str) -> str:
    return own if printed == MISSING else f"{own} ({printed})"


def _share(value: float | None) -> str:
    return MISSING if value is None else f"{value:.4f}"


def _seconds(value: float | None) -> str:
    return MISSING if value is None else f"{value:,.0f} s"
