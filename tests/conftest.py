"""A cache of its own for each test run: what is computed in it is shared by its workers, and nothing comes from before."""

from __future__ import annotations

import contextlib
import gc
import os
import re
import shutil
import signal
import sqlite3
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import Engine, event

from grader.engines.pair import StartPair
from grader.engines.pool import open_pool

CACHE = pytest.StashKey[str]()
# How long an example takes says how busy the machine is.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")
MARKED = re.compile(r"^pytestmark = \[?\s*pytest\.mark\.(train|keras|browser)\b", re.MULTILINE)


def pytest_configure(config: pytest.Config) -> None:
    """Before the workers start, which inherit it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job, and all it starts, would ignore Ctrl-C
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # and one that was started by nohup a closed terminal
    if not hasattr(config, "workerinput"):
        config.stash[CACHE] = os.environ["GRADE_CACHE"] = tempfile.mkdtemp(prefix="grade-tests-")


def pytest_unconfigure(config: pytest.Config) -> None:
    """After everything."""
    if CACHE in config.stash:
        shutil.rmtree(config.stash[CACHE], ignore_errors=True)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leaves a file unimported if `-m` refuses the mark of all its tests: Keras alone takes each worker five seconds."""
    refused = config.option.markexpr.split(" and ") if " or " not in config.option.markexpr else []
    if not refused or not collection_path.match("test_*.py"):
        return None
    mark = MARKED.search(collection_path.read_text(encoding="utf-8"))
    return True if mark and f"not {mark[1]}" in refused else None


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Looks for no garbage among what is imported and collected: all of it stays to the end."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@event.listens_for(Engine, "connect")
def hurry_sqlite(connection: object, record: object) -> None:
    """Lets SQLite write without waiting for the disk, which takes longer than most tests do: none of them cuts the power."""
    if isinstance(connection, sqlite3.Connection):
        with contextlib.suppress(sqlite3.Error):  # some tests are about files that are no databases
            connection.execute("PRAGMA synchronous = OFF")


@pytest.fixture(scope="session")
def warm() -> Iterator[StartPair]:
    """Starts attempts in processes that are warm already, as a batch does: `GradingOptions(start=warm)`."""
    with open_pool(1) as made:
        yield made.start_pair
