"""Small tables of a course's own, what houses cost and which of them are dear, and a course with an exercise on one."""

from __future__ import annotations

import csv
import hashlib
import io
from pathlib import Path
from typing import Any

import numpy as np

FEATURES, COUNTS = ("rooms", "area", "age", "distance"), {"train": 600, "test": 200, "held_out": 200}
DESCRIPTION = """\
schema: grade-dataset/1
id: houses
title: Houses
licence: CC0-1.0
task: {task}
{classes}features: [rooms, area, age, distance]
label: price
splits: {{train: 600, test: 200}}
file: houses.csv
sha256: {train}
test_file: houses_test.csv
test_sha256: {test}
names: {{keras: [houses], files: [house_prices.csv]}}
"""
EXERCISE = """\
schema: grade-exercise/1
id: prices
title: What houses cost
function: train
dataset: houses
limits: {{student: 60s, cpu: 3min, memory: 4GB, output: 20kB}}
checks:
  - {{id: data, check: training.data, args: {{split: train, examples: 600, share: 75%}}, points: 40}}
  - {{id: secret, check: measured.reaches, args: {{split: held_out, {line}}}, points: 60}}
"""
LINES = {"regression": "below: {mae: 0.4}", "binary": "above: {accuracy: 0.85}"}


def draw_houses(count: int, task: str, random: np.random.Generator) -> tuple[Any, Any]:
    """Rows of four features, and prices in 100,000; or whether a price is above 5."""
    rooms, area = random.integers(1, 8, count), random.normal(100, 30, count).round(1)
    age, distance = random.integers(0, 100, count), random.lognormal(1, 0.7, count).round(2)
    rows = np.stack([rooms, area, age, distance], axis=1).astype(float)
    prices = (0.5 * rooms + 0.03 * area - 0.01 * age - 0.1 * distance + 0.5 + random.normal(0, 0.1, count)).round(3)
    return rows, (prices > 5).astype(int) if task == "binary" else prices


def write_csv(rows: Any, labels: Any) -> bytes:
    """With a column more than the description names, as files have them."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["id", *FEATURES, "price"])
    writer.writerows(
        [number, *row, label] for number, (row, label) in enumerate(zip(rows.tolist(), labels.tolist(), strict=True))
    )
    return text.getvalue().encode()


def write_table(root: Path, task: str = "regression") -> dict[str, Any]:
    """The dataset in a course's folder, with a secret split; returns all arrays by name."""
    random = np.random.default_rng(5)
    drawn = {split: draw_houses(count, task, random) for split, count in COUNTS.items()}
    files = {split: write_csv(*pair) for split, pair in drawn.items()}
    folder, secret = root / "datasets" / "houses", root / "solutions" / "datasets" / "houses"
    for each in (folder, secret):
        each.mkdir(parents=True, exist_ok=True)
    (folder / "houses.csv").write_bytes(files["train"])
    (folder / "houses_test.csv").write_bytes(files["test"])
    (secret / "held_out.csv").write_bytes(files["held_out"])
    digests = {split: hashlib.sha256(data).hexdigest() for split, data in files.items()}
    classes = "classes: [cheap, dear]\n" if task == "binary" else ""
    (folder / "dataset.yaml").write_text(
        DESCRIPTION.format(task=task, classes=classes, train=digests["train"], test=digests["test"])
    )
    return {f"{letter}_{split}": part for split, pair in drawn.items() for letter, part in zip("xy", pair, strict=True)}


def write_table_course(root: Path, task: str = "regression") -> dict[str, Any]:
    """A course with the dataset and the exercise `prices`."""
    exercise = root / "exercises" / "prices"
    exercise.mkdir(parents=True, exist_ok=True)
    (root / "quizzes").mkdir(exist_ok=True)
    (exercise / "exercise.yaml").write_text(EXERCISE.format(line=LINES[task]))
    return write_table(root, task)
