"""A verdict as a notebook shows it: markup, and the same as text for a terminal or an export. The cells' own next step."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from markupsafe import Markup
from msgspec import Struct

from grader.records.run import Activations
from grader.records.verdict import Verdict
from grader.reports import html, terminal
from grader.reports.reading import describe_first_task
from grader.reports.screen import Screen, draw_parts

HINT_MAGIC = "%grade_hint"
NO_TITLES: Mapping[str, Mapping[str, Markup]] = MappingProxyType({})


class ShownPage(Struct, frozen=True, kw_only=True):
    """What stays below a cell: markup, and the same as text."""

    markup: str
    text: str


def build_verdict_page(
    verdict: Verdict,
    source: str = "",
    activations: Activations | None = None,
    titles: Mapping[str, Mapping[str, Markup]] = NO_TITLES,
) -> ShownPage:
    """The report's own page as a part of the notebook, and the terminal's report.

    Args:
        verdict, source, activations, titles: as of `html.render_fragment`.
    """
    screen, next_step = Screen(), describe_next_cell(verdict)
    return ShownPage(
        markup=html.render_fragment(verdict, source, activations, titles, next_step=next_step),
        text=draw_parts(terminal.draw_verdict(verdict, screen, next_step), screen),
    )


def describe_next_cell(verdict: Verdict) -> str:
    """What to do now, in a notebook."""
    if verdict.status == "passed":
        return "`%grade_list` shows the other exercises."
    if verdict.status == "error":
        return "run this cell again. If it fails again, show this report to your instructor."
    if verdict.edition:
        return f"`%grade {verdict.edition}` grades it."
    # Only what ran has an environment; a quiz has neither that nor hints.
    hint = f" `{HINT_MAGIC} {verdict.exercise}` gives a hint." if verdict.environment else ""
    return describe_first_task(verdict, "run the cells again") + hint
