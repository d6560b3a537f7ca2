"""What `grade selfcheck --ci` adds: that nothing secret would be released, and reports that a CI server reads."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from grader.course import Course
from grader.errors import CourseError, GraderError
from grader.release import public
from grader.reports import github


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


def leak(course: Course, exercises: Sequence[str]) -> str | None:
    """What students would get that they mustn't have; None where all is well."""
    try:
        public.collect(course, [*exercises, *course.quiz_ids()])
    except CourseError as error:
        return str(error)
    return None


def publish(proofs: Sequence[Proof], environ: Mapping[str, str], stream: TextIO | None = None) -> None:
    """GitHub's annotations, on GitHub, and the summary where the runner names a file for it.

    Raises:
        GraderError: the summary can't be written.
    """
    broken = [proof for proof in proofs if proof.fault is not None]
    if environ.get("GITHUB_ACTIONS"):
        for proof in broken[: github.MOST]:
            title = f"{proof.exercise}: {proof.what}"
            print(github.command("error", str(proof.fault), title, proof.file, None), file=stream or sys.stdout)
    if path := environ.get("GITHUB_STEP_SUMMARY"):
        try:
            with Path(path).open("a", encoding="utf-8") as file:
                file.write(summary(proofs, broken))
        except OSError as error:
            raise GraderError(f"the step summary {path} can't be written: {error.strerror}") from error


def summary(proofs: Sequence[Proof], broken: Sequence[Proof]) -> str:
    """The promises in short, and each one that is broken."""
    rows = "".join(f"- **{proof.exercise}**, {proof.what}:\n\n{_indented(str(proof.fault))}\n" for proof in broken[:50])
    return f"## Course\n\n{len(proofs)} promises, {len(broken) or 'none'} broken\n\n{rows}"


def _indented(text: str) -> str:
    return "".join(f"      {line}\n" for line in text[:4000].splitlines())
