"""Several verdicts in a terminal: a line or two for each, and how many of each kind there were."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from grader.reports.reading import counts, file_name, finding, number
from grader.reports.screen import Screen, row
from grader.reports.text import line
from grader.verdict import Verdict


def many(verdicts: Sequence[Verdict], screen: Screen) -> Iterator[RenderableType]:
    """A row for each verdict with its first finding, and the totals."""
    several = len({verdict.exercise for verdict in verdicts}) > 1
    width = max((len(_points(verdict)) for verdict in verdicts), default=0)
    for verdict in verdicts:
        path = line(file_name(verdict.submission.path))
        name = f"{verdict.exercise}  {path}" if several else path
        yield row(verdict.status, Text(name, overflow="fold"), [(_points(verdict), width)], screen)
        if reason := finding(verdict):
            yield Padding(Text(line(reason, 160), style="dim"), (0, 0, 0, 2))
    yield Text(("\n" if verdicts else "") + counts(verdicts), style="bold")


def _points(verdict: Verdict) -> str:
    earned = "–" if verdict.status == "error" else number(verdict.score)
    return f"{earned}/{number(verdict.max_score)}"
