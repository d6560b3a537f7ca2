"""Pages for one submission and for a class: self-contained, without JavaScript, with every text escaped.

Three walls stand between a student's text and a reader's browser: `text.visible` on all that is shown,
jinja2's escaping, and a policy in the page itself that forbids every script, frame and request, and every picture but
those embedded in the page.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from grader.messages.text import escape_text
from grader.records.run import Activations
from grader.records.verdict import LineToCross, TrainingRecord, Verdict
from grader.reports import page
from grader.reports.chart import build_bars, build_chart
from grader.reports.cohort import CheckStatistics, Cohort, build_cohorts
from grader.reports.maps import build_map_comparison
from grader.reports.reading import (
    describe_bases,
    describe_counts,
    describe_ending,
    describe_first_finding,
    describe_next_step,
    format_count,
    format_duration,
    format_headline,
    format_number,
    list_details,
    shorten_path,
)
from grader.reports.reading import format_points as points_of
from grader.reports.reading import format_score as score_of
from grader.reports.screen import STATUS_MARKS

HTML_TEMPLATES = Path(__file__).parent / "templates"
MAX_SHOWN_NOTES = 50
SPREAD_PERCENTS = ("0", "10", "20", "30", "40", "50", "60", "70", "80", "90", "100")
INDEX_PAGE = "index.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackRow:
    """One exercise on a student's page: the points that count, why they differ from the verdict's, and a comment."""

    verdict: Verdict
    title: str
    points: str
    note: str = ""
    comment: str = ""
    comment_by: str = ""


TitlesByExercise = Mapping[str, Mapping[str, Markup]]
ActivationsByVerdict = Mapping[tuple[str, str], Activations | None]


def render(
    verdicts: Sequence[Verdict],
    sources: Mapping[str, str] | None = None,
    shown: ActivationsByVerdict | None = None,
    titles: TitlesByExercise | None = None,
) -> str:
    """One submission's page; for several, the class's index without pages to follow.

    Args:
        verdicts: what to show.
        sources: the submissions' texts by SHA-256, to show lines in context.
        shown: the activations that their functions gave, by exercise and SHA-256, to show as pictures.
        titles: markup for the titles of checks, by exercise and check, as of a quiz with pictures.
    """
    environment = _build_environment()
    if len(verdicts) == 1:
        return _render_page(environment, verdicts[0], sources or {}, shown or {}, titles=titles or {})
    return _render_index(environment, verdicts, [""] * len(verdicts))


def render_fragment(
    verdict: Verdict,
    source: str,
    activations: Activations | None = None,
    titles: TitlesByExercise = MappingProxyType({}),
    next_step: str | None = None,
) -> str:
    """A verdict as a part of another page, such as a notebook; its style ends with it, and it has no script.

    Args:
        verdict: what to show.
        source: the submission's text, to show lines in context.
        activations: those that its functions gave, to show as pictures.
        titles: as of `render`.
        next_step: what to do now, where that is nothing to type into a terminal.
    """
    sha256 = verdict.submission.sha256
    return _render_page(
        _build_environment(),
        verdict,
        {sha256: source},
        {(verdict.exercise, sha256): activations},
        layout="fragment.html",
        prefix=f"v{secrets.token_hex(4)}-",
        titles=titles,
        next_step=next_step,
    )


def render_live(title: str, text: str, record: TrainingRecord, to_cross: LineToCross | None) -> str:
    """A training that is still running, as a part of another page: one line of text, and its curve so far."""
    return (
        _build_environment()
        .get_template("live.html")
        .render(
            title=title,
            text=text,
            chart=build_chart(record, to_cross),
            layout="fragment.html",
            rules=_nest_style(),
            prefix=f"v{secrets.token_hex(4)}-",
        )
    )


def render_body(
    verdict: Verdict,
    source: str | None,
    activations: Activations | None = None,
    titles: TitlesByExercise = MappingProxyType({}),
    next_step: str = "",
) -> Markup:
    """A verdict as a part of a page that brings the style of `render_style`: no style, no script of its own.

    Args:
        verdict, source, activations: as of `render_fragment`.
        titles: as of `render`.
        next_step: what to do now, where that is nothing to type into a terminal.
    """
    sha256 = verdict.submission.sha256
    sources = {} if source is None else {sha256: source}
    shown = {(verdict.exercise, sha256): activations}
    made = _render_page(
        _build_environment(), verdict, sources, shown, layout="body.html", prefix="v-", titles=titles, next_step=next_step
    )
    return Markup(made)  # noqa: S704 - the template has escaped it


def render_live_body(title: str, text: str, record: TrainingRecord, to_cross: LineToCross | None) -> Markup:
    """As `render_live`, for a page that brings the style of `render_style`."""
    template = _build_environment().get_template("live.html")
    made = template.render(title=title, text=text, chart=build_chart(record, to_cross), layout="body.html", prefix="live-")
    return Markup(made)  # noqa: S704 - the template has escaped it


def render_style() -> str:
    """The style sheet of all pages, with the colours of both schemes."""
    return _build_environment().get_template("style.css").render()


@cache
def _nest_style() -> Markup:
    """The page's rules for a part of another page, where that part is the page."""
    rules = (HTML_TEMPLATES / "style.css").read_text(encoding="utf-8")
    # The colours come from the fragment's own template: a notebook may be darker than the system.
    rules = rules[rules.index("* { box-sizing") :]
    return Markup(re.sub(r"^(\s*)(:root|html|body)(?= \{)", r"\1&", rules, flags=re.MULTILINE))  # noqa: S704 - a file of ours


