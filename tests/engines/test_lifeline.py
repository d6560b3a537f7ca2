"""A process that holds a line to another one ends with it."""

import os
import signal
import socket
import subprocess
import sys
from types import SimpleNamespace

import psutil
import pytest

from grader.engines import folders
from grader.engines.folders import TemporaryFolder

BUSY = "from grader.engines import lifeline\nlifeline.hold({line})\nprint('busy', flush=True)\nwhile True: pass"
FRONT = """
import sys, time
from grader.engines.folders import TemporaryFolder
folder = TemporaryFolder("grade-test-")
print(folder.path, flush=True)
time.sleep(60)
"""


def test_a_busy_process_ends_when_its_line_is_closed():
    """Nothing has to be read or sent for that."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        command = [sys.executable, "-c", BUSY.format(line=theirs.fileno())]
        with subprocess.Popen(command, pass_fds=[theirs.fileno()], stdout=subprocess.PIPE) as process:
            theirs.close()
            assert process.stdout.readline() == b"busy\n"
            assert process.poll() is None
            ours.close()
            assert process.wait(20) == 0


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_folder_goes_with_the_process_that_made_it(how):
    """Nothing that ends a process leaves its folder there."""
    with subprocess.Popen([sys.executable, "-c", FRONT], stdout=subprocess.PIPE, text=True) as front:
        folder = front.stdout.readline().strip()
        assert os.path.isdir(folder)
        front.send_signal(how)
        front.wait()
    for _ in range(400):
        if not os.path.isdir(folder):
            break
        signal.sigtimedwait([], 0.05)
    assert not os.path.isdir(folder)


def test_a_folder_that_is_removed_leaves_no_process():
    """Removing it ends what waits for that, at once, and twice is once."""
    folder = TemporaryFolder("grade-test-")
    folder.remove()
    folder.remove()

    waiting = [child for child in psutil.Process().children() if str(folder.path) in child.cmdline()]
    assert (folder.path.exists(), waiting) == (False, [])


@pytest.mark.parametrize("rest", [False, True])
def test_where_something_is_left_the_process_goes_on_trying(tmp_path, monkeypatch, rest):
    """It is ended early only where it has nothing more to do."""
    done = []
    remover = SimpleNamespace(kill=lambda: done.append("killed"), communicate=lambda: done.append("waited for"))
    if rest:
        monkeypatch.setattr(folders.shutil, "rmtree", lambda path, ignore_errors: None)

    folders._remove(tmp_path, remover)

    assert done == (["waited for"] if rest else ["killed", "waited for"])


def test_a_folder_goes_with_the_object_that_holds_it():
    """Whoever forgets to remove it leaves nothing behind."""
    folder = TemporaryFolder("grade-test-")
    path = folder.path
    assert path.exists()

    del folder

    assert not path.exists()
