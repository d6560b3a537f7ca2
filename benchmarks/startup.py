"""How long it takes to say something without training: wall time of light commands and of static refusals.

    python benchmarks/startup.py [--rounds 10]

Prints medians in milliseconds beside the start of the bare interpreter in the same run, and their ratio.
"""

from __future__ import annotations

import argparse
import compileall
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
GRADE = [sys.executable, "-c", "import sys; from grader.cli import main; main()"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    rounds = parser.parse_args().rounds
    compileall.compile_dir(ROOT / "grader", quiet=1)  # as pip does when it installs
    folder = Path(tempfile.mkdtemp())
    (folder / "wrong.py").write_text("def train_mnist_conv(:\n")
    (folder / "none.py").write_text("x = 1\n")
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "grade --help": [*GRADE, "--help"],
        "grade list": [*GRADE, "list"],
        "refusal: syntax error": [*GRADE, "exercise3", str(folder / "wrong.py")],
        "refusal: no function": [*GRADE, "exercise3", str(folder / "none.py")],
    }
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "GRADE_COURSE": str(ROOT)}
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            began = time.monotonic()
            subprocess.run(command, env=environment, capture_output=True, check=False)
            times[name].append(time.monotonic() - began)
    bare = statistics.median(times["python -c pass"])
    for name, seconds in times.items():
        median = statistics.median(seconds)
        print(f"{name:24} {median * 1000:6.0f} ms   {median / bare:5.1f} × the bare interpreter")


if __name__ == "__main__":
    main()
