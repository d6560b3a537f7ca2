"""`grade selfcheck`: proves a course: stubs fail kindly, solutions pass, each wrong answer fails as it says."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import get_args

import click

from grader import stub
from grader.checks.loading import load
from grader.cli import selfcheck_ci
from grader.cli.exercise import backend_option
from grader.cli.finding import find_course
from grader.cli.selfcheck_ci import Proof
from grader.course import Course
from grader.engines.pool import Pool, pool
from grader.engines.trainer import Backend, Device
from grader.errors import CourseError, Exit, UsageError
from grader.exercise import Exercise, text_of
from grader.grading import Options, grade
from grader.grading.refereeing import calls_function, pack
from grader.reports import write
from grader.verdict import EndKind, Verdict
from grader.yamltree import did_you_mean

FEWEST_REJECTS = 5
EXPECT = re.compile(r"^# expect: (?:failed (?P<check>\S+)|(?P<end>\w+))\s*$")
ENDS = tuple(kind for kind in get_args(EndKind) if kind != "completed")

Grader = Callable[[Path], Verdict]
Map = Callable[[Callable[["Claim"], "Proof"], Iterable["Claim"]], Iterator["Proof"]]
Claim = tuple[str, Path, Callable[[Verdict], str | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What a wrong answer says about itself: the one check that fails, or how its run ends."""

    check: str | None
    end: str | None

    def __str__(self) -> str:
        return f"failed {self.check}" if self.check else str(self.end)


@click.command("selfcheck")
@click.argument("exercises", metavar="[EXERCISE]…", nargs=-1)
@click.option("--course", type=click.Path(path_type=Path), help="The course's folder (default: $GRADE_COURSE, or found).")
@click.option("--device", type=click.Choice(["auto", "cpu", "gpu"]), default="auto", help="Where training runs.")
@backend_option
@click.option("-j", "--jobs", type=click.IntRange(1, 256), metavar="N", help="Files at a time (default: the number of cores).")
@click.option("--text-only", is_flag=True, help="Check the files without grading anything.")
@click.option("--ci", is_flag=True, help="For the course's own CI: also that nothing secret is released; annotations.")
@click.option("--write-stubs", is_flag=True, help="Write each stub.py anew from its solution, and do nothing else.")
@click.option("--write-cases", is_flag=True, help="Write each cases.npz anew from its reference, and do nothing else.")
def command(
    exercises: tuple[str, ...],
    course: Path | None,
    device: Device,
    backend: Backend,
    jobs: int | None,
    text_only: bool,
    ci: bool,
    write_stubs: bool,
    write_cases: bool,
) -> int:
    r"""Prove the course: stubs fail, solutions pass, rejects fail as promised.

    \b
    grade selfcheck                 the whole course
    grade selfcheck exercise3       one exercise
    grade selfcheck --text-only     the files, without grading anything
    grade selfcheck --ci            the whole course, for its own CI
    """
    found = find_course(course)
    if not found.solutions.is_dir():
        raise UsageError(f"no solutions/ in {found.root}: only a course with its solutions can be checked")
    specs = [load(found, exercise_id) for exercise_id in exercises or found.exercise_ids()]
    if write_stubs or write_cases:
        for writes in [*([_write_stubs] if write_stubs else []), *([_write_cases] if write_cases else [])]:
            writes(found, specs)
        return Exit.PASSED
    proofs: list[Proof] = []
    at_once = jobs or os.cpu_count() or 1
    with pool(at_once, device=device) as warm, _threads(at_once, warm) as each:
        options = Options(device=device, backend=backend, start=warm.start)
        for spec in specs:
            for proof in _proofs(found, spec, options, each, text_only=text_only):
                proofs.append(proof)
                click.echo(line(proof))
            for remark in unproven(found, spec):
                click.echo(f"{spec.id}  note: {remark}")
    if ci:
        fault = selfcheck_ci.leak(found, [spec.id for spec in specs])
        proofs.append(Proof(exercise="course", what="nothing secret is released", file="", fault=fault))
        click.echo(line(proofs[-1]))
        selfcheck_ci.publish(proofs, os.environ)
    broken = sum(proof.fault is not None for proof in proofs)
    click.echo(f"{len(proofs)} promises, {broken or 'none'} broken")
    return Exit.NOT_PASSED if broken else Exit.PASSED


