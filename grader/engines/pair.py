"""Starts a student process and a trainer side by side; what to start is asked for, so that warm ones can be lent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct, field

from grader.engines import confine
from grader.engines.trainer import TrainerHandle, TrainerProcess, TrainerSpec


class PairRequest(Struct, frozen=True, kw_only=True):
    """What an attempt needs.

    Args:
        policy: what the student process may use.
        files: laid down in its scratch folder.
        trainer: of which kind; in the student process Keras always computes with TensorFlow.
        like: what submissions that take about as much memory have in common.
        alone: no other trainer may be there, not even an idle one.
    """

    policy: confine.SandboxPolicy
    files: Mapping[str, bytes] = field(default_factory=dict)
    trainer: TrainerSpec = TrainerSpec()
    like: str = ""
    alone: bool = False


class ProcessPair:
    """Both processes of an attempt; the attempt must end them."""

    def __init__(self, student: confine.ConfinedProcess, trainer: TrainerHandle) -> None:
        self.student, self.trainer = student, trainer

    def kill(self) -> None:
        """Ends both, side by side; idempotent."""
        # Begun before the trainer is waited for, so that both end at the same time.
        self.student.begin_ending()
        self.trainer.kill()
        self.student.kill()


class StartPair(Protocol):
    """Gives a pair that nobody has talked to."""

    def __call__(self, request: PairRequest) -> ProcessPair: ...


def start_pair(request: PairRequest) -> ProcessPair:
    """A fresh pair; both import while they wait.

    Raises:
        UsageError: see `confine.start_confined`.
        GraderError: see `confine.start_confined`.
    """
    return _start_pair(request, rehearsed=False)


def start_early_pair(request: PairRequest) -> ProcessPair:
    """A fresh pair for a file that isn't there yet: the trainer looks at the usual order before it.

    Raises:
        UsageError: see `confine.start_confined`.
        GraderError: see `confine.start_confined`.
    """
    return _start_pair(request, rehearsed=True)


def _start_pair(request: PairRequest, *, rehearsed: bool) -> ProcessPair:
    trainer = TrainerProcess(request.trainer, rehearsed=rehearsed)
    try:
        return ProcessPair(confine.start_confined("grader.student", request.files, request.policy), trainer)
    except BaseException:
        trainer.kill()
        raise
