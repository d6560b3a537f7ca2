"""The kinds of wrong that end a command, each with its exit code; a student's own mistakes are data, never these."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from grader import DISTRIBUTION


class Exit(IntEnum):
    """Exit codes of every `grade` command; people script against them."""

    PASSED = 0
    NOT_PASSED = 1
    USAGE = 2
    COURSE = 3
    FAULT = 4
    INTERRUPTED = 130


class GradeError(Exception):
    """A command can't go on; the message is for the person at the terminal."""

    exit_code = Exit.FAULT


class UsageError(GradeError):
    """The command line, or a file named on it, is not what the command takes."""

    exit_code = Exit.USAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One fault in a course file, with its place (1-based line and column)."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class CourseError(GradeError):
    """The course's own files are wrong: every problem found, not only the first."""

    exit_code = Exit.COURSE

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda p: (p.file, p.line, p.column)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class GraderError(GradeError):
    """The grader or the machine failed; never the student's fault."""


def describe_missing_extra(feature: str, library: str, extra: str) -> str:
    """Says that a feature needs a library which isn't installed, and the command that installs it.

    Args:
        extra: the extra of this package that brings the library; empty where the package itself does.
    """
    package = f"{DISTRIBUTION}[{extra}]" if extra else DISTRIBUTION
    return f"{feature} needs {library}, which is not installed: pip install '{package}'"


def describe_fault(error: Exception) -> str:
    """What a learner reads where the grader itself failed."""
    return f"the grader failed ({type(error).__name__}: {error}); this is not your fault"
