"""Keeps the worker process of this machine alive: started with the web process, started again when it dies."""

from __future__ import annotations

import contextlib
import logging
import subprocess
import sys
import threading

import msgspec

from grader.serve.worker_settings import WorkerSettings

LOGGER = logging.getLogger("grader.serve")
LOOK_S = 0.5
# One that dies at once, such as for want of memory, isn't started again and again without a pause.
PAUSE_S = 5.0
MAX_END_S = 20.0


class WorkerSupervisor:
    """Starts a worker, and another one whenever it ends."""

    def __init__(self, settings: WorkerSettings) -> None:
        self._line = msgspec.json.encode(settings) + b"\n"
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep_alive, name="supervisor", daemon=True)

    @property
    def pid(self) -> int | None:
        """The worker's process id; None where none runs."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def start(self) -> None:
        """Starts the first worker."""
        self._process = self._start_worker()
        self._thread.start()

    def _start_worker(self) -> subprocess.Popen[bytes]:
        # Without the working folder on the path (-P), where a learner may have a `random.py` of their own.
        process = subprocess.Popen([sys.executable, "-P", "-m", "grader.serve.worker"], stdin=subprocess.PIPE)
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(self._line)
            # Left open: its end tells the worker that this process is gone.
            process.stdin.flush()
        return process

    def _keep_alive(self) -> None:
        while not self._stopping.wait(LOOK_S):
            assert self._process is not None
            code = self._process.poll()
            if code is not None and not self._stopping.wait(PAUSE_S):
                LOGGER.warning("the worker ended with code %s; another one is started", code)
                _close_line(self._process)
                try:
                    self._process = self._start_worker()
                except OSError as error:
                    # Tried again after the next pause, where the machine may have memory again.
                    LOGGER.warning("no worker can be started: %s", error.strerror)

    def stop(self) -> None:
        """Ends the worker in order: what it is grading goes back to the queue."""
        self._stopping.set()
        self._thread.join()
        process = self._process
        if process is None:
            return
        process.terminate()
        try:
            process.wait(MAX_END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        _close_line(process)


def _close_line(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
