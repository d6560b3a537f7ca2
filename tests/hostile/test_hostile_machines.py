"""One trick of each kind again: as an ordinary user, and where no namespace can be had."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hostile_files import FEW

pytestmark = pytest.mark.train
HERE = Path(__file__).parent
TEST = f"{HERE / 'test_hostile.py'}::test_a_file_gets_its_verdict_and_nothing_else"
MACHINES = [("1234", "yes"), ("1234", "no"), ("0", "no")]


@pytest.mark.parametrize(("user", "namespaces"), MACHINES)
def test_the_suite_on_other_machines(user, namespaces):
    """Every verdict is the same there, and nothing more is read, written or left behind."""
    if os.getuid() != 0:
        pytest.skip("only root can become others")
    with tempfile.TemporaryDirectory(prefix="hostile-") as folder:
        Path(folder).chmod(0o777)
        tests = [f"{TEST}[{name}]" for name in FEW]
        options = [
            "-q",
            "-n",
            "0",
            "-m",
            "train",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:rerunfailures",
            "--tb=short",
            f"--basetemp={folder}/base",
        ]
        command = [sys.executable, str(HERE.parent / "engines" / "confine" / "as_user.py"), user, namespaces]
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(HERE.parents[1]), *filter(None, sys.path)]),
            "PYTHONDONTWRITEBYTECODE": "1",
            "HOME": folder,
        }
        pytest_command = [sys.executable, "-m", "pytest", *options, *tests]
        done = subprocess.run(
            [*command, *pytest_command], cwd=HERE.parents[1], env=environment, capture_output=True, check=False
        )

    assert done.returncode == 0, done.stdout.decode()[-6000:] + done.stderr.decode()[-2000:]
