"""How long a plain function's grading takes: wall time of `grade EXERCISE SOLUTION` for each such exercise.

    python benchmarks/functions.py [--rounds 5]

Prints medians in seconds beside `import numpy` and `import tensorflow` in the same run, and how much of each was spent
in the student's function.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
GRADE = [sys.executable, "-c", "import sys; from grader.cli import main; main()"]
LIMIT_S = 1.5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "GRADE_COURSE": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    for library in ("numpy", "tensorflow"):
        seconds, _ = measured([sys.executable, "-c", f"import {library}"], environment, min(rounds, 3))
        print(f"import {library:17} {seconds:5.2f} s")
    for path in sorted(ROOT.glob("solutions/*/reference.py")):
        name = path.parent.name
        command = [*GRADE, name, str(path.with_name("solution.py")), "--fresh", "--json", "-"]
        seconds, output = measured(command, environment, rounds)
        inside = json.loads(output)["timings"]["student"]
        verdict = "within" if seconds <= LIMIT_S else "BEYOND"
        print(f"grade {name:18} {seconds:5.2f} s   {inside:5.2f} s of it in the file   {verdict} {LIMIT_S} s")


def measured(command: list[str], environment: dict[str, str], rounds: int) -> tuple[float, str]:
    """The median of the wall times in seconds, and the last output."""
    times, output = [], ""
    for _ in range(rounds):
        began = time.monotonic()
        output = subprocess.run(command, env=environment, capture_output=True, text=True, check=False).stdout
        times.append(time.monotonic() - began)
    return statistics.median(times), output


if __name__ == "__main__":
    main()
