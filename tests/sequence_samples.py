"""Small sequences of a course's own, of which the commoner of two groups of numbers is the class, and a course with them."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import numpy as np

COUNTS, WORDS, LENGTH = {"train": 600, "test": 200, "held_out": 200}, 60, 24
DESCRIPTION = """\
schema: grade-dataset/1
id: reviews
title: Reviews in numbers
licence: CC0-1.0
task: sequences
{length}classes: [bad, good]
splits: {{train: 600, test: 200}}
file: reviews.npz
sha256: {sha256}
example: review
names: {{keras: [reviews], files: [texts.npz]}}
"""
EXERCISE = """\
schema: grade-exercise/1
id: moods
title: Are they good?
function: train
dataset: reviews
limits: {student: 60s, cpu: 3min, memory: 4GB, output: 20kB}
checks:
  - {id: data, check: training.data, args: {split: train, examples: 600}, points: 40}
  - {id: reached, check: training.reaches, args: {metric: accuracy, above: 0.85}, points: 20}
  - {id: secret, check: measured.accuracy, args: {split: held_out, at_least: 0.8}, points: 40}
"""


def draw_sequences(count: int, random: np.random.Generator) -> tuple[list[list[int]], Any]:
    """Lists of 4 to 40 numbers from 4 on; of the class 1 more are even, and rarer numbers are larger."""
    labels = random.integers(0, 2, count)
    found = []
    for label in labels:
        ranks = (WORDS / 2 * random.random(random.integers(4, 41)) ** 2).astype(int)
        even = random.random(len(ranks)) < (0.85 if label else 0.15)
        found.append((4 + 2 * ranks + ~even).clip(4).tolist())
    return found, labels


def pack_lists(lists: list[list[int]], length: int | None) -> Any:
    """As an array of lists, or filled up with zeros behind, and cut, to a length."""
    if length is None:
        made = np.empty(len(lists), object)
        made[:] = lists
        return made
    return np.array([(numbers + [0] * length)[:length] for numbers in lists], np.int32)


def pack_archive(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def write_sequences(root: Path, length: int | None = None) -> dict[str, Any]:
    """The dataset in a course's folder, with a secret split; returns all arrays by name."""
    random = np.random.default_rng(7)
    arrays: dict[str, Any] = {}
    for split, count in COUNTS.items():
        lists, arrays[f"y_{split}"] = draw_sequences(count, random)
        arrays[f"x_{split}"] = pack_lists(lists, length)
    folder, secret = root / "datasets" / "reviews", root / "solutions" / "datasets" / "reviews"
    for each in (folder, secret):
        each.mkdir(parents=True, exist_ok=True)
    public = pack_archive(**{key: array for key, array in arrays.items() if "held_out" not in key})
    (folder / "reviews.npz").write_bytes(public)
    (secret / "held_out.npz").write_bytes(pack_archive(x=arrays["x_held_out"], y=arrays["y_held_out"]))
    said = "" if length is None else f"length: {length}\n"
    text = DESCRIPTION.format(length=said, sha256=hashlib.sha256(public).hexdigest())
    (folder / "dataset.yaml").write_text(text)
    return arrays


def write_sequence_course(root: Path, length: int | None = None) -> dict[str, Any]:
    """A course with the dataset and the exercise `moods`."""
    exercise = root / "exercises" / "moods"
    exercise.mkdir(parents=True, exist_ok=True)
    (root / "quizzes").mkdir(exist_ok=True)
    (exercise / "exercise.yaml").write_text(EXERCISE)
    return write_sequences(root, length)
