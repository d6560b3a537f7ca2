"""Trainers as copies: `python -m grader.trainer.nursery` imports what a trainer imports, then forks one for each pool's.

It runs no operation, builds no model and starts no thread, since it can be forked only before it has done so. It
matches the usual images beforehand, so that all its copies share them.
"""

from __future__ import annotations

import gc
import json
import os

from grader.engines import forking, lifeline
from grader.trainer import memory, serving
from grader.trainer.match import digests
from grader.trainer.match.ordered_data import MatchCache
from grader.trainer.training import rehearsal

MATCH_CACHE = MatchCache(digests.DigestCache(threads=1))
prepared_datasets: set[str] = set()


def prepare_dataset(message: bytes) -> None:
    """Looks at the images of the dataset that the next copy will most likely train on."""
    dataset = json.loads(message).get(rehearsal.DATASET_VARIABLE)
    if dataset is not None and dataset not in prepared_datasets:
        prepared_datasets.add(dataset)
        rehearsal.match_usual_images(dataset, MATCH_CACHE)
        # A later collection would write to pages that all copies share.
        gc.freeze()


def run_trainer_copy(message: bytes, handed: list[int]) -> None:
    """From here on a trainer, with the environment that the message changes, its line and where its errors go."""
    line, errors = handed
    os.dup2(errors, 2)
    os.close(errors)
    changes = {**json.loads(message), rehearsal.DATASET_VARIABLE: None, "GRADE_FD": str(line)}
    for name, value in changes.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    # Unlike its parent, a copy may start threads.
    MATCH_CACHE.digests.threads = digests.ALL_THREADS
    lifeline.hold(line)
    serving.run_trainer(MATCH_CACHE, shared=memory.measure_own_memory())


forking.serve_copies(run_trainer_copy, 2, prepare_dataset)
