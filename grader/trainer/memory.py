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


def now() -> int:
    """What this process takes of the machine, in bytes; 0 where the system doesn't tell."""
    return _status("VmRSS") if STATUS.exists() else 0


def _of_machine() -> int:
    """Linux's own figure, since `getrusage` begins with that of the process that started this one."""
    return _status("VmHWM") if STATUS.exists() else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _status(name: str) -> int:
    (line,) = [line for line in STATUS.read_text().splitlines() if line.startswith(f"{name}:")]
    return int(line.split()[1]) * 1024
