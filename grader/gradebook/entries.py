"""One verdict as a gradebook keeps it: figures to count with, and the documents that they were taken from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Protocol

import msgspec
from msgspec import Struct

from grader.courses.exercise import Exercise
from grader.gradebook.times import TimeSource, choose_time, encode_times, format_in_utc
from grader.messages.text import escape_line
from grader.records.run import Run
from grader.records.student_ids import to_student_id
from grader.records.verdict import Verdict
from grader.reports import json_
from grader.reports.reading import describe_first_finding

MAX_STORED_FINDING = 200
MAX_SOURCE_BYTES = 5_000_000
# How the checks of a submission came out: id, status, points, most points of each.
StoredOutcome = tuple[str, str, float, float]


class Specified(Protocol):
    """What a verdict was made by, an exercise or a quiz with its key: a record that JSON can hold."""

    @property
    def id(self) -> str: ...


class JudgedSubmission(Protocol):
    """A verdict with the runs that it was judged from, and when (ISO 8601)."""

    @property
    def verdict(self) -> Verdict: ...
    @property
    def runs(self) -> list[Run]: ...
    @property
    def at(self) -> str: ...


class VerdictFigures(Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """What is counted of one verdict; times are ISO 8601 in UTC.

    Args:
        key: made of exercise, student, file and specification.
        spec: digest of the exercise's specification that it was graded by.
        recorded_at: when the file came: by the host's clock where that is all that is known, else when it was first
            recorded. Used to order attempts, never to decide lateness.
        submitted_at: when it was handed in, where that is known.
        late: what the LMS said, where it said something.
        finding: the first thing that kept it from passing, in one line.
        outcomes: the checks' outcomes, as JSON (see `StoredOutcome`).
        codes: of the findings that kept the file from being run, with blanks between them.
        times: who says when it was handed in, as JSON (see `times.encode_times`); `submitted_at` is the best of them.
    """

    key: str
    exercise: str
    student: str
    sha256: str
    spec: str
    status: str
    score: float
    max_score: float
    ending: str
    graded_at: str
    recorded_at: str
    submitted_at: str | None
    late: bool | None
    finding: str
    outcomes: str
    codes: str | None = None
    times: str | None = None

    @property
    def told_times(self) -> str | None:
        """`times`, also of a gradebook of before, which knew archives only."""
        return self.times or (encode_times({"archive": datetime.fromisoformat(self.submitted_at)}) if self.submitted_at else None)


class VerdictDocuments(Struct, frozen=True, kw_only=True):
    """A verdict's JSON (`grade-verdict/1`), its runs as MessagePack, and the file that was graded."""

    verdict: bytes
    runs: bytes | None = None
    source: bytes | None = None

    def read_verdict(self) -> Verdict:
        """The verdict. Raises: UsageError: it isn't one, as after a change by hand."""
        return json_.read_verdicts(self.verdict, "a verdict in the gradebook")[0]

    def read_runs(self) -> list[Run] | None:
        """The runs; None where there are none, or those of another version."""
        if self.runs is None:
            return None
        try:
            return msgspec.msgpack.decode(self.runs, type=list[Run])
        except msgspec.DecodeError:
            return None


class GradebookEntry(Struct, frozen=True, kw_only=True):
    """What is written of one verdict."""

    figures: VerdictFigures
    documents: VerdictDocuments
    spec: bytes
    name: str = ""


