"""Trainers as copies: `python -m grader.trainer.nursery` imports what a trainer imports, then forks one for each pool's.

It runs no operation, builds no model and starts no thread, since it can be forked only before it has done so. The images
that are usually trained on it has looked at, so that all its copies hold them together, once.
"""

from __future__ import annotations

import gc
import json
import os

from grader import forking, lifeline
from grader.trainer import digests, memory, rehearsal, serving
from grader.trainer.matching import Remembered

FIND = Remembered(digests.Digests(threads=1))
looked_at: set[str] = set()


def prepare(message: bytes) -> None:
    """Looks at the images of the dataset that the next copy will most likely train on."""
    dataset = json.loads(message).get(rehearsal.NAME)
    if dataset is not None and dataset not in looked_at:
        looked_at.add(dataset)
        rehearsal.look(dataset, FIND)
        gc.freeze()


def become(message: bytes, handed: list[int]) -> None:
    """From here on a trainer, with the environment that the message changes, its line and where its errors go."""
    line, errors = handed
    os.dup2(errors, 2)
    os.close(errors)
    changes = {**json.loads(message), rehearsal.NAME: None, "GRADE_FD": str(line)}
    for name, value in changes.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    FIND.digests.threads = digests.ALL
    lifeline.hold(line)
    serving.main(FIND, shared=memory.now())


forking.serve(become, 2, prepare)
