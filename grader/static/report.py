"""What a look at a file gives; a plain record."""

from __future__ import annotations

from msgspec import Struct, field

from grader.static.plan import Plan
from grader.submission import Finding
from grader.verdict import Note


class StaticReport(Struct, frozen=True, kw_only=True):
    """Any finding means: not graded further. Notes cost nothing; `dialect` are those of them on TF 1 names."""

    findings: list[Finding]
    notes: list[Note]
    plan: Plan | None
    dialect: list[Note] = field(default_factory=list)
