"""JUnit XML for CI servers: failure (the student's) ≠ error (ours) ≠ skipped (can't be judged).

Each verdict is a suite: its checks, and a last test case for the verdict itself, so that a file that
never ran, with every check skipped, isn't green. The suite's properties hold the points.
"""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from collections.abc import Sequence

from grader.messages.text import escape_line, escape_text
from grader.records.verdict import CheckResult, Verdict
from grader.reports.reading import (
    describe_ending,
    format_detail,
    format_headline,
    format_number,
    format_score,
    list_details,
)

MAX_OUTPUT_LENGTH = 20_000


def render(verdicts: Sequence[Verdict]) -> str:
    """The verdicts as one `testsuites` document, in the dialect that junitparser, Jenkins and GitLab read."""
    root = ET.Element("testsuites", name="grade")
    for verdict in verdicts:
        root.append(_build_suite(verdict))
    # Some servers read only these sums, and take a missing one for none.
    for key in ("tests", "failures", "errors", "skipped"):
        root.set(key, str(sum(int(suite.get(key, 0)) for suite in root)))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _build_suite(verdict: Verdict) -> ET.Element:
    suite = ET.Element("testsuite", name=escape_line(f"{verdict.exercise} {verdict.submission.path}"))
    cases = [*(_build_check_case(verdict, check) for check in verdict.checks), _build_verdict_case(verdict)]
    kinds = {"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"}
    for key, tag in kinds.items():
        suite.set(key, str(sum(case.tag == tag or case.find(tag) is not None for case in cases)))
    total_s = verdict.timings.get("total", 0.0)
    suite.set("time", f"{total_s if math.isfinite(total_s) else 0:.3f}")
    suite.append(_build_properties(verdict))
    suite.extend(cases)
    if verdict.stdout:
        ET.SubElement(suite, "system-out").text = escape_text(verdict.stdout, MAX_OUTPUT_LENGTH)
    return suite


def _build_properties(verdict: Verdict) -> ET.Element:
    values = {
        "score": format_number(verdict.score),
        "max_score": format_number(verdict.max_score),
        "status": verdict.status,
        "end": verdict.end,
        "submission": verdict.submission.path,
        "sha256": verdict.submission.sha256,
    }
    values |= {
        f"points.{check.id}": f"{format_number(check.points)}/{format_number(check.max_points)}"
        for check in verdict.checks
    }
    properties = ET.Element("properties")
    for name, value in values.items():
        ET.SubElement(properties, "property", name=escape_line(name), value=escape_line(value))
    return properties


def _build_check_case(verdict: Verdict, check: CheckResult) -> ET.Element:
    case = _build_case(verdict, f"{check.id}: {check.title}")
    details = [*list_details(check), *([("line", str(check.line))] if check.line else [])]
    lines = [check.message, *(format_detail(name, value) for name, value in details)]
    tag = {"failed": "failure", "error": "error", "skipped": "skipped"}.get(check.status)
    if tag:
        _add_outcome(case, tag, check.message, "\n".join(lines))
    return case


def _build_verdict_case(verdict: Verdict) -> ET.Element:
    case = _build_case(verdict, "verdict")
    tag = {"failed": "failure", "error": "error"}.get(verdict.status)
    if tag:
        message = " ".join(filter(None, [format_headline(verdict), format_score(verdict), describe_ending(verdict)]))
        _add_outcome(case, tag, message, verdict.end_message or message)
    return case


def _build_case(verdict: Verdict, name: str) -> ET.Element:
    return ET.Element(
        "testcase", classname=escape_line(f"grade.{verdict.exercise}"), name=escape_line(name), time="0.000"
    )


def _add_outcome(case: ET.Element, tag: str, message: str, text: str) -> None:
    ET.SubElement(case, tag, message=escape_line(message), type=tag).text = escape_text(text)