@contextlib.contextmanager
def _threads(at_once: int, warm: Pool) -> Iterator[Map]:
    """Maps in threads, in order; whoever leaves early ends what runs."""
    with ThreadPoolExecutor(at_once) as threads:
        try:
            yield threads.map
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            warm.close()
            raise


def _proofs(course: Course, spec: Exercise, options: Options, each: Map, *, text_only: bool) -> Iterator[Proof]:
    yield from lint(course, spec)
    if not text_only:
        yield from prove(course, spec, lambda path: grade(course, spec, path, options), each)


def _write_stubs(course: Course, specs: Sequence[Exercise]) -> None:
    for spec in specs:
        write.write(text_of(course, spec.id, "stub.py"), generated(course, spec))
        click.echo(f"wrote exercises/{spec.id}/stub.py")


def _write_cases(course: Course, specs: Sequence[Exercise]) -> None:
    for spec in specs:
        if calls_function(spec):
            packed = pack(course, spec, write=True)
            click.echo(f"wrote exercises/{spec.id}/cases.npz: {packed.cases} cases")


def line(proof: Proof) -> str:
    """A proof as a line of text."""
    seconds = "" if proof.seconds is None else f"{proof.seconds:.1f} s"
    state = "ok" if proof.fault is None else "BROKEN"
    text = f"{proof.exercise}  {proof.what:<32}  {state:<6}  {seconds:>8}"
    return text.rstrip() if proof.fault is None else f"{text}  {proof.fault}"


def solution_of(course: Course, exercise_id: str) -> Path:
    """The reference solution."""
    return course.solutions / exercise_id / "solution.py"


def rejects_of(course: Course, exercise_id: str) -> list[Path]:
    """The wrong answers, by name."""
    return sorted((course.solutions / exercise_id / "rejects").glob("*.py"))


def generated(course: Course, spec: Exercise) -> str:
    """The stub as the solution gives it. Raises: CourseError: as `stub.generate_from`."""
    return stub.generate_from(solution_of(course, spec.id), f"solutions/{spec.id}/solution.py")


def lint(course: Course, spec: Exercise) -> Iterator[Proof]:
    """The promises that the files keep or break without being run."""
    readme = text_of(course, spec.id, "README.md")
    missing = not readme.is_file() or not readme.read_text(encoding="utf-8").strip()
    folder = f"exercises/{spec.id}"
    told = "it is missing or empty" if missing else None
    yield Proof(exercise=spec.id, what="README.md is there", file=f"{folder}/README.md", fault=told)
    yield Proof(exercise=spec.id, what="stub.py is up to date", file=f"{folder}/stub.py", fault=_stale(course, spec))
    if calls_function(spec):
        fault = _outdated(course, spec)
        yield Proof(exercise=spec.id, what="cases.npz is up to date", file=f"{folder}/cases.npz", fault=fault)
    rejects = rejects_of(course, spec.id)
    few = len(rejects) < FEWEST_REJECTS
    found = f"there are {len(rejects)} in solutions/{spec.id}/rejects; write at least {FEWEST_REJECTS}"
    lacking = found if few else None
    yield Proof(exercise=spec.id, what="enough wrong answers", file=f"{folder}/exercise.yaml", fault=lacking)
    for path in rejects:
        try:
            expectation(path, spec)
        except ValueError as error:
            what = f"rejects/{path.name} says why"
            yield Proof(exercise=spec.id, what=what, file=_in_course(course, path), fault=str(error))


