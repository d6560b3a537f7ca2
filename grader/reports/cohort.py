"""What a class's verdicts say together: how the points are spread, what goes wrong most, how hard each check is."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from grader.records.verdict import CheckResult, Verdict

MIN_FOR_CORRELATION = 5
Z_95 = 1.959964


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfidenceInterval:
    """From where to where a figure can lie, by a class of this size, with a certainty of 95 %."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckStatistics:
    """One check over the submissions in which it was judged.

    `facility` is the mean share of its points. `discrimination` is the correlation of its points with those of
    the rest of the same submission (the corrected item-total correlation); None below five submissions or where
    either is constant. `discrimination_95` is its interval.
    """

    id: str
    title: str
    judged: int
    failed: int
    facility: float | None
    discrimination: float | None
    discrimination_95: ConfidenceInterval | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """The submissions to one exercise or quiz; those that a fault of ours kept from a grade are only counted."""

    exercise: str
    title: str
    graded: int
    mean: float | None
    median: float | None
    spread: tuple[int, ...]
    findings: tuple[tuple[str, int], ...]
    items: tuple[CheckStatistics, ...]


def build_cohorts(verdicts: Sequence[Verdict]) -> list[Cohort]:
    """One cohort per exercise, in the order in which they first appear."""
    # A dict keeps the order of first appearance, which a set would not.
    names = dict.fromkeys(verdict.exercise for verdict in verdicts)
    return [_build_cohort([verdict for verdict in verdicts if verdict.exercise == name]) for name in names]


def _build_cohort(verdicts: list[Verdict]) -> Cohort:
    # A fault of ours says nothing about the class.
    graded = [verdict for verdict in verdicts if verdict.status != "error"]
    shares = [_compute_share(verdict.score, verdict.max_score) for verdict in graded]
    ids = dict.fromkeys(check.id for verdict in graded for check in verdict.checks)
    return Cohort(
        exercise=verdicts[0].exercise,
        title=verdicts[0].title,
        graded=len(graded),
        mean=statistics.fmean(shares) if shares else None,
        median=statistics.median(shares) if shares else None,
        spread=_count_spread(shares),
        findings=_count_findings(graded),
        items=tuple(_build_check_statistics(id_, graded) for id_ in ids),
    )


def _compute_share(points: float, most: float) -> float:
    return points / most if most > 0 else 0.0


def _count_spread(shares: list[float]) -> tuple[int, ...]:
    """How many got 0–9 %, 10–19 % … 90–99 %, and exactly 100 %."""
    # 0.7 * 10 is a little less than 7 in floating point.
    found = Counter(max(0, min(10, int(share * 10 + 1e-9))) for share in shares)
    return tuple(found[index] for index in range(11))


def _count_findings(graded: list[Verdict]) -> tuple[tuple[str, int], ...]:
    """The commonest reasons for lost points, by check and by how runs ended."""
    titles = {check.id: check.title for verdict in graded for check in verdict.checks}
    failed = Counter(check.id for verdict in graded for check in verdict.checks if check.status == "failed")
    ends = Counter(verdict.end for verdict in graded if verdict.end != "completed")
    named = [(titles[id_], count) for id_, count in failed.items()]
    named += [(f"run ended: {end.replace('_', ' ')}", count) for end, count in ends.items()]
    return tuple(sorted(named, key=lambda pair: -pair[1])[:10])


def _build_check_statistics(id_: str, graded: list[Verdict]) -> CheckStatistics:
    pairs = [(check, verdict) for verdict in graded for check in verdict.checks if check.id == id_]
    title = pairs[0][0].title
    # A check that couldn't be judged, as behind a gate, tells nothing of how hard it is.
    pairs = [pair for pair in pairs if _is_judged(pair[0])]
    earned = [_compute_share(check.points, check.max_points) for check, _ in pairs]
    # Without the check's own points, which would correlate with themselves.
    rest = [verdict.score - check.points for check, verdict in pairs]
    discrimination = _compute_correlation(earned, rest)
    return CheckStatistics(
        id=id_,
        title=title,
        judged=len(pairs),
        failed=sum(check.status == "failed" for check, _ in pairs),
        facility=statistics.fmean(earned) if earned else None,
        discrimination=discrimination,
        discrimination_95=compute_correlation_interval(discrimination, len(earned)),
    )


def _is_judged(check: CheckResult) -> bool:
    return check.status in ("passed", "failed")


def _compute_correlation(earned: list[float], rest: list[float]) -> float | None:
    # A correlation needs some submissions, and figures that differ.
    if len(earned) < MIN_FOR_CORRELATION or len(set(earned)) < 2 or len(set(rest)) < 2:
        return None
    return statistics.correlation(earned, rest)


def compute_correlation_interval(figure: float | None, count: int) -> ConfidenceInterval | None:
    """Fisher's z interval of a correlation; None below 4 pairs, of which nothing can be said.

    >>> found = compute_correlation_interval(-0.46, 30)
    >>> round(found.low, 2), round(found.high, 2)
    (-0.7, -0.12)
    """
    if figure is None or count < 4:
        return None
    middle, half = math.atanh(min(1 - 1e-12, max(1e-12 - 1, figure))), Z_95 / math.sqrt(count - 3)
    return ConfidenceInterval(low=math.tanh(middle - half), high=math.tanh(middle + half))
