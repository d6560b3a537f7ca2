"""When a file came, by everyone who says so: the one who knows better wins, and what the others say is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Literal

import msgspec
from msgspec import Struct

from grader.courses.host_times import find_zone

# Who says it, the best first: a table given for this purpose, the archive that the file came in, the class's roster.
TimeSource = Literal["table", "archive", "roster"]
TIME_SOURCES: tuple[TimeSource, ...] = ("table", "archive", "roster")


class HandInTime(Struct, frozen=True, kw_only=True, gc=False):
    """When a file came; without an offset from UTC by the platform's clock."""

    at: datetime
    source: TimeSource


def encode_times(times: Mapping[TimeSource, datetime]) -> str | None:
    """What each source says, as JSON: in UTC, or as it stood there."""
    told = {source: _format_time(at) for source, at in times.items()}
    return msgspec.json.encode(told, order="sorted").decode() if told else None


def merge_times(stored: Iterable[str | None]) -> str | None:
    """What all of them say together; of one source the last counts."""
    merged: dict[str, str] = {}
    for text in stored:
        merged |= msgspec.json.decode(text, type=dict[str, str]) if text else {}
    return msgspec.json.encode(merged, order="sorted").decode() if merged else None


def choose_time(stored: str | None, timezone: str | None = None) -> HandInTime | None:
    """The time that counts.

    Args:
        stored: see `encode_times`.
        timezone: by which clocks without an offset go; where it isn't known they give way to any other source.
    """
    if not stored:
        return None
    told = msgspec.json.decode(stored, type=dict[str, str])
    found = [HandInTime(at=datetime.fromisoformat(told[source]), source=source) for source in TIME_SOURCES if source in told]
    if timezone is not None:
        zone = find_zone(timezone)
        found = [msgspec.structs.replace(each, at=each.at if each.at.tzinfo else each.at.replace(tzinfo=zone)) for each in found]
    # Nobody is late by a clock of which nobody says how it goes.
    return next((each for each in found if each.at.tzinfo), found[0] if found else None)


def format_in_utc(at: datetime) -> str:
    """A time with an offset, as gradebooks and exports write it."""
    return at.astimezone(UTC).isoformat(timespec="seconds")


def _format_time(at: datetime) -> str:
    return format_in_utc(at) if at.tzinfo else at.isoformat(timespec="seconds")
