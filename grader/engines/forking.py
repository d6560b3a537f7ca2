"""A process that is copied: it imports what is slow to import, then forks a copy for each message of the front."""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import importlib.metadata
import os
import signal
import socket
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterator

MAX_MESSAGE_BYTES = 200_000
READY_BYTE = b"."
STDERR_FD = 2


def serve_copies(
    become: Callable[[bytes, list[int]], None],
    descriptors: int,
    prepare: Callable[[bytes], object] | None = None,
) -> None:
    """Forks until the front closes its end of the line, which is `GRADE_FD`; sends each copy's id and a handle on it.

    Args:
        become: what a copy does, with the message and the file descriptors that came with it; the copy ends after it.
        descriptors: how many of them come with each message.
        prepare: what this process does itself with a message, before it is copied.
    """
    line = socket.socket(fileno=int(os.environ["GRADE_FD"]))
    line.send(READY_BYTE)
    while True:
        message, handed, _, _ = socket.recv_fds(line, MAX_MESSAGE_BYTES, descriptors)
        if not message:
            collect_ended_copies()
            os._exit(0)
        if prepare is not None:
            prepare(message)
        pid = os.fork()
        if pid == 0:
            # The front sees the end of this process by its line, which no copy may keep open.
            line.close()
            os.setsid()
            tempfile.tempdir = None  # that of this process, until it is asked for again
            run_as_program(functools.partial(become, message, handed))
        for descriptor in handed:
            os.close(descriptor)
        # Only this process collects its children, so the number can't have passed on to another one yet.
        handle = os.pidfd_open(pid)
        socket.send_fds(line, [str(pid).encode()], [handle])
        os.close(handle)
        collect_ended_copies()


def run_as_program(main: Callable[[], object]) -> None:
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
        # What an interpreter does at its end; `os._exit` leaves it out.
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BaseException):
            stream.flush()
    os._exit(code)


def collect_ended_copies() -> None:
    """Lets go of copies that have ended; the front has a handle of its own on each."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


@contextlib.contextmanager
def drop_stderr() -> Iterator[None]:
    """Sends everything on stderr, from C++ too, nowhere; an exception that gets out is reported afterwards."""
    kept = os.dup(STDERR_FD)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, STDERR_FD)
        yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, STDERR_FD)
        os.close(nowhere)
        os.close(kept)


@contextlib.contextmanager
def import_without_collector() -> Iterator[None]:
    """Imports without the garbage collector, which costs a quarter of TensorFlow's import and finds nothing.

    What was imported stays out of every later search too, so that none of them takes a third of a second, nor, in a
    copy of the process, touches every page.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def find_version(package: str) -> str | None:
    """The version of an installed package; None where it isn't installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
