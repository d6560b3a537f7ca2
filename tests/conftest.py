"""A cache of its own for each test run: what is computed in it is shared by its workers, and nothing comes from before."""

from __future__ import annotations

import os
import shutil
import tempfile

import pytest

CACHE = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    """Before the workers start, which inherit it."""
    if not hasattr(config, "workerinput"):
        config.stash[CACHE] = os.environ["GRADE_CACHE"] = tempfile.mkdtemp(prefix="grade-tests-")


def pytest_unconfigure(config: pytest.Config) -> None:
    """After everything."""
    if CACHE in config.stash:
        shutil.rmtree(config.stash[CACHE], ignore_errors=True)
