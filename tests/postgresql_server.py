"""A real PostgreSQL server for a module's tests: `from postgresql_server import server  # noqa: F401`."""

import os
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg
import pytest
from real_parts import find_program, require


@pytest.fixture(scope="module")
def server():
    """A server of its own in a temporary folder; it refuses to run as root, so then it runs as nobody."""
    require("postgresql")
    as_user = ["runuser", "-u", "nobody", "--"] if os.getuid() == 0 else []
    with socket.socket() as free, tempfile.TemporaryDirectory(prefix="grade-pg-") as folder:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        Path(folder).chmod(0o777)
        data = f"{folder}/data"
        binaries = Path(find_program("initdb")).resolve().parent
        subprocess.run(
            [*as_user, binaries / "initdb", "-D", data, "-U", "grade", "-A", "trust"], check=True, capture_output=True
        )
        free.close()
        command = [*as_user, binaries / "postgres", "-D", data, "-p", str(port), "-k", folder, "-h", "127.0.0.1", "-F"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                yield wait(f"postgresql://grade@127.0.0.1:{port}/postgres", process)
            finally:
                process.terminate()


def wait(url, process):
    for _ in range(100):
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:  # it may answer before it is ready
            assert process.poll() is None
            time.sleep(0.1)
        else:
            return url
    raise AssertionError("the server didn't start")
