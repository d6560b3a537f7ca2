"""What a class's verdicts say together, counted from the gradebook's figures: the same as `grader.reports.cohort` counts.

A class hands in few different outcomes, so each is counted once with its weight: 100,000 verdicts take no longer than
a few hundred.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from msgspec import Struct

from grader.gradebook.entries import Figures, Outcome, read_outcomes
from grader.reports.cohort import FEWEST, Cohort, Item
from grader.verdict import Verdict

MOST_FINDINGS = 10


class Pattern(Struct, frozen=True, kw_only=True):
    """Submissions with the same outcomes."""

    count: int
    score: float
    max_score: float
    outcomes: dict[str, Outcome]

    @property
    def share(self) -> float:
        return _share(self.score, self.max_score)


def cohort(exercise: str, figures: Sequence[Figures], example: Verdict | None) -> Cohort:
    """One exercise's class.

    Args:
        figures: one for each student.
        example: any verdict of the exercise, for the titles.
    """
    graded = [one for one in figures if one.status != "error"]
    counts = Counter((one.score, one.max_score, one.outcomes) for one in graded)
    patterns = [
        Pattern(count=count, score=score, max_score=most, outcomes={each[0]: each for each in read_outcomes(text)})
        for (score, most, text), count in counts.items()
    ]
    titles = {check.id: check.title for check in example.checks} if example else {}
    ids = dict.fromkeys(id_ for pattern in patterns for id_ in pattern.outcomes)
    return Cohort(
        exercise=exercise,
        title=example.title if example else "",
        graded=len(graded),
        mean=_mean([(pattern.share, pattern.count) for pattern in patterns]),
        median=_median(patterns),
        spread=_spread(patterns),
        findings=_findings(patterns, Counter(one.ending for one in graded), titles),
        items=tuple(_item(id_, titles.get(id_, id_), patterns) for id_ in ids),
    )


def _share(points: float, most: float) -> float:
    return points / most if most > 0 else 0.0


def _mean(weighted: Sequence[tuple[float, int]]) -> float | None:
    count = sum(weight for _, weight in weighted)
    return math.fsum(value * weight for value, weight in weighted) / count if count else None


def _median(patterns: Sequence[Pattern]) -> float | None:
    ordered = sorted(patterns, key=lambda pattern: pattern.share)
    count = sum(pattern.count for pattern in ordered)
    return (_nth(ordered, (count - 1) // 2) + _nth(ordered, count // 2)) / 2 if count else None


def _nth(ordered: Sequence[Pattern], place: int) -> float:
    for pattern in ordered:
        place -= pattern.count
        if place < 0:
            return pattern.share
    raise IndexError(place)


def _spread(patterns: Sequence[Pattern]) -> tuple[int, ...]:
    """How many got 0-9 %, 10-19 % … 90-99 %, and exactly 100 %."""
    found: Counter[int] = Counter()
    for pattern in patterns:
        found[max(0, min(10, int(pattern.share * 10 + 1e-9)))] += pattern.count
    return tuple(found[index] for index in range(11))


def _findings(
    patterns: Sequence[Pattern], endings: Mapping[str, int], titles: Mapping[str, str]
) -> tuple[tuple[str, int], ...]:
    failed: Counter[str] = Counter()
    for pattern in patterns:
        for id_, status, _, _ in pattern.outcomes.values():
            failed[id_] += pattern.count * (status == "failed")
    named = [(titles.get(id_, id_), count) for id_, count in failed.items() if count]
    named += [(f"run ended: {end.replace('_', ' ')}", count) for end, count in endings.items() if end != "completed"]
    return tuple(sorted(named, key=lambda pair: -pair[1])[:MOST_FINDINGS])


def _item(id_: str, title: str, patterns: Sequence[Pattern]) -> Item:
    """One check; `rest` is what the other checks of the same submission earned."""
    having = [(pattern, pattern.outcomes[id_]) for pattern in patterns if id_ in pattern.outcomes]
    earned = [(_share(points, most), pattern.count) for pattern, (_, _, points, most) in having]
    rest = [pattern.score - points for pattern, (_, _, points, _) in having]
    return Item(
        id=id_,
        title=title,
        judged=sum(pattern.count for pattern, (_, status, _, _) in having if status in ("passed", "failed")),
        failed=sum(pattern.count for pattern, (_, status, _, _) in having if status == "failed"),
        facility=_mean(earned),
        discrimination=_correlation(earned, rest),
    )


def _correlation(weighted: Sequence[tuple[float, int]], others: Sequence[float]) -> float | None:
    """Pearson's, weighted; None below five submissions or where either is constant."""
    count = sum(weight for _, weight in weighted)
    if count < FEWEST or len({value for value, _ in weighted}) < 2 or len(set(others)) < 2:
        return None
    mean = math.fsum(value * weight for value, weight in weighted) / count
    other_mean = math.fsum(other * weight for (_, weight), other in zip(weighted, others, strict=True)) / count
    pairs = [(value - mean, other - other_mean, weight) for (value, weight), other in zip(weighted, others, strict=True)]
    both = math.fsum(one * other * weight for one, other, weight in pairs)
    squares = math.fsum(one * one * weight for one, _, weight in pairs)
    other_squares = math.fsum(other * other * weight for _, other, weight in pairs)
    return both / math.sqrt(squares * other_squares)
