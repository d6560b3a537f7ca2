"""The queue of what was handed in: stored before it is acknowledged, graded in the order of coming, lost by no kill.

A row belongs to one worker at a time, which shows by its heartbeat that it is alive; the rows of a dead one go to
another. A verdict is recorded under a key made of exercise, student and file, so that a row graded twice counts once.
"""

from __future__ import annotations

import hashlib
import statistics
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from msgspec import Struct
from sqlalchemy import Connection, Engine, delete, func, insert, or_, select, update

from grader.errors import UsageError
from grader.gradebook.database import explain_errors
from grader.gradebook.entries import MAX_SOURCE_BYTES
from grader.serve.tables import FILE_TABLE, PROGRESS_TABLE, SUBMISSION_TABLE, build_insert, lock_rows

State = Literal["waiting", "running", "done", "failed"]
STATES: tuple[State, ...] = ("waiting", "running", "done", "failed")
SHOWN_COLUMNS = (
    "number",
    "student",
    "exercise",
    "suffix",
    "sha256",
    "came_at",
    "state",
    "tries",
    "began_s",
    "ended_s",
    "problem",
)
# A worker shows four times in this time that it is alive.
STALE_S = 40.0
BEAT_S = 10.0
# A submission that ends its worker so often isn't tried again by itself.
MAX_TRIES = 3
# Of one student at a time, so that nobody keeps a class waiting.
MAX_UNFINISHED = 5
# Nobody works faster than this, and each file is kept.
MAX_PER_HOUR = 60
RECENT_RUNS = 50
LOST_WORKER = "the process that graded it ended before it was done, several times; this is not your fault"


class TooManyUnfinished(UsageError):
    """A student has as much in the queue as one may have."""


