"""Coursera's `feedback.json`, for `/shared/feedback.json` in a grader's container."""

from __future__ import annotations

from collections.abc import Sequence

from grader.records.verdict import Verdict
from grader.reports import jsontext, terminal
from grader.reports.screen import Screen

MAX_FEEDBACK_LENGTH = 20_000


def render(verdicts: Sequence[Verdict]) -> str:
    """The share of the points, from 0 to 1, and the report as text.

    A fault of ours can't be told in this format: `grade` then ends with exit code 4, and so must the container.
    """
    most = sum(verdict.max_score for verdict in verdicts)
    earned = sum(verdict.score for verdict in verdicts)
    # Coursera refuses shares outside 0 to 1.
    share = min(1.0, max(0.0, earned / most)) if most > 0 else 0.0
    # Coursera shows plain text only.
    feedback = "\n".join(terminal.render([verdict], Screen(width=80)) for verdict in verdicts)
    cut = "" if len(feedback) <= MAX_FEEDBACK_LENGTH else f"\n… {len(feedback) - MAX_FEEDBACK_LENGTH:,} more characters"
    return jsontext.render({"fractionalScore": round(share, 6), "feedback": feedback[:MAX_FEEDBACK_LENGTH] + cut})
