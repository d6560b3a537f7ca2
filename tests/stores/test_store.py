"""The store of what was computed once: whole files or none, bounded, shared by processes."""

import os
import subprocess
import sys
import time

import pytest

from grader.stores.store import Store


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADE_CACHE", str(tmp_path))
    return tmp_path / "things"


def test_what_was_written_is_read():
    """Content comes back; what isn't there is None."""
    store = Store("things")

    assert store.write_file("key", "name", b"\x00content")
    assert store.read_file("key", "name") == b"\x00content"
    assert store.read_file("key", "other") is None
    assert store.read_file("other", "name") is None


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b[:-1] + b"?", lambda b: b"", lambda b: b"x" + b])
def test_a_file_that_does_not_prove_itself_takes_its_entry_along(folder, damage):
    """Nothing of an entry is believed where one file is torn."""
    store = Store("things")
    store.write_file("key", "name", b"content")
    store.write_file("key", "other", b"content")
    path = folder / "key" / "name"
    path.write_bytes(damage(path.read_bytes()))

    assert store.read_file("key", "name") is None
    assert store.read_file("key", "other") is None


def test_the_longest_unused_goes_first(folder):
    """Eviction keeps the store within its bound, and reading counts as use."""
    store = Store("things", limit_bytes=250)
    for number in range(4):
        store.write_file(f"key{number}", "name", b"x" * 50)
        os.utime(folder / f"key{number}", (number, number))
    store.read_file("key0", "name")

    assert store.prune_entries() == 2
    assert {entry.key for entry in store.list_entries()} == {"key0", "key3"}
    assert store.clear_entries() == 2
    assert store.list_entries() == []


def test_a_full_disk_is_no_error(folder):
    """What can't be kept is made again."""
    folder.parent.mkdir(exist_ok=True)
    folder.write_text("a file where a folder should be")
    store = Store("things")

    assert store.write_file("key", "name", b"content") is False
    assert store.read_file("key", "name") is None
    with store.lock_entry("key", 0.1) as held:
        assert held


def test_a_lock_dies_with_its_holder():
    """Another process's lock is waited for, and no longer than that process lives."""
    text = (
        "import time\nfrom grader.stores.store import Store\n"
        "with Store('things').lock_entry('key', 1) as held:\n    print(held, flush=True)\n    time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "True\n"

    with Store("things").lock_entry("key", 0.2) as held:
        assert not held
    holder.kill()
    holder.wait()
    holder.stdout.close()
    began = time.monotonic()
    with Store("things").lock_entry("key", 20) as held:
        assert held
    assert time.monotonic() - began < 10
