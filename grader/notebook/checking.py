"""Grading the cells that were run, with a live picture that becomes the verdict."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import click
from IPython.core.getipython import get_ipython
from IPython.core.interactiveshell import InteractiveShell
from msgspec.structs import replace

from grader import submission
from grader.checks.loading import load_exercise
from grader.cli.hint import open_hints
from grader.courses.course import Course, find_course
from grader.courses.exercise import Exercise
from grader.courses.student_progress import ProgressFile
from grader.errors import GradeError, UsageError, describe_fault
from grader.grading import GradingOptions, grade_or_recall
from grader.notebook.history import build_notebook, find_recorder, merge_reruns, select_cells
from grader.notebook.live import LiveView
from grader.notebook.verdict_page import HINT_MAGIC
from grader.records.verdict import Verdict
from grader.reports.maps import find_activations


class CellError(Exception):
    """Ends a cell with its message alone: a traceback through the grader helps no learner."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedCells:
    """A verdict on the cells of this notebook, which was shown already."""

    verdict: Verdict

    @property
    def status(self) -> Literal["passed", "failed", "error"]:
        """Whether it passed, failed, or could not be graded."""
        return self.verdict.status

    @property
    def score(self) -> float:
        """The points earned, out of `max_score`."""
        return self.verdict.score

    @property
    def max_score(self) -> float:
        """The points that there are."""
        return self.verdict.max_score

    def _ipython_display_(self) -> None:
        """Nothing: as the last value of a cell it would be shown a second time."""


@contextlib.contextmanager
def explain_errors() -> Iterator[None]:
    """Turns errors of the grader, and an interrupt, into a cell's one message.

    Raises:
        CellError: with that message.
    """
    try:
        yield
    except GradeError as error:
        raise CellError(f"grade: {error}") from None
    except (KeyboardInterrupt, click.Abort):
        raise CellError("Interrupted: nothing was graded.") from None
    except Exception as error:
        # A learner gets a sentence; whoever mends the grader wants the traceback.
        if os.environ.get("GRADE_DEBUG"):
            raise
        raise CellError(f"grade: {describe_fault(error)}") from None


def find_shell() -> InteractiveShell:
    """The notebook's shell. Raises: UsageError: this is no notebook."""
    shell = get_ipython()
    if shell is None:
        raise UsageError("grader.check works in a notebook; in a terminal: grade EXERCISE FILE")
    return shell


def check_cells(shell: InteractiveShell, exercise_id: str, *, fresh: bool = False) -> CheckedCells:
    """Grades what was run so far.

    Raises:
        GradeError: the exercise, the course or the machine.
        KeyboardInterrupt: the kernel was interrupted; nothing is left running.
    """
    course = find_course(None)
    exercise = load_exercise(course, exercise_id)
    text = build_notebook(merge_reruns(select_cells(find_recorder(shell).list_cells(), exercise.id)))
    with tempfile.TemporaryDirectory(prefix="grade-notebook-") as folder, LiveView(shell, exercise.title) as live:
        path = Path(folder) / "notebook.ipynb"
        path.write_text(text, encoding="utf-8")
        verdict = _grade_file(course, exercise, path, live, fresh=fresh)
    with contextlib.suppress(OSError):  # `grade list` then doesn't know of it; the verdict stands
        ProgressFile(course).note_verdict(verdict)
    return CheckedCells(verdict=verdict)


def _grade_file(course: Course, exercise: Exercise, path: Path, live: LiveView, *, fresh: bool) -> Verdict:
    graded = grade_or_recall(course, exercise, path, GradingOptions(fresh=fresh, progress=live.show_progress))
    source = submission.read_submission(path)
    # The temporary file's name would say nothing.
    verdict = replace(graded.shown, submission=replace(graded.shown.submission, path="this notebook"))
    live.show_verdict(verdict, source.source, find_activations(graded.runs))
    return verdict


def show_hints(exercise_id: str, *, show_all: bool = False, reset: bool = False) -> None:
    """Prints one more hint each time, or all; or begins again."""
    click.echo(open_hints(find_course(None), exercise_id, show_all=show_all, reset=reset, command=HINT_MAGIC))
