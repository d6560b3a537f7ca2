"""What the caller may choose about grading one submission."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from grader.engines import pair
from grader.engines.trainer import Backend

# A compilation or a single step of a large training may take minutes.
MAX_SILENCE_S = 300.0

RunStage = Literal[
    "starting", "loading", "calling", "preparing", "probing", "training", "finishing", "returning", "measuring", "drawing"
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class RunProgress:
    """Where a run stands, for the progress line.

    Args:
        epoch: the one that is being trained, from 0; in `finishing` the number of those that were.
        metric: which accuracy `accuracy` is.
        line: the figure that it has to exceed.
        epoch_s: how long this epoch has taken so far, and
        last_epoch_s: how long the one before it took, in seconds.
        left_s: training time left under the limit, and
        limit_s: the limit itself.
        model: the number of the model in a run of several, from 1.
    """

    stage: RunStage
    epoch: int | None = None
    epochs: int | None = None
    metric: str = "accuracy"
    accuracy: float | None = None
    line: float | None = None
    epoch_s: float | None = None
    last_epoch_s: float | None = None
    left_s: float | None = None
    limit_s: float | None = None
    seed: int | None = None
    model: int | None = None
    models: int = 0


class ProgressListener(Protocol):
    """Is told where a run stands, several times a second."""

    def __call__(self, moment: RunProgress) -> None: ...


def skip_progress(moment: RunProgress) -> None:
    """No progress shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GradingOptions:
    """Choices of the command line.

    Args:
        seed: instead of the exercise's own.
        time_limit_s: training time instead of the exercise's own limit, in seconds.
        device: where the trainer runs.
        backend: what Keras computes with in the trainer.
        train: train also where the exercise leaves it to the caller.
        fresh: grade anew, never replay a training that was measured before.
        keep_timeouts: what ran out of time isn't tried again, so that a class goes on where it was.
        sandbox: how strictly the student process must be confined.
        until: `probe` ends the run before its first training.
        picture: the file in which to draw a plain function's results.
        start: where the processes of an attempt come from.
        alone: nothing else is trained at the same time, nor kept ready for it.
        card_note: why it trains on the CPU although there is a GPU.
        silent_s: how long the trainer may give no sign of work before it counts as hanging, in seconds.
    """

    seed: int | None = None
    time_limit_s: float | None = None
    device: Literal["auto", "cpu", "gpu"] = "auto"
    backend: Backend = "auto"
    train: bool = False
    fresh: bool = False
    keep_timeouts: bool = False
    sandbox: Literal["auto", "strict", "off"] = "auto"
    until: Literal["end", "probe"] = "end"
    picture: Path | None = None
    progress: ProgressListener = skip_progress
    start: pair.StartPair = pair.start_pair
    alone: bool = False
    card_note: str = ""
    silent_s: float = MAX_SILENCE_S


