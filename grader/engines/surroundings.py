"""What every process of ours starts with: a constant, listed environment, and what this process can import.

Nothing of the user's that could change a figure gets through, neither a variable nor a file that libraries read.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib.machinery import PathFinder
from importlib.util import find_spec
from pathlib import Path

from grader.stores.cache_folders import list_cache_folders

PACKAGE = Path(__file__).resolve().parents[1]
# Where files, programs and devices are. They determine no figure; of the device the trainer takes note itself.
PLACES = ("HOME", "PATH", "TMPDIR", "XDG_CACHE_HOME", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER",
          "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "PYTHONPATH", "MPLCONFIGDIR")  # fmt: skip
# An empty one isn't the same as none: it hides every GPU.
DEVICES = frozenset({"CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES"})
# How we are to work; neither do they.
OURS = ("GRADE_CACHE", "GRADE_CACHE_LIMIT", "GRADE_DEBUG")
FOLDERS = ("TMPDIR", "XDG_CACHE_HOME", "GRADE_CACHE")
CONSTANT = {
    "LANG": "C.UTF-8",
    "MPLBACKEND": "Agg",
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}
# A folder that can't be there, nor be made: Keras would read its settings from it.
NO_FOLDER = f"{os.devnull}/none"
# Where they work: libraries read files in the folder where somebody works, such as a `matplotlibrc`.
FOLDER = Path(sys.executable).anchor or "/"
# What our processes import, wherever it comes from.
NEEDED = (
    "numpy",
    "keras",
    "tensorflow",
    "jax",
    "msgspec",
    "blake3",
    "filelock",
    "platformdirs",
    "psutil",
    "yaml",
    "matplotlib",
)
SITES = ("site-packages", "dist-packages")


def command(module: str, *flags: str) -> list[str]:
    """The command line that runs a module of ours, with nothing of the user's."""
    return [sys.executable, "-I", "-S", "-X", "utf8", *flags, str(PACKAGE / "engines" / "boot.py"), module]


def environment(more: Mapping[str, str] = {}) -> dict[str, str]:
    """The whole environment of a trusted process.

    Args:
        more: variables that this process of ours has beside the constant ones.
    """
    kept = {name: os.environ[name] for name in (*PLACES, *OURS) if os.environ.get(name) or name in os.environ.keys() & DEVICES}
    # Absolute, since these processes work in another folder.
    kept |= {name: str(Path(kept[name]).absolute()) for name in FOLDERS if name in kept}
    own = {"KERAS_HOME": NO_FOLDER, "MPLCONFIGDIR": str(list_cache_folders()[0] / "matplotlib")}
    return {**kept, **CONSTANT, **own, "PYTHONPATH": os.pathsep.join(import_path()), **more}


def determining(environ: Mapping[str, str]) -> dict[str, str]:
    """Those variables of a process that a figure may depend on: all but the ones of which we know that none does."""
    without = {*PLACES, *OURS}
    return {name: value for name, value in environ.items() if name not in without and not name.startswith("GRADE_")}


def installed_folders() -> list[str]:
    """Folders that this process imports from and that packages were installed into; not those that somebody works in."""
    entries = dict.fromkeys(str(Path(entry).absolute()) for entry in sys.path if entry)
    return [entry for entry in entries if Path(entry).name in SITES or any(Path(entry).glob("*.dist-info"))]


def import_path() -> list[str]:
    """Where a process of ours imports from: what is installed, then whatever else this process has a package from.

    In this order a `numpy.py` of somebody's, in a folder of `PYTHONPATH`, never takes the place of an installed one.
    """
    installed = installed_folders()
    lacking = [name for name in NEEDED if PathFinder.find_spec(name, installed) is None]
    found = [spec.origin for name in lacking if (spec := find_spec(name)) is not None and spec.origin]
    sources = [str(Path(origin).absolute().parents[1]) for origin in found]
    return list(dict.fromkeys([*installed, *sources]))
