"""Turns are timed apart."""

import pytest

from grader.grading.clocks import TurnClocks, TurnTimeout


class Hand:
    def __init__(self):
        self.time = 0.0

    def __call__(self):
        return self.time


def test_each_turn_gets_its_own_time():
    """A turn inside another one isn't counted twice."""
    now = Hand()
    clocks = TurnClocks({}, now)
    now.time = 3.0
    with clocks.measure_turn("student"):
        now.time = 4.0
        with clocks.measure_turn("training"):
            now.time = 14.0
        now.time = 16.0

    assert clocks.spent_s == {"startup": 3.0, "student": 3.0, "training": 10.0}


def test_a_turn_that_is_over_its_limit_says_which_and_how_long():
    """Only the turn that is on can run out of time."""
    now = Hand()
    clocks = TurnClocks({"student": 5.0, "startup": 1.0}, now)
    with clocks.measure_turn("student"):
        now.time = 4.0
        clocks.check_limit()
        assert clocks.compute_left_s("student") == 1.0
        now.time = 6.0
        with pytest.raises(TurnTimeout, match="student: 5 s"):
            clocks.check_limit()


def test_time_already_spent_counts_when_a_turn_comes_back():
    """A turn's limit is over all of its stretches."""
    now = Hand()
    clocks = TurnClocks({"student": 5.0}, now)
    with clocks.measure_turn("student"):
        now.time = 4.0
    now.time = 100.0
    with clocks.measure_turn("student"):
        now.time = 102.0
        with pytest.raises(TurnTimeout):
            clocks.check_limit()
