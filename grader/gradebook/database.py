"""The tables of a gradebook, and the way from `--gradebook URL` to a database that holds them, or the reason why not."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import (
    URL,
    Boolean,
    Column,
    Connection,
    Engine,
    Float,
    Index,
    LargeBinary,
    MetaData,
    String,
    Table,
    exc,
    insert,
    select,
    text,
)
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateIndex, CreateTable

from grader.errors import GradeError, GraderError, UsageError, describe_missing_extra

LOCK_WAIT_S = 60.0
URL_EXAMPLES = "write sqlite:///gradebook.db or postgresql://user@host/database"
DRIVERS_BY_SCHEME = {"sqlite": "sqlite", "postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg",
           "postgresql+psycopg": "postgresql+psycopg"}  # fmt: skip
ADVISORY_LOCK = 0x67726164  # any number, the same for all that make the tables
SCHEMA_VERSION = 1
TABLE_METADATA = MetaData()
META_TABLE = Table("grade_meta", TABLE_METADATA, Column("name", String, primary_key=True), Column("value", String, nullable=False))
STUDENT_TABLE = Table(
    "grade_students",
    TABLE_METADATA,
    Column("student", String, primary_key=True),
    Column("name", String, nullable=False),
    # Who says so, and every id and name that the roster has for them, as a JSON list.
    Column("name_from", String),
    Column("aliases", String),
)
# `key` is made of exercise, student, sha256 and spec. Of the verdicts on one file, which differ in the exercise's
# specification, one is `current`.
VERDICT_TABLE = Table(
    "grade_verdicts",
    TABLE_METADATA,
    Column("key", String, primary_key=True),
    Column("exercise", String, nullable=False),
    Column("student", String, nullable=False),
    Column("sha256", String, nullable=False),
    Column("spec", String, nullable=False),
    Column("status", String, nullable=False),
    Column("score", Float, nullable=False),
    Column("max_score", Float, nullable=False),
    Column("ending", String, nullable=False),
    Column("graded_at", String, nullable=False),
    Column("recorded_at", String, nullable=False),
    Column("submitted_at", String),
    Column("late", Boolean),
    Column("current", Boolean, nullable=False),
    Column("finding", String, nullable=False),
    Column("outcomes", String, nullable=False),
    # Since version 1: empty for verdicts of before.
    Column("codes", String),
    Column("times", String),
    Index("grade_verdicts_by_file", "exercise", "student", "sha256"),
    Index("grade_verdicts_by_student", "student"),
)
DOCUMENT_TABLE = Table(
    "grade_documents",
    TABLE_METADATA,
    Column("key", String, primary_key=True),
    Column("verdict", LargeBinary, nullable=False),
    Column("runs", LargeBinary),
    Column("source", LargeBinary),
)
# What each digest of a specification stands for, so that a regrade knows what has changed.
SPECIFICATION_TABLE = Table(
    "grade_specs", TABLE_METADATA, Column("spec", String, primary_key=True), Column("body", LargeBinary, nullable=False)
)
# Append-only; `body` is a `Correction` as JSON.
CORRECTION_TABLE = Table(
    "grade_corrections",
    TABLE_METADATA,
    Column("key", String, primary_key=True),
    Column("at", String, nullable=False),
    Column("body", String, nullable=False),
)
FIGURE_COLUMNS = tuple(column.name for column in VERDICT_TABLE.columns if column.name != "current")


def open_engine(typed: str, *, must_exist: bool) -> Engine:
    """The database behind a URL, with the gradebook's tables in it.

    Args:
        must_exist: don't make a new gradebook.

    Raises:
        UsageError: not such a URL, nothing there, not a gradebook, or one of a newer version.
        GraderError: the database can't be reached.
    """
    url = _parse_url(typed)
    shown = describe_url(typed)
    is_file = url.get_backend_name() == "sqlite"
    if is_file:
        _check_file(url, shown, must_exist=must_exist)
    arguments: dict[str, Any] = {"timeout": LOCK_WAIT_S} if is_file else {"connect_timeout": 10}
    try:
        # A connection for each transaction: nothing is held over a fork.
        # Errors end up in logs, where no student's name belongs.
        engine = sqlalchemy.create_engine(url, poolclass=NullPool, connect_args=arguments, hide_parameters=True)
    except ImportError as error:
        raise UsageError(f"{shown}: {describe_missing_extra('PostgreSQL', 'psycopg', 'postgresql')}") from error
    with explain_errors(shown):
        _prepare_tables(engine, shown, must_exist=must_exist)
    return engine


def describe_url(typed: str) -> str:
    """The URL as somebody typed it, without the password."""
    return sqlalchemy.make_url(typed).render_as_string(hide_password=True)


def _parse_url(text: str) -> URL:
    try:
        url = sqlalchemy.make_url(text)
    except (exc.ArgumentError, ValueError) as error:
        mend = f"; for a file write sqlite:///{text}" if "://" not in text else f"; {URL_EXAMPLES}"
        raise UsageError(f'--gradebook: "{text:.200}" is not a database URL{mend}') from error
    if url.drivername not in DRIVERS_BY_SCHEME:
        raise UsageError(f"--gradebook: {url.drivername:.40} is not supported; {URL_EXAMPLES}")
    # Providers write `postgres://`, which SQLAlchemy no longer takes.
    url = url.set(drivername=DRIVERS_BY_SCHEME[url.drivername])
    if url.drivername == "sqlite" and url.database in (None, "", ":memory:"):
        raise UsageError("--gradebook: a gradebook in memory would be lost; name a file: sqlite:///gradebook.db")
    return url


def _check_file(url: URL, shown: str, *, must_exist: bool) -> None:
    """What SQLite would call `unable to open database file`."""
    if "uri" in url.query:
        return
    path = Path(str(url.database))
    if path.is_dir():
        raise UsageError(f"{shown}: is a folder; name a file in it, such as sqlite:///{path / 'gradebook.db'}")
    if must_exist and not path.exists():
        raise UsageError(f"{shown}: there is no gradebook; `grade batch` makes one, or name another with --gradebook")
    if not path.parent.is_dir():
        raise UsageError(f"{shown}: there is no folder {path.parent}; make it with: mkdir -p {path.parent}")


def _prepare_tables(engine: Engine, shown: str, *, must_exist: bool) -> None:
    """Makes the tables where there are none; a gradebook that may only be read is left alone."""
    with engine.connect() as connection:
        there = sqlalchemy.inspect(connection).has_table(META_TABLE.name)
        found = connection.execute(select(META_TABLE.c.value).where(META_TABLE.c.name == "schema")).scalar() if there else None
    if found is None:
        if must_exist:
            raise UsageError(f"{shown}: holds no gradebook; `grade batch` makes one, or name another with --gradebook")
        with engine.begin() as connection:
            _create_tables(connection)
        return
    if found != str(SCHEMA_VERSION):
        raise UsageError(
            f"{shown}: was written by another version of grade (schema {found}; this one knows {SCHEMA_VERSION}); "
            "install that version, or name another gradebook"
        )
    _add_missing_columns(engine)


def _add_missing_columns(engine: Engine) -> None:
    """The tables and columns that gradebooks have got since; an older program works on without them."""
    known = sqlalchemy.inspect(engine)
    tables = set(known.get_table_names())
    missing = [
        (table, column)
        for table in TABLE_METADATA.sorted_tables
        if table.name in tables
        for column in table.columns
        if column.name not in {each["name"] for each in known.get_columns(table.name)}
    ]
    if not missing and all(table.name in tables for table in TABLE_METADATA.sorted_tables):
        return
    with engine.begin() as connection:
        _create_tables(connection)
        for table, column in missing:
            _add_column(connection, table, column)


def _add_column(connection: Connection, table: Table, column: Column[Any]) -> None:
    # Under the lock that `_create_tables` holds, as two programs may come at once.
    if column.name not in {each["name"] for each in sqlalchemy.inspect(connection).get_columns(table.name)}:
        kind = column.type.compile(connection.dialect)
        connection.execute(text(f'ALTER TABLE "{table.name}" ADD COLUMN "{column.name}" {kind}'))


def add_tables(engine: Engine, metadata: MetaData) -> None:
    """Makes another room's tables beside the gradebook's own, where they aren't there yet."""
    with engine.begin() as connection:
        _create_missing(connection, metadata)


