"""GitHub Classroom's `result`: base64 of the JSON that its grading reporter reads from a step's output.

The reporter adds up the tests' `score` and the results' `max_score`, and fails the job by `status`.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from grader.errors import GraderError, UsageError
from grader.reports import jsontext
from grader.reports.text import line
from grader.verdict import CheckResult, Verdict

STATUSES = {"passed": "pass", "failed": "fail", "skipped": "fail", "error": "error"}


def render(verdicts: Sequence[Verdict]) -> str:
    """One line of base64, for `echo "result=…" >> "$GITHUB_OUTPUT"`."""
    return base64.b64encode(jsontext.render(result(verdicts)).encode()).decode("ascii") + "\n"


def publish(verdicts: Sequence[Verdict], environ: Mapping[str, str]) -> None:
    """Sets the step's output `result`.

    Raises:
        UsageError: this isn't a step of GitHub Actions.
        GraderError: the runner's file can't be written.
    """
    path = environ.get("GITHUB_OUTPUT")
    if not path:
        raise UsageError("--classroom: GITHUB_OUTPUT isn't set; it works in a step of GitHub Actions")
    try:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(f"result={render(verdicts)}")
    except OSError as error:
        raise GraderError(f"the step's outputs {path} can't be written: {error.strerror}") from error


def result(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """The results before they are encoded: one test for each check, on one line each, as they come in the log."""
    return {
        "version": 1,
        "status": _status(verdicts),
        "max_score": sum(verdict.max_score for verdict in verdicts),
        "tests": [_test(verdict, check) for verdict in verdicts for check in verdict.checks],
    }


def _status(verdicts: Sequence[Verdict]) -> str:
    kinds = {verdict.status for verdict in verdicts}
    return "error" if "error" in kinds else "fail" if "failed" in kinds else "pass"


def _test(verdict: Verdict, check: CheckResult) -> dict[str, Any]:
    hint = f" Hint: {check.hint}" if check.hint else ""
    return {
        "name": line(f"{verdict.exercise}: {check.title}"),
        "status": STATUSES[check.status],
        "score": check.points,
        "message": None if check.status == "passed" else line(check.message + hint, 1000),
        "test_code": check.id,
        "filename": line(verdict.submission.path),
        "line_no": check.line or 0,
        "execution_time": 0,
    }
