"""A class through `grade batch` against running each file with plain Keras, both in one run.

    python benchmarks/batch.py [--plain-all]

Forty submissions of exercise1 with eight different trainings, as a class has them: five students each wrote the same
network. Plain Keras runs the eight different files once each and the time is taken five times, since running one file
again costs as much as the first time; with --plain-all it really runs all forty. Then the same batch runs again.
Prints wall times in seconds, throughputs and ratios, and what a submission costs whose training is known.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
UNITS = (96, 112, 128, 144, 160, 176, 192, 208)
STUDENTS = 40
GRADE = [sys.executable, "-c", "import sys; from grader.cli import main; main()", "batch", "exercise1"]
PLAIN = """
import sys, runpy
import keras
from grader.data import load_dataset
def load_data(path=None):
    data = load_dataset("mnist")
    return (data.x_train, data.y_train), (data.x_test, data.y_test)
keras.datasets.mnist.load_data = load_data
keras.utils.set_random_seed(7)
print(runpy.run_path(sys.argv[1])["train_mnist"]())
"""


def submissions(folder: Path) -> list[Path]:
    """The class's files; names of variables and comments differ from student to student."""
    text = (ROOT / "solutions" / "exercise1" / "solution.py").read_text()
    assert "Dense(128" in text
    paths = []
    for number in range(STUDENTS):
        path = folder / f"s{number:03}.py"
        units = UNITS[number % len(UNITS)]
        path.write_text(f"# student {number}\n" + text.replace("Dense(128", f"Dense({units}"))
        paths.append(path)
    return paths


def timed(command: list[str], environment: dict[str, str], folder: Path) -> float:
    """Wall time of one command in seconds."""
    began = time.monotonic()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stdout[-2000:] + done.stderr[-2000:])
    return time.monotonic() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plain-all", action="store_true", help="run all forty files with plain Keras too")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    try:
        compare(folder, plain_all=options.plain_all)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def compare(folder: Path, *, plain_all: bool) -> None:
    """Runs both sides and prints what they took."""
    (folder / "class").mkdir()
    paths = submissions(folder / "class")
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": str(ROOT), "GRADE_COURSE": str(ROOT),
                   "GRADE_CACHE": str(folder / "cache"), "GRADE_STATE": str(folder / "state")}  # fmt: skip
    timed([sys.executable, "-c", "from grader.data import load_dataset; load_dataset('mnist')"], environment, folder)
    batch_s = timed([*GRADE, "class", "-q"], environment, folder)
    again_s = timed([*GRADE, "class", "-q"], environment, folder)
    new = folder / "known"
    new.mkdir()
    for path in paths:
        (new / path.name).write_text(path.read_text() + "# another file, the same training\n")
    known_s = timed([*GRADE, "known", "-q"], environment, folder)
    run = paths if plain_all else paths[: len(UNITS)]
    plain_s = sum(timed([sys.executable, "-c", PLAIN, str(path)], environment, folder) for path in run)
    plain_s *= len(paths) / len(run)
    how = "all run" if plain_all else f"{len(run)} run, times {len(paths) // len(run)}"
    print(f"plain Keras, one after another   {plain_s:8.1f} s   ({how})")
    print(f"grade batch, nothing known       {batch_s:8.1f} s   {plain_s / batch_s:6.1f} times the throughput")
    print(f"grade batch, every training known{known_s:8.1f} s   {plain_s / known_s:6.1f} times")
    print(f"grade batch, the same files      {again_s:8.1f} s   {plain_s / again_s:6.1f} times; "
          f"{batch_s / again_s:.0f} times its first run")  # fmt: skip
    print(f"cost of a submission whose training is known: {known_s / len(paths):.2f} s of wall time on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
