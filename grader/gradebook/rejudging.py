"""Judging stored runs by a changed specification, without running anything; what can't be judged so is told why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePath

import msgspec

from grader import checks
from grader.checks import CHECKS
from grader.course import Course
from grader.exercise import CheckSpec, Exercise
from grader.gradebook.entries import Documents, Entry, Figures, entry
from grader.grading import look, verdicts
from grader.grading.curves import line_to_cross, wants_probe
from grader.grading.rounds import is_near_miss
from grader.run import Run
from grader.submission import Refusal, Submission, parse
from grader.verdict import Verdict

# Of these, other ones make other runs.
RUNNING = ("function", "dataset", "training", "models", "arguments", "seed")
LIMITED = ("timed_out", "out_of_memory", "output_limit")


class Anew(Exception):
    """The stored runs can't tell; the submission has to be graded again. Says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A verdict before and after; `checks` are those whose points differ, with both."""

    before: Figures
    after: Entry
    checks: Mapping[str, tuple[float, float]]

    @property
    def differs(self) -> bool:
        one, other = self.before, self.after.figures
        return (one.score, one.max_score, one.status) != (other.score, other.max_score, other.status) or bool(self.checks)

    @property
    def worsens(self) -> bool:
        """Whether a smaller share of the points is left, or the pass is lost; their number may have changed, too."""
        one, other = self.before, self.after.figures
        lost = one.score * other.max_score - other.score * one.max_score
        return lost > 1e-6 or one.status == "passed" != other.status


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejudged:
    """A verdict and what it rests on, as `grader.gradebook.entry` takes it."""

    verdict: Verdict
    runs: list[Run]
    at: str


def rejudged(
    course: Course, old: Exercise | None, new: Exercise, figures: Figures, documents: Documents, name: str
) -> Change:
    """What becomes of a verdict.

    Args:
        old: the specification that it was graded by.
        new: the present one.
        name: the student's.

    Raises:
        Anew: its runs can't be judged by the new specification.
    """
    runs = documents.read_runs()
    if old is None or runs is None or documents.source is None:
        raise Anew("its runs or its file are not stored")
    if figures.status == "error":
        raise Anew("a fault of the grader or the machine kept it from a grade")
    before = documents.read()
    if runs:
        _check(old, new, runs)
    source = _source(before, documents.source)
    report = look(course, new, source)
    timings = {turn: seconds for turn, seconds in before.timings.items() if turn in ("static", "total")}
    if report.findings or report.plan is None:
        verdict, runs = verdicts.refused(new, source, report, timings.get("static", 0.0)), []
    elif runs:
        verdict = verdicts.verdict(new, source, report, runs, None, timings)
    else:
        raise Anew("the file was not run before, and may be run now")
    judged = Rejudged(verdict=verdict, runs=runs, at=datetime.now(UTC).isoformat(timespec="seconds"))
    at = datetime.fromisoformat(figures.submitted_at) if figures.submitted_at else None
    after = entry(
        new, figures.student, judged, name=name, source=documents.source, submitted_at=at, late=figures.late
    )
    return Change(before=figures, after=after, checks=_differences(before, verdict))


def _check(old: Exercise, new: Exercise, runs: list[Run]) -> None:
    """Raises: Anew: what is run has changed, not only what is asked of it."""
    changed = [name for name in RUNNING if getattr(old, name) != getattr(new, name)]
    if changed:
        raise Anew(f"what is run has changed ({', '.join(changed)})")
    if wants_probe(new) and (not wants_probe(old) or line_to_cross(old) != line_to_cross(new)):
        raise Anew("the callbacks have to be tried on another line")
    if old.limits != new.limits and any(run.end.kind in LIMITED for run in runs):
        raise Anew("it ended at a limit, and the limits have changed")
    if any(run.end.kind == "gated" and not _gated(run, new) for run in runs):
        raise Anew("its training was not started, and may start now")
    if len(runs) < new.attempts and new.attempts > old.attempts and is_near_miss(runs[-1], new):
        raise Anew("it may be tried with further seeds now")
    if _trials(old) != _trials(new):
        raise Anew("what its function is called with has changed")


def _gated(run: Run, exercise: Exercise) -> bool:
    return any(result.status == "failed" for result in checks.judge(run, exercise, only_gates=True))


def _trials(exercise: Exercise) -> list[tuple[str, str, bytes, bool]]:
    """The checks that rest on calls of a plain function."""
    return [_called(spec) for spec in exercise.checks if "trial" in CHECKS[spec.check].evidence]


def _called(spec: CheckSpec) -> tuple[str, str, bytes, bool]:
    return spec.id, spec.check, msgspec.json.encode(spec.args), spec.gate


def _source(before: Verdict, data: bytes) -> Submission:
    """The file as it was read then."""
    path = PurePath(before.submission.path)
    blank = Submission(path=before.submission.path, name=path.name, sha256=before.submission.sha256)
    try:
        text = parse(data, path.suffix.lower())
    except Refusal as refusal:
        return msgspec.structs.replace(blank, fault=refusal.finding)
    return msgspec.structs.replace(blank, source=text.source, kind=text.kind, cells=text.cells, remarks=text.remarks)


def _differences(before: Verdict, after: Verdict) -> dict[str, tuple[float, float]]:
    one = {check.id: check.points for check in before.checks}
    other = {check.id: check.points for check in after.checks}
    names = dict.fromkeys([*one, *other])
    pairs = {name: (one.get(name, 0.0), other.get(name, 0.0)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
