"""The examples in the docstrings are true."""

import doctest
import importlib
import linecache
import pkgutil

import pytest

import grader

# Run as programs, imported by nobody; and what these two share.
PROGRAMS = (
    "grader.student",
    "grader.trainer",
    "grader.engines.confine",
    "grader.data.supplied_model",
    "grader.protocol.keras_settings",
)
NAMES = [
    module.name
    for module in pkgutil.walk_packages(grader.__path__, "grader.")
    if not module.name.startswith(PROGRAMS) and not module.name.endswith("__main__")
]


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_of_a_module_hold(name):
    """Each example in a docstring gives what it says."""
    linecache.clearcache()  # before each docstring doctest asks the disk whether any file of this cache has changed
    assert doctest.testmod(importlib.import_module(name)).failed == 0
