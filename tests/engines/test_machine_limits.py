"""What the machine and the control groups around this process leave it."""

import pytest

from grader.engines.machine_limits import check_machine_memory, describe_memory_shortage, find_machine_limits
from grader.errors import GraderError

MEMORY = {"proc/meminfo": "MemTotal:        8000000 kB\nMemFree: 1 kB\n"}
PLACES = {
    "nothing but the machine": ({**MEMORY, "proc/self/cgroup": "0::/\n"}, 8_192_000_000, None),
    "no limits": (
        {**MEMORY, "proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/memory.max": "max\n", "sys/fs/cgroup/a/cpu.max": "max 100000\n"},
        8_192_000_000, None,
    ),
    "version 2, above its own group": (
        {**MEMORY, "proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max": "max\n",
         "sys/fs/cgroup/a/memory.max": "768000000\n", "sys/fs/cgroup/a/cpu.max": "50000 100000\n"},
        768_000_000, 0.5,
    ),
    "version 2, in a container of its own": (
        {**MEMORY, "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "768000000\n", "sys/fs/cgroup/cpu.max": "25000 50000\n"},
        768_000_000, 0.5,
    ),
    "version 1": (
        {**MEMORY, "proc/self/cgroup": "4:memory:/c\n3:cpu,cpuacct:/c\n", "sys/fs/cgroup/memory/c/memory.limit_in_bytes": "500000000\n",
         "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
         "sys/fs/cgroup/cpu,cpuacct/c/cpu.cfs_quota_us": "10000\n", "sys/fs/cgroup/cpu,cpuacct/c/cpu.cfs_period_us": "100000\n"},
        500_000_000, 0.1,
    ),
    "version 1, named as on the host": (
        {**MEMORY, "proc/self/cgroup": "4:memory:/docker/0123\n2:cpu:/docker/0123\n",
         "sys/fs/cgroup/memory/memory.limit_in_bytes": "600000000\n",
         "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n", "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n"},
        600_000_000, None,
    ),
    "both versions": (
        {**MEMORY, "proc/self/cgroup": "4:memory:/c\n0::/\n", "sys/fs/cgroup/memory/c/memory.limit_in_bytes": "500000000\n"},
        500_000_000, None,
    ),
    "no proc": ({}, None, None),
}  # fmt: skip


@pytest.mark.parametrize(("files", "memory", "processors"), PLACES.values(), ids=PLACES)
def test_the_lowest_limit_counts(files, memory, processors, tmp_path):
    """Of the machine and of every group around this process, in both versions of control groups."""
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    found = find_machine_limits(tmp_path)

    assert found.memory == memory
    assert found.processors == (processors or find_machine_limits(tmp_path / "none").processors)


def test_too_small_a_machine_is_told_before_anything_starts():
    """None is too small where nobody has measured what it takes."""
    memory = find_machine_limits().memory
    check_machine_memory(0)
    check_machine_memory(memory)

    with pytest.raises(GraderError, match="this machine's memory"):
        check_machine_memory(memory + 1)


def test_a_shortage_names_what_there_is_and_what_it_takes():
    """Whoever chooses the machine has to know both."""
    said = describe_memory_shortage(1_234_000_000)

    assert "takes 1.2 GB" in said
    assert f"of {find_machine_limits().memory / 1e9:.2g} GB" in said
