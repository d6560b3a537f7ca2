"""What the trainer's backends cost: seconds for the first epoch, with compilation, and for each further one.

    python benchmarks/trainer.py [--examples 60000] [--epochs 3] [--rounds 2] [--networks dense convolution]

Each way trains the networks of exercises 1 and 3 in a process of its own, in turns: TensorFlow; JAX as Keras runs it,
batch by batch; and JAX as the trainer runs it, many steps in one call. Backends that aren't installed are left out.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TRAININGS = ROOT / "benchmarks" / "trainings.py"
WAYS = {"tensorflow": "tensorflow", "jax, by batches": "jax", "jax": "jax"}
NETWORKS = ("dense", "convolution")


def measured(way: str, network: str, options: argparse.Namespace) -> dict[str, Any]:
    """What a child says."""
    command = [sys.executable, str(TRAININGS), way, network, "--examples", str(options.examples),
               "--epochs", str(options.epochs)]  # fmt: skip
    environment = {**os.environ, "KERAS_BACKEND": WAYS[way], "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    if network == "dense":
        environment["TF_NUM_INTRAOP_THREADS"] = "1"  # as the grader starts it for a file without convolutions
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{way}, {network}: {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=60_000)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=NETWORKS)
    options = parser.parse_args()
    ways = [way for way, backend in WAYS.items() if importlib.util.find_spec(backend)]
    print(f"{options.examples:,} examples, batches of 32, {os.cpu_count()} cores; median of {options.rounds} rounds")
    for network in options.networks:
        rounds = [{way: measured(way, network, options) for way in ways} for _ in range(options.rounds)]
        whole = {way: statistics.median(sum(each[way]["epochs_s"]) for each in rounds) for way in ways}
        for way in ways:
            first = statistics.median(each[way]["epochs_s"][0] for each in rounds)
            later = [statistics.median(each[way]["epochs_s"][1:] or [first]) for each in rounds]
            print(f"{network:12} {way:16} first epoch {first:6.2f} s, further ones {statistics.median(later):6.2f} s each, "
                  f"accuracy {rounds[-1][way]['accuracy']:.4f}, "
                  f"all of it {whole[way] / whole[ways[0]]:.2f} × {ways[0]}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
