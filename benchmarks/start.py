"""Times a cold grading from its start to its first epoch, with several checkouts of the grader in turns.

    python benchmarks/start.py before=/path/to/an/older/checkout after=.

A checkout is imported from its folder; the packages are those of this interpreter. Wall time is to the first sign of
the training, processor time that of all processes until everything has ended.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

CHILD = """
import sys
from pathlib import Path
from grader.checks import loading
from grader.courses.course import Course
from grader.grading import GradingOptions, grade

def watch(moment):
    if moment.stage == "training" and moment.epoch is not None:
        print("training", flush=True)
        raise KeyboardInterrupt

course = Course(root=Path(sys.argv[1]))
exercise = loading.load_exercise(course, sys.argv[2])
try:
    grade(course, exercise, course.solutions / exercise.id / "solution.py", GradingOptions(fresh=True, progress=watch))
except KeyboardInterrupt:
    pass
"""
COURSE = Path(__file__).resolve().parents[1]
EXERCISE = "exercise1"
ROUNDS = 3


def time_start(checkout: Path) -> tuple[float, float]:
    """Wall seconds to the first sign of the training, and processor seconds of all processes.

    Raises:
        RuntimeError: no training was begun.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    command = [sys.executable, "-c", CHILD, str(COURSE), EXERCISE]
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        if child.stdout.readline() != "training\n":
            raise RuntimeError(f"{checkout}: no training was begun")
        wall_s = time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    sides = dict(word.split("=", 1) for word in sys.argv[1:])
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in sides}
    for _ in range(ROUNDS):
        for name, folder in sides.items():
            taken[name].append(time_start(Path(folder).resolve()))
    for name, rounds in taken.items():
        wall_s, cpu_s = (statistics.median(column) for column in zip(*rounds, strict=True))
        print(f"{name:10} {wall_s:6.2f} s to the first epoch, {cpu_s:6.2f} s of processor time")


if __name__ == "__main__":
    main()
