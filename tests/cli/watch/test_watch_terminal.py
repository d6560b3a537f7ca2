"""`grade watch` in a real terminal, with the real processes: what it answers, and that nothing stays behind."""

import os
import re
import shutil
import signal
import sys
from pathlib import Path

import pexpect
import psutil
import pytest

pytestmark = pytest.mark.train
ROOT = Path(__file__).resolve().parents[3]
SOLUTION = (ROOT / "solutions" / "exercise1" / "solution.py").read_text()
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Watching:
    """A student's terminal.

    Args:
        folder: where the file is.
        columns: of the terminal.
    """

    def __init__(self, folder, columns):
        self.file = folder / "exercise1.py"
        environment = {
            **os.environ,
            "GRADE_COURSE": str(ROOT),
            "GRADE_STATE": str(folder / "state"),
            "TERM": "xterm",
            "GRADE_TRAJECTORIES": "off",
        }
        environment.pop("COLUMNS", None)
        program = ["-c", "import sys; from grader.cli import main; main()", "watch", str(self.file)]
        self.child = pexpect.spawn(
            sys.executable, program, env=environment, dimensions=(40, columns), encoding="utf-8", timeout=150
        )

    def save(self, text):
        self.file.write_text(text)

    def until(self, pattern):
        self.child.expect(pattern)
        return ESCAPES.sub("", self.child.before + self.child.after)

    def processes(self):
        try:
            return psutil.Process(self.child.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []


@pytest.fixture
def watching(tmp_path):
    opened = []

    def make(text, columns=80):
        (tmp_path / "exercise1.py").write_text(text)
        opened.append(Watching(tmp_path, columns))
        return opened[-1]

    yield make
    for each in opened:
        each.child.close(force=True)


def gone(processes):
    _, alive = psutil.wait_procs(processes, timeout=10)
    return [process.cmdline() for process in alive]


def test_from_the_stub_to_a_passed_exercise(watching):
    """A save is answered before any training, the key t trains, and q ends everything; points are remembered."""
    stub = (ROOT / "exercises" / "exercise1" / "stub.py").read_text()
    terminal = watching(stub)
    terminal.until("is still as in the stub")
    terminal.until("quit")

    terminal.save(SOLUTION.replace("epochs=9", "epochs=2").replace("> 0.99:", "> 0.5:"))
    terminal.until("Your file can be read")
    page = terminal.until("quit")
    assert "NOT PASSED" in page
    assert "Training  " not in page
    assert "r run again" in page

    terminal.save(SOLUTION)
    terminal.until("All good so far")
    terminal.until("quit")
    terminal.child.send("t")
    assert "s stop" in terminal.until("quit")
    page = terminal.until("next exercise")
    assert "PASSED" in page
    assert "NOT PASSED" not in page
    terminal.child.send("l")
    assert "✓  exercise1" in terminal.until("next: exercise2")
    processes = terminal.processes()
    terminal.child.send("q")
    terminal.child.expect(pexpect.EOF)
    terminal.child.close()
    assert terminal.child.exitstatus == 0
    assert gone(processes) == []


@pytest.mark.parametrize("how", ["Ctrl-C", "SIGHUP"])
def test_nothing_is_left_running(watching, how):
    """However it is ended while it trains, no process stays."""
    terminal = watching(SOLUTION, columns=40)
    terminal.until("All good so far")
    terminal.until("quit")
    terminal.child.send("t")
    terminal.until("epoch 1/9")
    processes = terminal.processes()
    if how == "Ctrl-C":
        terminal.child.sendintr()
    else:
        os.kill(terminal.child.pid, getattr(signal, how))
    terminal.child.expect(pexpect.EOF)

    assert len(processes) >= 3
    assert gone(processes) == []


def test_a_save_stops_the_training(watching):
    """While it trains, s goes back to the tried file, and a save drops the training for the new file."""
    terminal = watching(SOLUTION)
    terminal.until("All good so far")
    terminal.until("quit")
    terminal.child.send("t")
    terminal.until("epoch 1/9")
    terminal.child.send("s")
    terminal.until("Training stopped")
    terminal.until("quit")
    terminal.child.send("t")
    terminal.until("epoch 1/9")
    terminal.save("def train_mnist(:\n")
    assert "line 1" in terminal.until("can't be run yet.*quit")
    shutil.rmtree(terminal.file.parent / "state", ignore_errors=True)
