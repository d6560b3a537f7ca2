"""The course's own texts: each listing that trains or defines a graded function is graded and gets its verdict."""

import tomllib
from pathlib import Path

import pytest
from listings import listings

from grader.checks import loading
from grader.courses.course import Course
from grader.grading import GradingOptions, grade

HERE = Path(__file__).parent
COURSE = Course(root=HERE.parents[1])
RECORDS = tomllib.loads((HERE / "verdicts.toml").read_text())["listing"]


def graded_functions():
    return {loading.load_exercise(COURSE, name).function for name in COURSE.list_exercise_ids()}


def concerned():
    """The listings that train or define a graded function, by text and line."""
    functions = graded_functions()
    return {
        (text.name, listing.line): listing
        for text in sorted((HERE / "texts").iterdir())
        for listing in listings(text.read_text(encoding="utf-8"))
        if listing.trains() or listing.defines() & functions
    }


def test_every_listing_has_a_record():
    """No listing is forgotten, and no record is of a listing that isn't there."""
    assert {(record["text"], record["line"]) for record in RECORDS} == set(concerned())
    assert [record for record in RECORDS if len(record["why"]) < 20] == []


def test_each_form_of_listing_is_found():
    """Fences of both kinds, code blocks of RST, indented ones too."""
    text = "~~~py\na = 1\n~~~\n\n```python\nb = 2\n```\n\n* c\n\n  .. code-block:: python\n\n      c = 3\n\n  end\n```\nno\n```\n"

    assert [(listing.line, listing.code) for listing in listings(text)] == [(2, "a = 1\n"), (6, "b = 2\n"), (13, "c = 3\n")]


@pytest.mark.train
@pytest.mark.parametrize("record", RECORDS, ids=lambda record: f"{record['text']}:{record['line']}:{record['exercise']}")
def test_a_listing_gets_its_verdict(record, warm, tmp_path):
    """No internal error, and the failures that are recorded with their reason."""
    path = tmp_path / "listing.py"
    path.write_text(concerned()[record["text"], record["line"]].code)
    options = GradingOptions(start=warm, until=record.get("until", "end"))
    verdict = grade(COURSE, loading.load_exercise(COURSE, record["exercise"]), path, options)
    failed = [check.id for check in verdict.checks if check.status == "failed"]
    word = record["expect"].split()[0]
    end = word if word not in ("passed", "failed", "unjudged") else "completed"

    assert verdict.status != "error", verdict.end_message
    assert verdict.end == end, verdict.end_message
    assert failed == (record["expect"].split()[1:] if word == "failed" else [])
    assert (verdict.status == "passed") == (word == "passed")
    assert record.get("message", "") in verdict.end_message
