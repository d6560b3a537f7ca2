"""The end of a run: nothing that student code started outlives it, and nothing of its files stays."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from confining import ALL, running, start, wait_for

from grader.engines import confine
from grader.engines.confine import scratch

pytestmark = pytest.mark.train

SHARED = tuple(name for name in ALL if name in ("files", "processes", "user-namespace", "memory-group"))
BOTH = pytest.mark.parametrize("without", [(), SHARED], ids=["own processes", "shared processes"])
MARK = "grade_test_mark"


def marked():
    """The processes that carry this test's mark on their command line."""
    alive = [one for one in psutil.process_iter(["cmdline", "status"]) if one.info["status"] != psutil.STATUS_ZOMBIE]
    return [one.pid for one in alive if any(MARK in word for word in one.info["cmdline"] or ())]


SLEEPER = f"[sys.executable, '-c', '{MARK} = 1; import time; time.sleep(99)']"
WAYS = {
    "plain": f"subprocess.Popen({SLEEPER})",
    "new session": f"subprocess.Popen({SLEEPER}, start_new_session=True)",
    "double fork": f"""
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execv(sys.executable, {SLEEPER})
    os._exit(0)
""",
    "stopped": f"""
sleeper = subprocess.Popen({SLEEPER})
with contextlib.suppress(PermissionError):  # where the filter refuses signals to others
    os.kill(sleeper.pid, signal.SIGSTOP)
""",
    "ignoring signals": f"""
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP): signal.signal(number, signal.SIG_IGN)
subprocess.Popen({SLEEPER})
""",
    "holding descriptors": f"subprocess.Popen({SLEEPER}, pass_fds=[1, 2, int(os.environ['GRADE_FD'])])",
    "many": f"[subprocess.Popen({SLEEPER}) for _ in range(30)]",
}
START = "import contextlib, os, signal, subprocess, sys, time\nsubprocess.Popen([sys.executable, '-c', 'pass']).wait()\n"


@BOTH
@pytest.mark.parametrize("way", WAYS)
def test_what_it_started_ends_with_the_kill(way, without):
    """Stopped, daemonised, deaf or holding our pipes: after the kill it is gone, and the kill doesn't wait for it."""
    program = START + WAYS[way] + "\nprint('started', flush=True)\ntime.sleep(99)"
    with running(program, without=without) as process:
        wait_for(lambda: "started" in process.read_output())
        wait_for(marked)
        began = time.monotonic()

        process.kill()

        assert time.monotonic() - began < 30  # it would sleep for 99
        assert marked() == []


@BOTH
def test_what_it_leaves_behind_ends_with_its_own_end(without):
    """A daemon doesn't outlive the process that returned, although nobody asked for the end."""
    program = START + WAYS["double fork"] + "\ntime.sleep(0.3)"
    with running(program, without=without) as process:
        assert process.wait_for_code(10) == 0
        assert marked() == []


def is_alive(process):
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@BOTH
def test_a_fork_bomb_ends(without):
    """Processes that fork as fast as they can are all gone after the kill."""
    program = f"""
import os, sys
{MARK} = 1
print("started", flush=True)
while True:
    try:
        os.fork()
    except OSError:
        pass
"""
    if "processes" in without and os.getuid() == 0:
        program = program.replace("while True", "for _ in range(7)") + "import time; time.sleep(99)"
    with running(program, without=without) as process:
        wait_for(lambda: "started" in process.read_output())
        time.sleep(0.5)
        below = psutil.Process(process.process.pid).children(recursive=True)
        began = time.monotonic()

        process.kill()

        assert len(below) > 10
        assert time.monotonic() - began < 30
        # A killed process is seen until the kernel has done away with it.
        wait_for(lambda: not any(map(is_alive, below)))


def test_the_keepers_own_death_ends_everything():
    """Even when the process in between is killed, the student's processes don't run on."""
    program = START + WAYS["plain"] + "\ntime.sleep(99)"
    with running(program) as process:
        wait_for(marked)

        process.process.kill()

        wait_for(lambda: not marked(), 2)


@BOTH
def test_a_keeper_that_hangs_keeps_nothing_alive(without, monkeypatch):
    """What is below a keeper that doesn't get to its work is ended all the same."""
    monkeypatch.setattr(confine, "MAX_KILL_WAIT_S", 0.1)
    with running(START + WAYS["many"] + "\ntime.sleep(99)", without=without) as process:
        wait_for(lambda: len(marked()) == 30)
        process.process.send_signal(signal.SIGSTOP)

        process.kill()

        wait_for(lambda: not marked(), 2)


@BOTH
def test_the_graders_own_death_ends_everything(without):
    """When the front is killed, nobody has to clean up after it."""
    program = START + WAYS["new session"] + "\ntime.sleep(99)"
    front = f"""
import sys, time
sys.path.insert(0, {str(Path(__file__).parent)!r})
from confining import start
process = start({program!r}, without={without!r})
time.sleep(99)
"""
    with subprocess.Popen([sys.executable, "-c", front], env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}) as front:
        wait_for(marked)
        front.send_signal(signal.SIGKILL)
        front.wait()

        wait_for(lambda: not marked(), 2)


FILES = r"""
import os
os.makedirs('a/b'); open('a/b/f', 'w').close(); os.mkfifo('pipe'); os.symlink('/', 'root'); open('\n\udcff', 'w').close()
os.symlink('loop', 'loop'); os.mkdir('\x1b[31m'); open('-rf', 'w').close()
with open('sparse', 'w') as file: file.truncate(1_000_000_000)
os.chmod('a/b', 0); os.chmod('a', 0)
for _ in range(1200):  # deeper than a path can be long, and than Python recurses
    os.mkdir('deep'); os.chdir('deep')
"""


@BOTH
def test_the_scratch_folder_is_removed_whatever_is_in_it(without):
    """Unreadable and endlessly deep folders, FIFOs, links and odd names don't stay behind."""
    process = start(FILES, without=without)
    wait_for(lambda: process.wait_for_code(0.01) is not None)
    output = process.read_output()

    process.kill()

    assert (output, process.scratch.exists(), os.path.exists("/etc")) == ("", False, True)


def test_a_link_out_of_the_scratch_folder_is_not_followed(tmp_path):
    """What a link points to keeps its files and its mode."""
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    (outside / "kept").mkdir(parents=True)
    outside.chmod(0o750)
    inside.mkdir()
    (inside / "link").symlink_to(outside)

    scratch.remove_scratch(inside)

    assert (inside.exists(), (outside / "kept").is_dir(), outside.stat().st_mode & 0o777) == (False, True, 0o750)


def test_file_names_cannot_leave_the_scratch_folder():
    """Of a name only the last part is used."""
    folder = scratch.make_scratch({"../../evil.py": b"x"})

    assert os.listdir(folder) == ["evil.py"]
    scratch.remove_scratch(folder)


def test_removing_what_is_gone_is_no_error(tmp_path):
    """A folder that somebody has removed already is as good as removed."""
    scratch.remove_scratch(tmp_path / "gone")


def test_the_grader_keeps_no_descriptor_after_a_run():
    """A hundred runs don't use up the front's descriptors or threads."""
    with running(""):
        pass
    descriptors, threads = len(os.listdir("/proc/self/fd")), psutil.Process().num_threads()

    for _ in range(3):
        with running("print(1)"):
            pass

    # Fewer is no fault: a thread of an earlier test may end meanwhile.
    assert len(os.listdir("/proc/self/fd")) <= descriptors
    assert psutil.Process().num_threads() <= threads
