"""One live line on stderr while a submission is graded; nothing when stderr isn't a terminal."""

from __future__ import annotations

import shutil
import time
from typing import TextIO

from grader.grading.options import RunProgress
from grader.reports.reading import line_figure

REFRESH_S = 0.1
STAGE_TEXTS = {
    "starting": "starting …",
    "loading": "running your file …",
    "preparing": "looking at your model and data …",
    "probing": "trying your callbacks …",
    "training": "training …",
    "measuring": "measuring the trained model …",
}


class ProgressLine:
    """Rewrites one terminal line; falls silent on anything that isn't a terminal.

    Args:
        stream: usually stderr.
        width: columns; None asks the terminal each time.
    """

    def __init__(self, stream: TextIO, *, width: int | None = None, enabled: bool | None = None) -> None:
        self.stream = stream
        self.width = width
        self.enabled = stream.isatty() if enabled is None else enabled
        self._last_s = 0.0
        self._shown = ""

    def __call__(self, moment: RunProgress) -> None:
        now = time.monotonic()
        # Progress is reported at every message; terminals over a network are slow.
        if not self.enabled or now - self._last_s < REFRESH_S:
            return
        width = self.width or shutil.get_terminal_size().columns
        # One column less, as writing the last one makes many terminals wrap.
        text = describe_stage(moment)[: max(1, width - 1)]
        if text != self._shown:
            self._last_s, self._shown = now, text
            self.stream.write("\r" + text.ljust(max(0, width - 1)))
            self.stream.flush()

    def clear(self) -> None:
        """Wipes the line."""
        if self.enabled and self._shown:
            width = self.width or shutil.get_terminal_size().columns
            self.stream.write("\r" + " " * (width - 1) + "\r")
            self.stream.flush()
            self._shown = ""


def describe_stage(moment: RunProgress) -> str:
    """The line's text: epoch, accuracy, the line to cross, seconds per epoch, time left."""
    if moment.stage != "training" or moment.epoch is None:
        return STAGE_TEXTS[moment.stage]
    parts = [f"epoch {moment.epoch + 1}/{moment.epochs}" if moment.epochs else f"epoch {moment.epoch + 1}"]
    if moment.accuracy is not None:
        parts.append(f"accuracy {moment.accuracy:.4f}")
    if moment.line is not None:
        parts.append(f"line {line_figure(moment.line)}")
    if moment.epoch_s is not None:
        parts.append(f"{moment.epoch_s:.0f} s")
    if moment.left_s is not None:
        parts.append(f"{max(0.0, moment.left_s) / 60:.0f} min left")
    return " · ".join(parts)
