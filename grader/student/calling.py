"""The student process for plain functions: `python -m grader.student.calling`; NumPy is there, TensorFlow isn't asked for."""

from __future__ import annotations

import ast
import contextlib
import importlib
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from grader.calls import Call, Enough, Gave, Loaded, Raised, ToStudent
from grader.student import loader, old_numpy
from grader.student.front import Ended, Front
from grader.values import Seal, opened, same
from grader.wire import Load, Ready


def serve(front: Front, load: Load, function: Callable[..., Any]) -> None:
    """Calls the function as often as the grader asks, and sends back what it gave."""
    import_ahead(load.source)
    front.send(Loaded())
    while True:
        message = front.receive()
        if isinstance(message, Enough):
            return
        assert isinstance(message, Call)
        arrays = front.arrays(message)
        given = [opened(value, arrays) for value in message.arguments]
        kept = [opened(value, [array.copy() for array in arrays]) for value in message.arguments]
        try:
            value = function(*given)
        except Ended:
            raise
        except BaseException as error:
            crash = loader.crashed(error, load)
            front.send(Raised(message=crash.message, line=crash.line, package=crash.package))
            continue
        seal = Seal()
        sealed = seal.value(value)
        changed = [index for index, before in enumerate(kept) if not same(before, given[index])]
        buffers = [buffer for buffer in seal.buffers if buffer.nbytes <= message.most_bytes]
        front.channel.send(Gave(value=sealed, arrays=seal.specs, changed=changed), buffers)


def import_ahead(source: str) -> None:
    """Imports what the file imports inside its functions: the first call hasn't the time that TensorFlow takes."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                modules = [alias.name for alias in names]
            case ast.ImportFrom(module=str() as module, level=0):
                modules = [module]
            case _:
                continue
        for module in modules:
            with contextlib.suppress(Exception, SystemExit):  # the call will tell, if it ever comes to this import
                importlib.import_module(module)


def main() -> None:
    front = Front(receives=ToStudent)
    front.send(Ready())
    load = front.receive()
    assert isinstance(load, Load)
    front.filename = load.filename
    sys.argv = [load.filename]
    old_numpy.install()
    loader.run(front, load, partial(serve, front, load))
    sys.stdout.flush()
    sys.stderr.flush()


main()
