"""What the machine and the control groups around this process leave it."""

import pytest

from grader.engines.machine_limits import check_machine_memory, describe_memory_shortage, find_memory_limit
from grader.errors import GraderError

MEMORY = {"proc/meminfo": "MemTotal:        8000000 kB\nMemFree: 1 kB\n"}
PLACES = {
    "nothing but the machine": ({**MEMORY, "proc/self/cgroup": "0::/\n"}, 8_192_000_000),
    "no limits": (
        {**MEMORY, "proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/memory.max": "max\n"},
        8_192_000_000,
    ),
    "version 2, above its own group": (
        {**MEMORY, "proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max": "max\n",
         "sys/fs/cgroup/a/memory.max": "768000000\n"},
        768_000_000,
    ),
    "version 2, in a container of its own": (
        {**MEMORY, "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "768000000\n"},
        768_000_000,
    ),
    "version 1": (
        {**MEMORY, "proc/self/cgroup": "4:memory:/c\n3:cpu,cpuacct:/other\n", "sys/fs/cgroup/memory/c/memory.limit_in_bytes": "500000000\n",
         "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
         "sys/fs/cgroup/memory/other/memory.limit_in_bytes": "1000\n"},
        500_000_000,
    ),
    "version 1, named as on the host": (
        {**MEMORY, "proc/self/cgroup": "4:memory:/docker/0123\n",
         "sys/fs/cgroup/memory/memory.limit_in_bytes": "600000000\n"},
        600_000_000,
    ),
    "both versions": (
        {**MEMORY, "proc/self/cgroup": "4:memory:/c\n0::/\n", "sys/fs/cgroup/memory/c/memory.limit_in_bytes": "500000000\n"},
        500_000_000,
    ),
    "no proc": ({}, None),
}  # fmt: skip


@pytest.mark.parametrize(("files", "memory"), PLACES.values(), ids=PLACES)
def test_the_lowest_limit_counts(files, memory, tmp_path):
    """Of the machine and of every group around this process, in both versions of control groups."""
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    assert find_memory_limit(tmp_path) == memory


def test_too_small_a_machine_is_told_before_anything_starts():
    """None is too small where nobody has measured what it takes."""
    memory = find_memory_limit()
    check_machine_memory(0)
    check_machine_memory(memory)

    with pytest.raises(GraderError, match="this machine's memory"):
        check_machine_memory(memory + 1)


def test_a_shortage_names_what_there_is_and_what_it_takes():
    """Whoever chooses the machine has to know both."""
    said = describe_memory_shortage(1_234_000_000)

    assert "takes 1.2 GB" in said
    assert f"of {find_memory_limit() / 1e9:.2g} GB" in said
