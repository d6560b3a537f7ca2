"""Student processes as copies: `python -m grader.student.nursery` imports what they import, then forks one for each.

It never runs student code itself, and what is in its memory every submission may read: it holds no secret. It runs no
operation and builds no model either, since TensorFlow can be forked only before it has done so.
"""

from __future__ import annotations

import json
import os
import runpy

from grader.engines import forking
from grader.engines.forking import import_without_collector

with forking.drop_stderr(), import_without_collector():
    import keras  # noqa: F401
    import tensorflow as tf  # noqa: F401

    from grader.engines.confine.inside import keeper


def run_keeper(message: bytes, handed: list[int]) -> None:
    """Becomes a keeper, with the message as its arguments, which forks the student's process."""
    control, grade, output = handed
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, place in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(descriptor, place)
    os.close(output)
    os.chdir("/")
    keeper.main([f"control={control}", f"grade={grade}", *json.loads(message)], _run_student)


def _run_student(command: list[str], environment: dict[str, str]) -> None:
    """Runs the program of `command` here; never returns."""
    # The copy would otherwise inherit the nursery's environment; the sandbox has decided on this one.
    os.environ.clear()
    os.environ.update(environment)
    forking.run_as_program(lambda: runpy.run_module(command[-1], run_name="__main__", alter_sys=True))


forking.serve_copies(run_keeper, 3)
