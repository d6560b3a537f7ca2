"""The canonical datasets, embedded in the package; this room never downloads and never unpickles."""

from grader.data.canonical import NAMES, Dataset, load

__all__ = ["NAMES", "Dataset", "load"]
