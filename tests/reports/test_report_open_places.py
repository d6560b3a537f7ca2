"""What every report says first of a half-filled file, and how it shows a function's failed call."""

import pytest
import report_samples as samples

from grader.records.verdict import OpenPlaces
from grader.reports import gradescope, html, junit, markdown, terminal
from grader.reports.reading import describe_first_finding, describe_next_step
from grader.reports.screen import Screen

LEFT = OpenPlaces(places=["line 14", "line 18"], total=6, lines=[14, 18])
SENTENCE = "2 of 6 places are still open: lines 14 and 18."


def failed_call():
    check = samples.CheckResult(
        id="sum", title="A sum", status="failed", points=0, max_points=5, basis="measured", message="at [1, 1] your function gives 7",
        given="image = [[1, 2],\n         [3, 4]]", expected="[[1, 2],\n [3, 21]]", got="[[1, 2],\n [3,  7]]", hint="Nine products.",
    )  # fmt: skip
    skipped = samples.CheckResult(
        id="a", title="Comes before", status="skipped", points=0, max_points=5, basis="measured", message="not judged: this comes first"
    )
    return samples.make(checks=[skipped, check], status="failed", score=0)


@pytest.mark.parametrize("end", ["completed", "crashed"])
def test_the_open_places_come_first(end):
    """Before the error that follows from them, in each kind of report; and they are what to do next."""
    verdict = samples.make(checks=[], open_places=LEFT, status="failed", end=end, end_message="NameError: x")

    texts = [terminal.render([verdict]), markdown.render([verdict]), html.render([verdict]), gradescope.render([verdict])]

    assert all(SENTENCE in " ".join(text.split()) for text in texts)
    assert texts[0].index("2 of 6 places") < texts[0].index("Next: fill the open places")
    assert describe_first_finding(verdict) == SENTENCE
    assert describe_next_step(verdict).startswith("fill the open places")


def test_what_is_to_be_mended_comes_before_what_is_skipped():
    """With the way out before the evidence."""
    text = terminal.render([failed_call()])

    assert text.index("A sum") < text.index("Nine products.") < text.index("input") < text.index("Comes before")


def test_arrays_that_are_compared_stand_beside_each_other():
    """On a screen that is wide enough; on a narrow one below each other."""
    assert "[[1, 2],    got  [[1, 2],\n               [3, 21]]         [3,  7]]" in terminal.render([failed_call()])
    assert "got       [[1, 2]," in terminal.render([failed_call()], Screen(width=30))


@pytest.mark.parametrize("render", [markdown.render, html.render, gradescope.render, junit.render])
def test_every_report_shows_the_call_line_by_line(render):
    """The lines of an array are never joined."""
    text = render([failed_call()]).replace("\\n", "\n")

    assert "image = [[1, 2],\n" in text
