"""Classroom 50's `result.json` (`classroom50/result/v1`), which its runner reads from the student's checkout.

It adds up whole points: where a check has a part of a point, all are given in hundredths.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from grader.errors import GraderError, UsageError
from grader.messages.text import escape_line
from grader.records.verdict import CheckResult, Verdict
from grader.reports import jsontext, write

SCHEMA = "classroom50/result/v1"
# The runner's variables for what identifies a submission.
IDENTITY = {
    "classroom": "CLASSROOM",
    "assignment": "ASSIGNMENT",
    "submission": "SUBMISSION_TAG",
    "commit": "COMMIT_URL",
    "release": "RELEASE_URL",
}
HUNDREDTHS = 100


def publish(path: Path, verdicts: Sequence[Verdict], environ: Mapping[str, str]) -> None:
    """Writes the result.

    Raises:
        UsageError: this isn't a run of Classroom 50, or nothing can be written there.
        GraderError: a fault of ours kept a verdict from a grade, so that there is no result.
    """
    # Any number in the file would be recorded as the student's grade.
    if any(verdict.status == "error" for verdict in verdicts):
        raise GraderError("no result for Classroom 50: the grader failed, so nobody gets 0 points; run it again")
    checks = [(verdict, check) for verdict in verdicts for check in verdict.checks]
    tests = [_test(verdict, check, _scale(checks)) for verdict, check in checks]
    write.write_text(path, render(tests, environ, datetime.now(UTC)))


def render(tests: Sequence[Mapping[str, Any]], environ: Mapping[str, str], now: datetime) -> str:
    """The result of some tests, each with `test-name`, `passed`, `score` and `max-score`."""
    missing = [name for name in IDENTITY.values() if not environ.get(name)]
    if missing:
        raise UsageError(f"--classroom50: {', '.join(missing)} not set; it works where Classroom 50's runner starts it")
    # Tags and branch names are chosen by students.
    identity = {field: escape_line(environ[name], 2000) for field, name in IDENTITY.items()}
    return jsontext.render_plain_json({
        "schema": SCHEMA,
        **identity,
        "review": escape_line(environ.get("REVIEW_URL") or environ["COMMIT_URL"], 2000),
        "datetime": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "score": sum(test["score"] for test in tests),
        "max-score": sum(test["max-score"] for test in tests),
        "tests": list(tests),
    })  # fmt: skip


def _scale(checks: Sequence[tuple[Verdict, CheckResult]]) -> int:
    whole = all(check.points == int(check.points) and check.max_points == int(check.max_points) for _, check in checks)
    return 1 if whole else HUNDREDTHS


def _test(verdict: Verdict, check: CheckResult, scale: int) -> dict[str, Any]:
    hint = f" Hint: {check.hint}" if check.hint else ""
    return {
        "test-name": escape_line(f"{verdict.exercise}: {check.title}"),
        "passed": check.status == "passed",
        "score": round(check.points * scale),
        "max-score": round(check.max_points * scale),
        "message": "" if check.status == "passed" else escape_line(check.message + hint, 1000),
    }
