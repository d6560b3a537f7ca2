"""The verdict as JSON."""

import json
import math

import msgspec
import pytest
import report_samples as samples
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import UsageError
from grader.reports import json_, jsontext

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=())), inner),
    max_leaves=20,
)


def strict(text):
    def refuse(name):
        raise AssertionError(f"{name} is not JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize("name", samples.SAMPLES)
def test_every_verdict_comes_back_as_it_was(name):
    """Reading what was written gives the same verdict, whatever is in it, but for what JSON can't carry."""
    text = json_.render([samples.SAMPLES[name]()])

    (read,) = json_.read_verdicts(text)
    assert json_.render([read]) == text
    assert list(strict(text)) == list(strict(json_.render([samples.passed()])))


def test_an_honest_verdict_comes_back_equal():
    """Nothing of an ordinary verdict is lost."""
    assert json_.read_verdicts(json_.render([samples.passed()])) == [samples.passed()]


def test_several_verdicts_are_a_list():
    """One is an object, several are a list in their order."""
    text = json_.render(samples.every())

    assert [item["end"] for item in strict(text)] == [verdict.end for verdict in samples.every()]
    assert len(json_.read_verdicts(text)) == len(samples.SAMPLES)


def test_a_diverged_loss_is_null_and_nan_again():
    """NaN never stands in the JSON, and a reader still learns that there was a figure."""
    text = json_.render([samples.hostile()])
    (read,) = json_.read_verdicts(text)

    assert strict(text)["training"][0]["epochs"][0]["accuracy"] is None
    assert math.isnan(read.training[0].epochs[0]["accuracy"])


@given(values)
def test_any_value_becomes_strict_printable_json(value):
    """The text is JSON without NaN, and every character of it can be printed."""
    text = jsontext.render(value)

    strict(text)
    assert all(letter.isprintable() or letter == "\n" for letter in text)


@given(st.text())
def test_text_keeps_its_meaning(text):
    """Escapes change how a text is written, not what it is."""
    assert strict(jsontext.render(text)) == text


def test_no_line_of_it_is_a_workflow_command():
    """Printed in a CI log, a hostile verdict forges nothing, and a reader still gets it whole."""
    text = json_.render([samples.hostile()])

    assert "##[" not in text
    assert not [row for row in text.splitlines() if row.lstrip().startswith("::")]
    assert "##[error]" in strict(text)["end_message"]


def test_a_bottomless_value_is_cut():
    """What is nested deeper than fifty levels ends in an ellipsis."""
    value = []
    for _ in range(200):
        value = [value]

    assert jsontext.render(value).count("[") == jsontext.MAX_JSON_DEPTH + 1
    assert "…" in jsontext.render(value)


def test_an_integer_of_a_million_bits_is_written():
    """Python refuses to write such a number in decimals; it comes out in hexadecimal."""
    assert strict(jsontext.render(2**20000)).startswith("0x1000")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "v.json is not a verdict: Input data was truncated; write one with `grade … --json FILE`"),
        ("[3]", 'expected the schema "grade-verdict/1", got None'),
        ('{"schema": "grade-verdict/2"}', "got 'grade-verdict/2'"),
        ('{"schema": "grade-verdict/1"}', "missing required field `exercise`"),
        ('{"schema": "grade-verdict/1", "training": 3, "measured": null}', "is not a verdict"),
        (b"\xff", "v.json is not a verdict"),
    ],
)
def test_what_is_not_a_verdict_is_refused(text, message):
    """The message names the file, what is wrong and how to get one."""
    with pytest.raises(UsageError) as caught:
        json_.read_verdicts(text, "v.json")

    assert message in str(caught.value)


def test_json_stays_as_people_script_against_it(golden):
    """The contract's keys, their order and their form."""
    golden("passed.json", json_.render([samples.passed()]))
    golden("hostile.json", json_.render([samples.hostile()]))


def test_the_schema_is_the_first_key():
    """A reader can tell the format from the first bytes."""
    assert msgspec.json.decode(json_.render([samples.quiz()]))["schema"] == "grade-verdict/1"
    assert json_.render([samples.quiz()]).startswith('{\n  "schema": "grade-verdict/1"')
