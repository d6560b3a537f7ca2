"""Packages that students' files import beside Keras and NumPy: those needed for a result, and those that only display."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Mapping
from types import MappingProxyType

# By the name that is imported, the distribution that has it: what `pip install 'keras-grade[common]'` brings.
COMMON: Mapping[str, str] = MappingProxyType({
    "PIL": "pillow",
    "cv2": "opencv-python-headless",
    "matplotlib": "matplotlib",
    "pandas": "pandas",
    "scipy": "scipy",
    "seaborn": "seaborn",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "tqdm": "tqdm",
})  # fmt: skip

# Packages that draw, show progress, log or belong to a notebook's host. Where one is missing, silence does as well.
SHOWING = (
    "IPython", "alive_progress", "altair", "bokeh", "colorama", "fastprogress", "google.colab", "graphviz", "ipywidgets",
    "livelossplot", "matplotlib", "mpl_toolkits", "plotly", "prettytable", "progressbar", "pydot", "pydotplus", "pylab", "seaborn",
    "tabulate", "termcolor", "tqdm", "visualkeras", "wandb",
)  # fmt: skip
EXTRA = "pip install 'keras-grade[common]'"


def find_absent(packages: Iterable[str]) -> list[str]:
    """Lists the packages, by import name, that are not installed in this Python."""
    return [name for name in packages if importlib.util.find_spec(name.partition(".")[0]) is None]


def explain_absence(package: str, named: Iterable[str]) -> str | None:
    """Why a file that needs a package can't be graded here; None if the package is installed, or neither common nor promised by the course.

    Args:
        package: the name that the file imports.
        named: the packages that the course promises beside the common ones.

    >>> explain_absence("no_such_thing", ())
    >>> explain_absence("no_such_thing", ["no_such_thing"])
    'the file needs `no_such_thing`, which is not installed on the grading machine; course.yaml promises it'
    """
    if package not in {*COMMON, *named} or not find_absent([package]):
        return None
    way_out = EXTRA if package in COMMON else "course.yaml promises it"
    return f"the file needs `{package}`, which is not installed on the grading machine; {way_out}"
