"""What a learner in Colab waits for: `pip install`, then a first verdict and a training in a notebook's cells.

    python benchmarks/colab.py [--python python3.12] [--versions colab|oldest|newest]

Makes a fresh environment with a TensorFlow, a NumPy and a kernel, as Colab's machines have them, or with the oldest that
the package allows, or with the newest that there are for this Python; installs the wheel
of this folder there, and runs a notebook in an empty folder. Fails where the installation changes a package that was
there, or where the reference solutions don't pass.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK_PARTS = ["ipykernel", "ipywidgets", "nbclient"]
EXERCISES = ["pooling", "exercise1"]
COLAB = ["tensorflow==2.19.1", "numpy==2.0.2"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--versions", choices=["colab", "oldest", "newest"], default="colab")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="grade-colab-") as name:
        folder = Path(name)
        environment = build_environment(folder)
        python = build_machine(folder, chosen, environment)
        wheel = build_wheel(folder)
        before = list_packages(python, environment)
        install_s = time_command([python, "-m", "pip", "install", "-q", str(wheel)], environment)
        changed = find_changes(before, list_packages(python, environment))
        print(
            f"wheel: {wheel.stat().st_size / 1e6:.1f} MB; pip install: {install_s:.1f} s; changed: {', '.join(changed) or 'nothing'}"
        )
        passed = show_cells(run_notebook(folder, environment), install_s)
        sys.exit(bool(changed) or not passed)


def build_environment(folder: Path) -> dict[str, str]:
    """The environment of somebody who has no checkout and has graded nothing yet."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("GRADE_", "PYTHON", "XDG_", "JUPYTER_"))
    }
    folders = {name: str(folder / name.lower()) for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME", "IPYTHONDIR")}
    return kept | folders | {"PATH": f"{folder / 'venv/bin'}:{os.environ['PATH']}", "JUPYTER_PLATFORM_DIRS": "1"}


def build_machine(folder: Path, chosen: argparse.Namespace, environment: dict[str, str]) -> str:
    """A Python that has what Colab's machines have; its path."""
    python = str(folder / "venv/bin/python")
    subprocess.run([chosen.python, "-m", "venv", str(folder / "venv")], check=True)
    command = [python, "-m", "pip", "install", "-q", *choose_versions(chosen.versions), *NOTEBOOK_PARTS]
    subprocess.run(command, env=environment, check=True)
    version = subprocess.run([python, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    there = list_packages(python, environment)
    print(f"{version}, TensorFlow {there['tensorflow']}, NumPy {there['numpy']}, Keras {there['keras']}")
    return python


def choose_versions(kind: str) -> list[str]:
    """What pip is asked for. The oldest are the lower bounds that the package itself declares."""
    if kind == "colab":
        return COLAB
    if kind == "newest":
        return ["tensorflow", "numpy"]
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    found = (re.match(r"(tensorflow|numpy)>=([\d.]+)", each) for each in declared)
    return [f"{each[1]}~={each[2]}.0" for each in found if each]


def build_wheel(folder: Path) -> Path:
    """The wheel that a package index would serve."""
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder / "wheel"), str(ROOT)]
    subprocess.run(command, check=True)
    return next((folder / "wheel").glob("*.whl"))


def list_packages(python: str, environment: dict[str, str]) -> dict[str, str]:
    """The version of each package that is installed."""
    done = subprocess.run(
        [python, "-m", "pip", "list", "--format", "json"], env=environment, capture_output=True, check=True
    )
    return {each["name"]: each["version"] for each in json.loads(done.stdout)}


def find_changes(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """The packages that were there and are another version now."""
    return [f"{name} {version} -> {after.get(name)}" for name, version in before.items() if after.get(name) != version]


def time_command(command: list[str], environment: dict[str, str]) -> float:
    began = time.monotonic()
    subprocess.run(command, env=environment, check=True)
    return time.monotonic() - began


def run_notebook(folder: Path, environment: dict[str, str]) -> list[dict[str, Any]]:
    """The cells of a learner's notebook after all of them were run, in a folder with nothing else in it."""
    sources = ["import tensorflow as tf\nprint(tf.__version__)", "%load_ext grader"]
    for exercise in EXERCISES:
        answer = (ROOT / f"solutions/{exercise}/solution.py").read_text(encoding="utf-8")
        sources += [answer.split("if __name__")[0], f"%grade {exercise}"]
    cells = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"cell-{number}",
            "metadata": {},
            "outputs": [],
            "source": source,
        }
        for number, source in enumerate(sources)
    ]
    path = folder / "work/notebook.ipynb"
    path.parent.mkdir()
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}), encoding="utf-8")
    command = [str(folder / "venv/bin/jupyter"), "execute", "--inplace", "--kernel_name=python3", str(path)]
    subprocess.run(command, env=environment, cwd=path.parent, check=True, capture_output=True)
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return found


def show_cells(cells: list[dict[str, Any]], install_s: float) -> bool:
    """Prints what each cell took and whether every verdict is a pass, which it returns."""
    headlines = []
    for cell in cells:
        source = "".join(cell["source"])
        print(f"{source.splitlines()[0][:40]:40} {measure_cell(cell):6.1f} s")
        if source.startswith("%grade "):
            text = "".join(cell["outputs"][-1]["data"]["text/plain"])
            headlines.append(text.splitlines()[0])
            print(f"  {headlines[-1]}")
    first = next(place for place, cell in enumerate(cells) if "".join(cell["source"]).startswith("%grade "))
    print(f"from pip install to the first verdict: {install_s + sum(map(measure_cell, cells[: first + 1])):.1f} s")
    return all("PASSED" in line for line in headlines)


def measure_cell(cell: dict[str, Any]) -> float:
    """The seconds that a cell ran, as noted by nbclient."""
    began, ended = (
        datetime.fromisoformat(cell["metadata"]["execution"][key]) for key in ("iopub.status.busy", "iopub.status.idle")
    )
    return (ended - began).total_seconds()


if __name__ == "__main__":
    main()
