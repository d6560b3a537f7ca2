"""`grade EXERCISE FILE --table`: trains what an exercise's experiments ask for, and prints the course's tables."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

import click

from grader import submission
from grader.cli.progress import ProgressLine
from grader.courses.course import Course
from grader.courses.exercise import Exercise, Experiment, ExperimentColumn
from grader.errors import Exit, UsageError
from grader.grading import GradingOptions
from grader.grading.experiments import train_experiment
from grader.grading.options import ProgressListener
from grader.messages.text import escape_line
from grader.records.run import BuiltModel, Run

TABLE_HEADINGS = ("", "training", "testing", "time")
COLUMN_GAP = "   "
MISSING_FIGURE = "-"


def check_experiments(exercise: Exercise) -> None:
    """Raises: UsageError: the exercise has no experiments."""
    if not exercise.tables:
        raise UsageError(f"{exercise.id} has no experiments, so there is no table; leave --table out")


def show_experiments(course: Course, exercise: Exercise, file: Path, options: GradingOptions, progress: ProgressLine) -> int:
    """Trains and prints one table after the other; returns the exit code."""
    source = submission.read_submission(file)
    total, done = sum(len(experiment.columns) for experiment in exercise.tables), 0
    for experiment in exercise.tables:
        counted = replace(options, progress=_count_networks(options.progress, done, total))
        click.echo(f"\n{experiment.title}\n")
        run = train_experiment(course, exercise, experiment, source, counted)
        done += len(experiment.columns)
        progress.clear()
        click.echo(
            format_experiment_table(
                experiment, run.models or [], shutil.get_terminal_size().columns if sys.stdout.isatty() else None
            )
        )
        if run.end.kind != "completed":
            click.echo(f"\n{describe_run_end(run)}")
            return Exit.NOT_PASSED
    return Exit.PASSED


def _count_networks(progress: ProgressListener, before: int, total: int) -> ProgressListener:
    """Counts the networks of all tables together."""
    return lambda moment: progress(replace(moment, model=before + (moment.model or 1), models=total))


def describe_run_end(run: Run) -> str:
    """How a run ended that didn't come to its end."""
    return f"ended before the last model was trained: {escape_line(run.end.message or run.end.kind)}"


def format_experiment_table(experiment: Experiment, models: Sequence[BuiltModel], width: int | None) -> str:
    """The models as rows: accuracies and time, each with the figure of the course's text in brackets.

    Args:
        models: what was trained, in the order of the columns; models that are missing have no figures.
        width: columns to fit into; None for as many as are needed.
    """
    rows = [
        _format_column_figures(column, built)
        # An experiment that was cut short still shows what it has.
        for column, built in zip_longest(experiment.columns, models[: len(experiment.columns)])
    ]
    widths = [max(map(len, cells)) for cells in zip(TABLE_HEADINGS, *rows, strict=True)]
    foot = "In brackets: the figures that the course's text prints, from another machine."
    # A pipe has no width, and a table that wraps can't be read.
    if width is None or sum(widths) + len(COLUMN_GAP) * (len(widths) - 1) <= width:
        lines = [
            COLUMN_GAP.join(cell.ljust(size) for cell, size in zip(row, widths, strict=True)).rstrip()
            for row in (TABLE_HEADINGS, *rows)
        ]
    else:
        lines = [text for row in rows for text in _format_block(row)]
    return "\n".join([*lines, "", foot])


def _format_block(row: Sequence[str]) -> list[str]:
    """A row for a narrow screen: its name, and a line for each figure."""
    longest = max(map(len, TABLE_HEADINGS))
    return [
        row[0],
        *(f"  {name.ljust(longest)}  {cell}" for name, cell in zip(TABLE_HEADINGS[1:], row[1:], strict=True)),
    ]


def _format_column_figures(column: ExperimentColumn, built: BuiltModel | None) -> tuple[str, str, str, str]:
    training = built.training if built is not None else None
    measured = built.measured if built is not None else None
    # As the course's text prints it: the accuracy that Keras logs for the last epoch.
    last = training.epochs[-1].get("accuracy") if training is not None and training.epochs else None
    return (
        column.title,
        _format_beside_printed(_format_share(last), _format_share(column.train)),
        _format_beside_printed(
            _format_share(measured.test_accuracy if measured is not None else None), _format_share(column.test)
        ),
        _format_beside_printed(
            _format_seconds(training.seconds if training is not None else None), _format_seconds(column.seconds)
        ),
    )


def _format_beside_printed(own: str, printed: str) -> str:
    return own if printed == MISSING_FIGURE else f"{own} ({printed})"


def _format_share(value: float | None) -> str:
    return MISSING_FIGURE if value is None else f"{value:.4f}"


def _format_seconds(value: float | None) -> str:
    return MISSING_FIGURE if value is None else f"{value:,.0f} s"
