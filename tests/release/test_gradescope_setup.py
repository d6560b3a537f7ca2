"""Gradescope's setup.sh on a machine whose python3 can make no environments: Debian and Ubuntu ship that part apart."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from grader.release import bundle

SETUP = Path(bundle.__file__).resolve().parents[1] / "templates" / "gradescope" / "setup.sh"
# In the place of the system's programs: `ensurepip` is there once apt-get has brought it, `pip` once `venv` could run.
PYTHON = """#!/bin/sh
case "$*" in
    *sys.exit*) exit 0 ;;
    *"import ensurepip"*) test -e "$FAKE/ensurepip" ;;
    *version_info*) echo 3.12 ;;
    "-m venv"*) mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; test -e "$FAKE/ensurepip" && touch "$3/pip" ;;
    "-m pip --version") test -e "${0%/bin/python}/pip" ;;
    "-m pip install"*) echo "$*" > "$FAKE/installed" ;;
esac
"""
APT_GET = """#!/bin/sh
echo "$*" >> "$FAKE/asked"
case "$*" in *python3.12-venv*) touch "$FAKE/ensurepip" ;; esac
"""


@pytest.fixture
def set_up(tmp_path):
    """Runs the script; gives what it asked apt-get for and what pip installed."""
    (tmp_path / "root/source/course").mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    # Nothing else is found, whichever Pythons this machine has.
    for tool in ("bash", "sh", "mkdir", "cp", "touch", "chmod"):
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool))
    for name, text in {"python3.12": PYTHON, "apt-get": APT_GET}.items():
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)

    def run():
        kept = {"PATH": str(tmp_path / "bin"), "FAKE": str(tmp_path), "AUTOGRADER_ROOT": str(tmp_path / "root")}
        done = subprocess.run(["bash", SETUP], env={**os.environ, **kept, "GRADE_VENV": ""}, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        asked = tmp_path / "asked"
        return asked.read_text().splitlines() if asked.exists() else [], (tmp_path / "installed").read_text()

    return run


def test_what_makes_environments_is_installed(set_up, tmp_path):
    """For the Python that is there, whatever its version."""
    asked, installed = set_up()

    assert asked == ["update", "install -y python3.12 python3.12-venv"]
    assert f"--requirement {tmp_path}/root/source/requirements.txt" in installed


def test_nothing_is_installed_where_it_is_there(set_up, tmp_path):
    """An image with a whole Python needs no network but pip's."""
    (tmp_path / "ensurepip").touch()

    asked, _ = set_up()

    assert asked == []


def test_an_environment_without_pip_is_finished(set_up, tmp_path):
    """An earlier run may have left one when `ensurepip` was missing."""
    half = tmp_path / "root/venv/bin"
    half.mkdir(parents=True)
    (half / "python").write_text(PYTHON)
    (half / "python").chmod(0o755)

    asked, _ = set_up()

    assert asked
    assert (tmp_path / "root/venv/pip").exists()
