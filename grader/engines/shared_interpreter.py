"""Starts both processes of an attempt as copies of one interpreter: TensorFlow is imported once, and kept in memory once.

For one submission at a time on a CPU; a class has a pool. The interpreter runs neither student code nor trainings.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from grader.engines import confine
from grader.engines.confine.spawning import make_keeper_copier
from grader.engines.copies import Nursery
from grader.engines.folders import TemporaryFolder
from grader.engines.pair import PairRequest, ProcessPair, StartPair
from grader.engines.trainer import TrainerProcess


@contextlib.contextmanager
def share_interpreter() -> Iterator[StartPair]:
    """What starts pairs for a while; the interpreter is there from the first of them on, and ends with the block."""
    home = TemporaryFolder("grade-nursery-")
    environment = {**confine.build_student_environment(), "HOME": str(home.path)}
    nursery = Nursery("grader.student.nursery", environment, "process")

    def start_copies(request: PairRequest) -> ProcessPair:
        # The trainer first, since it has more to import of its own.
        trainer = TrainerProcess(request.trainer, nursery=nursery)
        try:
            spawn = make_keeper_copier(nursery)
            return ProcessPair(confine.start_confined("grader.student", request.files, request.policy, spawn=spawn), trainer)
        except BaseException:
            trainer.kill()
            raise

    try:
        yield start_copies
    finally:
        nursery.close()
        home.remove()
