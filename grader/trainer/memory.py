"""Measures this process's peak of memory, so that a pool runs only as many trainings at a time as fit."""

from __future__ import annotations

import resource
from pathlib import Path

from keras.src.utils import module_utils

from grader.trainer.training import loop

# What a process takes of a card before it computes anything; the device's own figures leave it out.
GPU_CONTEXT_BYTES = 600_000_000
STATUS_FILE = Path("/proc/self/status")


def measure_peak(device: str) -> int:
    """The most that this process ever took, in bytes: of the GPU where it trains on one, else of the machine."""
    if device != "gpu":
        return _measure_machine_peak()
    if loop.scanning is not None:
        taken: int = loop.scanning.measure_device_peak()
    else:
        taken = module_utils.tensorflow.config.experimental.get_memory_info("GPU:0")["peak"]
    return GPU_CONTEXT_BYTES + taken


def measure_own_memory() -> int:
    """What this process takes of the machine, in bytes; 0 where the system doesn't report it."""
    return _read_status("VmRSS") if STATUS_FILE.exists() else 0


def _measure_machine_peak() -> int:
    """Linux's own figure, since `getrusage` begins with that of the process that started this one."""
    return _read_status("VmHWM") if STATUS_FILE.exists() else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _read_status(name: str) -> int:
    (line,) = [line for line in STATUS_FILE.read_text().splitlines() if line.startswith(f"{name}:")]
    return int(line.split()[1]) * 1024
