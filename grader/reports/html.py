"""Pages for one submission and for a class: self-contained, without JavaScript, with every text escaped.

Three walls stand between a student's text and a reader's browser: `text.visible` on all that is shown,
jinja2's escaping, and a policy in the page itself that forbids every script, frame and request, and every picture but
those that stand in the page itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from grader.reports import page
from grader.reports.chart import bars
from grader.reports.cohort import Cohort, cohorts
from grader.reports.maps import maps
from grader.reports.reading import (
    counted,
    counts,
    duration,
    ending,
    file_name,
    finding,
    headline,
    next_step,
    number,
)
from grader.reports.reading import points as points_of
from grader.reports.reading import score as score_of
from grader.reports.screen import MARKS
from grader.reports.text import visible
from grader.run import Activations
from grader.verdict import Verdict

TEMPLATES = Path(__file__).parent / "templates"
MOST_NOTES = 50
PERCENTS = ("0", "10", "20", "30", "40", "50", "60", "70", "80", "90", "100")
INDEX = "index.html"
Shown = Mapping[tuple[str, str], Activations | None]


def render(verdicts: Sequence[Verdict], sources: Mapping[str, str] | None = None, shown: Shown | None = None) -> str:
    """One submission's page; for several, the class's index without pages to follow.

    Args:
        verdicts: what to show.
        sources: the submissions' texts by SHA-256, to show lines in context.
        shown: the activations that their functions gave, by exercise and SHA-256, to show as pictures.
    """
    environment = _environment()
    if len(verdicts) == 1:
        return _page(environment, verdicts[0], sources or {}, shown or {})
    return _index(environment, verdicts, [""] * len(verdicts))


def site(
    verdicts: Sequence[Verdict],
    sources: Mapping[str, str] | None = None,
    shown: Shown | None = None,
    remarks: Sequence[str] = (),
) -> dict[str, str]:
    """A class as pages by their relative names: `index.html`, and one page per submission.

    Args:
        verdicts, sources, shown: as of `render`.
        remarks: for each verdict what the course's rules make of its points, or nothing; shown in the index.
    """
    environment = _environment()
    names = [f"submissions/{index:04d}-{_slug(verdict)}.html" for index, verdict in enumerate(verdicts, 1)]
    pages = {INDEX: _index(environment, verdicts, names, remarks)}
    for name, verdict in zip(names, verdicts, strict=True):
        pages[name] = _page(environment, verdict, sources or {}, shown or {}, back=f"../{INDEX}")
    return pages


def _slug(verdict: Verdict) -> str:
    """A part of the file's name that every system and URL takes."""
    stem = Path(verdict.submission.path).stem.lower()
    return re.sub(r"[^a-z0-9]+", "-", stem)[:40].strip("-") or "submission"


@cache  # templates are compiled once, and not for each page of a process that writes many
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES, encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_shown,
    )
    environment.filters |= {"cut": visible, "points": points_of}
    environment.globals["marks"] = {status: mark for status, (mark, _) in MARKS.items()}
    return environment


def _shown(value: Any) -> Any:
    """Makes every text that a template prints harmless, also where the template forgot to."""
    return visible(value, 50_000) if isinstance(value, str) and not isinstance(value, Markup) else value


def _page(
    environment: Environment,
    verdict: Verdict,
    sources: Mapping[str, str],
    shown: Shown,
    back: str = "",
) -> str:
    source = sources.get(verdict.submission.sha256)
    here = msgspec.structs.asdict(verdict.environment) if verdict.environment else {}
    return environment.get_template("verdict.html").render(
        verdict=verdict,
        back=back,
        name=file_name(verdict.submission.path, most=120),
        headline=headline(verdict),
        score=score_of(verdict),
        ending=ending(verdict),
        next=next_step(verdict),
        checks=page.check_rows(verdict, source),
        end_excerpt=page.lines_around(source, verdict.end_line),
        maps=maps(shown.get((verdict.exercise, verdict.submission.sha256))),
        trainings=page.trainings(verdict),
        comparison=page.comparison(verdict),
        layers=page.layers(verdict),
        asked=any(layer.asked or layer.fault for layer in verdict.layers),
        notes=verdict.notes[:MOST_NOTES],
        notes_left=max(0, len(verdict.notes) - MOST_NOTES),
        printed=f"{counted(verdict.stdout.rstrip().count(chr(10)) + 1, 'line')}, {counted(len(verdict.stdout), 'character')}",
        timings=[(key, duration(value)) for key, value in verdict.timings.items()],
        environment=[(key, value) for key, value in here.items() if value],
    )


def _index(
    environment: Environment, verdicts: Sequence[Verdict], hrefs: Sequence[str], remarks: Sequence[str] = ()
) -> str:
    rows = [
        {
            "status": verdict.status,
            "headline": headline(verdict),
            "href": href,
            "name": file_name(verdict.submission.path, most=80),
            "exercise": verdict.exercise,
            "score": "–" if verdict.status == "error" else f"{number(verdict.score)}/{number(verdict.max_score)}",
            "finding": "; ".join(part for part in (remark, finding(verdict)) if part),
        }
        for verdict, href, remark in zip(verdicts, hrefs, remarks or [""] * len(verdicts), strict=True)
    ]
    found = cohorts(verdicts)
    return environment.get_template("class.html").render(
        totals=counts(verdicts), cohorts=[_cohort(cohort) for cohort in found], several=len(found) > 1, rows=rows, ruled=any(remarks)
    )


def _cohort(cohort: Cohort) -> dict[str, Any]:
    """A cohort's figures as the template prints them."""
    items = [
        asdict(item)
        | {
            "facility": _percent(item.facility),
            "discrimination": "–" if item.discrimination is None else f"{item.discrimination:.2f}".replace("-", "−"),
        }
        for item in cohort.items
    ]
    return asdict(cohort) | {
        "mean": _percent(cohort.mean),
        "median": _percent(cohort.median),
        "bars": bars(cohort.spread, PERCENTS),
        "checks": items,
    }


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f}"
