"""Files of ours are there whole or not at all, on a disk that is really full, too."""

import errno
import os
import subprocess
from pathlib import Path

import pytest

from grader.cli import run_command_line
from grader.stores.filing import write_whole
from grader.stores.store import Store

ROOT = Path(__file__).resolve().parents[2]
SIZE = 65536


@pytest.fixture
def full_disk(tmp_path):
    """A file system of its own that has room for names and for nothing else."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", str(disk)], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("no file system can be mounted here")
    try:
        with (disk / "filler").open("wb", buffering=0) as filler:
            while filler.write(bytes(4096)) == 4096:
                pass
    except OSError as error:
        assert error.errno == errno.ENOSPC  # noqa: PT017
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_leaves_what_was_there(full_disk):
    """The old content, or no file; and no half of one beside it."""
    (full_disk / "filler").chmod(0o640)
    for name in ("filler", "fresh"):
        with pytest.raises(OSError, match="No space left") as raised:
            write_whole(full_disk / name, bytes(10_000))
        assert raised.value.errno == errno.ENOSPC

    assert os.listdir(full_disk) == ["filler"]
    assert (full_disk / "filler").stat().st_size == SIZE


def test_new_leaves_no_empty_stub(full_disk, monkeypatch, capsys):
    """Which would be "there already" when there is room again."""
    monkeypatch.setenv("GRADE_COURSE", str(ROOT))
    mine = str(full_disk / "mine.py")

    assert run_command_line(["new", "pooling", mine]) == 4
    assert "the disk is full" in capsys.readouterr().err
    (full_disk / "filler").unlink()
    assert run_command_line(["new", "pooling", mine]) == 0
    assert Path(mine).read_text() == (ROOT / "exercises/pooling/stub.py").read_text()


def test_a_store_without_room_keeps_nothing(full_disk, monkeypatch):
    """And says so; what was to be kept is made again."""
    monkeypatch.setenv("GRADE_CACHE", str(full_disk))
    store = Store("kind")

    assert not store.write_file("key", "name", bytes(10_000))
    assert store.read_file("key", "name") is None


@pytest.mark.train
def test_a_picture_without_room_costs_no_verdict(full_disk, monkeypatch, capsys, tmp_path):
    """Neither the referee's nor the front's."""
    monkeypatch.setenv("GRADE_COURSE", str(ROOT))
    monkeypatch.setenv("GRADE_STATE", str(tmp_path / "state"))
    solution = str(ROOT / "solutions/pooling/solution.py")

    assert run_command_line(["pooling", solution, "--picture", str(full_disk / "a.png")]) == 0
    said = capsys.readouterr().out
    assert "100" in said
    assert "no picture" in said
    assert os.listdir(full_disk) == ["filler"]


def test_permissions_stay_and_new_ones_are_as_asked(tmp_path):
    """A file that is there keeps its own."""
    (tmp_path / "old").write_bytes(b"before")
    (tmp_path / "old").chmod(0o604)

    write_whole(tmp_path / "old", b"after", durable=True)
    write_whole(tmp_path / "secret", memoryview(b"x"), mode=0o600)
    write_whole(tmp_path / "open", b"x", mode=0o644)

    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("old", "secret", "open")] == [0o604, 0o600, 0o644]
    assert (tmp_path / "old").read_bytes() == b"after"