def render_site(
    verdicts: Sequence[Verdict],
    sources: Mapping[str, str] | None = None,
    shown: ActivationsByVerdict | None = None,
    remarks: Sequence[str] = (),
) -> dict[str, str]:
    """A class as pages by their relative names: `index.html`, and one page per submission.

    Args:
        verdicts, sources, shown: as of `render`.
        remarks: for each verdict what the course's rules make of its points, or nothing; shown in the index.
    """
    environment = _build_environment()
    # Numbered, since two students' files may have the same name.
    names = [f"submissions/{index:04d}-{_make_slug(verdict)}.html" for index, verdict in enumerate(verdicts, 1)]
    pages = {INDEX_PAGE: _render_index(environment, verdicts, names, remarks)}
    for name, verdict in zip(names, verdicts, strict=True):
        pages[name] = _render_page(environment, verdict, sources or {}, shown or {}, back=f"../{INDEX_PAGE}")
    return pages


def _make_slug(verdict: Verdict) -> str:
    """A part of the file's name that every system and URL takes."""
    stem = Path(verdict.submission.path).stem.lower()
    return re.sub(r"[^a-z0-9]+", "-", stem)[:40].strip("-") or "submission"


@cache  # templates are compiled once, and not for each page of a process that writes many
def _build_environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HTML_TEMPLATES, encoding="utf-8"),
        autoescape=True,
        # A misspelt name in a template fails in the tests instead of printing nothing.
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=escape_value,
    )
    environment.filters |= {"cut": escape_text, "points": points_of, "details": list_details}
    environment.globals["marks"] = {status: mark for status, (mark, _) in STATUS_MARKS.items()}
    return environment


def escape_value(value: Any) -> Any:
    """Makes every text that a template prints harmless, also where the template forgot to."""
    # `Markup` is made by templates only, never from a verdict.
    return escape_text(value, 50_000) if isinstance(value, str) and not isinstance(value, Markup) else value


