from datetime import datetime

import pytest

from grader.courses.host_times import find_zone, parse_host_time

EVENING = datetime(2026, 10, 6, 20, 5)  # noqa: DTZ001 - clocks on walls


@pytest.mark.parametrize(
    "text",
    [
        "Tuesday, 6 October 2026, 8:05 PM", "Oct 6, 2026 805 PM", "6 Oct 2026 20:05", "2026-10-06T20:05", "2026-10-06 20:05:00",
        "Dienstag, 6. Oktober 2026, 20:05", "mardi 6 octobre 2026, 20:05", "martes, 6 de octubre de 2026, 20:05",
        "martedì, 6 ottobre 2026, 20:05", "terça, 6 de outubro de 2026, 20:05", "6 October 2026, 8:05 p.m.",
    ],
)  # fmt: skip
def test_platforms_write_one_time_in_many_ways(text):
    """Moodle in the site's language, Brightspace without a colon."""
    assert parse_host_time(text) == EVENING


@pytest.mark.parametrize(
    "text", ["", "-", "soon", "10/06/2026 8:05 PM", "31 February 2026, 20:05", "6 October", "6 October 2026, 25:05", "October or November 6 2026 20:05"]
)
def test_what_can_be_read_in_two_ways_or_none_is_no_time(text):
    """A wrong month would make somebody late by weeks."""
    assert parse_host_time(text) is None


@pytest.mark.parametrize(("text", "hour"), [("12:05 AM", 0), ("12:05 PM", 12), ("1:05 AM", 1), ("11:05 PM", 23)])
def test_halves_of_the_day(text, hour):
    """Noon is 12 PM."""
    assert parse_host_time(f"6 October 2026, {text}").hour == hour


@pytest.mark.parametrize("name", ["Europe/Berlinn", "../etc/passwd", "/etc/localtime", "", "CEST?"])
def test_an_unknown_zone_is_told(name):
    """And no file outside the zones' own folder is read."""
    with pytest.raises(ValueError, match="no time zone"):
        find_zone(name)
