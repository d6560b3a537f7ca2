"""Every hostile file gets the verdict of its header and nothing else: no secret, no trace, no time beyond the limits."""

from __future__ import annotations

import time

import pytest
from hostile_files import BROKEN_IN, CANARY, all_cases

pytestmark = pytest.mark.train
# A run's own time at its longest: the limits of student code (8 s), a training of some seconds, start and measuring.
LONGEST_S = 60.0
GONE_S = 1.0


def said(verdict):
    """All that the student is told of what went wrong."""
    return "\n".join([verdict.end_message, *(check.message for check in verdict.checks if check.status != "passed")])


def gone(world):
    """What is still there a second after the verdict, at most."""
    end = time.monotonic() + GONE_S
    while (world.strays() or world.left_over()) and time.monotonic() < end:
        time.sleep(0.05)
    return world.strays() + world.left_over()


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.name)
def test_a_file_gets_its_verdict_and_nothing_else(graded, world, case):
    """The verdict is that of the header; secrets stay unread, folders as they were, processes gone, time bounded."""
    before = world.seen()

    verdict, text, seconds = graded(case)

    failed = [check.id for check in verdict.checks if check.status == "failed"]
    assert verdict.status == ("passed" if case.passes and "failed" not in case.ends and not failed else "failed"), said(
        verdict
    )
    assert case.passes or verdict.status == "failed"
    assert verdict.end in case.ends, said(verdict)
    assert verdict.end != "completed" or set(case.failed) <= set(failed), said(verdict)
    assert [words for words in case.messages if words not in said(verdict)] == []
    assert (CANARY in text, [word for word in BROKEN_IN if word in verdict.stdout]) == (False, [])
    assert seconds < LONGEST_S
    assert gone(world) == []
    assert world.seen() == before