def _stale(course: Course, spec: Exercise) -> str | None:
    path = text_of(course, spec.id, "stub.py")
    try:
        fresh = generated(course, spec)
    except CourseError as error:
        return str(error)
    if not path.is_file() or path.read_text(encoding="utf-8") != fresh:
        return "it differs from what the solution gives; run `grade selfcheck --write-stubs`"
    return None


def _outdated(course: Course, spec: Exercise) -> str | None:
    try:
        return pack(course, spec, write=False).fault
    except CourseError as error:
        return str(error)


def expectation(path: Path, spec: Exercise) -> Expectation:
    """What a wrong answer's first line promises.

    Raises:
        ValueError: the line has another form, or names no check of the exercise.
    """
    first = path.read_text(encoding="utf-8", errors="replace").split("\n", 1)[0]
    match = EXPECT.match(first)
    if match is None or (match["end"] and match["end"] not in ENDS):
        ends = ", ".join(ENDS)
        raise ValueError(f"line 1 must be `# expect: failed <check id>` or `# expect: <end>` ({ends}), got {first!r}")
    ids = [check.id for check in spec.checks]
    if match["check"] and match["check"] not in ids:
        raise ValueError(f'line 1: no check has the id "{match["check"]}"{did_you_mean(match["check"], ids)}')
    return Expectation(check=match["check"], end=match["end"])


def unproven(course: Course, spec: Exercise) -> Iterator[str]:
    """The checks that no wrong answer fails; some can't be failed alone."""
    expected = set()
    for path in rejects_of(course, spec.id):
        try:
            expected.add(expectation(path, spec).check)
        except ValueError:
            continue
    for check in spec.checks:
        if check.id not in expected and not check.advice:
            yield f"no wrong answer fails the check {check.id}"


def prove(course: Course, spec: Exercise, grader: Grader, each: Map = map) -> Iterator[Proof]:
    """Grades stub, solution and wrong answers, in this order.

    Args:
        grader: grades one file of this exercise.
        each: maps a function over what is to be proved, in order.
    """
    claims: list[Claim] = [
        ("stub.py fails kindly", text_of(course, spec.id, "stub.py"), unkind),
        ("solution.py earns full marks", solution_of(course, spec.id), imperfect),
    ]
    for path in rejects_of(course, spec.id):
        with contextlib.suppress(ValueError):  # told by `lint`
            claims.append((f"rejects/{path.name}", path, partial(unmet, expectation(path, spec))))

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


def unkind(verdict: Verdict) -> str | None:
    """What is wrong with how a stub was graded: it must be refused or fail, without any fault of ours."""
    return None if verdict.status == "failed" and not _errors(verdict) else f"expected: failed; got: {_found(verdict)}"


def imperfect(verdict: Verdict) -> str | None:
    """What a solution lacks."""
    if verdict.status == "passed" and verdict.score == verdict.max_score:
        return None
    return f"expected: all {verdict.max_score:g} points; got: {verdict.score:g}, {_found(verdict)}"


def unmet(expected: Expectation, verdict: Verdict) -> str | None:
    """How a wrong answer failed otherwise than it promised."""
    failed = [result.id for result in verdict.checks if result.status == "failed"]
    wanted = [expected.check] if expected.check else []
    ended = expected.end is None or verdict.end == expected.end
    if verdict.status == "failed" and failed == wanted and ended and not _errors(verdict):
        return None
    return f"expected: {expected}; got: {_found(verdict)}"


def _errors(verdict: Verdict) -> list[str]:
    return [result.id for result in verdict.checks if result.status == "error"]


def _found(verdict: Verdict) -> str:
    """How a file was graded, in a few words."""
    failed = [f"{result.id} ({result.message})" for result in verdict.checks if result.status == "failed"]
    parts = [verdict.status, *(f"failed {item}" for item in failed), *(f"error in {item}" for item in _errors(verdict))]
    if verdict.end != "completed":
        parts.append(f"{verdict.end}: {verdict.end_message.splitlines()[0] if verdict.end_message else ''}")
    return "; ".join(parts)
