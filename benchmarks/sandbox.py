"""What the sandbox costs: the same programs confined and not, side by side in one run.

`python benchmarks/sandbox.py [--training]` prints the fastest of each, since other work on the machine only adds; with `--training`, a small Keras
training in both as well.
"""

from __future__ import annotations

import argparse
import time

from grader.engines import confine

NOTHING = b"pass"
TRAINING = b"""
import time
import keras, numpy as np
keras.utils.set_random_seed(1)
model = keras.Sequential([keras.layers.Input((784,)), keras.layers.Dense(128, activation="relu"), keras.layers.Dense(10)])
model.compile("adam", "mse")
x, y = np.random.rand(20000, 784).astype("float32"), np.random.rand(20000, 10).astype("float32")
model.fit(x, y, epochs=1, verbose=0)
begin = time.perf_counter()
model.fit(x, y, epochs=3, verbose=0)
print(time.perf_counter() - begin)
"""
MAX_MS = 30.0


def run(program: bytes, level: str) -> tuple[float, str]:
    """Seconds from the start of a program to its end, and what it printed."""
    policy = confine.SandboxPolicy(memory=4_000_000_000, output=100_000, level=level)  # type: ignore[arg-type]
    began = time.perf_counter()
    process = confine.start_confined("program", {"program.py": program}, policy, {"PYTHONPATH": "."})
    try:
        while process.wait_for_code(10.0) is None:
            pass
        seconds = time.perf_counter() - began
        return seconds, process.read_output()
    finally:
        process.kill()


def side_by_side(program: bytes, rounds: int) -> dict[str, list[tuple[float, str]]]:
    """Both levels in turn, so that whatever else the machine does falls on both."""
    found: dict[str, list[tuple[float, str]]] = {"off": [], "auto": []}
    for _ in range(rounds):
        for level, runs in found.items():
            runs.append(run(program, level))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--training", action="store_true", help="compare a training too")
    parser.add_argument("--rounds", type=int, default=20)
    chosen = parser.parse_args()
    started = side_by_side(NOTHING, chosen.rounds)
    plain, confined = (min(seconds for seconds, _ in started[level]) for level in ("off", "auto"))
    cost_ms = 1000 * (confined - plain)
    print(f"start to end of an empty program: {1000 * plain:.1f} ms plain, {1000 * confined:.1f} ms confined")
    print(f"cost of the sandbox: {cost_ms:.1f} ms a run (at most {MAX_MS:g} ms wanted), ratio {confined / plain:.2f}")
    if chosen.training:
        trained = side_by_side(TRAINING, max(2, chosen.rounds // 5))
        plain, confined = (min(float(said.split()[-1]) for _, said in trained[level]) for level in ("off", "auto"))
        print(f"three epochs: {plain:.2f} s plain, {confined:.2f} s confined, ratio {confined / plain:.3f}")


if __name__ == "__main__":
    main()
