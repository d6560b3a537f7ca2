"""Keeps what libraries say while they are imported out of the student's output."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

STDERR = 2


@contextlib.contextmanager
def stderr() -> Iterator[None]:
    """Sends everything on stderr, from C++ too, nowhere; an exception that gets out is reported afterwards."""
    kept = os.dup(STDERR)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, STDERR)
        yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, STDERR)
        os.close(nowhere)
        os.close(kept)
