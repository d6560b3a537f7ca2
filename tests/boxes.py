"""Control groups with limits of their own around a program: the small boxes of grading services."""

import contextlib
import os
import subprocess
import uuid
from pathlib import Path

import pytest

GROUPS = Path("/sys/fs/cgroup")
PERIOD_US = 100_000
# By version: the folder of the controller, and of each limit its file and how it is written.
MEMORY_FILES = {GROUPS / "memory": "memory.limit_in_bytes", GROUPS: "memory.max"}
PROCESSOR_FILES = {GROUPS / "cpu": "cpu.cfs_quota_us", GROUPS: "cpu.max"}


@contextlib.contextmanager
def open_box(memory, processors=None):
    """Folders of groups with these limits, in bytes and processors; skips the test where none can be made."""
    made = []
    try:
        wanted = [(MEMORY_FILES, str(memory)), *([(PROCESSOR_FILES, str(int(PERIOD_US * processors)))] if processors else [])]
        for files, value in wanted:
            made.append(_make_group(files, value))
        yield made
    finally:
        for folder in made:
            for inner in sorted(folder.rglob("*"), reverse=True):
                with contextlib.suppress(OSError):
                    inner.rmdir()
            folder.rmdir()


def _make_group(files, value):
    for mount, name in files.items():
        folder = mount / f"grade-test-{uuid.uuid4().hex[:8]}"
        with contextlib.suppress(OSError):
            folder.mkdir()
            if (folder / name).exists():
                (folder / name).write_text(value)
                return folder
            folder.rmdir()
    pytest.skip("no control group with a limit can be made here (it takes root and a writable /sys/fs/cgroup)")


def run_in_box(box, command, **options):
    """Runs a program that is in the box from its first moment on."""

    def enter_box():
        for folder in box:
            (folder / "cgroup.procs").write_text(str(os.getpid()))

    return subprocess.run(command, preexec_fn=enter_box, capture_output=True, text=True, check=False, **options)
