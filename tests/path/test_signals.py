"""Whatever ends `grade`, at whatever moment, and whatever it is doing for whom: its processes and folders end with it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.train
ROOT = Path(__file__).resolve().parents[2]
SOLUTION = ROOT / "solutions" / "exercise1" / "solution.py"
SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)
# Before anything is started, while processes start, while student code and the training run.
MOMENTS_S = (0.1, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 11.0)
COMMANDS = ("file", "batch", "watch")
LONGEST_END_S = 30.0


def arguments(command: str, folder: Path) -> list[str]:
    """What is graded in a folder of its own: a file, a class of three, a file that is watched."""
    if command == "batch":
        for student in ("ada", "bob", "cyd"):
            (folder / "class" / student).mkdir(parents=True)
            shutil.copyfile(SOLUTION, folder / "class" / student / "solution.py")
        return ["batch", "exercise1", str(folder / "class"), "-j", "2", "--gradebook", f"sqlite:///{folder}/book.db"]
    shutil.copyfile(SOLUTION, folder / "exercise1.py")
    return ["watch", "exercise1.py"] if command == "watch" else ["exercise1", "exercise1.py", "--fresh"]


def find_family(front: psutil.Process) -> list[psutil.Process]:
    try:
        return front.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def wait_until_gone(processes: list[psutil.Process], scratch: Path) -> tuple[list[psutil.Process], list[str]]:
    """What is still there when the time for it is over."""
    end = time.monotonic() + LONGEST_END_S
    while time.monotonic() < end:
        left = [each for each in processes if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]
        if not left and not list(scratch.glob("grade-*")):
            break
        time.sleep(0.1)
    return left, [path.name for path in scratch.glob("grade-*")]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("moment", range(len(MOMENTS_S)), ids=lambda place: f"{MOMENTS_S[place]} s")
def test_a_signal_leaves_nothing(command: str, moment: int, tmp_path: Path) -> None:
    """Each signal at ten moments: one of the three commands gets it at each."""
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    environment = {**os.environ, "GRADE_COURSE": str(ROOT), "TMPDIR": str(scratch), "XDG_STATE_HOME": str(tmp_path),
                   "GRADE_CACHE": str(tmp_path / "cache")}  # fmt: skip
    command_line = [sys.executable, "-c", "from grader.cli import main; main()", *arguments(command, tmp_path), "--device", "cpu"]
    how = SIGNALS[(moment + COMMANDS.index(command)) % len(SIGNALS)]
    with subprocess.Popen(
        command_line, env=environment, cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True
    ) as front:
        process = psutil.Process(front.pid)
        time.sleep(MOMENTS_S[moment])
        family = find_family(process)
        front.send_signal(how)
        code = front.wait(LONGEST_END_S)

    assert code != 0
    assert wait_until_gone(family, scratch) == ([], [])
