"""However the grader is installed, a student process imports what the front could: on every machine, as every user."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec
import platformdirs
import pytest
from confining import skip_without

pytestmark = pytest.mark.train
HERE = Path(__file__).parent
ROOT = HERE.parents[2]
LIBRARY = f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
# A module of ours that imports a library, and nothing that takes time.
FRONT = """
import json, sys
from grader.engines import confine
import grader
process = confine.start_confined("grader.protocol.wire", {}, confine.SandboxPolicy(memory=500_000_000, output=10_000, level=sys.argv[1]))
while process.wait_for_code(1.0) is None:
    pass
print(json.dumps([grader.__file__, process.returncode, process.read_output()]))
process.kill()
"""
MACHINES = [("1234", "yes", "auto"), ("1234", "no", "auto"), ("0", "yes", "strict"), ("0", "no", "auto")]


@pytest.fixture(scope="module")
def place():
    """A folder that every user may look into."""
    with tempfile.TemporaryDirectory(prefix="grade-installed-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def installed(folder, *, grader=True):
    """A folder as `pip install --target` leaves it."""
    if folder.exists():
        return folder
    for package in (msgspec, platformdirs):
        source = Path(package.__file__).parent
        shutil.copytree(source, folder / source.name)
    (folder / "msgspec-0.dist-info").mkdir()
    if grader:
        shutil.copytree(ROOT / "grader", folder / "grader", ignore=shutil.ignore_patterns("__pycache__", "course"))
    return folder


def layouts(place, name):
    """The variables of a front that is installed in this way."""
    if name == "PYTHONPATH":
        return {"PYTHONPATH": str(installed(place / "shared"))}
    base = place / name.replace(" ", "_")
    site = base / LIBRARY
    installed(site, grader=name == "user site")
    if name == ".pth":
        (site / "shared.pth").write_text(f"{installed(place / 'shared')}\n")
    if name == "editable":
        (site / "_editable.pth").write_text(f"{ROOT}\n")
    return {"PYTHONUSERBASE": str(base)}


@pytest.mark.parametrize(("user", "namespaces", "level"), MACHINES)
@pytest.mark.parametrize("name", ["user site", "PYTHONPATH", ".pth", "editable"])
def test_the_package_is_found(name, user, namespaces, level, place):
    """Where the front's own interpreter found it."""
    if os.getuid() != 0:
        pytest.skip("only root can become others")
    skip_without("files")
    variables = layouts(place, name)
    python = os.path.realpath(sys.executable)  # without the packages of a virtual environment
    command = [sys.executable, str(HERE / "as_user.py"), user, namespaces, python, "-c", FRONT, level]
    environment = {"PATH": os.environ["PATH"], "HOME": str(place), **variables}
    done = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    where, code, output = json.loads(done.stdout)
    assert Path(where).is_relative_to(ROOT if name == "editable" else place)
    assert (code, output) == (0, "")
