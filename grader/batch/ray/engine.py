"""A batch on a Ray cluster: each submission goes to a free worker, and to another one where that is lost.

The batch itself stays here: it takes the answers, and writes them down as those of this machine's own processes.
"""

from __future__ import annotations

import contextlib
import math
import os
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
from msgspec import structs

from grader import submission
from grader.batch.ray.messages import (
    GradingAnswer,
    GradingRequest,
    MachineVersions,
    build_worker_setup,
    describe_difference,
    describe_versions,
    select_verdict_options,
)
from grader.batch.ray.slot import RayWorker
from grader.courses.course import Course
from grader.courses.exercise import Exercise
from grader.errors import GraderError, UsageError
from grader.grading import GradedSubmission, GradingOptions, grade_or_recall, known
from grader.grading.options import RunProgress

ray: Any = import_module("ray")

WORKER_START_S = 180.0
WORKER_WAIT_S = 180.0
WORKER_CLOSE_S = 10.0
MAX_CONNECT_S = 10.0
PROGRESS_POLL_S = 0.5
POLL_S = 0.1
# Workers that may be lost with one submission in a batch's turn; the batch itself gives it a second turn at the end.
MAX_LOST_WORKERS = 2
# Starts that may fail, for each place that is wanted.
MAX_FAILED_STARTS = 3
RAY_SETTINGS = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}


class RayCluster:
    """The workers of a Ray cluster that grade for a batch; called from the batch's threads.

    Args:
        made: what a worker is started with, encoded.
        at_once: how many submissions at a time.
        share: of a GPU, for each.
    """

    def __init__(self, made: bytes, at_once: int, share: float) -> None:
        self.at_once = at_once
        self.troubles: list[str] = []
        self._setup = made
        # No restarts by Ray: a lost worker's submission would be graded again without our counting.
        self._slot = ray.remote(num_cpus=1, num_gpus=share, max_concurrency=2, max_restarts=0)(RayWorker)
        self._here = describe_versions()
        self._pending: dict[Any, Any] = {}
        self._idle: list[Any] = []
        self._busy: list[Any] = []
        self._failed = 0
        self._alive_s = time.monotonic()
        self._lock = threading.Lock()
        for _ in range(at_once):
            self._start_worker()

    def grade(self, course: Course, exercise: Exercise, path: Path, options: GradingOptions) -> GradedSubmission:
        """As `grading.grade_or_recall`, elsewhere.

        Raises:
            UsageError: the file can't be read at all.
            GraderError: no worker is left, or too many were lost with this submission.
        """
        source = submission.read_submission(path)
        if source.fault is not None:  # known from its text
            return grade_or_recall(course, exercise, path, options)
        # Looked up here: a known verdict needs no worker.
        key = known.make_verdict_key(course, exercise, source, options)
        recalled = None if options.fresh else known.load_known_verdict(key, source.path, timed_out=options.keep_timeouts)
        if recalled is not None:
            return recalled
        asked = GradingRequest(
            exercise=exercise.id,
            name=os.fsencode(path.name),
            source=path.read_bytes(),
            choices=select_verdict_options(options),
        )
        found = self._send_until_answered(msgspec.msgpack.encode(asked), options)
        reference = structs.replace(found.verdict.submission, path=source.path)
        graded = structs.replace(found, verdict=structs.replace(found.verdict, submission=reference))
        known.store_verdict(key, graded)
        return graded

    def _send_until_answered(self, body: bytes, options: GradingOptions) -> GradedSubmission:
        for _ in range(MAX_LOST_WORKERS):
            slot = self._find_free_worker(options)
            try:
                answer = msgspec.msgpack.decode(_ask_worker(slot, body, options), type=GradingAnswer)
            except ray.exceptions.RayError as error:
                self._drop_worker(slot, error)
                continue
            self._release_worker(slot)
            if answer.wrong:
                raise UsageError(answer.wrong)
            if answer.graded is None:
                raise GraderError(f"the grader failed on a Ray worker: {answer.fault}")
            return answer.graded
        raise GraderError(f"could not be graded here: {MAX_LOST_WORKERS} Ray workers were lost while they graded it")

    def _find_free_worker(self, options: GradingOptions) -> Any:
        """A worker for this thread alone. Raises: GraderError: there is none, and none comes."""
        while True:
            with self._lock:
                self._add_started_workers()
                if self._idle:
                    self._busy.append(self._idle.pop())
                    return self._busy[-1]
                alone_s = time.monotonic() - self._alive_s
            if alone_s > WORKER_WAIT_S:
                raise GraderError(
                    f"no worker of the Ray cluster is left, and none came within {WORKER_WAIT_S:g} s{self._describe_last_failure()}"
                )
            # Also the place where a batch that is being ended gets out of the waiting.
            options.progress(RunProgress(stage="starting"))
            time.sleep(POLL_S)

    def _release_worker(self, slot: Any) -> None:
        with self._lock:
            self._busy.remove(slot)
            self._idle.append(slot)

    def _drop_worker(self, slot: Any, error: Exception) -> None:
        with self._lock:
            self._busy.remove(slot)
            self.troubles.append(f"a Ray worker was lost: {_extract_error_line(error)}")
            self._start_worker()
        _end_worker(slot)

    def _start_worker(self) -> None:
        slot = self._slot.remote(self._setup)
        self._pending[slot.describe_node.remote()] = slot

    def _add_started_workers(self) -> None:
        """Takes up the workers that have started since."""
        ready = ray.wait(list(self._pending), num_returns=len(self._pending), timeout=0)[0] if self._pending else []
        for said in ready:
            slot = self._pending.pop(said)
            try:
                trouble = describe_difference(msgspec.msgpack.decode(ray.get(said), type=MachineVersions), self._here)
            except ray.exceptions.RayError as error:
                trouble = f"a Ray worker could not be started: {_extract_error_line(error)}"
                self._failed += 1
                if self._failed <= MAX_FAILED_STARTS * self.at_once:
                    self._start_worker()
            if trouble:
                _end_worker(slot)
                self.troubles.append(trouble)
            else:
                self._idle.append(slot)
        if self._idle or self._busy:
            self._alive_s = time.monotonic()

    def wait_for_first_worker(self) -> None:
        """Waits for the first worker. Raises: GraderError: none can be started; says why where that is known."""
        end = time.monotonic() + WORKER_START_S
        while not self._idle:
            with self._lock:
                self._add_started_workers()
            if not self._pending or time.monotonic() > end:
                if self._idle:
                    return
                raise GraderError(f"no worker of the Ray cluster could be started{self._describe_last_failure()}")
            time.sleep(POLL_S)

    def _describe_last_failure(self) -> str:
        return f": {self.troubles[-1]}" if self.troubles else f" ({_describe_resources()})"

    def close_workers(self) -> None:
        """Ends every worker with its processes."""
        with self._lock:
            slots = [*self._idle, *self._busy]
            others, self._pending = list(self._pending.values()), {}
        closing = [slot.end_processes.remote() for slot in slots]
        if closing:
            ray.wait(closing, num_returns=len(closing), timeout=WORKER_CLOSE_S)
        for slot in [*slots, *others]:
            _end_worker(slot)


