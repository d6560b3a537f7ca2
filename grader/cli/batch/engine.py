"""Where a batch is graded: by processes of this machine, or on a Ray cluster, which is loaded only then."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec

import click

from grader.batch.loop import FileGrader
from grader.courses.course import Course
from grader.courses.exercise import Exercise
from grader.engines.pool import open_pool
from grader.errors import UsageError, describe_missing_extra
from grader.grading import GradingOptions, grade_or_recall
from grader.messages.text import escape_line

RAY_MISSING = describe_missing_extra("--engine ray", "Ray", "ray")
MAX_TROUBLES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchEngine:
    """How a batch grades a file, and how many at a time."""

    grade: FileGrader
    options: GradingOptions
    at_once: int


@contextlib.contextmanager
def start_engine(
    name: str,
    course: Course,
    exercises: Sequence[Exercise],
    options: GradingOptions,
    address: str | None,
    jobs: int | None,
    most: int,
    memory: int | None = None,
) -> Iterator[BatchEngine]:
    """An engine for a while.

    Args:
        name: `local` or `ray`.
        address: of the Ray cluster.
        jobs: submissions at a time; None is what there is room for.
        most: how many submissions there are.
        memory: for the trainers together, in bytes; None is what is free on the GPU, where there is one.

    Raises:
        UsageError: Ray isn't installed, or `address` or `memory` doesn't apply to the engine.
        GraderError: see `ray_engine.cluster`.
    """
    if name == "ray":
        # Looked for without importing it, which takes seconds.
        if find_spec("ray") is None:
            raise UsageError(RAY_MISSING)
        if memory is not None:
            raise UsageError("--memory is for one machine: leave it out, or leave out --engine ray")
        with import_module("grader.batch.ray.engine").start_cluster(
            course, exercises, options, address, jobs, most
        ) as cluster:
            try:
                yield BatchEngine(grade=cluster.grade, options=options, at_once=cluster.at_once)
            finally:
                # Also if the batch fails: the lost workers may be the reason.
                _tell_troubles(cluster.troubles)
        return
    if address is not None:
        raise UsageError(f"--address {address} is a Ray cluster's: add --engine ray")
    # No more than there are submissions: each waiting trainer takes memory.
    at_once = min(jobs or os.cpu_count() or 1, max(1, most))
    with open_pool(at_once, memory, options.device) as made:
        yield BatchEngine(grade=grade_or_recall, options=replace(options, start=made.start_pair), at_once=at_once)


def _tell_troubles(troubles: Sequence[str]) -> None:
    """What happened to workers; what they were grading was given to others."""
    for trouble in troubles[:MAX_TROUBLES]:
        click.echo(f"grade: {escape_line(trouble)}", err=True)
    if len(troubles) > MAX_TROUBLES:
        click.echo(f"grade: … and {len(troubles) - MAX_TROUBLES:,} more", err=True)
