"""Student processes as copies: `python -m grader.student.nursery` imports what they import, then forks one for each.

It never runs student code itself, and what is in its memory every submission may read: it holds no secret. It runs no
operation and builds no model either, since TensorFlow can be forked only before it has done so.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import runpy
import signal
import socket
import sys
import tempfile
import threading
import traceback

from grader.importing import uncollected
from grader.student import quiet

with quiet.stderr(), uncollected():
    import keras  # noqa: F401
    import tensorflow as tf  # noqa: F401

    from grader.engines.confine.inside import keeper
    from grader.student import activations, datasets, delegate, dialect, dialect_calls, loader, modelling, tfds  # noqa: F401

MOST_BYTES = 200_000
READY = b"."


def main() -> None:
    """Serves until the front closes its end of the line."""
    line = socket.socket(fileno=int(os.environ["GRADE_FD"]))
    line.send(READY)
    while True:
        message, received, _, _ = socket.recv_fds(line, MOST_BYTES, 3)
        if not message:
            return
        pid = os.fork()
        if pid == 0:
            line.close()
            _keep(json.loads(message), *received)
        for descriptor in received:
            os.close(descriptor)
        handle = os.pidfd_open(pid)
        socket.send_fds(line, [READY], [handle])
        os.close(handle)
        _bury()


def _keep(words: list[str], control: int, grade: int, output: int) -> None:
    """From here on a keeper, which forks what becomes the student's process; never returns."""
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, place in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(descriptor, place)
    os.close(output)
    os.chdir("/")
    keeper.main([f"control={control}", f"grade={grade}", *words], _become)


def _become(command: list[str], environment: dict[str, str]) -> None:
    """Runs the program of `command` here, as a new interpreter would, and ends as one."""
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None  # that of the interpreter which was copied, until it is asked for again
    signal.signal(signal.SIGINT, signal.default_int_handler)
    code = 0
    try:
        runpy.run_module(command[-1], run_name="__main__", alter_sys=True)
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


def _bury() -> None:
    """Lets go of copies that have ended; the front has a handle of its own on each."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


main()
