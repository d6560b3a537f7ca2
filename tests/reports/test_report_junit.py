"""JUnit XML, read back by junitparser."""

import xml.etree.ElementTree as ET

import junitparser
import pytest
import report_samples as samples
from hypothesis import given
from hypothesis import strategies as st

from grader.messages.text import escape_line
from grader.reports import junit

anything = st.text(st.characters(exclude_categories=()), max_size=60)


def parsed(verdicts):
    return junitparser.JUnitXml.fromstring(junit.render(verdicts).encode())


def outcomes(suite):
    return [type(case.result[0]).__name__ if case.result else "passed" for case in suite]


def test_failure_error_and_skipped_are_three_things():
    """What the student got wrong fails, what can't be judged is skipped, what we broke is an error."""
    (gated,) = parsed([samples.gated()])
    (fault,) = parsed([samples.fault()])

    assert (gated.tests, gated.failures, gated.errors, gated.skipped) == (9, 2, 0, 5)
    assert outcomes(gated) == [
        "Skipped",
        "Failure",
        "passed",
        "passed",
        "Skipped",
        "Skipped",
        "Skipped",
        "Skipped",
        "Failure",
    ]
    assert (fault.failures, fault.errors, fault.skipped) == (0, 9, 0)


@pytest.mark.parametrize("name", ["crashed", "out_of_memory", "output_limit", "refused"])
def test_a_file_that_never_ran_is_not_green(name):
    """With every check skipped, the verdict's own test case fails."""
    (suite,) = parsed([samples.SAMPLES[name]()])

    assert suite.skipped == 8
    assert suite.failures == 1
    assert outcomes(suite)[-1] == "Failure"


def test_the_totals_add_up():
    """The root's counts are those of its suites, and each suite's are those of its cases."""
    xml = junit.render(samples.every())
    root = ET.fromstring(xml)

    for key, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(root.get(key)) == len(root.findall(f".//{tag}"))
        assert all(int(suite.get(key)) == len(suite.findall(f".//{tag}")) for suite in root)
    assert len(parsed(samples.every())) == len(samples.SAMPLES)


def test_the_score_is_in_the_properties():
    """Score, maximum, status, how it ended, and the points of each check."""
    (suite,) = parsed([samples.gated()])
    properties = {item.name: item.value for item in suite.properties()}

    assert properties["score"] == "30"
    assert properties["max_score"] == "100"
    assert properties["status"] == "failed"
    assert properties["points.one-conv"] == "0/20"
    assert properties["submission"] == "my_solution.py"


def test_hostile_text_arrives_as_text():
    """A parser finds the same one suite and two cases, and the student's text in them, escaped."""
    (suite,) = parsed([samples.hostile()])
    check, verdict = suite

    assert check.name == escape_line(f"one-conv: {samples.HOSTILE}")
    assert verdict.name == "verdict"
    assert check.result[0].message == escape_line(samples.HOSTILE)
    assert "</testcase>" in check.result[0].text


@given(anything, anything)
def test_any_text_is_legal_xml(name, message):
    """Whatever a title and a message hold, a strict parser reads the document."""
    verdict = samples.make(
        title=name,
        checks=[samples.check("one-conv", "failed", title=name, message=message, got=message)],
        stdout=message,
        end_message=message,
    )

    assert len(ET.fromstring(junit.render([verdict])).findall(".//testcase")) == 2


def test_no_line_of_it_is_a_workflow_command():
    """Printed in a CI log it forges nothing."""
    xml = junit.render([samples.hostile()])

    assert "##[" not in xml
    assert not [row for row in xml.splitlines() if row.lstrip().startswith("::")]


def test_a_time_that_is_no_number_is_zero():
    """An infinite time doesn't become an attribute that nobody can read."""
    assert 'time="0.000"' in junit.render([samples.make(checks=[], timings={"total": float("inf")})])


def test_junit_stays_as_ci_servers_read_it(golden):
    """The document, as it was checked by hand."""
    golden("gated.junit.xml", junit.render([samples.gated()]))
    golden("hostile.junit.xml", junit.render([samples.hostile()]))
