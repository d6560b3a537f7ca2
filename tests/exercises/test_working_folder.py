"""The trusted programs import nothing from the folder that a student works in."""

import subprocess
from collections.abc import Callable

import pytest

from grader.engines.trainer import RefereeProcess
from grader.engines.trainer import TrainerProcess, TrainerSpec


@pytest.mark.train
@pytest.mark.parametrize(
    ("start", "name"), [(RefereeProcess, "numpy"), (lambda: TrainerProcess(TrainerSpec(device="cpu")), "keras")], ids=["referee", "trainer"]
)
def test_a_file_of_the_name_of_a_library_is_not_imported(tmp_path, monkeypatch, start: Callable, name):
    """A submission called numpy.py or keras.py lies there, and stays unread."""
    (tmp_path / f"{name}.py").write_text("open('imported', 'w').close(); raise SystemExit\n")
    monkeypatch.chdir(tmp_path)

    process = start()
    try:
        process.process.wait(3)
    except subprocess.TimeoutExpired:
        pass
    finally:
        process.kill()

    assert not (tmp_path / "imported").exists()
