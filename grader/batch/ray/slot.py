"""A place for one submission at a time on a node of a Ray cluster: runs the local engine's processes there."""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
from dataclasses import replace
from pathlib import Path

import msgspec

from grader.batch.loop import BatchStopped
from grader.batch.ray.messages import (
    GradingAnswer,
    GradingRequest,
    WorkerSetup,
    describe_versions,
    encode_answer,
    write_course,
)
from grader.checks import loading
from grader.engines.pool import ProcessPool
from grader.errors import CourseError, UsageError
from grader.grading import GradingOptions, grade_or_recall
from grader.grading.options import RunProgress


class RayWorker:
    """A Ray actor; its arguments and results are encoded messages.

    Two of its methods may run at once: the batch asks `where` while `grade` works.

    Args:
        setup: a `WorkerSetup`.
    """

    def __init__(self, setup: bytes) -> None:
        made = msgspec.msgpack.decode(setup, type=WorkerSetup)
        os.environ.update(made.environment)
        self._folder = tempfile.TemporaryDirectory(prefix="grade-course-")
        self._course = write_course(made, Path(self._folder.name))
        self._pool = ProcessPool(1)
        self._moment = RunProgress(stage="starting")
        self._ending = threading.Event()

    def describe_node(self) -> bytes:
        """What this node grades with."""
        return msgspec.msgpack.encode(describe_versions())

    def report_progress(self) -> bytes:
        """Where the submission stands, a `RunProgress`."""
        return msgspec.msgpack.encode(self._moment)

    def grade(self, body: bytes) -> bytes:
        """Grades one submission: an `GradingRequest`, answered with an `GradingAnswer`."""
        self._moment = RunProgress(stage="starting")
        try:
            return encode_answer(self._grade_request(msgspec.msgpack.decode(body, type=GradingRequest)))
        except (UsageError, CourseError) as error:
            return encode_answer(GradingAnswer(wrong=str(error)))
        except BatchStopped:
            return encode_answer(GradingAnswer(fault="the worker is being ended"))
        except Exception as error:
            return encode_answer(GradingAnswer(fault=f"{type(error).__name__}: {error}"))

    def _grade_request(self, asked: GradingRequest) -> GradingAnswer:
        chosen = msgspec.structs.asdict(asked.choices)
        options = replace(GradingOptions(**chosen), progress=self._note_progress, start=self._pool.start_pair)
        with tempfile.TemporaryDirectory(prefix="grade-submission-") as folder:
            # Under its own name, which is part of the verdict's key and of tracebacks.
            path = Path(folder) / os.fsdecode(asked.name)
            path.write_bytes(asked.source)
            exercise = loading.load_exercise(self._course, asked.exercise)
            return GradingAnswer(graded=grade_or_recall(self._course, exercise, path, options))

    def _note_progress(self, moment: RunProgress) -> None:
        if self._ending.is_set():
            raise BatchStopped
        self._moment = moment

    def end_processes(self) -> None:
        """Ends its processes, and removes what lies on the node."""
        self._ending.set()
        self._pool.close()
        # The node may be going away already.
        with contextlib.suppress(OSError):
            self._folder.cleanup()