def _render_page(
    environment: Environment,
    verdict: Verdict,
    sources: Mapping[str, str],
    shown: ActivationsByVerdict,
    back: str = "",
    layout: str = "base.html",
    prefix: str = "",
    titles: TitlesByExercise = MappingProxyType({}),
    next_step: str | None = None,
) -> str:
    source = sources.get(verdict.submission.sha256)
    here = msgspec.structs.asdict(verdict.environment) if verdict.environment else {}
    return environment.get_template("verdict.html").render(
        verdict=verdict,
        titles=titles.get(verdict.exercise, {}),
        back=back,
        layout=layout,
        prefix=prefix,
        rules=_nest_style() if layout == "fragment.html" else "",
        name=shorten_path(verdict.submission.path, most=120),
        headline=format_headline(verdict),
        score=score_of(verdict),
        ending=describe_ending(verdict),
        next=describe_next_step(verdict) if next_step is None else next_step,
        legend=describe_bases(verdict),
        checks=page.build_check_rows(verdict, source),
        end_excerpt=page.find_source_lines(source, verdict.end_line),
        maps=build_map_comparison(shown.get((verdict.exercise, verdict.submission.sha256))),
        trainings=page.build_training_rows(verdict),
        comparison=page.compare_claim(verdict),
        layers=page.build_layer_rows(verdict),
        asked=any(layer.asked or layer.fault for layer in verdict.layers),
        notes=verdict.notes[:MAX_SHOWN_NOTES],
        notes_left=max(0, len(verdict.notes) - MAX_SHOWN_NOTES),
        printed=f"{format_count(verdict.stdout.rstrip().count(chr(10)) + 1, 'line')}, {format_count(len(verdict.stdout), 'character')}",
        timings=[(key, format_duration(value)) for key, value in verdict.timings.items()],
        environment=[(key, value) for key, value in here.items() if value],
    )


def render_feedback(
    student: str,
    rows: Sequence[FeedbackRow],
    total: str,
    sources: Mapping[str, str] | None = None,
    shown: ActivationsByVerdict | None = None,
    titles: TitlesByExercise | None = None,
) -> str:
    """A student's page: the grades, comments, and each verdict in full.

    Args:
        total: over all exercises; empty where it isn't theirs to see yet.
        sources, shown, titles: as of `render`.
    """
    environment = _build_environment()
    bodies = [
        _render_page(environment, row.verdict, sources or {}, shown or {}, layout="body.html", prefix=f"v{number}-", titles=titles or {})
        for number, row in enumerate(rows)
    ]
    return environment.get_template("feedback.html").render(
        # What a template has rendered is escaped already.
        student=student, rows=rows, total=total, bodies=[Markup(body) for body in bodies], pictures=any("<img " in body for body in bodies)  # noqa: S704
    )


def _render_index(
    environment: Environment, verdicts: Sequence[Verdict], hrefs: Sequence[str], remarks: Sequence[str] = ()
) -> str:
    rows = [
        {
            "status": verdict.status,
            "headline": format_headline(verdict),
            "href": href,
            "name": shorten_path(verdict.submission.path, most=80),
            "exercise": verdict.exercise,
            # A number would look like a grade.
            "score": "–" if verdict.status == "error" else f"{format_number(verdict.score)}/{format_number(verdict.max_score)}",
            "finding": "; ".join(part for part in (remark, describe_first_finding(verdict)) if part),
        }
        for verdict, href, remark in zip(verdicts, hrefs, remarks or [""] * len(verdicts), strict=True)
    ]
    found = build_cohorts(verdicts)
    return environment.get_template("class.html").render(
        totals=describe_counts(verdicts), cohorts=[_format_cohort(cohort) for cohort in found], several=len(found) > 1, rows=rows, ruled=any(remarks)
    )


def _format_cohort(cohort: Cohort) -> dict[str, Any]:
    """A cohort's figures as the template prints them."""
    items = [
        asdict(item)
        | {
            "facility": _format_percent(item.facility),
            "discrimination": _format_discrimination(item),
        }
        for item in cohort.items
    ]
    return asdict(cohort) | {
        "mean": _format_percent(cohort.mean),
        "median": _format_percent(cohort.median),
        "bars": build_bars(cohort.spread, SPREAD_PERCENTS),
        "checks": items,
    }


def _format_discrimination(item: CheckStatistics) -> str:
    if item.discrimination is None:
        return "–"
    sure = item.discrimination_95
    ends = f" ({sure.low:.2f} to {sure.high:.2f})" if sure else ""
    return f"{item.discrimination:.2f}{ends}".replace("-", "−")


def _format_percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f}"