def _create_missing(connection: Connection, metadata: MetaData) -> None:
    """In one transaction; several processes may come at once."""
    if connection.dialect.name == "postgresql":
        # `CREATE TABLE IF NOT EXISTS` can fail in PostgreSQL if two sessions run it at once.
        connection.execute(select(sqlalchemy.func.pg_advisory_xact_lock(ADVISORY_LOCK)))
    else:
        # Takes the write lock first: two processes that both began by reading would block each other.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    for table in metadata.sorted_tables:
        connection.execute(CreateTable(table, if_not_exists=True))
        for index in table.indexes:
            connection.execute(CreateIndex(index, if_not_exists=True))


def _create_tables(connection: Connection) -> None:
    """All tables of a gradebook, and its version."""
    _create_missing(connection, TABLE_METADATA)
    if connection.execute(select(META_TABLE.c.value).where(META_TABLE.c.name == "schema")).scalar() is None:
        connection.execute(insert(META_TABLE).values(name="schema", value=str(SCHEMA_VERSION)))


@contextlib.contextmanager
def explain_errors(shown: str) -> Iterator[None]:
    """Turns what a database says into what to do about it.

    Raises:
        UsageError: it can't be written, or isn't a gradebook.
        GraderError: the machine or the server failed.
    """
    try:
        yield
    except exc.DBAPIError as error:
        raise _explain_message(shown, str(error.orig).strip()) from error


def _explain_message(shown: str, said: str) -> GradeError:
    # By its words: the drivers have no common error codes.
    if "readonly" in said or "read-only" in said or "permission denied" in said:
        return UsageError(f"{shown}: can only be read; make it writable, or name another with --gradebook")
    if "not a database" in said or "malformed" in said or "no such column" in said:
        return UsageError(f"{shown}: is not a gradebook, or a damaged one ({said}); restore it from a copy, or name another")
    if "unable to open" in said:
        return UsageError(f"{shown}: can't be opened; check the path and its permissions")
    if "locked" in said:
        return GraderError(f"{shown}: another process has held it for {LOCK_WAIT_S:.0f} s; try again when that one has ended")
    if "full" in said:
        return GraderError(f"{shown}: the disk is full; make room and run the same command again")
    return GraderError(f"{shown}: the database failed: {said:.300}")
