"""What a batch shows on stderr while it works: a bar with the time left, and a line for each verdict."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column
from rich.text import Text

from grader.batch.assign import GradingJob
from grader.batch.loop import FinishedJob
from grader.grading.options import RunProgress
from grader.messages.text import escape_line

REFRESH_S = 0.5
RESERVED_COLUMNS = 16  # columns that a short bar, the time left and the blanks between them take
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
    return f"{STATUS_MARKS[verdict.status]} {who}  {verdict.exercise}  {points}"
