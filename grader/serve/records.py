"""What is known of a student: results, opened hints, attempts at quizzes; of one learner by the files that the terminal
uses too, of a class by the gradebook's database.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping
from typing import Protocol

from msgspec import Struct
from sqlalchemy import Engine, select

from grader.courses.course import Course
from grader.courses.policy import GradingPolicy
from grader.courses.student_progress import ProgressFile
from grader.gradebook import Gradebook
from grader.gradebook.corrections import fold_corrections
from grader.gradebook.database import explain_errors
from grader.gradebook.grades import GradeCell, build_sheet
from grader.quiz.model import Quiz
from grader.quiz.sitting import AttemptKeeper, AttemptStore, Sitting, open_attempt_store
from grader.serve.sittings import SittingTable
from grader.serve.tables import HINT_TABLE, build_insert


class StudentResult(Struct, frozen=True, kw_only=True):
    """What a student has for an exercise or a quiz: the points that count, and why they differ from the measured ones.

    `comment` is an instructor's, signed.
    """

    passed: bool
    score: float
    max_score: float
    note: str = ""
    comment: str = ""


class StudentRecords(Protocol):
    """What pages read and write of one student."""

    def list_results(self, student: str) -> Mapping[str, StudentResult]:
        """By exercise and quiz."""
        ...

    def count_hints(self, student: str, exercise: str) -> int:
        """How many hints the student has opened."""
        ...

    def note_hints(self, student: str, exercise: str, count: int) -> None:
        """Remembers that; where it can't be written, the hint is shown all the same."""
        ...

    def open_attempts(self, quiz: Quiz, student: str) -> AttemptKeeper:
        """The student's attempts at a quiz."""
        ...


class LearnerRecords:
    """One learner's, in the files of the terminal: what was begun there goes on here."""

    def __init__(self, course: Course) -> None:
        self._file = ProgressFile(course)
        self._lock = threading.Lock()

    def list_results(self, student: str) -> Mapping[str, StudentResult]:
        """The best of what was ever graded, here or in the terminal."""
        best = self._file.read_progress().best
        return {
            name: StudentResult(passed=one.passed, score=one.score, max_score=one.max_score)
            for name, one in best.items()
        }

    def count_hints(self, student: str, exercise: str) -> int:
        """As `grade hint` counts them."""
        return self._file.read_progress().hints.get(exercise, 0)

    def note_hints(self, student: str, exercise: str, count: int) -> None:
        """As `grade hint` does."""
        with contextlib.suppress(OSError):
            self._file.note_hints(exercise, count)

    def open_attempts(self, quiz: Quiz, student: str) -> AttemptKeeper:
        """Those that `grade quiz` goes on with, too."""
        return LearnerAttempts(open_attempt_store(quiz, student), self._lock)


class LearnerAttempts:
    """The learner's attempts at a quiz: requests wait for each other, and a terminal that has the quiz open is told."""

    def __init__(self, store: AttemptStore, lock: threading.Lock) -> None:
        self._store, self._lock = store, lock

    @contextlib.contextmanager
    def lock_attempts(self) -> Iterator[None]:
        """Holds them for one request. Raises: UsageError: a terminal has them."""
        # The store's own lock doesn't wait, since a terminal may keep it for hours.
        with self._lock, self._store.lock_attempts():
            yield

    def list_attempts(self) -> list[Sitting]:
        """Every attempt so far, in order."""
        return self._store.list_attempts()

    def save_attempt(self, sitting: Sitting) -> None:
        """Writes an attempt; it is on the disk when this returns."""
        self._store.save_attempt(sitting)


class ClassRecords:
    """A class's, in the gradebook's database."""

    def __init__(self, book: Gradebook, engine: Engine, policy: GradingPolicy) -> None:
        self._book, self._engine, self._policy = book, engine, policy
        self._sittings = SittingTable(engine, book.shown)

    def list_results(self, student: str) -> Mapping[str, StudentResult]:
        """By the course's rules, with what was set by hand."""
        by_hand = fold_corrections(one for one in self._book.list_corrections() if one.student == student)
        sheet = build_sheet(self._book.list_figures(student=student), {student: ""}, self._policy, by_hand=by_hand)
        cells = sheet.rows[0].cells
        return {name: _build_result(cell) for name, cell in cells.items()}

    def count_hints(self, student: str, exercise: str) -> int:
        """How many are open."""
        own = (HINT_TABLE.c.student == student) & (HINT_TABLE.c.exercise == exercise)
        with explain_errors(self._book.shown), self._engine.connect() as connection:
            return connection.execute(select(HINT_TABLE.c.count).where(own)).scalar() or 0

    def note_hints(self, student: str, exercise: str, count: int) -> None:
        """How many are open now."""
        with explain_errors(self._book.shown), self._engine.begin() as connection:
            statement = build_insert(connection, HINT_TABLE).values(student=student, exercise=exercise, count=count)
            connection.execute(
                statement.on_conflict_do_update(index_elements=["student", "exercise"], set_={"count": count})
            )

    def open_attempts(self, quiz: Quiz, student: str) -> AttemptKeeper:
        """In the database, where every process of the class sees them."""
        return self._sittings.open_attempts(quiz.id, student)


def _build_result(cell: GradeCell) -> StudentResult:
    comment = cell.by_hand.comment
    return StudentResult(
        passed=cell.figures.status == "passed",
        score=cell.grade.score,
        max_score=cell.grade.max_score,
        note=cell.grade.note,
        comment=f"{comment.text} ({comment.by})" if comment else "",
    )
