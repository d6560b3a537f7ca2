"""Where the machine's memory, not the run's, is used up: nobody's code is at fault."""

import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from boxes import open_box, run_in_box

from grader.engines.confine.inside.cgroup import ControlGroup
from grader.errors import GraderError
from grader.grading.gone import find_lost_process_end
from grader.protocol.channel import ChannelClosed

HERE = Path(__file__).parent
FRONT = """
import json, sys
sys.path.insert(0, sys.argv[1])
from confining import running, wait_for
with running(sys.argv[2], memory=int(sys.argv[3]), without=sys.argv[4:]) as process:
    wait_for(lambda: not process.is_alive())
    print(json.dumps([process.memory_starved, process.memory_exceeded, process.returncode]))
"""
GROW = "x = bytearray(b'1') * 500_000_000; import time; time.sleep(9)"
KILL_ITSELF = "import os; os.kill(os.getpid(), 9)"


def see_end(program, memory, *without):
    """How a student process ends in a box of 300 MB: starved or not, beyond its own limit or not, and its exit code."""
    front = [sys.executable, "-c", FRONT, str(HERE), program, str(memory), *without]
    with open_box(300_000_000) as box:
        done = run_in_box(box, front, env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PATH": os.environ["PATH"]})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_full_machine_is_not_the_students_fault():
    """The kernel ended a process that was within its own limit."""
    assert see_end(GROW, 1_000_000_000) == [True, False, -9]


def test_without_a_group_of_its_own():
    """The kernel then only says that it has ended some process."""
    assert see_end(GROW, 1_000_000_000, "memory-group") == [True, False, -9]


def test_its_own_limit_is_the_students_fault():
    """Even where the machine is hardly larger."""
    assert see_end(GROW, 200_000_000) == [False, True, -9]


def test_who_kills_itself_is_not_starved():
    """Otherwise a signal would be an excuse."""
    assert see_end(KILL_ITSELF, 1_000_000_000)[:2] == [False, False]


EVENTS = {
    "nothing": (0, 0, False, False),
    "its own limit": (1, 1, True, True),
    "a limit above": (0, 1, True, False),
    "its own limit, without an end": (1, 0, False, False),
}


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(("reached", "killed", "lost", "exceeded"), EVENTS.values(), ids=EVENTS)
def test_whose_limit_it_was(version, reached, killed, lost, exceeded, tmp_path):
    """Both versions say who was ended and, elsewhere, whose limit was reached."""
    group = object.__new__(ControlGroup)
    group.version, group.folders = version, {"memory": str(tmp_path)}
    (tmp_path / "memory.events").write_text(f"low 0\noom {reached}\noom_kill {killed}\n")
    (tmp_path / "memory.oom_control").write_text(f"under_oom 0\noom_kill {killed}\n")
    (tmp_path / "memory.limit_in_bytes").write_text("1000000\n")
    (tmp_path / "memory.max_usage_in_bytes").write_text("999000\n" if reached else "500000\n")

    assert (group.has_lost_process(), group.has_exceeded_memory()) == (lost, exceeded)


def test_a_starved_run_is_an_error_of_the_machine():
    """It costs no points."""
    student = SimpleNamespace(memory_exceeded=False, memory_starved=True, wait_for_code=lambda wait: -9)

    with pytest.raises(GraderError, match="this machine's memory"):
        find_lost_process_end(student, ChannelClosed())
