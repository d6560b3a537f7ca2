"""A small dataset of a course's own, circles and squares, and a course with one exercise on it."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from grader.protocol.datasets import DatasetDescription, Splits
from grader.protocol.image_trees import compute_tree_digest, iter_image_files

SIZE, COUNTS = 16, {"train": 400, "test": 100, "held_out": 120}
DESCRIPTION = """\
schema: grade-dataset/1
id: shapes
title: Circles and squares
licence: CC0-1.0
shape: {shape}
classes: [circle, square]
splits: {{train: 400, test: 100}}
file: shapes.npz
sha256: {sha256}
names: {{keras: [shapes], tfds: [shapes], files: [shapes.npz]}}
"""
EXERCISE = """\
schema: grade-exercise/1
id: outlines
title: Circles and squares
function: train
dataset: shapes
attempts: 1
checks:
  - {id: data, check: training.data, args: {split: train, examples: 400}, points: 40}
  - {id: reached, check: training.reaches, args: {metric: accuracy, above: 0.9}, points: 30}
  - {id: secret, check: measured.accuracy, args: {split: held_out, at_least: 0.9}, points: 30}
"""
DESCRIBED = DatasetDescription(
    schema="grade-dataset/1", id="figures", title="", licence="", shape=(16, 16, 3), classes=("circle", "square"),
    splits=Splits(train=2, test=1), sha256="0" * 64,
)  # fmt: skip
SHAPES: dict[int, list[int]] = {1: [SIZE, SIZE], 3: [SIZE, SIZE, 3]}


def draw_shapes(count: int, channels: int, random: np.random.Generator) -> tuple[Any, Any]:
    """Outlines of any size and brightness, on a ground that isn't black where there are colours, as in a photograph."""
    rows, columns = np.mgrid[:SIZE, :SIZE]
    labels = random.integers(0, 2, count)
    centre, radius = random.uniform(6, 9, (2, count, 1, 1)), random.uniform(3, 6, (count, 1, 1))
    down, right = np.abs(rows - centre[0]), np.abs(columns - centre[1])
    distance = np.where(labels[:, None, None] == 0, np.hypot(down, right), np.maximum(down, right))
    ink = np.abs(distance - radius) < 0.8
    if channels == 1:
        return (ink * random.integers(120, 256, (count, 1, 1))).astype(np.uint8), labels
    ground = random.integers(20, 90, (count, SIZE, SIZE, channels))
    return np.where(ink[..., None], random.integers(140, 256, (count, 1, 1, channels)), ground).astype(np.uint8), labels


IMAGES = """\
schema: grade-dataset/1
id: figures
title: Circles and squares in files
licence: CC0-1.0
shape: [16, 16, 3]
classes: [circle, square]
splits: {{train: {train}, test: {test}}}
sha256: {sha256}
names: {{keras: [figures], folders: [figures], train_folders: [train-figures]}}
"""


def write_images(root: Path, counts: dict[str, int]) -> None:
    """Image folders, half of each split of either class; every third image is a JPEG."""
    folder = root / "datasets" / "figures"
    random = np.random.default_rng(3)
    for split, count in counts.items():
        for name in ("circle", "square"):
            (folder / split / name).mkdir(parents=True, exist_ok=True)
            images, labels = draw_shapes(4 * count, 3, random)
            chosen = images[labels == (name == "square")][: count // 2]
            for number, image in enumerate(chosen):
                ending = ".jpg" if number % 3 == 2 else ".png"
                Image.fromarray(image).save(folder / split / name / f"{name[0]}{number:02}{ending}")
    files = [(file.name, (folder / file.name).read_bytes()) for file in iter_image_files(DESCRIBED, folder)]
    (folder / "dataset.yaml").write_text(IMAGES.format(**counts, sha256=compute_tree_digest(files)))


def write_image_course(root: Path, train: int = 24, test: int = 8) -> None:
    """A course with the dataset and the exercise `outlines`."""
    exercise = root / "exercises" / "outlines"
    exercise.mkdir(parents=True, exist_ok=True)
    (root / "quizzes").mkdir(exist_ok=True)
    text = EXERCISE.replace("shapes", "figures").replace("400", str(train)).replace("held_out", "test")
    (exercise / "exercise.yaml").write_text(text)
    write_images(root, {"train": train, "test": test})


def pack(**arrays: Any) -> bytes:
    content = io.BytesIO()
    np.savez(content, **arrays)
    return content.getvalue()


def write_dataset(root: Path, channels: int = 1, seed: int = 5) -> dict[str, Any]:
    """The dataset in a course's folder, with a secret split; returns all arrays by name."""
    random = np.random.default_rng(seed)
    drawn = {split: draw_shapes(count, channels, random) for split, count in COUNTS.items()}
    arrays = {
        f"{letter}_{split}": part for split, pair in drawn.items() for letter, part in zip("xy", pair, strict=True)
    }
    public = pack(**{name: array for name, array in arrays.items() if not name.endswith("held_out")})
    folder, secret = root / "datasets" / "shapes", root / "solutions" / "datasets" / "shapes"
    for each in (folder, secret):
        each.mkdir(parents=True, exist_ok=True)
    (folder / "shapes.npz").write_bytes(public)
    sha256 = hashlib.sha256(public).hexdigest()
    (folder / "dataset.yaml").write_text(DESCRIPTION.format(shape=SHAPES[channels], sha256=sha256))
    (secret / "held_out.npz").write_bytes(pack(x=arrays["x_held_out"], y=arrays["y_held_out"]))
    return arrays


def write_course(root: Path, channels: int = 1) -> dict[str, Any]:
    """A course with the dataset and the exercise `outlines`."""
    exercise = root / "exercises" / "outlines"
    exercise.mkdir(parents=True, exist_ok=True)
    (root / "quizzes").mkdir(exist_ok=True)
    (exercise / "exercise.yaml").write_text(EXERCISE)
    return write_dataset(root, channels)
