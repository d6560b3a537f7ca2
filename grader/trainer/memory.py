"""How much memory this process has taken at most, so that no more trainings are run at a time than fit."""

from __future__ import annotations

import resource
from pathlib import Path

from keras.src.utils import module_utils

from grader.trainer import training

# What a process takes of a card before it computes anything; the device's own figures leave it out.
CONTEXT_BYTES = 600_000_000
STATUS = Path("/proc/self/status")


def peak(device: str) -> int:
    """The most that this process ever took, in bytes: of the GPU where it trains on one, else of the machine."""
    if device != "gpu":
        return _of_machine()
    if training.scanning is not None:
        taken: int = training.scanning.peak()
    else:
        taken = module_utils.tensorflow.config.experimental.get_memory_info("GPU:0")["peak"]
    return CONTEXT_BYTES + taken


def _of_machine() -> int:
    """Linux's own figure, since `getrusage` begins with that of the process that started this one."""
    if STATUS.exists():
        (line,) = [line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
