"""Trainers as copies: `python -m grader.trainer.nursery` imports what a trainer imports, then forks one for each pool's.

It runs no operation and builds no model, since TensorFlow can be forked only before it has done so.
"""

from __future__ import annotations

import json
import os

from grader import forking
from grader.trainer import memory, serving


def become(message: bytes, handed: list[int]) -> None:
    """From here on a trainer, with the environment that the message is, its line and where its errors go."""
    line, errors = handed
    os.dup2(errors, 2)
    os.close(errors)
    os.environ.clear()
    os.environ.update(json.loads(message), GRADE_FD=str(line))
    serving.main(shared=memory.now())


forking.serve(become, 2)
