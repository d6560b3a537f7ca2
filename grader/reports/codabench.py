"""Codabench's `scores.json`, for `/app/output/scores.json` of a scoring program: one number per leaderboard column."""

from __future__ import annotations

import math
from collections.abc import Sequence

from grader.records.verdict import Verdict
from grader.reports import jsontext


def render(verdicts: Sequence[Verdict]) -> str:
    """The columns `score`, `max_score`, `passed`, `epochs`, `train_accuracy`, `test_accuracy` and `duration`.

    With several exercises each has its own, such as `exercise3_score`, in addition to the sums. A figure that is missing,
    or that is NaN, is left out.
    """
    columns: dict[str, float] = {}
    # With one exercise a prefix would only make other column names than a leaderboard expects.
    for verdict in verdicts if len(verdicts) > 1 else ():
        columns |= {f"{verdict.exercise}_{name}": value for name, value in _build_columns(verdict).items()}
    columns |= {
        "score": sum(verdict.score for verdict in verdicts),
        "max_score": sum(verdict.max_score for verdict in verdicts),
        "passed": sum(verdict.status == "passed" for verdict in verdicts),
        "duration": sum(verdict.timings.get("total", 0.0) for verdict in verdicts),
    }
    if len(verdicts) == 1:
        columns = _build_columns(verdicts[0]) | columns
    # Leaderboards can't sort by NaN.
    return jsontext.render({name: value for name, value in columns.items() if math.isfinite(value)})


def _build_columns(verdict: Verdict) -> dict[str, float]:
    epochs = {"epochs": len(verdict.training[-1].epochs)} if verdict.training else {}
    wanted: tuple[str, ...] = ("train_accuracy", "test_accuracy")
    figures = {name: verdict.measured[name] for name in wanted if name in verdict.measured}
    return {"score": verdict.score, **epochs, **figures}
