"""Whatever ends `grade`, and whenever: its trainer, the student's processes and their folders end with it."""

import contextlib
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.train
SOLUTION = Path(__file__).resolve().parents[2] / "solutions" / "exercise1" / "solution.py"
GRADE = [sys.executable, "-c", "import sys; from grader.cli import main; main()", "exercise1", str(SOLUTION), "--fresh"]
MOMENTS = 10
# The training goes on for longer than this; what comes before it is where processes are started and handed over.
LAST_S = 8.0
PATIENCE_S = 20.0


class Family:
    """Every process that a process and its children have started, also those whose parent has gone since."""

    def __init__(self, root: int) -> None:
        self.root, self.found, self.over = psutil.Process(root), {}, threading.Event()
        self.thread = threading.Thread(target=self._watch)
        self.thread.start()

    def _watch(self) -> None:
        while not self.over.wait(0.01):
            for process in [self.root, *self.found.values()]:
                with contextlib.suppress(psutil.Error):
                    self.found.update({child.pid: child for child in process.children(recursive=True)})

    def list_alive(self) -> list[str]:
        """Those that are neither gone nor only waiting to be reaped, as they were started."""
        alive = []
        for process in [self.root, *self.found.values()]:
            with contextlib.suppress(psutil.Error):
                if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                    alive.append(" ".join(process.cmdline())[:200])
        return alive


def wait_until_empty(look) -> list:
    """What is still there when the patience ends."""
    end = time.monotonic() + PATIENCE_S
    while (left := look()) and time.monotonic() < end:
        time.sleep(0.05)
    return left


@pytest.mark.parametrize("moment", range(MOMENTS))
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_nothing_is_left_of_a_grading(tmp_path, monkeypatch, how, moment):
    """At any moment from the first import to the middle of the training."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setenv("GRADE_STATE", str(tmp_path / "state"))
    with subprocess.Popen(GRADE, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as grade:
        family = Family(grade.pid)
        try:
            time.sleep(LAST_S * (moment + 0.5) / MOMENTS)
            assert grade.poll() is None
            grade.send_signal(how)
            grade.wait(PATIENCE_S)
            left = wait_until_empty(family.list_alive)
        finally:
            family.over.set()
            family.thread.join()

    assert (left, wait_until_empty(lambda: [path.name for path in folder.iterdir()])) == ([], [])
