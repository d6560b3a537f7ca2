"""The report that a person reads in a terminal: the verdict at a glance, each check, what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from grader.reports.screen import Screen, draw, screen_of
from grader.reports.terminal_class import many
from grader.reports.terminal_verdict import one
from grader.verdict import Verdict


def render(verdicts: Sequence[Verdict], screen: Screen = Screen()) -> str:  # noqa: B008 - frozen
    """One verdict in full, or a line or two for each of several; 80 columns without colour unless told otherwise."""
    return draw(one(verdicts[0], screen) if len(verdicts) == 1 else many(verdicts, screen), screen)


def show(verdicts: Sequence[Verdict], stream: TextIO, *, verbose: bool = False) -> None:
    """Writes the report to a stream in the form that suits it.

    Args:
        verdicts: what to show.
        stream: usually stdout; no colour unless it is a terminal, and none with NO_COLOR.
        verbose: timings, environment and the file's own output too.
    """
    stream.write(render(verdicts, screen_of(stream, verbose=verbose)))
    stream.flush()
