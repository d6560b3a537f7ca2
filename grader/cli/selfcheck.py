"""`grade selfcheck`: proves a course: stubs fail clearly, solutions pass, each wrong answer fails as it says."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TextIO

import click

from grader.checks.loading import load_exercise
from grader.cli.exercise import backend_option
from grader.cli.finding import find_course
from grader.courses.course import Course
from grader.courses.exercise import Exercise, find_exercise_text
from grader.engines.pool import ProcessPool, open_pool
from grader.engines.trainer import Backend, Device
from grader.errors import CourseError, Exit, GraderError, UsageError
from grader.grading import GradingOptions, grade
from grader.grading.proofs import (
    MapFunction,
    Proof,
    find_unproven_checks,
    generate_exercise_stub,
    lint_exercise,
    prove_answers,
)
from grader.grading.refereeing import update_case_file
from grader.release import public
from grader.reports import github, write


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
    names = exercises or found.list_exercise_ids()
    if write_stubs:
        _write_stubs(found, names)  # before the exercises are loaded, which refuses a stub that doesn't fit
    # All are loaded first: a fault in the last one shouldn't show after an hour of training.
    specs = [load_exercise(found, exercise_id) for exercise_id in names]
    if write_cases:
        _write_cases(found, specs)
    if write_stubs or write_cases:
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


def _write_stubs(course: Course, exercises: Sequence[str]) -> None:
    for name in exercises:
        write.write_text(find_exercise_text(course, name, "stub.py"), generate_exercise_stub(course, name))
        click.echo(f"wrote exercises/{name}/stub.py")


def _write_cases(course: Course, specs: Sequence[Exercise]) -> None:
    for spec in specs:
        if spec.has_behaviour_checks:
            packed = update_case_file(course, spec, write=True)
            click.echo(f"wrote exercises/{spec.id}/cases.npz: {packed.cases} cases")


def format_proof(proof: Proof) -> str:
    """A proof as a line of text."""
    seconds = "" if proof.seconds is None else f"{proof.seconds:.1f} s"
    state = "ok" if proof.fault is None else "BROKEN"
    text = f"{proof.exercise}  {proof.what:<32}  {state:<6}  {seconds:>8}"
    return text.rstrip() if proof.fault is None else f"{text}  {proof.fault}"


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
