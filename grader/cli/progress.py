"""One live line on stderr while a submission is graded; nothing when stderr isn't a terminal."""

from __future__ import annotations

import math
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TextIO

from grader.cli.helping import JUPYTER_VARIABLE
from grader.grading.options import RunProgress
from grader.reports.reading import line_figure

REFRESH_S = 0.1
TICK_S = 0.5
NOTEBOOK_PAUSE_S = 2.0
NOTEBOOK_VARIABLES = frozenset({JUPYTER_VARIABLE, "COLAB_RELEASE_TAG"})
PART_GAP = " · "
STAGE_TEXTS = {
    "starting": "starting …",
    "loading": "running your file …",
    "calling": "trying your function …",
    "preparing": "looking at your model and data …",
    "probing": "trying your callbacks …",
    "training": "training …",
    "finishing": "finishing the training …",
    "returning": "running the rest of your file …",
    "measuring": "measuring the trained model …",
    "drawing": "drawing the picture …",
}
METRIC_TITLES = {"accuracy": "accuracy", "val_accuracy": "validation accuracy"}


class ProgressLine:
    """Rewrites one terminal line; falls silent on anything that isn't a terminal.

    A thread redraws it until it is cleared: its clock goes on while a process imports TensorFlow and reports nothing.

    Args:
        stream: usually stderr.
        width: columns; None asks the terminal each time.
        now: the clock, in seconds.
    """

    def __init__(
        self,
        stream: TextIO,
        *,
        width: int | None = None,
        enabled: bool | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.stream = stream
        self.width = width
        self.enabled = stream.isatty() if enabled is None else enabled
        self.now = now
        self._lock = threading.Lock()
        # `!grade` in a notebook has a terminal, too, but every line that is drawn there travels and is kept.
        self._pause_s = NOTEBOOK_PAUSE_S if NOTEBOOK_VARIABLES & os.environ.keys() else 0.0
        self._wiped: threading.Event | None = None
        self._moment = RunProgress(stage="starting")
        self._began_s = self._drawn_s = 0.0
        self._shown = ""

    def __call__(self, moment: RunProgress) -> None:
        if not self.enabled:
            return
        with self._lock:
            self._moment = moment
            if self._wiped is None:
                self._began_s, self._wiped = self.now(), threading.Event()
                threading.Thread(target=self._redraw, args=(self._wiped,), name="progress", daemon=True).start()
            # Progress is reported at every message; terminals over a network are slow.
            if not self._shown or self.now() - self._drawn_s >= max(REFRESH_S, self._pause_s):
                self._draw()

    def _redraw(self, wiped: threading.Event) -> None:
        """The loop of a thread that ends when its line is wiped."""
        while not wiped.wait(max(TICK_S, self._pause_s)):
            with self._lock:
                # It may have been wiped between the wait and the lock.
                if not wiped.is_set():
                    self._draw()

    def _draw(self) -> None:
        # One column less, as writing the last one makes many terminals wrap.
        width = max(1, (self.width or shutil.get_terminal_size().columns) - 1)
        text = describe_moment(self._moment, self.now() - self._began_s, width)
        if text != self._shown:
            self._drawn_s, self._shown = self.now(), text
            self._write("\r" + text.ljust(width))

    def clear(self) -> None:
        """Wipes the line."""
        with self._lock:
            if self._wiped is not None:
                self._wiped.set()
            if self._shown:
                width = self.width or shutil.get_terminal_size().columns
                self._write("\r" + " " * (width - 1) + "\r")
            self._shown, self._wiped = "", None

    def _write(self, text: str) -> None:
        try:
            self.stream.write(text)
            self.stream.flush()
        # A terminal that has gone ends no grading.
        except (OSError, ValueError):
            self.enabled = False


def describe_moment(moment: RunProgress, elapsed_s: float, width: int) -> str:
    """The line: the time so far, then what is going on, in as many parts as fit.

    >>> describe_moment(RunProgress(stage="probing"), 64, 79)
    '1:04  trying your callbacks …'
    """
    clock = f"{int(elapsed_s) // 60}:{int(elapsed_s) % 60:02}  "
    return (clock + _fit_parts(list(_list_parts(moment)), width - len(clock)))[:width]


def _fit_parts(parts: list[tuple[int, str]], room: int) -> str:
    """The parts in their order, without those of the highest numbers where there is too little room.

    >>> _fit_parts([(0, "epoch 3/9"), (2, "4 s an epoch"), (1, "about 20 s left")], 30)
    'epoch 3/9 · about 20 s left'
    """
    for least in sorted({rank for rank, _ in parts}, reverse=True):
        if len(_join_parts(parts)) <= room or least == 0:
            break
        parts = [part for part in parts if part[0] < least]
    return _join_parts(parts)


def _join_parts(parts: Iterable[tuple[int, str]]) -> str:
    """The parts with dots between them, but before one in brackets."""
    return PART_GAP.join(text for _, text in parts).replace(f"{PART_GAP}(", " (")


def _list_parts(moment: RunProgress) -> Iterator[tuple[int, str]]:
    """What can be said, each with its rank: where there is little room, the highest ranks are left out first."""
    if moment.models > 1 and moment.model is not None:
        yield 1, f"network {moment.model} of {moment.models}"
    if moment.stage not in ("training", "finishing") or moment.epoch is None:
        yield 0, STAGE_TEXTS[moment.stage]
        return
    if moment.stage == "finishing":
        yield 0, f"ended after epoch {moment.epoch}"
    else:
        yield 0, f"epoch {moment.epoch + 1}" + (f"/{moment.epochs}" if moment.epochs else "")
    if moment.accuracy is not None:
        yield from _describe_accuracy(moment.accuracy, moment)
    if moment.stage == "finishing":
        yield 3, STAGE_TEXTS["finishing"]
        return
    if moment.last_epoch_s is not None:
        yield 5, f"{_format_time(moment.last_epoch_s)} an epoch"
    yield from _describe_time_left(moment)


def _describe_accuracy(accuracy: float, moment: RunProgress) -> Iterator[tuple[int, str]]:
    title, line = METRIC_TITLES.get(moment.metric, moment.metric), moment.line
    if line is None:
        yield 1, f"{title} {accuracy:.3f}"
        return
    # As many digits as tell it from the line: just below the goal, it must not look like it.
    digits = next((number for number in range(3, 11) if f"{accuracy:.{number}f}" != f"{line:.{number}f}"), 10)
    yield 1, f"{title} {accuracy:.{digits}f}"
    yield 2, f"(goal {max(f'{line:.3f}', line_figure(line), key=len)})"


def _describe_time_left(moment: RunProgress) -> Iterator[tuple[int, str]]:
    """What the epochs to come will take if they take as long as the last one, and the limit."""
    limit = f"limit {_format_time(moment.limit_s)}" if moment.limit_s is not None else ""
    left_s = _estimate_left_s(moment)
    if left_s is None:
        yield from [(4, limit)] if limit else []
    elif moment.left_s is not None and left_s > moment.left_s:
        yield 3, f"the limit comes in {_format_time(max(0.0, moment.left_s))}"
    else:
        yield 3, f"about {_format_time(left_s)} left"
        yield from [(4, f"({limit})")] if limit else []


def _estimate_left_s(moment: RunProgress) -> float | None:
    if moment.epochs is None or moment.epoch is None or moment.last_epoch_s is None:
        return None
    left = moment.epochs - moment.epoch
    # An epoch that takes longer than the last one ends at the next moment, as far as can be known.
    return left * moment.last_epoch_s - min(moment.epoch_s or 0.0, moment.last_epoch_s)


def _format_time(seconds: float) -> str:
    """A time in words.

    >>> _format_time(0.2), _format_time(19.6), _format_time(600), _format_time(9000)
    ('1 s', '20 s', '10 min', '2.5 h')
    """
    if seconds < 90:
        return f"{max(1, math.ceil(seconds))} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.3g} h"