class QueuedSubmission(Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """One row of the queue, without the file.

    Args:
        tries: how often a worker began with it.
        began_s, ended_s: when it was graded, in seconds since 1970.
        problem: why there is no verdict.
    """

    number: int
    student: str
    exercise: str
    suffix: str
    sha256: str
    came_at: str
    state: State
    tries: int
    began_s: float | None
    ended_s: float | None
    problem: str | None

    @property
    def came(self) -> datetime:
        return datetime.fromisoformat(self.came_at)

    @property
    def is_over(self) -> bool:
        return self.state in ("done", "failed")


class QueuePlace(Struct, frozen=True, kw_only=True):
    """How many are before a waiting submission, and how long that may take; None where nothing is known of it."""

    before: int
    wait_s: float | None


class SubmissionQueue:
    """The queue in a gradebook's database.

    Args:
        engine: the database, with the tables of `tables.SERVE_METADATA`.
        shown: what messages call it.
    """

    def __init__(self, engine: Engine, shown: str) -> None:
        self._engine, self._shown = engine, shown

    def add_submission(self, student: str, exercise: str, suffix: str, source: bytes, came: datetime) -> int:
        """Stores a file; when this returns, it is in the database for good. Returns its number.

        Raises:
            TooManyUnfinished: the student's others aren't graded yet, or there were too many lately.
        """
        row = {
            "student": student,
            "exercise": exercise,
            "suffix": suffix,
            "sha256": hashlib.sha256(source).hexdigest(),
            "came_at": _format_time(came),
            "state": "waiting",
            "tries": 0,
        }
        with explain_errors(self._shown), self._engine.begin() as connection:
            lock_rows(connection, "hand-in", student)
            _check_limits(connection, student, came)
            number: int = connection.execute(
                insert(SUBMISSION_TABLE).values(row).returning(SUBMISSION_TABLE.c.number)
            ).scalar_one()
            connection.execute(insert(FILE_TABLE).values(number=number, source=source))
        return number

    def find_submission(self, number: int) -> QueuedSubmission | None:
        """One row; None where there is none."""
        found = self._select(SUBMISSION_TABLE.c.number == number)
        return found[0] if found else None

    def list_submissions(
        self, *, student: str | None = None, exercise: str | None = None, states: Sequence[State] = ()
    ) -> list[QueuedSubmission]:
        """Rows in the order of coming: of a student, of an exercise, or in these states."""
        columns = SUBMISSION_TABLE.c
        conditions: list[Any] = [columns.student == student] if student is not None else []
        conditions += [columns.exercise == exercise] if exercise is not None else []
        conditions += [columns.state.in_(states)] if states else []
        return self._select(*conditions)

    def _select(self, *conditions: Any) -> list[QueuedSubmission]:
        query = (
            select(*[SUBMISSION_TABLE.c[name] for name in SHOWN_COLUMNS])
            .where(*conditions)
            .order_by(SUBMISSION_TABLE.c.number)
        )
        with explain_errors(self._shown), self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return [_build_submission(row) for row in rows]

    def read_file(self, number: int) -> bytes | None:
        """The bytes that were handed in."""
        with explain_errors(self._shown), self._engine.connect() as connection:
            return connection.execute(select(FILE_TABLE.c.source).where(FILE_TABLE.c.number == number)).scalar()

    def find_first_time(self, of: QueuedSubmission) -> datetime:
        """When the student first handed in this very file: once more after the deadline, it isn't late."""
        columns = SUBMISSION_TABLE.c
        same = (columns.student == of.student) & (columns.exercise == of.exercise) & (columns.sha256 == of.sha256)
        with explain_errors(self._shown), self._engine.connect() as connection:
            first: str = connection.execute(select(func.min(columns.came_at)).where(same)).scalar_one()
        return datetime.fromisoformat(first)

    # ---- what workers do ----

    def claim_next(self, worker: str) -> QueuedSubmission | None:
        """The submission that a worker is to grade now; None where there is nothing to do.

        Those of a worker that died come first, as they came first.
        """
        columns = SUBMISSION_TABLE.c
        now_s = time.time()
        stale = (columns.state == "running") & (columns.beat_s < now_s - STALE_S)
        with explain_errors(self._shown), self._engine.begin() as connection:
            lost = stale & (columns.tries >= MAX_TRIES)
            connection.execute(
                update(SUBMISSION_TABLE)
                .where(lost)
                .values(state="failed", problem=LOST_WORKER, ended_s=now_s, worker=None)
            )
            candidate = (
                select(columns.number).where(or_(columns.state == "waiting", stale)).order_by(columns.number).limit(1)
            )
            chosen = candidate.with_for_update(skip_locked=True).scalar_subquery()
            statement = update(SUBMISSION_TABLE).where(columns.number == chosen)
            statement = statement.values(
                state="running", worker=worker, beat_s=now_s, began_s=now_s, tries=columns.tries + 1
            )
            row = connection.execute(statement.returning(*[columns[name] for name in SHOWN_COLUMNS])).first()
        return None if row is None else _build_submission(row)

    def beat(self, worker: str, numbers: Iterable[int]) -> None:
        """Shows that a worker is alive and at work on these submissions."""
        columns = SUBMISSION_TABLE.c
        own = (columns.worker == worker) & (columns.state == "running") & columns.number.in_(list(numbers))
        with explain_errors(self._shown), self._engine.begin() as connection:
            connection.execute(update(SUBMISSION_TABLE).where(own).values(beat_s=time.time()))

    def release_all(self, worker: str) -> None:
        """Gives back what a worker that ends in order hasn't finished; that was no try."""
        columns = SUBMISSION_TABLE.c
        own = (columns.worker == worker) & (columns.state == "running")
        with explain_errors(self._shown), self._engine.begin() as connection:
            connection.execute(
                update(SUBMISSION_TABLE).where(own).values(state="waiting", worker=None, tries=columns.tries - 1)
            )

    def finish(self, worker: str, number: int, *, problem: str = "") -> None:
        """Notes that a submission is graded, or why it can't be; nothing where another worker has it by now."""
        columns = SUBMISSION_TABLE.c
        own = (columns.number == number) & (columns.worker == worker) & (columns.state == "running")
        ended = {
            "state": "failed" if problem else "done",
            "problem": problem or None,
            "ended_s": time.time(),
            "worker": None,
        }
        with explain_errors(self._shown), self._engine.begin() as connection:
            changed = connection.execute(update(SUBMISSION_TABLE).where(own).values(ended)).rowcount
            connection.execute(delete(PROGRESS_TABLE).where(PROGRESS_TABLE.c.number == number))
            if changed and not problem:
                # The gradebook has it beside the verdict, unless it is too large for that.
                small = func.length(FILE_TABLE.c.source) <= MAX_SOURCE_BYTES
                connection.execute(delete(FILE_TABLE).where(FILE_TABLE.c.number == number, small))

    def requeue(self, number: int) -> None:
        """Has a submission graded once more that ended without a verdict."""
        columns = SUBMISSION_TABLE.c
        failed = (columns.number == number) & (columns.state == "failed")
        with explain_errors(self._shown), self._engine.begin() as connection:
            connection.execute(
                update(SUBMISSION_TABLE).where(failed).values(state="waiting", tries=0, problem=None, ended_s=None)
            )

    # ---- where they stand ----

    def write_progress(self, number: int, body: str) -> None:
        """Keeps where a running submission stands."""
        with explain_errors(self._shown), self._engine.begin() as connection:
            statement = build_insert(connection, PROGRESS_TABLE).values(number=number, body=body)
            connection.execute(statement.on_conflict_do_update(index_elements=["number"], set_={"body": body}))

    def read_progress(self, numbers: Iterable[int]) -> dict[int, tuple[State, str]]:
        """The state of some submissions, and where they stand; an empty text where that isn't known."""
        columns = SUBMISSION_TABLE.c
        joined = SUBMISSION_TABLE.outerjoin(PROGRESS_TABLE, PROGRESS_TABLE.c.number == columns.number)
        query = (
            select(columns.number, columns.state, PROGRESS_TABLE.c.body)
            .select_from(joined)
            .where(columns.number.in_(list(numbers)))
        )
        with explain_errors(self._shown), self._engine.connect() as connection:
            return {number: (state, body or "") for number, state, body in connection.execute(query)}

    def count_states(self) -> dict[State, int]:
        """How many submissions are in each state."""
        query = select(SUBMISSION_TABLE.c.state, func.count()).group_by(SUBMISSION_TABLE.c.state)
        with explain_errors(self._shown), self._engine.connect() as connection:
            found: dict[State, int] = {row[0]: row[1] for row in connection.execute(query)}
        return {state: found.get(state, 0) for state in STATES}

    def read_places(self, at_once: int) -> dict[int, QueuePlace]:
        """The place of each waiting submission.

        Args:
            at_once: how many submissions are graded at a time.
        """
        unfinished = self.list_submissions(states=("waiting", "running"))
        with explain_errors(self._shown), self._engine.connect() as connection:
            took = {name: _estimate_run_s(connection, name) for name in {one.exercise for one in unfinished}}
        places: dict[int, QueuePlace] = {}
        total_s: float | None = 0.0
        for before, one in enumerate(unfinished):
            # Said only where it is known of everything that comes before.
            wait_s = None if total_s is None else total_s / max(1, at_once)
            if one.state == "waiting":
                places[one.number] = QueuePlace(before=before, wait_s=wait_s)
            run_s = took[one.exercise]
            total_s = None if total_s is None or run_s is None else total_s + run_s
        return places


def _check_limits(connection: Connection, student: str, came: datetime) -> None:
    """Raises: TooManyUnfinished: a student hands in more than is good for the others."""
    columns = SUBMISSION_TABLE.c
    own = select(func.count()).select_from(SUBMISSION_TABLE).where(columns.student == student)
    if connection.execute(own.where(columns.state.in_(("waiting", "running")))).scalar_one() >= MAX_UNFINISHED:
        raise TooManyUnfinished(
            f"{MAX_UNFINISHED} of your files are not graded yet; wait until one is, then hand in this one"
        )
    hour_ago = _format_time(came - timedelta(hours=1))
    if connection.execute(own.where(columns.came_at > hour_ago)).scalar_one() >= MAX_PER_HOUR:
        raise TooManyUnfinished(f"you have handed in {MAX_PER_HOUR} files within an hour; wait for a while, then go on")


def _format_time(at: datetime) -> str:
    """In UTC, in one form, so that texts compare as times do."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _estimate_run_s(connection: Connection, exercise: str) -> float | None:
    """How long a submission for an exercise takes: the mean of the last ones, since the sum of many is asked for."""
    columns = SUBMISSION_TABLE.c
    done = (columns.exercise == exercise) & (columns.state == "done")
    query = select(columns.ended_s - columns.began_s).where(done).order_by(columns.number.desc()).limit(RECENT_RUNS)
    times = [float(value) for value in connection.execute(query).scalars() if value is not None]
    return statistics.fmean(times) if times else None


def _build_submission(row: Sequence[Any]) -> QueuedSubmission:
    return QueuedSubmission(**dict(zip(SHOWN_COLUMNS, row, strict=True)))
