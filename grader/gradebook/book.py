"""Reading and writing a gradebook: each verdict in one transaction of its own, so that a kill at any moment loses none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Table, case, select, update
from sqlalchemy.dialects import postgresql, sqlite

from grader.courses.exercise import Exercise
from grader.gradebook.corrections import Correction
from grader.gradebook.database import (
    CORRECTION_TABLE,
    DOCUMENT_TABLE,
    FIGURE_COLUMNS,
    SPECIFICATION_TABLE,
    STUDENT_TABLE,
    VERDICT_TABLE,
    describe_url,
    explain_errors,
    open_engine,
)
from grader.gradebook.entries import (
    GradebookEntry,
    JudgedSubmission,
    VerdictDocuments,
    VerdictFigures,
    build_entry,
    decode_specification,
    find_submitted_at,
    hash_text,
)
from grader.gradebook.roster import Roster, RosterStudent, build_roster
from grader.gradebook.times import TimeSource, choose_time, merge_times
from grader.records.student_ids import to_student_id

ROWS_AT_ONCE = 500  # below the number of variables that a statement may have
CAME_COLUMNS = ("recorded_at", "submitted_at", "late", "times")


class Gradebook:
    """The verdicts of a class; see `Gradebook.open`."""

    def __init__(self, engine: Engine, shown: str) -> None:
        self._engine, self.shown = engine, shown

    @classmethod
    def open(cls, url: str, *, must_exist: bool = False) -> Gradebook:
        """Opens a gradebook, which is made where there is none.

        Args:
            url: such as `sqlite:///gradebook.db` or `postgresql://user@host/database`.
            must_exist: only one that is there already.

        Raises:
            UsageError: what is wrong with the URL, or with what it leads to.
            GraderError: the database can't be reached.
        """
        return cls(open_engine(url, must_exist=must_exist), describe_url(url))

    def close(self) -> None:
        """Lets the database go; nothing is lost without it."""
        self._engine.dispose()

    def record_verdict(
        self,
        exercise: Exercise,
        student: str,
        graded: JudgedSubmission,
        *,
        name: str = "",
        source: bytes | None = None,
        handed_in: datetime | None = None,
        times: Mapping[TimeSource, datetime] = MappingProxyType({}),
        late: bool | None = None,
        replace: bool = False,
    ) -> None:
        """Writes one verdict, whole or not at all; the same one a second time changes nothing.

        It is the same for the same exercise, student, file and specification. One that a fault of ours kept from a
        grade gives way to a new one.

        Args:
            name: the student's name to show.
            source: the file that was graded; a regrade looks at it again.
            handed_in: by the host's clock, where its offset from UTC isn't known; it orders attempts.
            times: when it came, by who says so; they are kept side by side, and the best one counts. `handed_in` is the
                archive's word unless it gives a better one.
            late: what the LMS said.
            replace: put this verdict in the place of the same one.

        Raises:
            UsageError: the gradebook can't be written.
            GraderError: the database failed, or the disk is full.
        """
        made = build_entry(
            exercise, student, graded, name=name, source=source, handed_in=handed_in, times=times, late=late
        )
        self.write_entries([made], replace=replace)

    def write_entries(self, entries: Sequence[GradebookEntry], *, replace: bool = False) -> None:
        """Writes several entries, all or none. Raises: as `record`."""
        if not entries:
            return
        with explain_errors(self.shown), self._engine.begin() as connection:
            _write_chunk(connection, entries, replace=replace)

    def list_figures(
        self, exercise: str | None = None, *, student: str | None = None, current: bool = True
    ) -> list[VerdictFigures]:
        """The figures of the verdicts, by exercise, student, and the time at which their file came.

        They are sorted here, which is quicker than by SQLite and in the same order whatever a database's collation.

        Args:
            exercise: only those of one.
            student: only those of one, by their id.
            current: leave out those by an earlier specification.
        """
        columns = VERDICT_TABLE.c
        query = select(*[columns[name] for name in FIGURE_COLUMNS])
        if exercise is not None:
            query = query.where(columns.exercise == exercise)
        if student is not None:
            query = query.where(columns.student == student)
        if current:
            query = query.where(columns.current)
        found: list[VerdictFigures] = []
        with explain_errors(self.shown), self._engine.connect() as connection:
            for rows in connection.execute(query).partitions(ROWS_AT_ONCE):  # more rows alive keep the garbage collector busy
                found += msgspec.convert([tuple(row) for row in rows], list[VerdictFigures])
        return _sort_by_time(found)

    def find_figures(self, key: str) -> VerdictFigures | None:
        """One verdict by its key; None where there is none."""
        query = select(*[VERDICT_TABLE.c[name] for name in FIGURE_COLUMNS]).where(VERDICT_TABLE.c.key == key)
        with explain_errors(self.shown), self._engine.connect() as connection:
            row = connection.execute(query).first()
        return None if row is None else msgspec.convert(tuple(row), VerdictFigures)

    def iter_documents(self, keys: Sequence[str]) -> Iterator[tuple[str, VerdictDocuments]]:
        """The documents of some verdicts, by key, in no order."""
        columns = [DOCUMENT_TABLE.c.key, DOCUMENT_TABLE.c.verdict, DOCUMENT_TABLE.c.runs, DOCUMENT_TABLE.c.source]
        for start in range(0, len(keys), ROWS_AT_ONCE):
            query = select(*columns).where(DOCUMENT_TABLE.c.key.in_(keys[start : start + ROWS_AT_ONCE]))
            with explain_errors(self.shown), self._engine.connect() as connection:
                rows = connection.execute(query).all()
            for key, verdict, runs, source in rows:
                yield key, VerdictDocuments(verdict=verdict, runs=runs, source=source)

    def find_specification(self, spec: str) -> Exercise | None:
        """The exercise as it was specified, by its digest; None where it isn't known."""
        with explain_errors(self.shown), self._engine.connect() as connection:
            body = connection.execute(select(SPECIFICATION_TABLE.c.body).where(SPECIFICATION_TABLE.c.spec == spec)).scalar()
        return None if body is None else decode_specification(body)

    def add_students(self, students: Mapping[str, str]) -> None:
        """Notes names by student id, also of those who handed in nothing; a roster's names stay. Raises: as `record`."""
        if students:
            with explain_errors(self.shown), self._engine.begin() as connection:
                _insert_students(connection, [{"student": to_student_id(student), "name": to_student_id(name)} for student, name in students.items()])

    def remember_roster(self, roster: Roster) -> None:
        """Keeps a roster, whose ids and names later batches know without it. Raises: as `record`."""
        rows = [
            {"student": each.id, "name": each.name, "name_from": "roster", "aliases": msgspec.json.encode(sorted(each.aliases)).decode()}
            for each in {each.id: each for each in roster.students}.values()
        ]
        if rows:
            with explain_errors(self.shown), self._engine.begin() as connection:
                _insert_roster(connection, rows)

    def read_roster(self) -> Roster:
        """The roster as it was given last, empty where there was none."""
        columns = STUDENT_TABLE.c
        query = select(columns.student, columns.name, columns.aliases).where(columns.aliases.is_not(None))
        with explain_errors(self.shown), self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return build_roster([
            RosterStudent(id=student, name=name, aliases=frozenset(msgspec.json.decode(aliases, type=list[str])))
            for student, name, aliases in sorted(rows)
        ])

    def list_students(self) -> dict[str, str]:
        """Every student's name by id, sorted by id; the name may be empty."""
        with explain_errors(self.shown), self._engine.connect() as connection:
            rows = connection.execute(select(STUDENT_TABLE.c.student, STUDENT_TABLE.c.name)).all()
        # Sorted here, since databases differ in how they order letters.
        return dict(sorted((student, name) for student, name in rows))

    def add_correction(self, one: Correction) -> None:
        """Keeps what an instructor set by hand. Raises: as `record`."""
        body = msgspec.json.encode(one).decode()
        row = {"key": hash_text(body), "at": one.at, "body": body}
        with explain_errors(self.shown), self._engine.begin() as connection:
            _insert_or_update(connection, CORRECTION_TABLE, [row])

    def list_corrections(self) -> list[Correction]:
        """Everything that was set by hand, in the order of time."""
        with explain_errors(self.shown), self._engine.connect() as connection:
            bodies = connection.execute(select(CORRECTION_TABLE.c.body)).scalars().all()
        found = [msgspec.json.decode(body, type=Correction) for body in bodies]
        return sorted(found, key=lambda one: one.at)

    def choose_counted(self, exercise: str, counted: Mapping[str, str]) -> None:
        """Makes one verdict of each student, by its key, the only current one of an exercise. Raises: as `record`."""
        columns = VERDICT_TABLE.c
        with explain_errors(self.shown), self._engine.begin() as connection:
            for student, key in counted.items():
                own = (columns.exercise == exercise) & (columns.student == student)
                connection.execute(update(VERDICT_TABLE).where(own).values(current=columns.key == key))


