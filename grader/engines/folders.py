"""Temporary folders of the front, which are removed when it ends, even by a signal that it can do nothing about."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import weakref
from pathlib import Path

# Waits for the end of its input, which comes with that of the front. A process that is still about to see that end may
# write into the folder once more.
REMOVE = """
import os, shutil, sys, time
sys.stdin.read()
for _ in range(60 * os.path.exists(sys.argv[1])):
    shutil.rmtree(sys.argv[1], ignore_errors=True)
    time.sleep(0.5)
"""


class TemporaryFolder:
    """A folder that stays until `remove`, and no longer than this object or this process lives.

    Args:
        prefix: of its name.
    """

    def __init__(self, prefix: str) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=prefix))
        remover = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", REMOVE, str(self.path)],
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._removal = weakref.finalize(self, _remove, self.path, remover)

    def remove(self) -> None:
        """Removes it with all that is in it; idempotent."""
        self._removal()


def _remove(path: Path, remover: subprocess.Popen[bytes]) -> None:
    shutil.rmtree(path, ignore_errors=True)
    # It may still be starting, which takes longer than all that it would do; where something is left it tries for a while.
    if not path.exists():
        remover.kill()
    remover.communicate()
