"""From `--gradebook URL` to a database that holds a gradebook, or the reason why it can't be used."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import URL, Connection, Engine, exc, insert, select
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateIndex, CreateTable

from grader.errors import GradeError, GraderError, UsageError, needs_extra
from grader.gradebook.tables import META, METADATA, SCHEMA

WAIT_S = 60.0
EXAMPLES = "write sqlite:///gradebook.db or postgresql://user@host/database"
DRIVERS = {"sqlite": "sqlite", "postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg",
           "postgresql+psycopg": "postgresql+psycopg"}  # fmt: skip
LOCK = 0x67726164  # any number, the same for all that make the tables


def engine_of(text: str, *, must_exist: bool) -> Engine:
    """The database behind a URL, with the gradebook's tables in it.

    Args:
        must_exist: don't make a new gradebook.

    Raises:
        UsageError: not such a URL, nothing there, not a gradebook, or one of a newer version.
        GraderError: the database can't be reached.
    """
    url = _url(text)
    shown = url.render_as_string(hide_password=True)
    is_file = url.get_backend_name() == "sqlite"
    if is_file:
        _check_file(url, shown, must_exist=must_exist)
    arguments: dict[str, Any] = {"timeout": WAIT_S} if is_file else {"connect_timeout": 10}
    try:
        # A connection for each transaction: nothing is held over a fork.
        engine = sqlalchemy.create_engine(url, poolclass=NullPool, connect_args=arguments)
    except ImportError as error:
        raise UsageError(f"{shown}: {needs_extra('PostgreSQL', 'psycopg', 'postgresql')}") from error
    with explained(shown):
        _prepare(engine, shown, must_exist=must_exist)
    return engine


def _url(text: str) -> URL:
    try:
        url = sqlalchemy.make_url(text)
    except (exc.ArgumentError, ValueError) as error:
        mend = f"; for a file write sqlite:///{text}" if "://" not in text else f"; {EXAMPLES}"
        raise UsageError(f'--gradebook: "{text:.200}" is not a database URL{mend}') from error
    if url.drivername not in DRIVERS:
        raise UsageError(f"--gradebook: {url.drivername:.40} is not supported; {EXAMPLES}")
    url = url.set(drivername=DRIVERS[url.drivername])
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


def _prepare(engine: Engine, shown: str, *, must_exist: bool) -> None:
    """Makes the tables where there are none; a gradebook that may only be read is left alone."""
    with engine.connect() as connection:
        there = sqlalchemy.inspect(connection).has_table(META.name)
        found = connection.execute(select(META.c.value).where(META.c.name == "schema")).scalar() if there else None
    if found is None:
        if must_exist:
            raise UsageError(f"{shown}: holds no gradebook; `grade batch` makes one, or name another with --gradebook")
        with engine.begin() as connection:
            _create(connection)
    elif found != str(SCHEMA):
        raise UsageError(
            f"{shown}: was written by another version of grade (schema {found}; this one knows {SCHEMA}); "
            "install that version, or name another gradebook"
        )


def _create(connection: Connection) -> None:
    """All tables in one transaction; several processes may come at once."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(sqlalchemy.func.pg_advisory_xact_lock(LOCK)))
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    for table in METADATA.sorted_tables:
        connection.execute(CreateTable(table, if_not_exists=True))
        for index in table.indexes:
            connection.execute(CreateIndex(index, if_not_exists=True))
    if connection.execute(select(META.c.value).where(META.c.name == "schema")).scalar() is None:
        connection.execute(insert(META).values(name="schema", value=str(SCHEMA)))


@contextlib.contextmanager
def explained(shown: str) -> Iterator[None]:
    """Turns what a database says into what to do about it.

    Raises:
        UsageError: it can't be written, or isn't a gradebook.
        GraderError: the machine or the server failed.
    """
    try:
        yield
    except exc.DBAPIError as error:
        raise _reason(shown, str(error.orig).strip()) from error


def _reason(shown: str, said: str) -> GradeError:
    if "readonly" in said or "read-only" in said or "permission denied" in said:
        return UsageError(f"{shown}: can only be read; make it writable, or name another with --gradebook")
    if "not a database" in said or "malformed" in said or "no such column" in said:
        return UsageError(f"{shown}: is not a gradebook, or a damaged one ({said}); restore it from a copy, or name another")
    if "unable to open" in said:
        return UsageError(f"{shown}: can't be opened; check the path and its permissions")
    if "locked" in said:
        return GraderError(f"{shown}: another process has held it for {WAIT_S:.0f} s; try again when that one has ended")
    if "full" in said:
        return GraderError(f"{shown}: the disk is full; make room and run the same command again")
    return GraderError(f"{shown}: the database failed: {said:.300}")
