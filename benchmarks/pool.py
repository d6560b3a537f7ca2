"""Five hundred submissions through one pool: whether its memory stays flat, and whether a process is left behind.

    python benchmarks/pool.py [SUBMISSIONS]

Goals: the private memory of trainers and nursery in the last fifth at most 5 % above that in the first, no process left.
The submissions order one small training, which is known after the first; each is another file, so each is run.
"""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import psutil

from grader.batch.assign import GradingJob
from grader.batch.loop import Batch
from grader.batch.sources import Handed
from grader.checks import loading
from grader.courses.course import Course
from grader.engines.pool import open_pool
from grader.grading import GradingOptions

AT_ONCE = 2
EVERY = 5
SPEC = """
schema: grade-exercise/1
id: small
title: Small
function: train
dataset: mnist
limits: {student: 60s, cpu: 2min, memory: 4GB}
checks:
  - {id: epochs, check: training.epochs, args: {below: 4}, points: 1}
"""
TEXT = """
import keras
def train():
    (x, y), _ = keras.datasets.mnist.load_data()
    model = keras.Sequential([keras.Input((28, 28)), keras.layers.Flatten(), keras.layers.Dense(10)])
    model.compile('adam', keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=['accuracy'])
    return model.fit(x[:2000] / 255.0, y[:2000], epochs=2, verbose=0).epoch
"""


def made(folder: Path, submissions: int) -> tuple[Course, list[GradingJob]]:
    """A course of one exercise, and a class."""
    for name in ("exercises/small", "quizzes", "class"):
        (folder / name).mkdir(parents=True)
    (folder / "exercises" / "small" / "exercise.yaml").write_text(SPEC)
    course = Course(root=folder)
    exercise = loading.load_exercise(course, "small")
    jobs = []
    for number in range(submissions):
        path = folder / "class" / f"s{number:04}.py"
        path.write_text(f"# student {number}\n{TEXT}")
        jobs.append(GradingJob(handed=Handed(student=path.stem), exercise=exercise, path=path, name=path.name))
    return course, jobs


def private_mb() -> float:
    """What the pool's own processes have for themselves: this one's children, and trainers, which are copies of one."""
    total = 0
    for child in psutil.Process().children(recursive=True):
        try:
            if child.ppid() == os.getpid() or "grader.trainer.nursery" in child.cmdline():
                total += child.memory_full_info().uss
        except psutil.Error:  # it has just ended
            continue
    return total / 1e6


def main() -> None:
    submissions = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    samples: list[float] = []
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["GRADE_CACHE"] = str(Path(folder) / "cache")
        course, jobs = made(Path(folder), submissions)
        with open_pool(AT_ONCE) as processes:
            for number, done in enumerate(
                Batch(course, GradingOptions(start=processes.start_pair), AT_ONCE).run(jobs), 1
            ):
                if done.graded is None or done.graded.verdict.status != "passed":
                    raise SystemExit(f"{done.job.student}: {done.problem or 'not passed'}")
                if number % EVERY == 0:
                    samples.append(private_mb())
            there = psutil.Process().children(recursive=True)
    _, left = psutil.wait_procs(there, timeout=5)
    fifth = max(1, len(samples) // 5)
    first, last = (statistics.median(part) for part in (samples[:fifth], samples[-fifth:]))
    took = time.monotonic() - began
    print(f"{submissions} submissions in {took:.0f} s, {took / submissions:.2f} s each, {AT_ONCE} at a time")
    print(f"private memory of the pool: first fifth {first:.0f} MB, last fifth {last:.0f} MB, ratio {last / first:.3f}"
          f"{'' if last <= 1.05 * first else '  MISSED (goal 1.05)'}")  # fmt: skip
    print(f"processes left behind: {len(left)}{'  MISSED (goal 0)' if left else ''}")


if __name__ == "__main__":
    main()
