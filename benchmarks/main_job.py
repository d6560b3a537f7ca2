"""`grade EXERCISE solution` against running the same file with plain Keras, both in one run.

    python benchmarks/main_job.py exercise1 [--rounds 3]

Plain Keras gets the same data, seed and training. Prints wall times in seconds, their ratio, and the peak
memory of all of grade's processes together (proportional set sizes: a page that several share counts once).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
PLAIN = """
import sys, runpy
import keras
from grader.data import load_dataset
def load_data(path=None, name=sys.argv[2]):
    data = load_dataset(name)
    return (data.x_train, data.y_train), (data.x_test, data.y_test)
getattr(keras.datasets, sys.argv[2]).load_data = load_data
keras.utils.set_random_seed(int(sys.argv[4]))
print(runpy.run_path(sys.argv[1])[sys.argv[3]]())
"""


class Peak(threading.Thread):
    """Samples the memory of a process tree."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.peak, self.done = pid, 0, threading.Event()

    def run(self) -> None:
        while not self.done.wait(0.2):
            try:
                tree = [psutil.Process(self.pid), *psutil.Process(self.pid).children(recursive=True)]
                self.peak = max(self.peak, sum(process.memory_full_info().pss for process in tree))
            except psutil.Error:
                continue


def timed(command: list[str], environment: dict[str, str]) -> tuple[float, int]:
    """Wall time in seconds and peak memory in bytes of one command."""
    began = time.monotonic()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = Peak(process.pid)
    peak.start()
    code = process.wait()
    peak.done.set()
    if code not in (0, 1):
        raise SystemExit(f"{command} ended with {code}")
    return time.monotonic() - began, peak.peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("exercise")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    spec = {"exercise1": ("mnist", "train_mnist"), "exercise2": ("fashion_mnist", "train_fashion"),
            "exercise3": ("mnist", "train_mnist_conv")}[options.exercise]  # fmt: skip
    solution = str(ROOT / "solutions" / options.exercise / "solution.py")
    verdict = Path(tempfile.mkdtemp()) / "verdict.json"
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": str(ROOT), "GRADE_COURSE": str(ROOT)}
    grade = [sys.executable, "-c", "import sys; from grader.cli import main; main()", options.exercise, solution,
             "--fresh", "--json", str(verdict)]  # fmt: skip
    plain = [sys.executable, "-c", PLAIN, solution, *spec, "7"]
    ours, theirs, peaks = [], [], []
    for number in range(options.rounds):
        pair = [("grade", grade), ("plain", plain)]
        for name, command in pair if number % 2 == 0 else reversed(pair):
            wall_s, peak = timed(command, environment)
            (ours if name == "grade" else theirs).append(wall_s)
            if name == "grade":
                peaks.append(peak)
        timings = json.loads(verdict.read_text())["timings"]
        print(f"round {number + 1}: grade {ours[-1]:.1f} s, plain {theirs[-1]:.1f} s, "
              f"ratio {ours[-1] / theirs[-1]:.2f}  {timings}", flush=True)  # fmt: skip
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    print(f"{options.exercise}: grade {statistics.median(ours):.1f} s, plain {statistics.median(theirs):.1f} s, "
          f"median ratio {ratio:.2f}, peak memory {max(peaks) / 1e9:.2f} GB")  # fmt: skip


if __name__ == "__main__":
    main()
