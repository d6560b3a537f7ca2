"""Gradescope's `results.json`, as its autograder specification documents it.

A fault of ours gives no score at all: Gradescope then says that the autograder failed, instead of recording 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from grader.messages.text import escape_line, escape_text
from grader.records.verdict import CheckResult, Verdict
from grader.reports import jsontext
from grader.reports.reading import (
    describe_ending,
    describe_next_step,
    describe_training,
    format_detail,
    format_headline,
    format_score,
    list_details,
    list_measurements,
)


def render(verdicts: Sequence[Verdict]) -> str:
    """The results of one submission, which may hold several exercises; everything is shown as plain text."""
    several = len(verdicts) > 1
    results: dict[str, Any] = {
        "output": "\n\n".join(_describe_verdict(verdict) for verdict in verdicts),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        # The grader's own output is for instructors.
        "stdout_visibility": "hidden",
        "extra_data": {verdict.exercise: _build_extra_data(verdict) for verdict in verdicts},
    }
    # Without `score` Gradescope reports a failed autograder; with one it would record a grade.
    if any(verdict.status == "error" for verdict in verdicts):
        return jsontext.render(results)
    results["score"] = sum(verdict.score for verdict in verdicts)
    results["execution_time"] = round(sum(_sum_seconds(verdict) for verdict in verdicts), 3)
    results["tests"] = [_build_test(verdict, check, several) for verdict in verdicts for check in verdict.checks]
    return jsontext.render(results)


def _build_test(verdict: Verdict, check: CheckResult, several: bool) -> dict[str, Any]:
    name = f"{verdict.exercise}: {check.title}" if several else check.title
    return {
        "score": check.points,
        "max_score": check.max_points,
        # Gradescope knows no "skipped"; the tags below keep it.
        "status": "passed" if check.status == "passed" else "failed",
        "name": escape_line(name),
        "output": escape_text(_describe_check(check)),
        "tags": [check.basis, check.status],
        "visibility": "visible",
    }


def _describe_check(check: CheckResult) -> str:
    details = [*list_details(check), *([("where", f"line {check.line}")] if check.line else [])]
    told = details if check.status == "failed" else []
    return "\n".join([check.message, *(format_detail(name, value) for name, value in told)])


def _describe_verdict(verdict: Verdict) -> str:
    lines = [
        f"{verdict.exercise}: {format_headline(verdict)} {format_score(verdict)}".rstrip(),
        describe_ending(verdict),
        verdict.end_message,
        *(f"Training (seed {record.seed}): {describe_training(record)}" for record in verdict.training),
        *(f"Measured: {name} {value}" for name, value in list_measurements(verdict)),
        *(f"Note{f', line {note.line}' if note.line else ''}: {note.message}" for note in verdict.notes[:20]),
        f"Next: {describe_next_step(verdict)}",
    ]
    return escape_text("\n".join(part for part in lines if part), 8000)


def _build_extra_data(verdict: Verdict) -> dict[str, Any]:
    to_cross = verdict.line_to_cross
    return {
        "sha256": verdict.submission.sha256,
        "status": verdict.status,
        "end": verdict.end,
        "measured": verdict.measured,
        "epochs": [len(record.epochs) for record in verdict.training],
        "line": {"metric": to_cross.metric, "above": to_cross.above} if to_cross else None,
    }


def _sum_seconds(verdict: Verdict) -> float:
    total_s = verdict.timings.get("total", 0.0)
    return total_s if math.isfinite(total_s) else 0.0
