"""Writes files: the whole of one or nothing of it, so that a full disk or a kill leaves what was there before."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_whole(path: Path, data: bytes | memoryview, *, mode: int | None = None, durable: bool = False) -> None:
    """Writes beside `path`, then renames; a failure leaves nothing behind.

    Args:
        mode: the file's permissions; None: those that it has, and of a new one what the system gives.
        durable: it is on the disk when this returns, and survives a power cut.

    Raises:
        OSError: it can't be written.
    """
    # In the same folder, since only within one file system does a rename happen at once.
    temporary = path.with_name(f".grade-{secrets.token_hex(8)}")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if mode is None else mode & 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        kept = path.stat().st_mode & 0o777 if mode is None and path.exists() else mode
        if kept is not None:
            temporary.chmod(kept)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
