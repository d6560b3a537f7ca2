"""A PostgreSQL server that can be killed without warning, and starts again on its data."""

import contextlib
import os
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import psutil
from postgresql_server import wait
from real_parts import find_program, require


class KilledPostgresql:
    """The server in a folder of its own; what it says is committed has to be on the disk, as it would be in earnest."""

    def __init__(self, folder):
        # It refuses to run as root.
        self.as_user = ["runuser", "-u", "nobody", "--"] if os.getuid() == 0 else []
        self.folder, self.data = folder, Path(folder) / "data"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.binaries = Path(find_program("initdb")).resolve().parent
        Path(folder).chmod(0o777)
        command = [self.binaries / "initdb", "-D", self.data, "-U", "grade", "-A", "trust"]
        subprocess.run([*self.as_user, *command], check=True, capture_output=True)
        self.start()

    def start(self):
        command = [self.binaries / "postgres", "-D", self.data, "-p", str(self.port), "-k", self.folder, "-h", "127.0.0.1"]
        self.process = subprocess.Popen(
            [*self.as_user, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.url = wait(f"postgresql://grade@127.0.0.1:{self.port}/postgres", self.process)

    def list_processes(self):
        first = psutil.Process(self.process.pid)
        return [first, *first.children(recursive=True)]

    def kill(self):
        """All of its processes at once, as a machine that loses its power does."""
        processes = self.list_processes()
        for one in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
        self.process.wait()
        psutil.wait_procs(processes, timeout=10)
        time.sleep(0.5)
        self.start()

    def end(self):
        for one in reversed(self.list_processes()):
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
        self.process.wait()


@contextlib.contextmanager
def open_postgresql():
    """One that ends with the test."""
    require("postgresql")
    with tempfile.TemporaryDirectory(prefix="grade-pg-") as folder:
        made = KilledPostgresql(folder)
        try:
            yield made
        finally:
            made.end()
