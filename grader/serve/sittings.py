"""A class's attempts at quizzes, in the gradebook's database: what `AttemptStore` keeps in files for one learner."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
from sqlalchemy import Connection, Engine, select, update

from grader.gradebook.database import explain_errors
from grader.quiz.sitting import Sitting
from grader.serve.tables import SITTING_TABLE, build_insert, lock_rows


class DatabaseAttempts:
    """One student's attempts at one quiz.

    Args:
        engine: the database, with the tables of `tables.SERVE_METADATA`.
        shown: what messages call it.
    """

    def __init__(self, engine: Engine, shown: str, quiz: str, student: str) -> None:
        self._engine, self._shown, self._quiz, self._student = engine, shown, quiz, student
        self._held: Connection | None = None

    @contextmanager
    def lock_attempts(self) -> Iterator[None]:
        """Holds the attempts: what is read, changed and saved meanwhile is one transaction."""
        with explain_errors(self._shown), self._engine.begin() as connection:
            lock_rows(connection, "sitting", self._quiz, self._student)
            self._held = connection
            try:
                yield
            finally:
                self._held = None

    def list_attempts(self) -> list[Sitting]:
        """Every attempt so far, in order."""
        columns = SITTING_TABLE.c
        own = (columns.quiz == self._quiz) & (columns.student == self._student)
        query = select(columns.body).where(own).order_by(columns.attempt)
        if self._held is not None:
            bodies = self._held.execute(query).scalars().all()
        else:
            with explain_errors(self._shown), self._engine.connect() as connection:
                bodies = connection.execute(query).scalars().all()
        return [msgspec.json.decode(body, type=Sitting) for body in bodies]

    def save_attempt(self, sitting: Sitting) -> None:
        """Writes an attempt; it is kept once the lock is given back."""
        assert self._held is not None
        row = {"body": msgspec.json.encode(sitting), "open": sitting.submitted is None, "marked": False}
        key = {"quiz": self._quiz, "student": self._student, "attempt": sitting.attempt}
        statement = build_insert(self._held, SITTING_TABLE).values(key | row)
        self._held.execute(statement.on_conflict_do_update(index_elements=list(key), set_=row))


class SittingTable:
    """All attempts of a class."""

    def __init__(self, engine: Engine, shown: str) -> None:
        self._engine, self._shown = engine, shown

    def open_attempts(self, quiz: str, student: str) -> DatabaseAttempts:
        """One student's attempts at a quiz."""
        return DatabaseAttempts(self._engine, self._shown, quiz, student)

    def list_open(self) -> list[Sitting]:
        """Those that aren't handed in."""
        return self._list(SITTING_TABLE.c.open)

    def list_unmarked(self) -> list[Sitting]:
        """Those that were handed in, and whose marks aren't in the gradebook yet."""
        return self._list(~SITTING_TABLE.c.open & ~SITTING_TABLE.c.marked)

    def list_handed_in(self, quiz: str) -> list[Sitting]:
        """Every attempt at a quiz that was handed in, by student and attempt."""
        found = self._list(~SITTING_TABLE.c.open & (SITTING_TABLE.c.quiz == quiz))
        return sorted(found, key=lambda one: (one.student, one.attempt))

    def _list(self, condition: object) -> list[Sitting]:
        query = select(SITTING_TABLE.c.body).where(condition)  # type: ignore[arg-type]
        with explain_errors(self._shown), self._engine.connect() as connection:
            return [msgspec.json.decode(body, type=Sitting) for body in connection.execute(query).scalars()]

    def note_marked(self, sitting: Sitting) -> None:
        """The marks of an attempt are in the gradebook."""
        columns = SITTING_TABLE.c
        own = (
            (columns.quiz == sitting.quiz) & (columns.student == sitting.student) & (columns.attempt == sitting.attempt)
        )
        with explain_errors(self._shown), self._engine.begin() as connection:
            connection.execute(update(SITTING_TABLE).where(own).values(marked=True))
