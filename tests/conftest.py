"""What all tests share."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that import Keras run with those that train, so that the short run stays short."""
    for item in items:
        if item.get_closest_marker("keras"):
            item.add_marker(pytest.mark.train)