def _ask_worker(slot: Any, body: bytes, options: GradingOptions) -> bytes:
    """Waits for the worker's answer and reports its progress meanwhile."""
    answer, where = slot.grade.remote(body), slot.report_progress.remote()
    moment = RunProgress(stage="starting")
    while not ray.wait([answer], timeout=PROGRESS_POLL_S)[0]:
        if ray.wait([where], timeout=0)[0]:
            with contextlib.suppress(ray.exceptions.RayError):
                moment = msgspec.msgpack.decode(ray.get(where), type=RunProgress)
            where = slot.report_progress.remote()
        options.progress(moment)
    told: bytes = ray.get(answer)
    return told


def _end_worker(slot: Any) -> None:
    with contextlib.suppress(Exception):
        ray.kill(slot)


def _extract_error_line(error: Exception) -> str:
    """The line of Ray's message that says most: the last one of a traceback, else the first."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if not lines:
        return type(error).__name__
    return next((line for line in reversed(lines) if "Error: " in line), lines[0])[:300]


def _describe_resources() -> str:
    found = ray.cluster_resources()
    return f"it has {found.get('CPU', 0):g} CPUs and {found.get('GPU', 0):g} GPUs; a submission takes one CPU"


@contextlib.contextmanager
def start_cluster(
    course: Course,
    exercises: Sequence[Exercise],
    options: GradingOptions,
    address: str | None,
    at_once: int | None,
    most: int,
) -> Iterator[RayCluster]:
    """Workers on a Ray cluster for a while.

    Args:
        address: the cluster's; None is RAY_ADDRESS, else one that runs on this machine, else a new one.
        at_once: submissions at a time; None is one for each of the cluster's CPUs.
        most: no more workers than there are submissions.

    Raises:
        GraderError: there is no cluster, or none of its workers can be started.
        UsageError: the address is malformed, or a GPU is required and the cluster has none.
    """
    # No usage statistics leave the machine, and GPUs stay visible to workers without a share.
    os.environ.update(RAY_SETTINGS)
    check_address(address)
    try:
        ray.init(address=address, log_to_driver=False, logging_level="ERROR")
    except Exception as error:
        raise GraderError(f"no Ray cluster at {address or 'this machine'}: {_extract_error_line(error)}") from error
    try:
        found = ray.cluster_resources()
        wanted = max(1, min(at_once or int(found.get("CPU", 1)), most))
        share = compute_gpu_share(found.get("GPU", 0.0), wanted, options.device)
        made = RayCluster(msgspec.msgpack.encode(build_worker_setup(course, exercises)), wanted, share)
        try:
            made.wait_for_first_worker()
            yield made
        finally:
            made.close_workers()
    finally:
        ray.shutdown()


def check_address(address: str | None) -> None:
    """Asks whether anybody is there, which Ray itself finds out in minutes.

    Raises:
        UsageError: it isn't an address.
        GraderError: no server answers.
    """
    if address is None or address == "auto":
        return
    host, _, port = address.rpartition(":")
    if not host or "/" in host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise UsageError(f"--address {address}: expected HOST:PORT, such as 10.0.0.1:6379, or auto")
    try:
        socket.create_connection((host.strip("[]"), int(port)), MAX_CONNECT_S).close()
    except OSError as error:
        raise GraderError(f"no Ray cluster at {address}: {error.strerror or error}") from error


def compute_gpu_share(gpus: float, at_once: int, device: str) -> float:
    """What part of a GPU each of so many submissions gets, so that all of them fit.

    >>> compute_gpu_share(2.0, 3, "auto")
    0.5
    """
    if device == "cpu" or not gpus:
        if device == "gpu":
            raise UsageError("--device gpu: the Ray cluster has no GPU; use --device auto or cpu")
        return 0.0
    # Rounded down to the four decimals that Ray keeps, or the last share wouldn't fit.
    return math.floor(10_000 / math.ceil(at_once / gpus)) / 10_000 if at_once > gpus else 1.0
