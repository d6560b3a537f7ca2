"""Hostile and honest files, each with the verdict that it must get in its header.

Keys of the header: `exercise`; `expect`: `passed`, `failed <checks that fail> …`, or how the run ends (several
ways, where the machine decides, are parted by `|`); `message`: part of what is said. The words @COURSE@, @HOME@ and
@OUTSIDE@ in a file stand for folders that hold something to steal or to spoil.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

CASES = Path(__file__).parent / "cases"
LINE = re.compile(r"# (exercise|expect|message): (.*\S)\s*$")
ENDS = ("crashed", "timed_out", "out_of_memory", "output_limit", "forbidden", "not_started")
CANARY = "CANARY-"
# What no submission ever prints: words of the files that put them together only after a break-in.
BROKEN_IN = ("WROTE-PACKAGE", "WROTE-CACHE", "FOUND-MARKER", "SCHEDULED", "TRACED", "READ ", "ALLOWED", "RAISED", "CONNECTED",
             "SERVING", "OPENED", "REACHED", "LOOKED UP", "MOVED", "DELETED")  # fmt: skip
# One of each kind of trick: what is run again as other users and on other machines.
FEW = (
    "honest/plain", "honest/files_copied", "honest/saves_and_loads", "fabrication/fit_replaced", "callbacks/by_process",
    "persistence/leaves_files", "persistence/finds_files", "processes/daemon", "processes/kills_everyone",
    "processes/reads_other_memory", "processes/limits_of_others", "files/modes_and_times", "resources/shared_memory",
    "resources/disk", "crashes/segmentation_fault", "theft/solutions", "theft/other_submissions",
    "files/writes_everywhere", "network/calls_home", "network/unusual_families",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One file; `ends` are the ways in which its run may end, `failed` the checks that must fail."""

    name: str
    text: str
    exercise: str
    passes: bool
    ends: tuple[str, ...]
    failed: tuple[str, ...]
    messages: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether it is an honest control."""
        return self.name.startswith("honest/")


def read(path: Path) -> Case:
    """A file and what its header promises."""
    text = path.read_text(encoding="utf-8")
    found: dict[str, list[str]] = {"exercise": [], "expect": [], "message": []}
    for line in text.split("\n"):
        if (match := LINE.match(line)) is None:
            break
        found[match[1]].append(match[2])
    words, *failed = found["expect"][0].split()
    ways = words.split("|")
    ends = tuple(way for way in ways if way in ENDS) + (("completed",) if {"passed", "failed"} & set(ways) else ())
    return Case(
        name=f"{path.parent.name}/{path.stem}",
        text=text,
        exercise=found["exercise"][0],
        passes="passed" in ways,
        ends=ends,
        failed=tuple(failed),
        messages=tuple(found["message"]),
    )


def all_cases() -> list[Case]:
    """Every file, by class and name."""
    return [read(path) for path in sorted(CASES.glob("*/*.py"))]
