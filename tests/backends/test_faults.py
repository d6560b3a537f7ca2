"""Whose fault an error within a training is."""

from __future__ import annotations

import pytest

pytest.importorskip("keras")

from grader.protocol.wire import Fault, Rejected
from grader.trainer.exhaustion import should_replace_process
from grader.trainer.training import replay
from grader.trainer.training.replay import TrajectoryMismatch

pytestmark = pytest.mark.keras


class JaxRuntimeError(RuntimeError):
    """As JAX names it."""


class InternalError(Exception):
    """As TensorFlow names it."""


class FailedPreconditionError(Exception):
    """As TensorFlow names it."""


NO_HANDLE = "Failed to create cuBLAS handle: cublas error: CUBLAS_STATUS_ALLOC_FAILED"
NO_DNN = "DNN library initialization failed. Look at the errors above for more details."
EXHAUSTED = "RESOURCE_EXHAUSTED: Out of memory allocating 12884901888 bytes."
LOST = "INTERNAL: CUDA_ERROR_ILLEGAL_ADDRESS"
SAID = [
    (JaxRuntimeError(EXHAUSTED), Fault(message=f"JaxRuntimeError: {EXHAUSTED}", out_of_memory=True), True),
    (MemoryError("too much"), Fault(message="MemoryError: too much", out_of_memory=True), True),
    (JaxRuntimeError(LOST), Rejected(message=f"JaxRuntimeError: {LOST}"), True),
    (InternalError("lost"), Rejected(message="InternalError: lost"), True),
    (InternalError(NO_HANDLE), Fault(message=f"InternalError: {NO_HANDLE}", out_of_memory=True), True),
    (FailedPreconditionError(NO_DNN), Fault(message=f"FailedPreconditionError: {NO_DNN}", out_of_memory=True), True),
    (FailedPreconditionError("lookup"), Rejected(message="FailedPreconditionError: lookup"), False),
    (ValueError(NO_HANDLE), Rejected(message=f"ValueError: {NO_HANDLE}"), False),
    (ValueError(EXHAUSTED), Rejected(message=f"ValueError: {EXHAUSTED}"), False),
    (
        TrajectoryMismatch("epoch_end 1"),
        Fault(message="TrajectoryMismatch: a stored training differs from this machine's and was dropped; grade again (epoch_end 1)"),
        False,
    ),
]


@pytest.mark.parametrize(("error", "said", "breaks"), SAID)
def test_an_error_is_the_machines_or_left_to_plain_keras(error, said, breaks):
    """Only the library's own word makes it a fault; a broken device ends the process after this submission."""
    assert replay.to_message(error) == said
    assert should_replace_process(error) is breaks


def test_a_long_text_is_bounded():
    """Messages between the processes stay small."""
    assert len(replay.to_message(ValueError("x" * 10_000)).message) == 4000
