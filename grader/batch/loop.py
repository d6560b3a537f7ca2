"""Many submissions, several at a time: each end is handed on as it comes, and none can stop the others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from grader.batch.assign import GradingJob
from grader.courses.course import Course
from grader.courses.exercise import Exercise
from grader.errors import CourseError, GraderError, UsageError
from grader.grading import GradedSubmission, GradingOptions, grade_or_recall
from grader.grading.options import RunProgress

STOPPED_REASON = "stopped before it was graded"


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedJob:
    """How a job ended: with a verdict, or with the reason why there is none.

    `fault` is set where the machine or the grader failed, so that another try may do better.
    """

    job: GradingJob
    graded: GradedSubmission | None = None
    problem: str = ""
    fault: bool = False


class BatchStopped(BaseException):
    """The batch is being ended; raised within an attempt, which then ends its processes."""


class FileGrader(Protocol):
    """Grades one file: `grading.grade_or_recall`, or an engine that does the same elsewhere."""

    def __call__(self, course: Course, exercise: Exercise, path: Path, options: GradingOptions) -> GradedSubmission: ...


def skip_job_progress(job: GradingJob, moment: RunProgress) -> None:
    """Ignores a job's progress."""


class Batch:
    """Grades jobs in threads, which mostly wait for the processes that do the work.

    Args:
        options: of every attempt; where its processes come from included.
        at_once: how many submissions at a time.
        heard: called with the progress of each running job, from its thread.
        grade: how a file is graded, from several threads at once.
    """

    def __init__(
        self,
        course: Course,
        options: GradingOptions,
        at_once: int,
        heard: Callable[[GradingJob, RunProgress], None] = skip_job_progress,
        grade: FileGrader = grade_or_recall,
    ) -> None:
        self.course, self.options, self.at_once, self.heard, self.grade = course, options, at_once, heard, grade
        self._stop = threading.Event()

    def run(self, jobs: Sequence[GradingJob]) -> Generator[FinishedJob]:
        """Each job's end, as they come.

        What the machine failed on, such as a trainer that hung or was killed for memory, is tried once more at the end,
        alone. When the caller leaves, running attempts end their processes, and nothing more is started.
        """
        again: list[GradingJob] = []
        for done in self._grade_jobs(jobs, self.at_once, self.options):
            if done.fault:
                # At the end, when nothing else competes for memory.
                again.append(done.job)
            else:
                yield done
        yield from self._grade_jobs(again, 1, replace(self.options, alone=True))

    def _grade_jobs(self, jobs: Sequence[GradingJob], at_once: int, options: GradingOptions) -> Generator[FinishedJob]:
        with ThreadPoolExecutor(at_once, thread_name_prefix="grade") as threads:
            futures = [threads.submit(self._grade_job, job, options) for job in jobs]
            try:
                for future in as_completed(futures):
                    yield future.result()
            except BaseException:
                # Attempts notice it at their next progress report, which they make several times a second.
                self._stop.set()
                threads.shutdown(wait=False, cancel_futures=True)
                raise

    def _grade_job(self, job: GradingJob, options: GradingOptions) -> FinishedJob:
        def report_progress(moment: RunProgress) -> None:
            if self._stop.is_set():
                raise BatchStopped
            self.heard(job, moment)

        try:
            graded = self.grade(self.course, job.exercise, job.path, replace(options, progress=report_progress))
        except BatchStopped:
            return FinishedJob(job=job, problem=STOPPED_REASON)
        except (UsageError, CourseError) as error:
            return FinishedJob(job=job, problem=str(error))
        except GraderError as error:
            return FinishedJob(job=job, problem=str(error), fault=True)
        # One unforeseen error must not end the grading of a whole class.
        except Exception as error:
            return FinishedJob(job=job, problem=f"the grader failed: {type(error).__name__}: {error}", fault=True)
        return FinishedJob(job=job, graded=graded, fault=graded.verdict.status == "error")
