"""What students handed in, as values: one for each student and attempt, and a class of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from grader.engines.folders import TemporaryFolder
from grader.gradebook.roster import Roster
from grader.gradebook.times import TimeSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """What one student handed in at once; where a host keeps every attempt, a student has several.

    Args:
        student: the id by which the class knows them: the roster's, else the LMS's, else the file's or folder's name.
        name: to show; may be empty.
        files: each `.py` and `.ipynb`; none where something else was handed in.
        names: what the files are called in the source, in the same order.
        own: what the student called them, in the same order.
        others: what else was handed in, for messages.
        submitted_at: where the source says it.
        handed_in: by the host's clock, where its offset from UTC isn't known.
        roster_time: what the roster says of the same; without an offset by the host's clock.
        given_times: what the table of `--submitted` says, by exercise; under an empty name, for all of them.
        late: where the LMS says it.
        is_internal: the id is the host's own, which no roster has.
    """

    student: str
    name: str = ""
    files: tuple[Path, ...] = ()
    names: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    submitted_at: datetime | None = None
    handed_in: datetime | None = None
    roster_time: datetime | None = None
    given_times: Mapping[str, datetime] = field(default_factory=dict)
    late: bool | None = None
    is_internal: bool = False

    def list_times(self, exercise: str) -> dict[TimeSource, datetime]:
        """When a file for an exercise came, by who says it."""
        given = self.given_times.get(exercise) or self.given_times.get("")
        told: dict[TimeSource, datetime | None] = {"table": given, "archive": self.submitted_at or self.handed_in, "roster": self.roster_time}
        return {source: at for source, at in told.items() if at is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Submissions:
    """A class's work, in the order of student ids; as a context it removes what was unpacked.

    Args:
        problems: what was refused or is doubtful, so that it isn't graded, each a sentence with its name.
        unread: faults of a table that came with the files; the files are graded all the same.
        remarks: what differs from the roster; nothing is left out for it.
        enrolled: names by student id, also of those who handed in nothing.
        roster: the table of the class, where one was given.
    """

    handed: tuple[Handed, ...]
    problems: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    enrolled: dict[str, str] = field(default_factory=dict)
    roster: Roster | None = None
    folder: TemporaryFolder | None = None

    @property
    def unpacked(self) -> Path | None:
        """Where an archive was unpacked."""
        return None if self.folder is None else self.folder.path

    def __iter__(self) -> Iterator[Handed]:
        return iter(self.handed)

    def __len__(self) -> int:
        return len(self.handed)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.folder is not None:
            self.folder.remove()


def order_handed(each: Handed) -> tuple[str, str]:
    """By student, and each student's attempts by time."""
    return each.student, each.handed_in.isoformat() if each.handed_in else ""
