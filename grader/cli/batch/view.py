"""What a batch shows on stderr while it works: a bar with the time left, and a line for each verdict."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Self, TextIO

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column
from rich.text import Text

from grader.batch.assign import GradingJob
from grader.batch.loop import FinishedJob
from grader.gradebook import Gradebook
from grader.grading.options import RunProgress
from grader.messages.text import escape_line
from grader.records.verdict import Verdict
from grader.reports.reading import format_count

REFRESH_S = 0.5
RESERVED_COLUMNS = 16  # columns that a short bar, the time left and the blanks between them take
MAX_SHOWN_STUDENTS = 10
STATUS_MARKS = {"passed": "✓", "failed": "✗", "error": "!"}


class BatchView:
    """Silent on anything that isn't a terminal.

    Args:
        total: how many jobs there are.
    """

    def __init__(self, total: int, stream: TextIO, *, enabled: bool) -> None:
        console = Console(file=stream, highlight=False, force_jupyter=False)
        self.enabled = enabled and stream.isatty() and console.is_terminal  # which FORCE_COLOR makes of any stream
        self._progress = Progress(
            BarColumn(bar_width=None),
            MofNCompleteColumn(table_column=Column(no_wrap=True)),
            TimeRemainingColumn(table_column=Column(no_wrap=True)),
            TextColumn("{task.description}", markup=False),
            console=console, transient=True, disable=not self.enabled,
        )  # fmt: skip
        self._beside = RESERVED_COLUMNS + len(f"{total}/{total}")
        self._task = self._progress.add_task("", total=total)
        self._running: dict[str, str] = {}
        self._lock = threading.Lock()
        self._shown_s = 0.0

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def show_progress(self, job: GradingJob, moment: RunProgress) -> None:
        """Where a job stands; called from its thread, several times a second."""
        if not self.enabled:
            return
        with self._lock:
            epoch = f" {moment.epoch + 1}" if moment.stage == "training" and moment.epoch is not None else ""
            self._running[job.student] = f"{escape_line(job.student, limit=20)} {moment.stage}{epoch}"
            # Many jobs report many times a second; drawing each would slow down the grading.
            if time.monotonic() - self._shown_s > REFRESH_S:
                self._shown_s = time.monotonic()
                running = Text(" · ".join(list(self._running.values())[:3]))
                # A line that wraps can't be redrawn in place.
                running.truncate(max(1, self._progress.console.width - self._beside), overflow="ellipsis")
                self._progress.update(self._task, description=running.plain)

    def show_end(self, done: FinishedJob) -> None:
        """A job has ended."""
        with self._lock:
            self._running.pop(done.job.student, None)
        self._progress.advance(self._task)
        if self.enabled:
            self._progress.console.print(Text(format_end(done)))


def format_end(done: FinishedJob) -> str:
    """A job's end in a line: `✓ s001  exercise1  100/100`."""
    who = escape_line(done.job.student, limit=30)
    if done.graded is None:
        return f"! {who}  {escape_line(done.problem, limit=200)}"
    verdict = done.graded.verdict
    points = "could not be graded" if verdict.status == "error" else f"{verdict.score:g}/{verdict.max_score:g}"
    before = f"  (graded on {done.graded.at[:10]})" if done.graded.recalled else ""
    return f"{STATUS_MARKS[verdict.status]} {who}  {verdict.exercise}  {points}{before}"


def format_recalled(recalled: Sequence[FinishedJob], total: int) -> str:
    """How many verdicts are those of an earlier time, and who then ran out of time."""
    slow = sorted(done.job.student for done in recalled if done.graded and done.graded.verdict.end == "timed_out")
    shown = ", ".join(escape_line(student, 40) for student in slow[:MAX_SHOWN_STUDENTS]) + ", …" * (len(slow) > MAX_SHOWN_STUDENTS)
    late = f" ({shown} ran out of time then)" if slow else ""
    return f"{len(recalled):,} of {format_count(total, 'file')} were graded before, and nothing has changed since{late}; --fresh grades them anew"


@contextlib.contextmanager
def tell_interruption(jobs: Sequence[GradingJob], graded: Sequence[Verdict], book: Gradebook) -> Iterator[None]:
    """Says what is kept and what goes on, where somebody ends the batch."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        left = len(jobs) - len(graded)
        click.echo(f"\n{len(graded):,} of {format_count(len(jobs), 'file')} are graded and kept in {book.shown}; "
                   f"the same command goes on with the other {left:,}", err=True)  # fmt: skip
        raise
