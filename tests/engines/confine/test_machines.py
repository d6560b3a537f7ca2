"""The same sandbox as root, as an ordinary user, and where no namespace can be had."""

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from confining import running, skip_without, wait_for

pytestmark = pytest.mark.train

HERE = Path(__file__).parent
NAMESPACES = {"files", "processes", "network", "ipc", "hostname", "cgroups"}
FRONT = """
import json, sys
sys.path.insert(0, sys.argv[1])
from confining import running, wait_for
with running(sys.argv[2], memory=300_000_000) as process:
    wait_for(lambda: not process.is_alive())
    print(json.dumps([process.layers, process.returncode, process.read_output(), process.memory_exceeded]))
"""
ATTACKS = """
import os, socket
def attempt(name, function, *arguments):
    try:
        function(*arguments)
        print(name, "done")
    except (OSError, ValueError):
        pass
attempt("secret", open, {secret!r})
attempt("write", open, {written!r}, "w")
attempt("network", socket.create_connection, ("127.0.0.1", 22), 1)
attempt("keeper", os.kill, os.getppid(), 9) if os.getppid() > 1 else None
attempt("grader", os.kill, {grader}, 9)
attempt("users", os.setuid, 0) if os.getuid() else None
attempt("environment", open, "/proc/{grader}/environ")
open("plot.png", "wb").write(b"x"); print("fine")
"""
MACHINES = [("1234", "yes"), ("1234", "no"), ("0", "yes"), ("0", "no")]
GROW = "x = bytearray(b'1') * 400_000_000; import time; time.sleep(9); print('survived')"


def grading(user, namespaces, program):
    """What a front process says that runs as this user on such a machine."""
    if os.getuid() != 0:
        pytest.skip("only root can become others")
    skip_without("files")
    command = [sys.executable, str(HERE / "as_user.py"), user, namespaces]
    front = [sys.executable, "-c", FRONT, str(HERE), program]
    path = os.pathsep.join(filter(None, sys.path))
    env = {"PYTHONPATH": path, "PATH": os.environ["PATH"]}
    done = subprocess.run([*command, *front], env=env, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    layers, *rest = json.loads(done.stdout)
    return set(layers), *rest


@pytest.mark.parametrize(("user", "namespaces"), MACHINES)
def test_attacks_fail_on_every_machine(user, namespaces, tmp_path):
    """Whatever of the layers a machine has, what they are for is kept."""
    tmp_path.chmod(0o755)
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    program = ATTACKS.format(secret=str(tmp_path / "secret"), written=str(tmp_path / "open" / "mine"), grader=os.getpid())

    layers, code, output, _ = grading(user, namespaces, program)

    assert (code, output) == (0, "fine\n")
    assert os.listdir(tmp_path / "open") == []
    assert layers >= (NAMESPACES if namespaces == "yes" else {"landlock", "system-calls", "capabilities", "limits"})
    assert bool(layers & {"user", "user-namespace"}) == (user == "0" or namespaces == "yes")


@pytest.mark.parametrize(("user", "namespaces"), MACHINES)
def test_memory_is_bounded_on_every_machine(user, namespaces):
    """Counted by the kernel or watched by the keeper, too much memory is the end."""
    _, code, output, exceeded = grading(user, namespaces, GROW)

    assert (code, output, exceeded) == (-9, "", True)


@pytest.mark.keras
@pytest.mark.parametrize("without", [(), ("files", "processes", "user", "user-namespace")], ids=["all", "shared"])
def test_tensorflow_imports_and_trains_inside(without):
    """All layers leave TensorFlow what it needs, and matplotlib too where it is installed."""
    program = """
import importlib.util
import keras, numpy as np
model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(3)])
model.compile("adam", "mse")
model.fit(np.zeros((64, 4)), np.zeros((64, 3)), epochs=2, verbose=0)
model.save("model.keras")
keras.models.load_model("model.keras")
if importlib.util.find_spec("matplotlib"):
    import matplotlib.pyplot as plt
    plt.plot([1, 2]); plt.savefig("plot.png"); plt.show()
print("trained")
"""
    with running(program, memory=4_000_000_000, output=100_000, without=without) as process:
        wait_for(lambda: not process.is_alive(), 120)

        assert process.read_output().endswith("trained\n")


def test_the_packages_are_all_that_is_read():
    """A student process finds the interpreter's own modules and the installed ones."""
    program = "import sysconfig, msgspec, os, sys; print(os.path.dirname(os.path.dirname(msgspec.__file__)))"
    with running(program) as process:
        wait_for(lambda: not process.is_alive())

        assert process.read_output().strip() in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
