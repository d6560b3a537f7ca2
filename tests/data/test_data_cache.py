from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from grader.data import canonical

ARRAY = np.arange(6, dtype=np.uint8).reshape(2, 3)


@pytest.fixture
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own, so that no test reads or fills the machine's."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("GRADE_CACHE", str(folder))
    return folder


def test_round_trip(cache_folder: Path) -> None:
    """What is written is read back, mapped or into memory."""
    canonical.write_array("a.u8", ARRAY)

    for private in (False, True):
        [(path, array)] = canonical.iter_copies("a.u8", (2, 3), private=private)
        assert cache_folder / "a.u8" == path
        np.testing.assert_array_equal(ARRAY, array)


def test_full_disk_leaves_nothing(cache_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the rename fails, no half-written file stays behind."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)

    assert canonical.write_array("a.u8", ARRAY) is None
    assert list(cache_folder.iterdir()) == []


def test_named_folder_alone(cache_folder: Path) -> None:
    """`GRADE_CACHE` is the only folder where it is set."""
    assert [cache_folder] == canonical.list_cache_folders()


def test_temp_folder_is_the_fallback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the user's cache folder can't be made, the temp folder is used."""
    (tmp_path / "file").write_text("")
    monkeypatch.delenv("GRADE_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    path = canonical.write_array("a.u8", ARRAY)

    assert tmp_path / f"grade-{os.getuid()}" / "a.u8" == path


def test_foreign_folder_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that others may write to is neither read nor written."""
    monkeypatch.delenv("GRADE_CACHE", raising=False)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = tmp_path / f"grade-{os.getuid()}"
    folder.mkdir()
    (folder / "a.u8").write_bytes(ARRAY.tobytes())
    folder.chmod(0o777)

    assert list(canonical.iter_copies("a.u8", (2, 3), private=True)) == []
    assert canonical.write_array("a.u8", ARRAY) is None
