"""A cache of its own for each test run: what is computed in it is shared by its workers, and nothing comes from before."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator

import pytest

from grader.engines.pair import Starter
from grader.engines.pool import pool

CACHE = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    """Before the workers start, which inherit it."""
    if not hasattr(config, "workerinput"):
        config.stash[CACHE] = os.environ["GRADE_CACHE"] = tempfile.mkdtemp(prefix="grade-tests-")


def pytest_unconfigure(config: pytest.Config) -> None:
    """After everything."""
    if CACHE in config.stash:
        shutil.rmtree(config.stash[CACHE], ignore_errors=True)


@pytest.fixture(scope="session")
def warm() -> Iterator[Starter]:
    """Starts attempts in processes that are warm already, as a batch does: `Options(start=warm)`."""
    with pool(1) as made:
        yield made.start
