"""What a course promises of its own files: stubs fail clearly, solutions pass, each wrong answer fails as it says.

Finds which promises are broken; prints nothing.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import get_args

from grader.courses import stub
from grader.courses.course import Course
from grader.courses.exercise import Exercise, find_exercise_text
from grader.courses.yaml_tree import format_suggestion
from grader.errors import CourseError
from grader.grading.refereeing import update_case_file
from grader.records.verdict import EndKind, Verdict

MIN_REJECTS = 5
EXPECT_LINE = re.compile(r"^# expect: (?:failed (?P<check>\S+)|(?P<end>\w+))\s*$")
PROMISABLE_ENDS = tuple(kind for kind in get_args(EndKind) if kind != "completed")
GradeFile = Callable[[Path], Verdict]
MapFunction = Callable[[Callable[["Claim"], "Proof"], Iterable["Claim"]], Iterator["Proof"]]
Claim = tuple[str, Path, Callable[[Verdict], str | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectExpectation:
    """What a wrong answer says about itself: the one check that fails, or how its run ends."""

    check: str | None
    end: str | None

    def __str__(self) -> str:
        return f"failed {self.check}" if self.check else str(self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One promise and whether it holds; `fault` says what came instead, None where it holds.

    `file` is the one that it is about, from the course's folder.
    """

    exercise: str
    what: str
    file: str
    fault: str | None
    seconds: float | None = None


def find_solution(course: Course, exercise_id: str) -> Path:
    """The reference solution."""
    return course.solutions / exercise_id / "solution.py"


def list_rejects(course: Course, exercise_id: str) -> list[Path]:
    """The wrong answers, by name."""
    return sorted((course.solutions / exercise_id / "rejects").glob("*.py"))


def generate_exercise_stub(course: Course, exercise_id: str) -> str:
    """The stub as the solution gives it. Raises: CourseError: as `stub.generate_stub_from`."""
    return stub.generate_stub_from(find_solution(course, exercise_id), f"solutions/{exercise_id}/solution.py")


def lint_exercise(course: Course, spec: Exercise) -> Iterator[Proof]:
    """The promises that the files keep or break without being run."""
    readme = find_exercise_text(course, spec.id, "README.md")
    missing = not readme.is_file() or not readme.read_text(encoding="utf-8").strip()
    folder = f"exercises/{spec.id}"
    told = "it is missing or empty" if missing else None
    yield Proof(exercise=spec.id, what="README.md is there", file=f"{folder}/README.md", fault=told)
    yield Proof(exercise=spec.id, what="stub.py is up to date", file=f"{folder}/stub.py", fault=_find_stale_stub(course, spec))
    if spec.has_behaviour_checks:
        fault = _find_outdated_cases(course, spec)
        yield Proof(exercise=spec.id, what="cases.npz is up to date", file=f"{folder}/cases.npz", fault=fault)
    rejects = list_rejects(course, spec.id)
    few = len(rejects) < MIN_REJECTS
    found = f"there are {len(rejects)} in solutions/{spec.id}/rejects; write at least {MIN_REJECTS}"
    lacking = found if few else None
    yield Proof(exercise=spec.id, what="enough wrong answers", file=f"{folder}/exercise.yaml", fault=lacking)
    for path in rejects:
        try:
            read_expectation(path, spec)
        except ValueError as error:
            what = f"rejects/{path.name} says why"
            yield Proof(exercise=spec.id, what=what, file=_in_course(course, path), fault=str(error))


def _find_stale_stub(course: Course, spec: Exercise) -> str | None:
    path = find_exercise_text(course, spec.id, "stub.py")
    try:
        fresh = generate_exercise_stub(course, spec.id)
    except CourseError as error:
        return str(error)
    if not path.is_file() or path.read_text(encoding="utf-8") != fresh:
        return "it differs from what the solution gives; run `grade selfcheck --write-stubs`"
    return None


def _find_outdated_cases(course: Course, spec: Exercise) -> str | None:
    try:
        return update_case_file(course, spec, write=False).fault
    except CourseError as error:
        return str(error)


