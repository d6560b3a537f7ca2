from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from grader.data import canonical, load_dataset, load_embedded
from grader.errors import GraderError
from grader.protocol.datasets import DatasetSource

pytestmark = pytest.mark.train  # works through the whole data
KEYS = ("x_train", "y_train", "x_test", "y_test")
MNIST = load_embedded()["mnist"].about


@pytest.fixture
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own, so that no test reads or fills the machine's."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("GRADE_CACHE", str(folder))
    return folder


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
@pytest.mark.parametrize("verify", [False, True])
def test_arrays(cache_folder: Path, name: str, verify: bool) -> None:
    """Every array of both datasets is the released one, decoded or from the cache."""
    for _ in range(2):
        dataset = load_dataset(name, verify=verify)

        found = {key: canonical.compute_content_digest(getattr(dataset, key)) for key in KEYS}
        assert {key: getattr(load_embedded()[name].about.arrays, key) for key in KEYS} == found
        assert [getattr(dataset, key).shape for key in KEYS] == [(60000, 28, 28), (60000,), (10000, 28, 28), (10000,)]
        assert {np.dtype("uint8")} == {getattr(dataset, key).dtype for key in KEYS}


def test_copy_on_write(cache_folder: Path) -> None:
    """A student's writing into the arrays changes neither the cache nor the next `load`."""
    first = load_dataset("mnist")
    first.x_train[:] = 9

    assert type(first.x_train) is np.ndarray
    assert MNIST.arrays.x_train == canonical.compute_content_digest(load_dataset("mnist").x_train)


def test_trusted_arrays_are_private(cache_folder: Path) -> None:
    """A verified array can't be written to and doesn't change when the cache file does."""
    load_dataset("mnist")
    dataset = load_dataset("mnist", verify=True)
    for path in cache_folder.iterdir():
        with path.open("r+b") as file:
            file.write(b"\xff" * 100)

    assert MNIST.arrays.x_train == canonical.compute_content_digest(dataset.x_train)
    with pytest.raises(ValueError, match="read-only"):
        dataset.x_train[0] = 1


@pytest.mark.parametrize("verify", [False, True])
def test_tampered_cache(cache_folder: Path, verify: bool) -> None:
    """A cache file that was changed is dropped and decoded anew."""
    load_dataset("mnist")
    path = next(cache_folder.glob("mnist-y_train-*"))
    path.write_bytes(b"\x05" * path.stat().st_size)

    dataset = load_dataset("mnist", verify=verify)

    assert MNIST.arrays.y_train == canonical.compute_content_digest(dataset.y_train)
    assert MNIST.arrays.y_train == canonical.compute_content_digest(np.fromfile(path, np.uint8))


def _huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(10**12)


TRAPS = {
    "empty": lambda path: path.write_bytes(b""),
    "sparse terabyte": _huge,
    "pipe without a writer": os.mkfifo,
    "link": lambda path: path.symlink_to("/dev/zero"),
    "folder": lambda path: path.mkdir(),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_traps(cache_folder: Path, trap: str) -> None:
    """Whatever lies where a cache file belongs, the arrays come out right and nothing waits."""
    load_dataset("mnist")
    path = next(cache_folder.glob("mnist-y_test-*"))
    path.unlink()
    TRAPS[trap](path)

    assert MNIST.arrays.y_test == canonical.compute_content_digest(load_dataset("mnist", verify=True).y_test)


def test_nothing_writable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no folder can be written, the arrays are decoded into memory."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("GRADE_CACHE", str(blocked / "cache"))

    dataset = load_dataset("mnist")

    assert MNIST.arrays.x_test == canonical.compute_content_digest(dataset.x_test)
    assert dataset.x_test.flags.writeable


def test_side_by_side(cache_folder: Path) -> None:
    """Processes that fill the cache at the same time all get the right arrays and leave no scrap."""
    code = "from grader.data import load_dataset, canonical; print(canonical.compute_content_digest(load_dataset('mnist').x_test))"
    running = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(3)]

    answers = {process.communicate(timeout=60)[0].strip() for process in running}

    assert {MNIST.arrays.x_test} == answers
    assert [path.suffix for path in cache_folder.iterdir()] == [".u8"] * 4


def test_unknown_name() -> None:
    """An unknown dataset's error lists those there are."""
    with pytest.raises(GraderError, match=r'no dataset "cifar10" \(there are: mnist, fashion_mnist\)'):
        load_dataset("cifar10")


def test_missing_file(cache_folder: Path, tmp_path: Path) -> None:
    """A missing archive is the installation's fault, and the message says so."""
    with pytest.raises(GraderError, match=r"mnist\.npz can't be read: No such file or directory; install grade again"):
        load_dataset(DatasetSource(about=MNIST, folder=str(tmp_path)))


def test_damaged_file(cache_folder: Path, tmp_path: Path) -> None:
    """A damaged archive is never decoded."""
    (tmp_path / "mnist.npz").write_bytes(b"PK")

    with pytest.raises(GraderError, match=r"mnist\.npz is damaged \(SHA-256 .*…, not 06af5dfe73b7…\); install grade"):
        load_dataset(DatasetSource(about=MNIST, folder=str(tmp_path)))
