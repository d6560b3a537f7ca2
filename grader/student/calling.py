"""The student process for plain functions: `python -m grader.student.calling`; it imports NumPy, but not TensorFlow."""

from __future__ import annotations

import ast
import contextlib
import importlib
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from grader.protocol.arrays import ITEM_SIZES
from grader.protocol.calls import Call, Enough, Gave, Loaded, Raised, ToStudent
from grader.protocol.values import ValueEncoder, decode_value, is_same_value
from grader.protocol.wire import Load, Ready
from grader.student import loader, old_numpy
from grader.student.front import Front, RunEnded


def serve_calls(front: Front, load: Load, function: Callable[..., Any]) -> None:
    """Calls the function as often as the grader asks, and sends back what it gave."""
    import_ahead(load.source)
    front.send(Loaded())
    while True:
        message = front.receive()
        if isinstance(message, Enough):
            return
        assert isinstance(message, Call)
        arrays = front.read_arrays(message)
        given = [decode_value(value, arrays) for value in message.arguments]
        # Decoded twice, since the function may change its arguments in place, and one check asks whether it did.
        kept = [decode_value(value, [array.copy() for array in arrays]) for value in message.arguments]
        try:
            value = function(*given)
        except RunEnded:
            raise
        # Includes SystemExit: a function that calls `exit()` must fail its cases, not end the process.
        except BaseException as error:
            crash = loader.describe_crash(error, load)
            front.send(Raised(message=crash.message, line=crash.line, package=crash.package))
            continue
        seal = ValueEncoder(partial(convert_array, front))
        sealed = seal.encode_value(value)
        changed = [index for index, before in enumerate(kept) if not is_same_value(before, given[index])]
        buffers = [buffer for buffer in seal.buffers if buffer.nbytes <= message.most_bytes]
        front.channel.send(Gave(value=sealed, arrays=seal.specs, changed=changed), buffers)


def convert_array(front: Front, value: Any) -> np.ndarray[Any, Any] | None:
    """A tensor or another library's array as NumPy's, with a note; None for what isn't one or would lose something."""
    kind = type(value)
    # A masked array's plain one has values where there are none.
    if not hasattr(kind, "__array__") or isinstance(value, np.ma.MaskedArray):
        return None
    try:
        array = np.asarray(value)
    except RunEnded:
        raise
    # A tensor without values, one on another device: each library has its own errors, and a file's own class any.
    except BaseException:
        return None
    # NumPy has no such type; float32 holds each of its numbers.
    if array.dtype.name == "bfloat16":
        array = array.astype(np.float32)
    if type(array) is not np.ndarray or array.dtype.name not in ITEM_SIZES:
        return None
    library = str(kind.__module__).partition(".")[0]
    front.send_remark_at(None, f"the function returned {kind.__name__} ({library}); its numbers were taken as a NumPy array")
    return array


def install_data(load: Load) -> None:
    """Gives Keras's `load_data` the datasets where a file may call it; for others TensorFlow needn't be imported."""
    has_keras = bool(load.supply) or "keras" in load.source or "tensorflow" in load.source
    if has_keras and "load_data" in load.source:
        with contextlib.suppress(ImportError):  # the call itself will tell
            importlib.import_module("grader.student.datasets").install_datasets()


def import_ahead(source: str) -> None:
    """Imports in advance what the file imports inside functions: loading TensorFlow exceeds the limit of one call."""
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


def run_function_calls() -> None:
    front = Front(receives=ToStudent)
    front.send(Ready())
    load = front.receive()
    assert isinstance(load, Load)
    front.filename = load.filename
    sys.argv = [load.filename]
    old_numpy.install()
    install_data(load)
    loader.run_submission(front, load, partial(serve_calls, front, load))
    sys.stdout.flush()
    sys.stderr.flush()


run_function_calls()
