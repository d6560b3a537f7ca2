"""The canonical datasets, read once for all tests of this folder."""

from __future__ import annotations

import pytest

from grader.data import Dataset, load


@pytest.fixture(scope="session")
def mnist() -> Dataset:
    return load("mnist", verify=True)


@pytest.fixture(scope="session")
def fashion() -> Dataset:
    return load("fashion_mnist", verify=True)
