"""How long a look at AlexNet and VGG16 takes, and how much memory, against building each once in plain Keras.

    python benchmarks/large_models.py

Prints seconds and the peak of the resident memory of all processes together, beside the same of plain Keras.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
FUNCTIONS = {"alexnet": "AlexNet", "vgg16": "VGG16"}
PLAIN = """
import runpy, numpy
runpy.run_path({path!r})[{function!r}](numpy.zeros((228, 228, 1), "uint8"))
"""


def measured(command: list[str]) -> tuple[float, float]:
    """Seconds, and gigabytes at the peak, of a command and all that it starts."""
    began = time.monotonic()
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    )
    peak = 0
    while process.poll() is None:
        peak = max(peak, resident(process.pid))
        time.sleep(0.02)
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}")
    return time.monotonic() - began, peak / 1e9


def resident(pid: int) -> int:
    """Bytes that a process and its children hold in memory; what they share counts for each."""
    total = 0
    try:
        for each in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
            total += each.memory_info().rss
    except psutil.Error:
        return 0
    return total


def main() -> None:
    for exercise, function in FUNCTIONS.items():
        path = str(ROOT / "solutions" / exercise / "solution.py")
        graded_s, graded_gb = measured(["grade", exercise, path, "--fresh", "-q"])
        plain_s, plain_gb = measured([sys.executable, "-c", PLAIN.format(path=path, function=function)])
        ratio = graded_s / plain_s
        print(f"{exercise}: graded in {graded_s:.1f} s and {graded_gb:.2f} GB; built by plain Keras in {plain_s:.1f} s "
              f"and {plain_gb:.2f} GB; ratio {ratio:.2f}")  # fmt: skip


main()
