"""Where a running submission stands, as the worker writes it and the pages show it: one line, and the curve so far."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec
from msgspec import Struct

from grader.cli.progress import describe_moment
from grader.grading.live_curve import LiveCurve
from grader.grading.options import RunProgress
from grader.records.verdict import LineToCross, TrainingRecord

REFRESH_S = 1.0
LINE_WIDTH = 160


class LiveProgress(Struct, frozen=True, kw_only=True):
    """One moment of a run: the line that a terminal would show, and the training so far."""

    text: str
    record: TrainingRecord | None = None
    line: LineToCross | None = None


class ProgressWriter:
    """Listens to one run, and writes at most once a second where it stands.

    Args:
        write: takes the moment as JSON.
    """

    def __init__(self, write: Callable[[str], None], now: Callable[[], float] = time.monotonic) -> None:
        self._write, self._now = write, now
        self._curve = LiveCurve()
        self._began_s = now()
        self._written_s = float("-inf")

    def __call__(self, moment: RunProgress) -> None:
        self._curve.note_moment(moment)
        if self._now() - self._written_s < REFRESH_S:
            return
        self._written_s = self._now()
        text = describe_moment(moment, self._now() - self._began_s, LINE_WIDTH)
        made = LiveProgress(text=text, record=self._curve.build_record(), line=self._curve.find_line())
        self._write(msgspec.json.encode(made).decode())


def decode_progress(body: str) -> LiveProgress | None:
    """What a worker wrote; None where that is nothing yet, or another version's."""
    try:
        return msgspec.json.decode(body, type=LiveProgress)
    except msgspec.DecodeError:
        return None
