"""The canonical datasets, embedded in the package; this room never downloads and never unpickles."""

from grader.data.canonical import DATASET_NAMES, Dataset, load_dataset

__all__ = ["DATASET_NAMES", "Dataset", "load_dataset"]
