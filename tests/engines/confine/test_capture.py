"""What a process printed, read without waiting for its end."""

import os
import time

import pytest

from grader.engines.confine.capture import TICK_S, OutputCapture


@pytest.fixture
def printing():
    """A pipe's writing end, and what captures the reading end."""
    reading, writing = os.pipe()
    capture = OutputCapture(os.fdopen(reading, "rb", buffering=0), 100_000)
    with os.fdopen(writing, "wb", buffering=0) as stream:
        yield stream, capture
    capture.stop()


def test_what_was_printed_is_there_at_once(printing):
    """All that the pipe holds, without a wait for a process that isn't about to end."""
    stream, capture = printing
    began = time.monotonic()
    for index in range(100):
        stream.write(b"x" * 500)
        assert len(capture.read_text(ending=False)) == 500 * (index + 1)

    assert time.monotonic() - began < 100 * TICK_S


def test_last_words_are_waited_for_a_moment(printing):
    """A process that doesn't end is given up on."""
    stream, capture = printing
    stream.write(b"still here")
    began = time.monotonic()

    assert capture.read_text() == "still here"
    assert time.monotonic() - began >= TICK_S


def test_what_goes_beyond_the_bound_is_noted(printing):
    """The rest is read, and thrown away."""
    stream, capture = printing
    stream.write(b"x" * 60_000)
    capture.read_text(ending=False)
    stream.write(b"x" * 60_000)

    assert (len(capture.read_text(ending=False)), capture.exceeded) == (100_000, True)
