"""Times as people and platforms write them: ISO 8601, or a month in words; with an offset from UTC, or by a clock on some wall."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# English, and what other languages call the months unlike it, by the first letters that tell them apart.
MONTHS = {
    "jan": 1, "ene": 1, "gen": 1, "feb": 2, "fév": 2, "fev": 2, "mar": 3, "mär": 3, "mrz": 3, "maa": 3, "apr": 4, "avr": 4, "abr": 4,
    "may": 5, "mai": 5, "mag": 5, "mei": 5, "jun": 6, "giu": 6, "juin": 6, "jul": 7, "lug": 7, "juil": 7, "aug": 8, "aoû": 8, "ago": 8,
    "sep": 9, "set": 9, "oct": 10, "okt": 10, "ott": 10, "out": 10, "nov": 11, "dec": 12, "dez": 12, "déc": 12, "dic": 12,
}  # fmt: skip
# Days that begin like a month.
WEEKDAYS = re.compile(r"mardi|marte|maandag", re.IGNORECASE)
HALF_OF_DAY = re.compile(r"(?<![a-z])([ap])\.?\s?m\b\.?", re.IGNORECASE)


def parse_host_time(text: str) -> datetime | None:
    """A time; naive where it has no offset from UTC; None where it can't be read in one way only.

    >>> parse_host_time("2026-10-01 10:00:00 UTC").isoformat(), parse_host_time("Thursday, 1 October 2026, 8:00 PM").isoformat()
    ('2026-10-01T10:00:00+00:00', '2026-10-01T20:00:00')
    >>> parse_host_time("Sep 30, 2026 1015 AM").isoformat(), parse_host_time("10/01/2026 8:00 PM")
    ('2026-09-30T10:15:00', None)
    """
    text = text.strip()
    try:
        return datetime.fromisoformat(text.removesuffix(" UTC") + "+00:00" * text.endswith(" UTC"))
    except ValueError:
        return _parse_words(text)


def _parse_words(text: str) -> datetime | None:
    """`Sep 30, 2026 1015 AM`, `30 September 2026 10:15`."""
    months = [month for word in re.findall(r"[^\W\d_]+", text) if (month := _find_month(word))]
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    if len(months) != 1 or len(numbers) not in (3, 4, 5):
        return None
    day, year = numbers[:2]
    # Brightspace writes 1015 for 10:15.
    hour, minute = divmod(numbers[2], 100) if len(numbers) == 3 else numbers[2:4]
    half = HALF_OF_DAY.search(text)
    if half:
        hour = hour % 12 + 12 * (half[1].lower() == "p")
    second = numbers[4] if len(numbers) == 5 else 0
    try:
        return datetime(year, months[0], day, hour, minute, second)  # noqa: DTZ001 - the text has no zone
    except ValueError:
        return None


def _find_month(word: str) -> int | None:
    if WEEKDAYS.match(word):
        return None
    folded = word.casefold()
    return MONTHS.get(folded[:4]) or MONTHS.get(folded[:3])


def find_zone(name: str) -> ZoneInfo:
    """A time zone. Raises: ValueError: there is none of that name, with what a name looks like."""
    try:
        return ZoneInfo(name)
    # Names are paths below a folder, so odd ones end in errors of files.
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f'no time zone "{name:.40}"; write it as Europe/Berlin or America/New_York') from error
