"""A place for one submission at a time on a node of a Ray cluster: runs the local engine's processes there."""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
from dataclasses import replace
from pathlib import Path

import msgspec

from grader.batch.loop import Stopped
from grader.batch.ray_messages import Answer, Asked, Setup, encoded, hello, lay_down
from grader.checks import loading
from grader.engines.pool import Pool
from grader.errors import CourseError, UsageError
from grader.grading import Options, grade_or_recall
from grader.grading.options import Moment


class Slot:
    """A Ray actor; what it takes and gives are bytes of `ray_messages`.

    Two of its methods may run at once: the batch asks `where` while `grade` works.

    Args:
        setup: a `Setup`.
    """

    def __init__(self, setup: bytes) -> None:
        made = msgspec.msgpack.decode(setup, type=Setup)
        os.environ.update(made.environment)
        self._folder = tempfile.TemporaryDirectory(prefix="grade-course-")
        self._course = lay_down(made, Path(self._folder.name))
        self._pool = Pool(1)
        self._moment = Moment(stage="starting")
        self._ending = threading.Event()

    def hello(self) -> bytes:
        """What this node grades with."""
        return msgspec.msgpack.encode(hello())

    def where(self) -> bytes:
        """Where the submission stands, a `Moment`."""
        return msgspec.msgpack.encode(self._moment)

    def grade(self, body: bytes) -> bytes:
        """Grades one submission: an `Asked`, answered with an `Answer`."""
        self._moment = Moment(stage="starting")
        try:
            return encoded(self._graded(msgspec.msgpack.decode(body, type=Asked)))
        except (UsageError, CourseError) as error:
            return encoded(Answer(wrong=str(error)))
        except Stopped:
            return encoded(Answer(fault="the worker is being ended"))
        except Exception as error:
            return encoded(Answer(fault=f"{type(error).__name__}: {error}"))

    def _graded(self, asked: Asked) -> Answer:
        chosen = msgspec.structs.asdict(asked.choices)
        options = replace(Options(**chosen), progress=self._heard, start=self._pool.start)
        with tempfile.TemporaryDirectory(prefix="grade-submission-") as folder:
            path = Path(folder) / os.fsdecode(asked.name)
            path.write_bytes(asked.source)
            exercise = loading.load(self._course, asked.exercise)
            return Answer(graded=grade_or_recall(self._course, exercise, path, options))

    def _heard(self, moment: Moment) -> None:
        if self._ending.is_set():
            raise Stopped
        self._moment = moment

    def close(self) -> None:
        """Ends its processes, and removes what lies on the node."""
        self._ending.set()
        self._pool.close()
        with contextlib.suppress(OSError):
            self._folder.cleanup()