def _sort_by_time(figures: Sequence[VerdictFigures]) -> list[VerdictFigures]:
    """By exercise, student and time; by the time of recording where nobody says when one of a student's files came."""
    untimed = {(one.exercise, one.student) for one in figures if not (one.submitted_at or one.times)}

    def make_key(one: VerdictFigures) -> tuple[str, ...]:
        came = one.recorded_at
        if (one.exercise, one.student) not in untimed:
            # A clock without an offset still orders the attempts of its own source.
            came = one.submitted_at or ((told := choose_time(one.times)) and told.at.isoformat()) or came
        # The key last, so that the order is the same even for equal times.
        return one.exercise, one.student, came, one.recorded_at, one.key

    return sorted(figures, key=make_key)


def _write_chunk(connection: Connection, entries: Sequence[GradebookEntry], *, replace: bool) -> None:
    """Documents go with the figures: both are replaced, or neither."""
    rows = [msgspec.structs.asdict(each.figures) | {"current": True} for each in entries]
    # Inserted before anything is read, so that SQLite takes its lock at once and never has to give up half-way.
    _insert_students(connection, [{"student": each.figures.student, "name": each.name} for each in entries])
    specs = {each.figures.spec: each.spec for each in entries}
    _insert_or_update(connection, SPECIFICATION_TABLE, [{"spec": spec, "body": body} for spec, body in specs.items()], key="spec")
    keys = [each.figures.key for each in entries]
    settled = set() if replace else _find_settled_keys(connection, keys)
    fresh = [row for row in rows if row["key"] not in settled]
    _insert_or_update(connection, VERDICT_TABLE, fresh)
    _insert_or_update(connection, DOCUMENT_TABLE, [
        msgspec.structs.asdict(each.documents) | {"key": each.figures.key}
        for each in entries if each.figures.key not in settled
    ])  # fmt: skip
    for each in entries:
        _make_current(connection, each.figures)


