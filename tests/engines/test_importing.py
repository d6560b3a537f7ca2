"""Imports without the garbage collector."""

import gc

import pytest

from grader.engines.forking import import_without_collector


def test_what_is_made_meanwhile_is_searched_neither_then_nor_later():
    """The collector rests within the block, works after it, and leaves alone what was there."""
    made = []
    try:
        with import_without_collector():
            assert not gc.isenabled()
            made.append([])

        assert gc.isenabled()
        assert not any(each is made for each in gc.get_objects())
    finally:
        gc.unfreeze()


def test_an_import_that_fails_leaves_the_collector_at_work():
    """Its error comes out, and later garbage is collected."""
    try:
        with pytest.raises(ImportError, match="no such"), import_without_collector():
            raise ImportError("no such")

        assert gc.isenabled()
    finally:
        gc.unfreeze()
