"""What a submission costs whose training is known: processor time in the warm pool, beside that of its own arrays.

    python benchmarks/known.py [--submissions 15] [--rounds 5]

Goal: at most 0.8 s. Each round grades one file and then many, all different and all of the same training, in a batch of
its own with one submission at a time; what the many cost more, each, is the figure. Beside it the same images read and
scaled in a process that has imported NumPy, as every such file does. The processor time is that of all processes.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOLUTION = (ROOT / "solutions" / "exercise1" / "solution.py").read_text()
GRADE = "import sys; from grader.cli import main; main()"
ARRAYS = """
import os, sys
from grader.data import load_dataset
for _ in range(int(sys.argv[1])):
    if (child := os.fork()) == 0:
        images = load_dataset("mnist").x_train / 255.0
        os._exit(0)
    os.waitpid(child, 0)
"""
LIMIT_S = 0.8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--submissions", type=int, default=15)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(GRADE_CACHE=str(Path(folder) / "cache"), GRADE_COURSE=str(ROOT), PYTHONPATH=str(ROOT))
        grade(Path(folder), 1)  # trains
        rounds = []
        for number in range(options.rounds):
            known, own = (each(options.submissions, run) for run in (lambda n: grade(Path(folder), n), arrays))
            rounds.append((known, own))
            print(f"round {number + 1}: {known:.2f} s, of its own arrays {own:.2f} s")
    known, own = (statistics.median(column) for column in zip(*rounds, strict=True))
    print(f"a submission whose training is known: {known:.2f} s of processor time (median), {known / own:.1f} times its own arrays"
          f"{'' if known <= LIMIT_S else f'  MISSED (goal {LIMIT_S} s)'}")  # fmt: skip


def each(count: int, run: Callable[[int], float]) -> float:
    """What one costs, without the start."""
    first = run(1)
    return (run(1 + count) - first) / count


def grade(folder: Path, count: int) -> float:
    """Processor time of a batch of so many new files, in seconds."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        files = Path(place) / "class"
        files.mkdir()
        for number in range(count):
            (files / f"s{number:03}.py").write_text(f"# {place} {number}\n{SOLUTION}")
        book = f"sqlite:///{place}/gradebook.db"
        return spent("-c", GRADE, "batch", "exercise1", str(files), "-j", "1", "-q", "--gradebook", book)


def arrays(count: int) -> float:
    """The same for the arrays alone."""
    return spent("-c", ARRAYS, str(count))


def spent(*words: str) -> float:
    """Runs Python; the processor time of it and of all that it waited for. Raises: SystemExit: it failed."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    process = os.posix_spawn(
        sys.executable, [sys.executable, *words], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, nothing, 1)]
    )
    os.close(nothing)
    _, status, used = os.wait4(process, 0)
    if status:
        raise SystemExit(f"exit code {os.waitstatus_to_exitcode(status)}")
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
