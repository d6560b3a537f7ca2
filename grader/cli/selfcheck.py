"""`grade selfcheck`: proves a course: stubs fail kindly, solutions pass, each wrong answer fails as it says."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TextIO, get_args

import click

from grader.checks.loading import load_exercise
from grader.cli.exercise import backend_option
from grader.cli.finding import find_course
from grader.courses import stub
from grader.courses.course import Course
from grader.courses.exercise import Exercise, find_exercise_text
from grader.courses.yaml_tree import format_suggestion
from grader.engines.pool import ProcessPool, open_pool
from grader.engines.trainer import Backend, Device
from grader.errors import CourseError, Exit, GraderError, UsageError
from grader.grading import GradingOptions, grade
from grader.grading.refereeing import is_function_exercise, update_case_file
from grader.records.verdict import EndKind, Verdict
from grader.release import public
from grader.reports import github, write

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
    # All are loaded first: a fault in the last one shouldn't show after an hour of training.
    specs = [load_exercise(found, exercise_id) for exercise_id in exercises or found.list_exercise_ids()]
    if write_stubs or write_cases:
        for writes in [*([_write_stubs] if write_stubs else []), *([_write_cases] if write_cases else [])]:
            writes(found, specs)
        return Exit.PASSED
    proofs: list[Proof] = []
    at_once = jobs or os.cpu_count() or 1
    with open_pool(at_once, device=device) as warm, _map_in_threads(at_once, warm) as each:
        options = GradingOptions(device=device, backend=backend, start=warm.start_pair)
        for spec in specs:
            for proof in _prove_exercise(found, spec, options, each, text_only=text_only):
                proofs.append(proof)
                click.echo(format_proof(proof))
            for remark in find_unproven_checks(found, spec):
                click.echo(f"{spec.id}  note: {remark}")
    if ci:
        fault = find_leak(found, [spec.id for spec in specs])
        proofs.append(Proof(exercise="course", what="nothing secret is released", file="", fault=fault))
        click.echo(format_proof(proofs[-1]))
        publish_proofs(proofs, os.environ)
    broken = sum(proof.fault is not None for proof in proofs)
    click.echo(f"{len(proofs)} promises, {broken or 'none'} broken")
    return Exit.NOT_PASSED if broken else Exit.PASSED


@contextlib.contextmanager
def _map_in_threads(at_once: int, warm: ProcessPool) -> Iterator[MapFunction]:
    """Maps in threads, in order; whoever leaves early ends what runs."""
    with ThreadPoolExecutor(at_once) as threads:
        try:
            yield threads.map
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            # Ends the running attempts; the threads would otherwise wait for their trainings.
            warm.close()
            raise


def _prove_exercise(course: Course, spec: Exercise, options: GradingOptions, each: MapFunction, *, text_only: bool) -> Iterator[Proof]:
    yield from lint_exercise(course, spec)
    if not text_only:
        yield from prove_answers(course, spec, lambda path: grade(course, spec, path, options), each)


def _write_stubs(course: Course, specs: Sequence[Exercise]) -> None:
    for spec in specs:
        write.write_text(find_exercise_text(course, spec.id, "stub.py"), generate_exercise_stub(course, spec))
        click.echo(f"wrote exercises/{spec.id}/stub.py")


def _write_cases(course: Course, specs: Sequence[Exercise]) -> None:
    for spec in specs:
        if is_function_exercise(spec):
            packed = update_case_file(course, spec, write=True)
            click.echo(f"wrote exercises/{spec.id}/cases.npz: {packed.cases} cases")


def format_proof(proof: Proof) -> str:
    """A proof as a line of text."""
    seconds = "" if proof.seconds is None else f"{proof.seconds:.1f} s"
    state = "ok" if proof.fault is None else "BROKEN"
    text = f"{proof.exercise}  {proof.what:<32}  {state:<6}  {seconds:>8}"
    return text.rstrip() if proof.fault is None else f"{text}  {proof.fault}"


def find_solution(course: Course, exercise_id: str) -> Path:
    """The reference solution."""
    return course.solutions / exercise_id / "solution.py"


def list_rejects(course: Course, exercise_id: str) -> list[Path]:
    """The wrong answers, by name."""
    return sorted((course.solutions / exercise_id / "rejects").glob("*.py"))


def generate_exercise_stub(course: Course, spec: Exercise) -> str:
    """The stub as the solution gives it. Raises: CourseError: as `stub.generate_stub_from`."""
    return stub.generate_stub_from(find_solution(course, spec.id), f"solutions/{spec.id}/solution.py")


def lint_exercise(course: Course, spec: Exercise) -> Iterator[Proof]:
    """The promises that the files keep or break without being run."""
    readme = find_exercise_text(course, spec.id, "README.md")
    missing = not readme.is_file() or not readme.read_text(encoding="utf-8").strip()
    folder = f"exercises/{spec.id}"
    told = "it is missing or empty" if missing else None
    yield Proof(exercise=spec.id, what="README.md is there", file=f"{folder}/README.md", fault=told)
    yield Proof(exercise=spec.id, what="stub.py is up to date", file=f"{folder}/stub.py", fault=_find_stale_stub(course, spec))
    if is_function_exercise(spec):
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
        fresh = generate_exercise_stub(course, spec)
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
        ("stub.py fails kindly", find_exercise_text(course, spec.id, "stub.py"), find_stub_fault),
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


def find_leak(course: Course, exercises: Sequence[str]) -> str | None:
    """What students would get that they mustn't have; None where all is well."""
    try:
        public.collect(course, [*exercises, *course.list_quiz_ids()])
    except CourseError as error:
        return str(error)
    return None


def publish_proofs(proofs: Sequence[Proof], environ: Mapping[str, str], stream: TextIO | None = None) -> None:
    """GitHub's annotations, on GitHub, and the summary where the runner names a file for it.

    Raises:
        GraderError: the summary can't be written.
    """
    broken = [proof for proof in proofs if proof.fault is not None]
    if environ.get("GITHUB_ACTIONS"):
        for proof in broken[: github.MAX_ANNOTATIONS]:
            title = f"{proof.exercise}: {proof.what}"
            print(github.format_command("error", str(proof.fault), title, proof.file, None), file=stream or sys.stdout)
    if path := environ.get("GITHUB_STEP_SUMMARY"):
        try:
            with Path(path).open("a", encoding="utf-8") as file:
                file.write(render_proof_summary(proofs, broken))
        except OSError as error:
            raise GraderError(f"the step summary {path} can't be written: {error.strerror}") from error


def render_proof_summary(proofs: Sequence[Proof], broken: Sequence[Proof]) -> str:
    """The promises in short, and each one that is broken."""
    rows = "".join(f"- **{proof.exercise}**, {proof.what}:\n\n{_wrap_as_code(str(proof.fault))}\n" for proof in broken[:50])
    return f"## Course\n\n{len(proofs)} promises, {len(broken) or 'none'} broken\n\n{rows}"


def _wrap_as_code(text: str) -> str:
    return "".join(f"      {line}\n" for line in text[:4000].splitlines())