def read_expectation(path: Path, spec: Exercise) -> RejectExpectation:
    """What a wrong answer's first line promises.

    Raises:
        ValueError: the line has another form, or names no check of the exercise.
    """
    first = path.read_text(encoding="utf-8", errors="replace").split("\n", 1)[0]
    match = EXPECT_LINE.match(first)
    if match is None or (match["end"] and match["end"] not in PROMISABLE_ENDS):
        ends = ", ".join(PROMISABLE_ENDS)
        raise ValueError(f"line 1 must be `# expect: failed <check id>` or `# expect: <end>` ({ends}), got {first!r}")
    ids = [check.id for check in spec.checks]
    if match["check"] and match["check"] not in ids:
        raise ValueError(f'line 1: no check has the id "{match["check"]}"{format_suggestion(match["check"], ids)}')
    return RejectExpectation(check=match["check"], end=match["end"])


def find_unproven_checks(course: Course, spec: Exercise) -> Iterator[str]:
    """The checks that no wrong answer fails; some can't be failed alone."""
    expected = set()
    for path in list_rejects(course, spec.id):
        try:
            expected.add(read_expectation(path, spec).check)
        except ValueError:
            continue
    for check in spec.checks:
        # Advice fails nobody.
        if check.id not in expected and not check.advice:
            yield f"no wrong answer fails the check {check.id}"


def prove_answers(course: Course, spec: Exercise, grader: GradeFile, each: MapFunction = map) -> Iterator[Proof]:
    """Grades stub, solution and wrong answers, in this order.

    Args:
        grader: grades one file of this exercise.
        each: maps a function over what is to be proved, in order.
    """
    claims: list[Claim] = [
        ("stub.py fails clearly", find_exercise_text(course, spec.id, "stub.py"), find_stub_fault),
        ("solution.py earns full marks", find_solution(course, spec.id), find_solution_fault),
    ]
    for path in list_rejects(course, spec.id):
        with contextlib.suppress(ValueError):  # told by `lint_exercise`
            claims.append((f"rejects/{path.name}", path, partial(find_reject_fault, read_expectation(path, spec))))

    def proof(claim: Claim) -> Proof:
        what, path, judged = claim
        verdict = grader(path)
        return Proof(
            exercise=spec.id,
            what=what,
            file=_in_course(course, path),
            fault=judged(verdict),
            seconds=verdict.timings.get("total"),
        )

    yield from each(proof, claims)


def _in_course(course: Course, path: Path) -> str:
    return path.relative_to(course.root).as_posix() if path.is_relative_to(course.root) else path.name


def find_stub_fault(verdict: Verdict) -> str | None:
    """What is wrong with how a stub was graded: it must be refused or fail, without any fault of ours."""
    return None if verdict.status == "failed" and not _list_errors(verdict) else f"expected: failed; got: {_describe_verdict(verdict)}"


def find_solution_fault(verdict: Verdict) -> str | None:
    """What a solution lacks."""
    if verdict.status == "passed" and verdict.score == verdict.max_score:
        return None
    return f"expected: all {verdict.max_score:g} points; got: {verdict.score:g}, {_describe_verdict(verdict)}"


def find_reject_fault(expected: RejectExpectation, verdict: Verdict) -> str | None:
    """How a wrong answer failed otherwise than it promised."""
    failed = [result.id for result in verdict.checks if result.status == "failed"]
    wanted = [expected.check] if expected.check else []
    ended = expected.end is None or verdict.end == expected.end
    # Exactly the promised check: a reject that fails others as well proves nothing about that one.
    if verdict.status == "failed" and failed == wanted and ended and not _list_errors(verdict):
        return None
    return f"expected: {expected}; got: {_describe_verdict(verdict)}"


def _list_errors(verdict: Verdict) -> list[str]:
    return [result.id for result in verdict.checks if result.status == "error"]


def _describe_verdict(verdict: Verdict) -> str:
    """How a file was graded, in a few words."""
    failed = [f"{result.id} ({result.message})" for result in verdict.checks if result.status == "failed"]
    parts = [verdict.status, *(f"failed {item}" for item in failed), *(f"error in {item}" for item in _list_errors(verdict))]
    if verdict.end != "completed":
        parts.append(f"{verdict.end}: {verdict.end_message.splitlines()[0] if verdict.end_message else ''}")
    return "; ".join(parts)
