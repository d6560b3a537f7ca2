"""Names that a file uses and never defines, such as `tf` where only the graded cell was handed in."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable

from grader.records.verdict import Note
from grader.static.outline import OutlineStep

# What the student process can supply, and how the file could have got it.
SUPPLIED_NAMES = {
    "tf": "import tensorflow as tf",
    "np": "import numpy as np",
    "keras": "from tensorflow import keras",
    "os": "import os",
    "sys": "import sys",
    "math": "import math",
    "random": "import random",
    "time": "import time",
    "json": "import json",
    "plt": "import matplotlib.pyplot as plt",
    "path": 'path = "mnist.npz"',
    "layers": "from tensorflow.keras import layers",
    "models": "from tensorflow.keras import models",
    "optimizers": "from tensorflow.keras import optimizers",
    "callbacks": "from tensorflow.keras import callbacks",
    "datasets": "from tensorflow.keras import datasets",
    "mnist": "from tensorflow.keras.datasets import mnist",
    "fashion_mnist": "from tensorflow.keras.datasets import fashion_mnist",
}
# Names of Keras that a graded cell takes from an earlier one.
SUPPLIED_NAMES |= {
    name: f"from tensorflow.keras.{module} import {name}"
    for module, names in {
        "models": "Sequential Model",
        "layers": "Input Dense Flatten Conv2D MaxPooling2D MaxPool2D AveragePooling2D GlobalAveragePooling2D Dropout "
        "BatchNormalization Activation Add",
        "callbacks": "Callback EarlyStopping",
        "optimizers": "Adam SGD RMSprop",
        "utils": "to_categorical",
    }.items()
    for name in names.split()
}
BUILTIN_NAMES = frozenset(dir(builtins)) | {"__file__", "get_ipython"}


MODULE_NAMES = frozenset({"tf", "np", "keras", "os", "sys", "math", "random", "time", "json", "plt"})


def find_missing_names(kept: Iterable[OutlineStep], needed: set[str], stars: bool) -> list[tuple[str, int | None]]:
    """The names to supply, each with the first line that needs it (None: nothing that counts, or it may be bound).

    Args:
        kept: the statements that are run.
        needed: names that the graded function or the trainings read.
        stars: a star import may bind any of them.
    """
    steps = list(kept)
    bound = set().union(*(step.names.binds | step.names.sets for step in steps)) | BUILTIN_NAMES
    read = set().union(*(step.names.reads for step in steps)) - bound
    # Modules are supplied also if they are imported too late; a notebook's cells run in any order.
    wanted = (read - _find_module_use("path", steps)) | (_find_early_reads(steps) & MODULE_NAMES)
    # A star import may bind these names, so a note that they are missing could be wrong.
    counted = {} if stars else _find_first_lines(steps, wanted & needed)
    return [(name, counted.get(name)) for name in SUPPLIED_NAMES if name in wanted]


def _find_early_reads(steps: list[OutlineStep]) -> set[str]:
    """Names that a statement reads before any has bound them: cells that were run in another order."""
    bound: set[str] = set()
    early: set[str] = set()
    for step in steps:
        early |= step.names.now - bound - step.names.binds
        bound |= step.names.binds
    return early


def _find_module_use(name: str, steps: list[OutlineStep]) -> set[str]:
    """The name itself if something below it is used, so that a module is meant and not the name of the data."""
    parts = (part for step in steps if name in step.names.reads for part in ast.walk(step.node))
    used = any(
        isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id == name for part in parts
    )
    return {name} if used else set()


def _find_first_lines(steps: list[OutlineStep], names: set[str]) -> dict[str, int]:
    lines: dict[str, int] = {}
    for step in steps:
        for part in ast.walk(step.node) if step.names.reads & names else ():
            if isinstance(part, ast.Name) and part.id in names:
                lines[part.id] = min(part.lineno, lines.get(part.id, part.lineno))
    return lines


def note_supplied_names(lacking: list[tuple[str, int | None]]) -> list[Note]:
    """One note for each name that counts."""
    return [
        Note(
            line=line, message=f"`{name}` is used but not defined before; the grader supplied `{SUPPLIED_NAMES[name]}`"
        )
        for name, line in lacking
        if line is not None
    ]
