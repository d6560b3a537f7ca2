"""The process that grades what is in the queue; the web process starts it, and several may work on one queue.

Its work belongs to the database: killed at any moment, it loses nothing, and what it had begun goes to another one.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from grader.batch.assign import GradingJob
from grader.batch.handed import Handed
from grader.batch.loop import Batch, FinishedJob
from grader.checks.loading import load_exercise
from grader.cli.batch.engine import BatchEngine, start_engine
from grader.cli.batch.follow import MAX_AT_ONCE
from grader.cli.batch.record import record
from grader.courses.course import Course
from grader.courses.student_progress import ProgressFile
from grader.engines import lifeline
from grader.errors import CourseError, GradeError, UsageError
from grader.gradebook import Gradebook
from grader.gradebook.database import add_tables, open_engine
from grader.grading import GradingOptions
from grader.grading.options import RunProgress
from grader.messages.text import escape_line
from grader.serve.progress import ProgressWriter
from grader.serve.quiz_marking import hand_in_expired, record_marks
from grader.serve.sittings import SittingTable
from grader.serve.submissions import BEAT_S, QueuedSubmission, SubmissionQueue
from grader.serve.tables import SERVE_METADATA
from grader.serve.worker_settings import WorkerSettings

LOOK_S = 0.5
# Of a class's trainings: they take what pages leave them, which is nearly everything, and not the other way round.
NICENESS = 10
MAX_WORDS_OF_PROBLEM = 2000
OUR_FAULT = "the grader or the machine failed; this is not your fault"
COURSE_FAULT = "the exercise can't be read on the server any more; this is not your fault: tell your instructor"
NO_FILE = "the file isn't in the database any more"


class Worker:
    """Grades submissions in some threads until it is stopped.

    Args:
        name: by which the queue knows it.
        engine: how a file is graded, and how many at a time.
        progress: where the learner's own results are noted, unless this is a class.
        sittings: the class's quizzes, which are brought to an end and marked.
    """

    def __init__(
        self,
        name: str,
        course: Course,
        book: Gradebook,
        queue: SubmissionQueue,
        engine: BatchEngine,
        *,
        progress: ProgressFile | None = None,
        sittings: SittingTable | None = None,
    ) -> None:
        self._name, self._course, self._book, self._queue = name, course, book, queue
        self._engine, self._progress, self._sittings = engine, progress, sittings
        self._stopping = threading.Event()
        # What is being graded; changed by one statement each, which threads may do at once.
        self._active: set[int] = set()

    def run(self) -> None:
        """Works until it is stopped; what is being graded then is given back to the queue."""
        threads = [
            threading.Thread(target=self._work, name=f"grade-{number}", daemon=True)
            for number in range(self._engine.at_once)
        ]
        # Apart from the heartbeat, as a class whose quiz closes keeps it busy for longer than a worker may be silent.
        threads.append(threading.Thread(target=self._repeat, args=(self.mark_quizzes,), name="quizzes", daemon=True))
        for thread in threads:
            thread.start()
        # A database that fails for a moment is asked again; for longer, another worker takes over.
        self._repeat(self.show_alive)
        self._queue.release_all(self._name)

    def _repeat(self, step: Callable[[], object]) -> None:
        while not self._stopping.wait(BEAT_S):
            self._try(step)

    def _try(self, step: Callable[[], object]) -> object:
        """What a step returns; None after an error, as an unforeseen one must not end the grading of a whole class."""
        try:
            return step()
        except Exception as error:
            sys.stderr.write(f"grade: the worker failed ({type(error).__name__}), and goes on\n")
            return None

    def show_alive(self) -> None:
        """The heartbeat of what is being graded: what an error left behind gets none, and goes to another turn."""
        self._queue.beat(self._name, self._active.copy())

    def mark_quizzes(self) -> None:
        """Hands in the attempts whose time is up, and marks what was handed in."""
        if self._sittings is not None:
            now = datetime.now(UTC)
            hand_in_expired(self._course, self._sittings, now)
            record_marks(self._course, self._book, self._sittings, now)

    def stop(self) -> None:
        """Ends `run`; called from a thread or a signal."""
        self._stopping.set()

    def _work(self) -> None:
        while not self._stopping.is_set():
            # Nothing to do, or an error: no reason to ask the database again at once.
            if not self._try(self.grade_next):
                self._stopping.wait(LOOK_S)

    def grade_next(self) -> bool:
        """Grades one submission; returns whether there was one."""
        found = self._queue.claim_next(self._name)
        if found is None:
            return False
        self._active.add(found.number)
        try:
            return self._grade_and_record(found)
        finally:
            self._active.discard(found.number)

    def _grade_and_record(self, found: QueuedSubmission) -> bool:
        with tempfile.TemporaryDirectory(prefix="grade-serve-") as folder:
            done = self._grade(found, Path(folder))
            if isinstance(done, str):
                self._queue.finish(self._name, found.number, problem=done[:MAX_WORDS_OF_PROBLEM])
                return True
            # Its processes were ended under it; it is given back, and graded later.
            if self._stopping.is_set():
                return False
            # Recorded first: after a kill in between it is graded once more, and recorded as the same.
            verdict = record(self._book, done, replace_same=False)
        if self._progress is not None:
            with contextlib.suppress(OSError):
                self._progress.note_verdict(verdict)
        self._queue.finish(self._name, found.number, problem=OUR_FAULT if verdict.status == "error" else "")
        return True

    def _grade(self, found: QueuedSubmission, folder: Path) -> FinishedJob | str:
        """How a submission ended, or why it has no verdict."""
        source = self._queue.read_file(found.number)
        if source is None:
            return NO_FILE
        path = folder / f"{found.exercise}{found.suffix}"
        path.write_bytes(source)
        try:
            exercise = load_exercise(self._course, found.exercise)
        except UsageError as error:
            return str(error)
        except CourseError as error:
            # It names keys and folders of the course, which a class must not see.
            if self._progress is not None:
                return str(error)
            sys.stderr.write(f"grade: {found.exercise} can't be graded: {escape_line(str(error))}\n")
            return COURSE_FAULT
        handed = Handed(
            student=found.student, files=(path,), names=(path.name,), submitted_at=self._queue.find_first_time(found)
        )
        job = GradingJob(handed=handed, exercise=exercise, path=path, name=path.name)
        write = ProgressWriter(lambda body: self._queue.write_progress(found.number, body))

        def show_progress(_job: GradingJob, moment: RunProgress) -> None:
            # A view that stands still for a moment is no reason to lose a training.
            with contextlib.suppress(GradeError):
                write(moment)

        batch = Batch(self._course, self._engine.options, 1, show_progress, self._engine.grade)
        with contextlib.closing(batch.run([job])) as ends:
            done = next(ends)
        return done if done.graded is not None else done.problem


@contextlib.contextmanager
def open_worker(settings: WorkerSettings) -> Iterator[Worker]:
    """A worker with all that it needs."""
    course = Course(root=Path(settings.course))
    engine = open_engine(settings.gradebook, must_exist=False)
    add_tables(engine, SERVE_METADATA)
    book = Gradebook.open(settings.gradebook)
    options = GradingOptions(
        device=settings.device, backend=settings.backend, sandbox=settings.sandbox, keep_timeouts=settings.is_class
    )
    name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
    exercises = [load_exercise(course, one) for one in course.list_exercise_ids()] if settings.engine == "ray" else []
    with start_engine(
        settings.engine,
        course,
        exercises,
        options,
        settings.address,
        settings.at_once,
        MAX_AT_ONCE,
        memory=settings.memory,
    ) as grading:
        progress = None if settings.is_class else ProgressFile(course)
        sittings = SittingTable(engine, book.shown) if settings.is_class else None
        yield Worker(
            name, course, book, SubmissionQueue(engine, book.shown), grading, progress=progress, sittings=sittings
        )


def main() -> None:
    """`python -m grader.serve.worker`: reads its settings, and works until its web process is gone or ends it."""
    settings = msgspec.json.decode(sys.stdin.buffer.readline(), type=WorkerSettings)
    if settings.is_class:
        os.nice(NICENESS)
    with open_worker(settings) as worker:
        signal.signal(signal.SIGTERM, lambda *_: worker.stop())
        # The terminal's Ctrl-C goes to the web process, which then ends this one in order.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        lifeline.hold(sys.stdin.fileno())
        worker.run()
    # Threads in the middle of a training aren't waited for; their processes have ended by now.
    os._exit(0)


if __name__ == "__main__":
    main()
