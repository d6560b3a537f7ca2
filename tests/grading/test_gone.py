"""How a run ends that takes more than it may, from the student's side or by what it makes the trainer do."""

from types import SimpleNamespace

import pytest

from grader.courses.exercise import Limits
from grader.engines import confine
from grader.errors import GraderError
from grader.grading.gone import (
    MAX_ORDERS,
    MIN_PREPARING_S,
    Preparing,
    build_refusal_end,
    find_lost_process_end,
    find_order_limit_end,
    find_trainer_memory_end,
)
from grader.protocol.arrays import ArraySpec
from grader.protocol.channel import ChannelClosed
from grader.protocol.wire import Refused, Unsupported

LIMITS = Limits(memory=1_000_000_000)


def floats(*shape):
    return [ArraySpec(dtype="float32", shape=list(shape))]


def test_data_within_the_limit_is_fine():
    """As many bytes as memory is allowed are taken, and one more value isn't."""
    assert find_order_limit_end(floats(250_000_000), 0, LIMITS, 3) is None
    end = find_order_limit_end(floats(250_000_001), 0, LIMITS, 3)

    assert (end.kind, end.message, end.line) == ("out_of_memory", "fit was given 1,000,000,004 bytes of data", 3)


def test_fits_are_counted():
    """Two hundred orders are enough for every search that anybody waits for."""
    end = find_order_limit_end([], MAX_ORDERS, LIMITS, 7)

    assert (end.kind, end.message, end.line) == ("forbidden", "your code called fit more than 200 times", 7)


def test_a_trainer_that_grows():
    """What it had before the first order isn't the student's; three times the limit and some more is room for all."""
    assert find_trainer_memory_end(SimpleNamespace(measure_memory=lambda: 6_900_000_000), 1_000_000_000, LIMITS) is None
    end = find_trainer_memory_end(SimpleNamespace(measure_memory=lambda: 7_100_000_000), 1_000_000_000, LIMITS)

    assert end.kind == "out_of_memory"
    assert end.message == "the training took more than 6 GB of memory; use a smaller model"


@pytest.mark.parametrize(
    ("limit_s", "looks", "kind"),
    [
        (200.0, [(199.0, 0.0), (199.9, 99.0)], None),
        (200.0, [(200.0, 10.0), (201.0, 11.0)], "timed_out"),
        (200.0, [(200.0, 10.0), (200.9, 10.9)], None),
        (200.0, [(200.0, 10.0), (201.0, 10.1), (260.0, 10.2)], None),
        (200.0, [(200.0, 10.0), (0.5, 10.4), (200.0, 10.5), (200.5, 11.0)], None),
        (5.0, [(MIN_PREPARING_S - 1, 10.0), (MIN_PREPARING_S - 0.1, 12.0)], None),
        (5.0, [(MIN_PREPARING_S, 10.0), (MIN_PREPARING_S + 1, 11.0)], "timed_out"),
    ],
    ids=["in time", "compiling", "too short a look", "hanging", "a sign of work", "at least", "at most"],
)
def test_preparing_a_training_is_bounded(limit_s, looks, kind):
    """Who computes for longer than a training may take is at an end; who hangs in the device isn't the student's fault."""
    preparing, now = Preparing(limit_s), SimpleNamespace(cpu_s=lambda: cpu)
    ends = []
    for waited_s, cpu in looks:  # noqa: B007 - read by `now`
        ends.append(preparing.end(now, waited_s))

    assert [end.kind if end else None for end in ends] == [*[None] * (len(looks) - 1), kind]
    assert kind is None or f"longer than {max(limit_s, MIN_PREPARING_S):g} s" in ends[-1].message


@pytest.mark.parametrize(
    ("what", "kind", "message"),
    [
        (Refused(message="a lambda", instead="a layer"), "forbidden", "a lambda; a layer"),
        (Refused(message="200 models", out_of_memory=True), "out_of_memory", "200 models"),
        (Unsupported(message="train_on_batch"), "forbidden", "train_on_batch"),
    ],
)
def test_what_cannot_be_ordered(what, kind, message):
    """Memory is told from what is never done."""
    end = build_refusal_end(what, 5)

    assert (end.kind, end.message, end.line) == (kind, message, 5)


ABORTED = "F0000 env.cc:84] Check failed: ret == 0 (11 vs. 0) Thread tf_numa_-1_Eigen creation via pthread_create() failed."


@pytest.mark.parametrize(
    ("few", "code", "output", "ours"),
    [
        (True, -6, ABORTED, True),
        (False, -6, ABORTED, False),
        (True, -6, "Fatal Python error: Aborted", False),
        (True, -9, ABORTED, False),
    ],
)
def test_a_process_that_gets_no_thread(monkeypatch, few, code, output, ours):
    """Is the machine's fault only where the system allows this user fewer than a submission may have."""
    monkeypatch.setattr(confine, "is_process_limit_low", lambda: few)
    student = SimpleNamespace(
        memory_exceeded=False, memory_starved=False, wait_for_code=lambda wait: code, find_fault=lambda: "", read_output=lambda: f"mine\n{output}\n"
    )

    if ours:
        with pytest.raises(GraderError, match="the limit of processes .* could start no thread"):
            find_lost_process_end(student, ChannelClosed())
    else:
        assert find_lost_process_end(student, ChannelClosed()).message == f"your code's process was ended by signal {-code}"