def _make_current(connection: Connection, figures: VerdictFigures) -> None:
    """Of the verdicts on this file, this one; and what is known by now of when the file came.

    A file came when it was recorded first: judged again, it doesn't become a later attempt.
    """
    columns = VERDICT_TABLE.c
    same = (columns.exercise == figures.exercise) & (columns.student == figures.student)
    same &= columns.sha256 == figures.sha256
    query = select(*[columns[name] for name in FIGURE_COLUMNS]).where(same)
    known = msgspec.convert([tuple(row) for row in connection.execute(query)], list[VerdictFigures])
    # A later grading without this knowledge, as from a plain folder, doesn't erase it.
    times = merge_times([*(one.told_times for one in known), figures.times])
    late = next((one.late for one in (figures, *known) if one.late is not None), None)
    current = columns.key == figures.key
    # One statement sets the flag of all: there is never a moment with two current verdicts, or none.
    connection.execute(update(VERDICT_TABLE).where(same).values(
        current=current, recorded_at=min(one.recorded_at for one in known), times=times, submitted_at=find_submitted_at(times), late=late,
    ))  # fmt: skip


def _find_settled_keys(connection: Connection, keys: Sequence[str]) -> set[str]:
    """Of these verdicts, those that are there and stay."""
    found: set[str] = set()
    for start in range(0, len(keys), ROWS_AT_ONCE):
        some = VERDICT_TABLE.c.key.in_(keys[start : start + ROWS_AT_ONCE])
        found.update(connection.execute(select(VERDICT_TABLE.c.key).where(some, VERDICT_TABLE.c.status != "error")).scalars())
    return found


def _insert_students(connection: Connection, rows: list[dict[str, str]]) -> None:
    """A known name isn't overwritten by none, and a roster's not by one that files are called after."""
    statement = _build_insert(connection, STUDENT_TABLE)
    known = STUDENT_TABLE.c
    statement = statement.on_conflict_do_update(
        index_elements=[known.student],
        set_={"name": statement.excluded.name, "name_from": statement.excluded.name_from},
        where=(statement.excluded.name != "") & (known.name_from.is_distinct_from("roster") | (known.name == "")),
    )
    connection.execute(statement, [{"name_from": "archive", **row} for row in rows])


def _insert_roster(connection: Connection, rows: list[dict[str, str]]) -> None:
    statement = _build_insert(connection, STUDENT_TABLE)
    new, known = statement.excluded, STUDENT_TABLE.c
    statement = statement.on_conflict_do_update(
        index_elements=[known.student],
        set_={
            # A roster of ids only takes nobody's name.
            "name": case((new.name != "", new.name), else_=known.name),
            "name_from": case((new.name != "", new.name_from), else_=known.name_from),
            "aliases": new.aliases,
        },
    )
    connection.execute(statement, rows)


def _insert_or_update(connection: Connection, table: Table, rows: list[dict[str, Any]], key: str = "key") -> None:
    if not rows:
        return
    statement = _build_insert(connection, table)
    # What is known of when it came is merged afterwards: a verdict that is replaced keeps its place among the attempts.
    values = {name: statement.excluded[name] for name in rows[0] if name not in (key, *CAME_COLUMNS)}
    connection.execute(statement.on_conflict_do_update(index_elements=[table.c[key]], set_=values), rows)


def _build_insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Both take `on_conflict_do_update`, each in a class of its own."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
