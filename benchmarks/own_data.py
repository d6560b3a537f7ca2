"""What a large dataset of a course's own costs: decoding it once, mapping it afterwards, and matching an order of it.

    python benchmarks/own_data.py [--megabytes 1000] [--rounds 3] [--processes 2]

Goal: matching takes at most three times as long as NumPy takes to read the ordered array from a file that is in memory
already. The images are random, 64 × 64 in three colours; the order is what most files make of them, divided by 255, as
float32: four times as many bytes as the dataset. Of 1 GB, the matching process takes 7.5 GB.
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from grader.data import load_dataset
from grader.data.canonical import compute_content_digest
from grader.protocol.datasets import ArrayDigests, DatasetDescription, DatasetSource, Splits
from grader.trainer.match.canonical import load_canonical_images
from grader.trainer.match.comparison import match_arrays

SHAPE = (64, 64, 3)
MAX_READS = 3.0
PORTION_VALUES = 16_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["GRADE_CACHE"] = f"{folder}/cache"
        source = write_dataset(Path(folder), options.megabytes * 1_000_000 // np.prod(SHAPE).item())
        _, decoding = take_time(lambda: load_dataset(source))
        data, mapping = take_time(lambda: load_dataset(source))
        print(f"{options.megabytes} MB: decoded in {decoding:.2f} s, mapped in {mapping:.2f} s")
        for own, shared in map_at_once(source, options.processes):
            print(f"  one of {options.processes} processes that map it: {own:.2f} GB of its own, {shared:.2f} GB shared")
        ordered = np.divide(data.x_train, 255, dtype=np.float32)
        load_canonical_images(source)
        np.save(f"{folder}/ordered.npy", ordered)
        ratios = [compare(source, ordered, data.y_train, f"{folder}/ordered.npy") for _ in range(options.rounds)]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"matched in {min(ratios):.2f} times a read (goal: {MAX_READS:g}); memory: {memory:.2f} GB at most")


def write_dataset(folder: Path, count: int) -> DatasetSource:
    """Nine tenths of the images are for training."""
    random, train = np.random.default_rng(0), count * 9 // 10
    arrays = {}
    for split, number in (("train", train), ("test", count - train)):
        arrays[f"x_{split}"] = random.integers(0, 256, (number, *SHAPE), dtype=np.uint8)
        arrays[f"y_{split}"] = random.integers(0, 10, number, dtype=np.uint8)
    path = folder / "large.npz"
    np.savez(path, **arrays)
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    about = DatasetDescription(
        schema="grade-dataset/1", id="large", title="Large", licence="CC0-1.0", shape=SHAPE, classes=tuple("0123456789"),
        splits=Splits(train=train, test=count - train), file=path.name, sha256=sha256,
        arrays=ArrayDigests(**{key: compute_content_digest(array) for key, array in arrays.items()}),
    )  # fmt: skip
    return DatasetSource(about=about, folder=str(folder))


def compare(source: DatasetSource, ordered: Any, labels: Any, path: str) -> float:
    """How many times as long as a read the matching takes."""
    found, matching = take_time(lambda: match_arrays(ordered, labels, source))
    _, reading = take_time(lambda: read_file(path))
    assert (found.source == np.arange(len(ordered))).all()
    print(f"  matched in {matching:.2f} s, read in {reading:.2f} s")
    return matching / reading


def read_file(path: str) -> None:
    """Reads an array bit by bit, so that it isn't in memory twice; each part into new memory, as `np.load` does it."""
    with Path(path).open("rb") as file:
        np.lib.format.read_magic(file)
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
        left = int(np.prod(shape))
        while left > 0:
            left -= len(np.fromfile(file, dtype, min(left, PORTION_VALUES)))


def map_at_once(source: DatasetSource, processes: int) -> list[tuple[float, float]]:
    """For each of some processes that load the dataset, its own memory and what it shares, in GB, while all have it."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(processes)
    with ProcessPoolExecutor(processes, context, _keep_barrier, (barrier,)) as pool:
        return list(pool.map(_map_dataset, [source] * processes))


def _keep_barrier(barrier: Any) -> None:
    _map_dataset.__dict__["barrier"] = barrier


def _map_dataset(source: DatasetSource) -> tuple[float, float]:
    data = load_dataset(source)
    _map_dataset.__dict__["barrier"].wait(300)
    lines = [line.split() for line in Path("/proc/self/smaps_rollup").read_text().splitlines()]
    sizes = {words[0]: int(words[1]) / 1e6 for words in lines if words[0].startswith(("Private", "Shared"))}
    del data
    own = sizes["Private_Clean:"] + sizes["Private_Dirty:"]
    return own, sizes["Shared_Clean:"] + sizes["Shared_Dirty:"]


def take_time(call: Callable[[], Any]) -> tuple[Any, float]:
    """What a call gives, and its processor seconds."""
    start = time.process_time()
    return call(), time.process_time() - start


if __name__ == "__main__":
    main()
