"""Student text on its way into a report."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.messages.text import MAX_TEXT_LENGTH, escape_line, escape_text
from grader.reports.jsontext import describe_returned

anything = st.text(st.characters(exclude_categories=()), max_size=200)
nasty = st.lists(
    st.sampled_from(
        ["##[", "##vso[", "::", "\n", "\r", "\x1b[31m", "\u202e", "\u200b", "\ud800", "#", ":", " ", "x", "\t"]
    )
).map("".join)


def seen(letter: str) -> bool:
    return letter == "\n" or (
        letter.isprintable() and unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
    )


@given(anything)
def test_every_character_of_the_result_can_be_seen(text):
    """Whatever goes in, control, format and surrogate characters never come out."""
    assert all(seen(letter) for letter in escape_text(text))


@given(anything)
def test_the_result_can_be_written_as_utf_8(text):
    """Lone surrogates become escapes, so that a file takes the text."""
    assert escape_text(text).encode("utf-8").decode("utf-8") == escape_text(text)


@given(st.one_of(anything, nasty))
def test_what_is_visible_stays_as_it_is(text):
    """Making text visible twice changes nothing."""
    assert escape_text(escape_text(text)) == escape_text(text)


@given(nasty)
def test_no_line_is_a_workflow_command(text):
    """Neither the new form at the start of a line nor the old one anywhere in it survives."""
    for shown in escape_text(text).split("\n"):
        assert not shown.lstrip().startswith("::")
        assert not re.search(r"##\w*\[", shown)


@given(
    st.text(st.characters(codec="ascii", categories=["L", "N", "P"], exclude_characters="#:"), max_size=MAX_TEXT_LENGTH)
)
def test_plain_text_is_left_alone(text):
    """Letters, digits and punctuation come out as they went in."""
    assert escape_text(text) == text


@given(anything, st.integers(0, 50))
def test_a_long_text_is_cut_and_the_rest_counted(text, limit):
    """At most `limit` characters are shown, each at most ten characters wide, and the rest is counted."""
    shown = escape_text(text, limit)

    assert len(shown) <= 11 * limit + 40
    assert shown.endswith(f"… {len(text) - limit:,} more characters") == (len(text) > limit)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("admin\u202etxt.exe", r"admin\u202etxt.exe"),
        ("a\u200bb\ufeff", r"a\u200bb\ufeff"),
        ("a\x00b", r"a\x00b"),
        ("a\udcffb", r"a\udcffb"),
        ("one\r\ntwo\rthree", "one\ntwo\\rthree"),
        ("a\u2028b\x85c", r"a\u2028b\x85c"),
        ("\tx\u00a0y", "    x y"),
        ("naïve 数字 🙂", "naïve 数字 🙂"),
        ("filler\u3164\u2800", r"filler\u3164\u2800"),
        ("e" + "\u0301" * 6, "e" + "\u0301" * 4 + r"\u0301\u0301"),
        ("##vso[task.complete]", r"#\#vso[task.complete]"),
        ("ok\n \t::error::no", "ok\n     :\\:error::no"),
        ("a::b ## [c]", "a::b ## [c]"),
    ],
)
def test_known_tricks_become_escapes(text, shown):
    """Each trick is shown as what it is, and honest text as it was."""
    assert escape_text(text) == shown


def test_one_line_stays_one_line():
    """A name with line ends in it can't start a line of its own."""
    assert escape_line("x\n::error::y") == r"x\n:\:error::y"


def test_a_hundred_million_characters_are_cut_before_anything_else():
    """The time for a monstrous message is that of its first few characters."""
    assert escape_text("é" * 100_000_000, 3) == "ééé… 99,999,997 more characters"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"arrays": [], "fault": "it returned nothing (None), not a list"}, "it returned nothing (None), not a list"),
        ({"arrays": [[1]] * 14, "fault": ""}, f"14 arrays: {'(1), ' * 12}2 more"),
        ({"arrays": [[1], "x"], "fault": ""}, "2 arrays: (1), ?"),
        ({"arrays": [[1]], "fault": "", "own": 1}, "{'arrays': [[1]], 'fault': '', 'own': 1}"),
        ({"call": {}, "returned": "Functional", "model": True, "compiled": True}, "Functional"),
        ({"call": {}, "returned": None, "model": False, "compiled": False}, "None"),
        ({"call": 1, "returned": None, "model": False, "compiled": False},
         "{'call': 1, 'returned': None, 'model': False, 'compiled': False}"),
    ],
)  # fmt: skip
def test_what_was_returned_is_told_in_words(value, words):
    """What only looks like our own record of a model or of arrays is shown as it is."""
    assert describe_returned(value) == words


def test_a_long_return_is_cut():
    """Names and numbers of arguments are bounded, too."""
    call = {f"{'n' * 500}{index}": "x" * 500 for index in range(100)}

    assert len(describe_returned({"call": call, "returned": "M" * 500, "model": True, "compiled": True})) == 200
    assert len(describe_returned({"arrays": [list(range(500))] * 5, "fault": ""})) == 200
