"""The datasets' arrays, embedded in the package or a course's own; this room never downloads and never unpickles."""

from grader.data.canonical import Dataset, HeldOutSplit, find_source, load_dataset, load_embedded, load_held_out

__all__ = ["Dataset", "HeldOutSplit", "find_source", "load_dataset", "load_embedded", "load_held_out"]
