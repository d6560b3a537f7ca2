"""What a Colab user does, in an environment of its own without this checkout: install beside a given TensorFlow, check a cell.

    python benchmarks/colab.py --tensorflow 2.19.0 --numpy 2.0.2 [--wheel FILE] [--environment DIR]

Makes an environment with TensorFlow, NumPy and Jupyter's kernel as they are there before, installs the wheel, and runs a
notebook in a folder of its own: `%load_ext grader`, the course's own solutions as cells, a `%grade` without a training,
one with a training, and a quiz. Prints the seconds of each step and every package whose version the installation changed; ends
with 1 if TensorFlow, Keras or NumPy is among them, or a verdict isn't a pass. Downloads are part of the seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
THERE_BEFORE = ["ipykernel", "nbclient", "ipywidgets<8", "pandas", "matplotlib", "psutil", "pyyaml", "click", "rich"]
KEPT = ("tensorflow", "keras", "numpy")
NOTEBOOK = """
import json, sys, time
import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

class Timed(NotebookClient):
    times = []
    async def async_execute_cell(self, *given, **more):
        began = time.monotonic()
        try:
            return await super().async_execute_cell(*given, **more)
        finally:
            self.times.append(time.monotonic() - began)

cells = json.load(sys.stdin)
client = Timed(new_notebook(cells=[new_code_cell(cell) for cell in cells]), kernel_name="python3", allow_errors=True, timeout=1800)
began = time.monotonic()
client.execute()
texts = ["".join(each.get("text", "") or "".join(each.get("traceback", [])) or each.get("data", {}).get("text/plain", "") for each in cell.outputs)
         for cell in client.nb.cells]
json.dump({"times": client.times, "all": time.monotonic() - began, "texts": texts}, sys.stdout)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tensorflow", required=True)
    parser.add_argument("--numpy", required=True)
    parser.add_argument("--keras", help="default: the newest that this TensorFlow takes")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--wheel", type=Path)
    parser.add_argument("--environment", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = options.environment or Path(folder) / "environment"
        wheel = options.wheel or build_wheel(Path(folder))
        print(f"wheel: {wheel.stat().st_size / 1e6:.1f} MB")
        if not place.exists():
            make_environment(place, options)
        before = list_versions(place)
        print(", ".join(f"{name} {before[name]}" for name in KEPT))
        began = time.monotonic()
        install(place, str(wheel))
        print(f"pip install: {time.monotonic() - began:.1f} s")
        after = list_versions(place)
        changed = {name: f"{before[name]} -> {after.get(name)}" for name in before if before[name] != after.get(name)}
        print(f"changed: {changed or 'nothing'}; added: {', '.join(sorted(after.keys() - before.keys()))}")
        passed = run_notebook(place, Path(folder))
    sys.exit(0 if passed and not changed.keys() & set(KEPT) else 1)


def build_wheel(folder: Path) -> Path:
    subprocess.run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT], check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def make_environment(place: Path, options: argparse.Namespace) -> None:
    """An environment with what a notebook service has before."""
    subprocess.run([options.python, "-m", "venv", place], check=True)
    began = time.monotonic()
    keras = [f"keras=={options.keras}"] if options.keras else []
    install(place, f"tensorflow=={options.tensorflow}", f"numpy=={options.numpy}", *keras, *THERE_BEFORE)
    print(f"there before, installed in {time.monotonic() - began:.1f} s")


def install(place: Path, *what: str) -> None:
    subprocess.run([place / "bin/pip", "install", "-q", "--disable-pip-version-check", *what], check=True, stderr=subprocess.DEVNULL)


def list_versions(place: Path) -> dict[str, str]:
    told = subprocess.run([place / "bin/pip", "list", "--format=json", "--disable-pip-version-check"], check=True, capture_output=True, text=True)
    return {each["name"].lower(): each["version"] for each in json.loads(told.stdout)}


def run_notebook(place: Path, folder: Path) -> bool:
    """Whether both cells were graded as passed; prints how long it took."""
    pooling, dense = ((ROOT / f"solutions/{name}/solution.py").read_text().split("if __name__")[0] for name in ("pooling", "exercise1"))
    cells = ["%load_ext grader", pooling, "%grade pooling", dense, "%grade exercise1", "%grade_quiz week3"]
    work = folder / "work"
    work.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GRADE_", "PYTHON", "XDG_"))}
    environment = kept | {"HOME": str(folder), "GRADE_CACHE": str(folder / "cache"), "JUPYTER_PLATFORM_DIRS": "1"}
    command = [place / "bin/python", "-c", NOTEBOOK]
    done = subprocess.run(command, cwd=work, env=environment, input=json.dumps(cells), capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stderr[-3000:])
        return False
    told = json.loads(done.stdout)
    load, _, first, _, trained, _ = told["times"]
    print(f"%load_ext: {load:.1f} s; first verdict, without a training: {first:.1f} s; verdict with one: {trained:.1f} s; all: {told['all']:.1f} s")
    print("\n".join(told["texts"][index].partition("\n")[0] for index in (2, 4)))
    return all("✓ PASSED" in told["texts"][index] for index in (2, 4)) and "Where no form is shown" in told["texts"][5]


if __name__ == "__main__":
    main()
