"""What one more submission at a time takes of memory, beside what its own file makes.

    python benchmarks/at_once.py [--submissions 24]

Goal: at most 400 MB. Files that differ are graded in a batch with 1, 2 and 4 at a time: first ones whose training is
known, then a third as many of which each trains one epoch. The figure is by how much the peak of all processes together
grows for each further one. A page that several share counts once (the proportional set size, summed). The images that
such a file reads and scales to 64-bit floats are its own affair: they are measured in a process that has imported NumPy,
and what is left is what the grader adds.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from grader.engines.confine.inside import tree

ROOT = Path(__file__).resolve().parents[1]
SOLUTION = (ROOT / "solutions" / "exercise1" / "solution.py").read_text().replace("epochs=9", "epochs=1")
GRADE = "import sys; from grader.cli import main; main()"
ARRAYS = """
import psutil
from grader.data import load_dataset
def taken():
    return psutil.Process().memory_full_info().uss
data = load_dataset("mnist")  # which all share
before = taken()
scaled = data.x_train / 255.0
print(taken() - before)
"""
AT_ONCE = (1, 2, 4)
EVERY_S = 0.01
GOAL_MB = 400


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--submissions", type=int, default=24)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(GRADE_CACHE=str(Path(folder) / "cache"), GRADE_COURSE=str(ROOT), PYTHONPATH=str(ROOT))
        own = int(subprocess.check_output([sys.executable, "-c", ARRAYS])) / 1e6
        print(f"the arrays of a file alone: {own:.0f} MB")
        peak_mb(Path(folder), 1, 1)  # trains
        tell("known", own, lambda count: peak_mb(Path(folder), options.submissions, count))
        tell("trained", own, lambda count: peak_mb(Path(folder), options.submissions // 3, count, "--fresh"))


def tell(what: str, own: float, measure: Callable[[int], float]) -> None:
    """Measures with each number at a time."""
    peaks = {count: measure(count) for count in AT_ONCE}
    print(f"{what}: " + ", ".join(f"{peak:.0f} MB with {count} at a time" for count, peak in peaks.items()))
    for count in AT_ONCE[1:]:
        each = (peaks[count] - peaks[1]) / (count - 1)
        missed = "" if each - own <= GOAL_MB else f"  MISSED (goal {GOAL_MB} MB)"
        print(f"    each further of {count}: {each:.0f} MB, beside its own arrays {each - own:.0f} MB{missed}")


def peak_mb(folder: Path, submissions: int, at_once: int, *more: str) -> float:
    """The most memory that a batch of so many new files took."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        files, book = Path(place) / "class", f"sqlite:///{place}/book.db"
        files.mkdir()
        for number in range(submissions):
            (files / f"s{number:03}.py").write_text(f"# {place} {number}\n{SOLUTION}")
        words = ["batch", "exercise1", str(files), "-j", str(at_once), "-q", "--gradebook", book, *more]
        batch = subprocess.Popen([sys.executable, "-c", GRADE, *words], stdout=subprocess.DEVNULL)
        most = 0
        while batch.poll() is None:
            most = max(most, tree.measure_proportional([batch.pid, *tree.list_descendants(batch.pid)]))
            time.sleep(EVERY_S)
        if batch.returncode not in (0, 1):  # one epoch isn't enough to pass
            raise SystemExit(f"exit code {batch.returncode}")
    return most / 1e6


if __name__ == "__main__":
    main()