def build_entry(
    exercise: Specified,
    student: str,
    graded: JudgedSubmission,
    *,
    name: str = "",
    source: bytes | None = None,
    handed_in: datetime | None = None,
    times: Mapping[TimeSource, datetime] = MappingProxyType({}),
    late: bool | None = None,
) -> GradebookEntry:
    """The entry of a verdict.

    Args:
        exercise: as it was specified for this verdict.
        student: the id by which the class knows them.
        name: the one to show.
        source: the file that was graded, which a regrade looks at again; one beyond 5 MB isn't kept.
        handed_in: by the host's clock, where its offset from UTC isn't known; it orders attempts.
        times: when it came, by who says so; `handed_in` is the archive's word unless it gives a better one.
    """
    verdict, body = graded.verdict, encode_specification(exercise)
    spec = _hash_bytes(body)
    # One spelling everywhere, or one student's verdicts would be filed under two ids.
    student = to_student_id(student)
    archive: dict[TimeSource, datetime] = {"archive": handed_in} if handed_in else {}
    told = encode_times({**archive, **times})
    figures = VerdictFigures(
        key=make_entry_key(exercise.id, student, verdict.submission.sha256, spec),
        exercise=exercise.id,
        student=student,
        sha256=verdict.submission.sha256,
        spec=spec,
        status=verdict.status,
        score=verdict.score,
        max_score=verdict.max_score,
        ending=verdict.end,
        graded_at=graded.at,
        # Not really UTC, but within one source the order of attempts is right.
        recorded_at=(handed_in.replace(tzinfo=UTC) if handed_in else datetime.now(UTC)).isoformat(timespec="microseconds"),
        submitted_at=find_submitted_at(told),
        late=late,
        finding=escape_line(describe_first_finding(verdict), MAX_STORED_FINDING),
        outcomes=_encode_outcomes(verdict),
        codes=" ".join(verdict.end_codes) or None,
        times=told,
    )
    kept = source if source is not None and len(source) <= MAX_SOURCE_BYTES else None
    documents = VerdictDocuments(verdict=json_.render([verdict]).encode(), runs=_encode_runs(graded.runs), source=kept)
    return GradebookEntry(figures=figures, documents=documents, spec=body, name=to_student_id(name))


def find_submitted_at(times: str | None) -> str | None:
    """The best time with an offset from UTC."""
    found = choose_time(times)
    return format_in_utc(found.at) if found and found.at.tzinfo else None


def make_entry_key(exercise: str, student: str, sha256: str, spec: str) -> str:
    """What makes a verdict the same one."""
    return _hash_bytes(msgspec.json.encode([exercise, student, sha256, spec]))


def hash_specification(exercise: Specified) -> str:
    """A digest of an exercise's specification: another one means that verdicts may differ."""
    return _hash_bytes(encode_specification(exercise))


def encode_specification(exercise: Specified) -> bytes:
    """A specification as JSON."""
    # Durations, sizes and shares are numbers.
    told = msgspec.to_builtins(exercise, enc_hook=float)
    # What the data was, but not where it lay: another machine has the same under another path.
    if (source := told.pop("source", None)) is not None:
        told["source"] = {**source, "folder": "", "held_out": ""}
    return msgspec.json.encode(told)


def decode_specification(body: bytes) -> Exercise | None:
    """The exercise as it was specified; None where another version wrote it."""
    try:
        # The hook makes durations, sizes and shares of numbers again.
        return msgspec.json.decode(body, type=Exercise, dec_hook=lambda kind, value: kind(value))
    except (msgspec.DecodeError, TypeError, ValueError):
        return None


def hash_text(text: str) -> str:
    """A digest to name a row by."""
    return _hash_bytes(text.encode())


def _hash_bytes(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=16).hexdigest()


def decode_outcomes(text: str) -> list[StoredOutcome]:
    """The outcomes of a `VerdictFigures` row."""
    return msgspec.json.decode(text, type=list[StoredOutcome])


def _encode_outcomes(verdict: Verdict) -> str:
    rows = [(check.id, check.status, check.points, check.max_points) for check in verdict.checks]
    return msgspec.json.encode(rows).decode()


def _encode_runs(runs: Sequence[Run]) -> bytes | None:
    """None where a value in them can't be stored; a regrade then keeps the verdict as it is."""
    try:
        return msgspec.msgpack.encode(runs)
    except (UnicodeError, OverflowError, TypeError):
        return None
