"""What is shown below the cell: the running training, then the verdict in its place."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any, Self

from IPython.core.interactiveshell import InteractiveShell
from IPython.display import DisplayHandle, display
from IPython.terminal.interactiveshell import TerminalInteractiveShell

from grader.cli.progress import ProgressLine, describe_moment
from grader.grading.live_curve import LiveCurve
from grader.grading.options import RunProgress
from grader.notebook.verdict_page import build_verdict_page
from grader.records.run import Activations
from grader.records.verdict import Verdict
from grader.reports import html

# Each update is kept until the next one: more of them would slow a notebook over a network down.
REFRESH_S = 0.5
TEXT_WIDTH = 120


class LiveView:
    """One display that changes while a training runs. Without rich displays (IPython in a terminal) it is a line of text.

    Args:
        shell: in which it is shown.
        title: of the exercise.
    """

    def __init__(self, shell: InteractiveShell, title: str) -> None:
        self._title = title
        self._handle: DisplayHandle | None = None
        self._line = ProgressLine(sys.stderr) if isinstance(shell, TerminalInteractiveShell) else None
        self._shown_s = 0.0
        self._curve = LiveCurve()
        self._began_s = time.monotonic()
        self._over = False

    def __enter__(self) -> Self:
        self._update(RunProgress(stage="starting"))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._line is not None:
            self._line.clear()
        elif kind is not None and not self._over:
            self._show({"text/plain": "", "text/html": ""})

    def show_progress(self, moment: RunProgress) -> None:
        """Called several times a second by what grades."""
        self._curve.note_moment(moment)
        self._update(moment)

    def _update(self, moment: RunProgress) -> None:
        if self._line is not None:
            self._line(moment)
        elif time.monotonic() - self._shown_s >= REFRESH_S:
            self._shown_s = time.monotonic()
            text = describe_moment(moment, time.monotonic() - self._began_s, TEXT_WIDTH)
            self._show({"text/plain": text, "text/html": self._render(text)})

    def _render(self, text: str) -> str:
        return html.render_live(self._title, text, self._curve.build_record(), self._curve.find_line())

    def show_verdict(self, verdict: Verdict, source: str, activations: Activations | None) -> None:
        """Puts the verdict in the place of what was shown so far."""
        self._over = True
        page = build_verdict_page(verdict, source, activations)
        if self._line is not None:
            self._line.clear()
            sys.stdout.write(page.text)
        else:
            self._show({"text/plain": page.text, "text/html": page.markup})

    def _show(self, bundle: dict[str, Any]) -> None:
        if self._handle is None:
            self._handle = display(bundle, raw=True, display_id=True)  # type: ignore[no-untyped-call]
        else:
            self._handle.update(bundle, raw=True)  # type: ignore[no-untyped-call]
