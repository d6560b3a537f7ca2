"""A process that is copied: it imports what is slow to import, then forks a copy for each message of the front."""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import signal
import socket
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable

MOST_BYTES = 200_000
READY = b"."


def serve(
    become: Callable[[bytes, list[int]], None],
    descriptors: int,
    prepare: Callable[[bytes], object] | None = None,
) -> None:
    """Forks until the front closes its end of the line, which is `GRADE_FD`; tells each copy's id and sends a handle.

    Args:
        become: what a copy does, with the message and the file descriptors that came with it; the copy ends after it.
        descriptors: how many of them come with each message.
        prepare: what this process does itself with a message, before it is copied.
    """
    line = socket.socket(fileno=int(os.environ["GRADE_FD"]))
    line.send(READY)
    while True:
        message, handed, _, _ = socket.recv_fds(line, MOST_BYTES, descriptors)
        if not message:
            bury()
            os._exit(0)
        if prepare is not None:
            prepare(message)
        pid = os.fork()
        if pid == 0:
            line.close()
            os.setsid()
            tempfile.tempdir = None  # that of this process, until it is asked for again
            run(functools.partial(become, message, handed))
        for descriptor in handed:
            os.close(descriptor)
        handle = os.pidfd_open(pid)
        socket.send_fds(line, [str(pid).encode()], [handle])
        os.close(handle)
        bury()


def run(main: Callable[[], object]) -> None:
    """Runs a program in a copy, as a new interpreter would, and ends as one; never returns."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    code = 0
    try:
        main()
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 1
    with contextlib.suppress(BaseException):
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BaseException):
            stream.flush()
    os._exit(code)


def bury() -> None:
    """Lets go of copies that have ended; the front has a handle of its own on each."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
