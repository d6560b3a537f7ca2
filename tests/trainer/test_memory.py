"""What a trainer says of its memory."""

import numpy as np
import psutil
import pytest

pytest.importorskip("keras")

from grader.trainer import memory

pytestmark = pytest.mark.keras


def test_the_most_that_was_ever_taken_is_told():
    """Also after it was given back."""
    before = psutil.Process().memory_info().rss

    taken = np.ones(300_000_000, "uint8").sum()

    assert taken == 300_000_000
    assert before + 290_000_000 < memory.measure_peak("cpu") < before + 20_000_000_000


def test_what_is_taken_now_is_told():
    """As the system's own tools say."""
    assert abs(memory.measure_own_memory() - psutil.Process().memory_info().rss) < 20_000_000
