"""How quick `grade watch` answers a save: static findings, then the callback probe, with the processes warm.

    python benchmarks/watch.py [--rounds 5]

Prints medians beside the import of TensorFlow in the same run, which every save would cost without warm processes.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pexpect

ROOT = Path(__file__).resolve().parents[1]
SOLUTION = (ROOT / "solutions" / "exercise1" / "solution.py").read_text()
GRADE = ["-c", "import sys; from grader.cli import main; main()"]
PROBED = "So far all is right"
READ = "Your file can be read"
LIMITS_S = {READ: 0.5, PROBED: 2.0}
# Until the next processes have imported everything.
REST_S = 12.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", "import tensorflow"], capture_output=True, check=True)
    importing = time.monotonic() - began
    took: dict[str, list[float]] = {READ: [], PROBED: []}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "exercise1.py"
        file.write_text(SOLUTION)
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "GRADE_COURSE": str(ROOT),
            "GRADE_STATE": folder,
            "TERM": "xterm",
        }
        child = pexpect.spawn(
            sys.executable, [*GRADE, "watch", str(file)], env=environment, encoding="utf-8", timeout=120
        )
        child.expect(PROBED)
        for index in range(rounds):
            time.sleep(REST_S)
            file.write_text(f"{SOLUTION}\n# {index}\n")
            began = time.monotonic()
            for words in (READ, PROBED):
                child.expect(words)
                took[words].append(time.monotonic() - began)
        child.send("q")
        child.expect(pexpect.EOF)
    print(f"import tensorflow          {importing:5.2f} s")
    for words, seconds in took.items():
        median = statistics.median(seconds)
        print(f"{words:24}   {median:5.2f} s   {median / importing:5.2f} × the import   (limit {LIMITS_S[words]:g} s)")


if __name__ == "__main__":
    main()
