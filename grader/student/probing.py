"""Runs the student's callbacks on synthetic curves, in forked copies, so that the real run's state stays untouched."""

from __future__ import annotations

import contextlib
import copy
import copyreg
import functools
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import keras
import msgspec
from tensorflow.python import pywrap_tfe

from grader.engines import forking
from grader.protocol.wire import Probed
from grader.student.listeners import KEEPING, StudentCallbacks, is_kerass_own
from grader.student.loader import MODULE_NAME, is_students_module

MAX_COPY_WAIT_S = 5.0
MAX_COPY_S = 6  # a copy that can't be killed ends by itself
MAX_NAME_CHARS = 100
MAX_NAMES = 50
BATCH_SHARES = (0.5, 0.9, 1.0)
# An epoch that is told again takes no time, and one of a trial neither; a callback shall not know them by that.
PRETENDED_EPOCH_S = 3.0
# What a callback may count and collect in beside its own attributes.
PLAIN_TYPES = (int, float, bool, str, type(None), list, dict, set)
Unknown = Mapping[str, Callable[[], Any]]
NONE: Unknown = MappingProxyType({})
CLOCK_NAMES = ("time", "monotonic", "perf_counter")


class TrialClock:
    """Makes epochs last as long in a trial as they do in a training, for whoever asks the `time` module."""

    def __init__(self) -> None:
        self.ahead_s = 0.0
        for name in CLOCK_NAMES:
            setattr(time, name, self._wrap_clock(getattr(time, name)))
            setattr(time, f"{name}_ns", self._wrap_clock(getattr(time, f"{name}_ns"), 1_000_000_000))

    def _wrap_clock(self, plain: Callable[[], Any], unit: int = 1) -> Callable[[], Any]:
        return lambda: plain() + type(plain())(unit * self.ahead_s)

    def add_epoch(self) -> None:
        """Moves the clock on by one epoch."""
        self.ahead_s += PRETENDED_EPOCH_S


class NeedsTensorFlow(Exception):
    """A callback computes with TensorFlow, which a forked copy can't."""


class _Trying(StudentCallbacks):
    """Tries the callbacks that may ask to stop; what fails in one of Keras's own is no fault of the student's."""

    def __init__(self, callbacks: Sequence[Any], model: Any, epochs: int, unknown: Unknown) -> None:
        trying = [one for one in callbacks if not (is_kerass_own(one) and type(one).__name__ in KEEPING)]
        super().__init__(trying, model, epochs=epochs, steps=len(BATCH_SHARES), unknown=unknown)

    def call_one(self, callback: Any, method: Any, *arguments: Any) -> None:
        try:
            method(*arguments)
        except NeedsTensorFlow:
            raise
        except Exception:
            if not is_kerass_own(callback):
                raise


def probe_callbacks(
    callbacks: Sequence[Any], model: Any, curves: list[list[dict[str, float]]], unknown: Sequence[str] = ()
) -> Probed:
    """For each curve, the first epoch at whose end the callbacks had asked to stop (None: never).

    Args:
        curves: per curve, the logs of each epoch, under the names that the real training will use.
        unknown: keys of the student's own metrics, whose figures aren't known here.
    """
    names = [type(callback).__name__[:MAX_NAME_CHARS] for callback in callbacks][:MAX_NAMES]
    stopped: list[int | None] = []
    barred = {key: functools.partial(_raise_unknown, key) for key in unknown}
    for curve in curves:
        outcome = _probe_in_fork(callbacks, model, curve, barred)
        if outcome.get("unsure"):
            outcome = _probe_in_place(callbacks, model, curve, barred)
        if outcome.get("error"):
            kind = outcome.get("error_kind", "")
            return Probed(
                stopped=[],
                callbacks=names,
                error=outcome["error"],
                error_kind=kind,
                line=_find_callback_line(callbacks),
            )
        if outcome.get("unsure"):
            return Probed(stopped=[], callbacks=names, inconclusive=outcome["unsure"])
        stopped.append(outcome["stopped"])
    return Probed(stopped=stopped, callbacks=names, line=_find_callback_line(callbacks))


def _find_callback_line(callbacks: Sequence[Any]) -> int | None:
    """Finds the first line of the student's own callback, if its function has one."""
    for hook in ("on_epoch_end", "on_train_batch_end", "on_epoch_begin"):
        for callback in callbacks:
            function = getattr(callback, hook, None)
            code = getattr(function, "__code__", None)
            if getattr(function, "__module__", None) == MODULE_NAME and code is not None:
                return int(code.co_firstlineno)
    return None


def _raise_unknown(key: str) -> None:
    raise LookupError(f"`{key}` is your own metric, so the grader doesn't have its value")


def _follow_curve(
    callbacks: Sequence[Any], model: Any, curve: list[dict[str, float]], clock: TrialClock | None, unknown: Unknown
) -> int | None:
    model.stop_training = False
    listeners = _Trying(callbacks, model, len(curve), unknown)
    listeners.call_hook("train_begin")
    for epoch, logs in enumerate(curve):
        listeners.call_hook("epoch_begin", epoch)
        for step, share in enumerate(BATCH_SHARES):
            # Within an epoch figures are still on their way, and Keras logs no validation figures there.
            running = {key: value * share for key, value in logs.items() if not key.startswith("val_")}
            listeners.call_hook("train_batch_begin", step)
            listeners.call_hook("train_batch_end", step, running)
        if clock is not None:
            clock.add_epoch()
        listeners.call_hook("epoch_end", epoch, logs)
        if model.stop_training:
            return epoch
    return None


def _try_curve(
    callbacks: Sequence[Any],
    model: Any,
    curve: list[dict[str, float]],
    unknown: Unknown,
    clock: TrialClock | None = None,
) -> dict[str, Any]:
    try:
        return {"stopped": _follow_curve(callbacks, model, curve, clock, unknown)}
    except NeedsTensorFlow:
        return {"unsure": "the callbacks compute with TensorFlow"}
    except Exception as error:
        kind = type(error).__name__[:MAX_NAME_CHARS]
        return {"error": f"{kind}: {error}"[:1000], "error_kind": kind}


def _probe_in_fork(
    callbacks: Sequence[Any], model: Any, curve: list[dict[str, float]], unknown: Unknown
) -> dict[str, Any]:
    """One curve in a forked copy of this process; TensorFlow's operations are barred there, since they would hang."""
    ours, theirs = os.pipe()
    try:
        # A fork, since it leaves the callbacks' state in this process untouched, whatever they do.
        child = os.fork()
    except OSError:
        os.close(ours)
        os.close(theirs)
        return {"unsure": "no further process may be started"}
    if child == 0:
        _run_copy(theirs, callbacks, model, curve, unknown)
    os.close(theirs)
    try:
        return _read_result(ours)
    finally:
        os.close(ours)
        with contextlib.suppress(ProcessLookupError, PermissionError):  # where processes are shared, none may signal
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _run_copy(pipe: int, callbacks: Sequence[Any], model: Any, curve: list[dict[str, float]], unknown: Unknown) -> None:
    def refuse_tensorflow(*_: Any, **__: Any) -> None:
        raise NeedsTensorFlow

    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(MAX_COPY_S)
    try:
        silence = os.open(os.devnull, os.O_WRONLY)
        # What callbacks print on trial curves would look like a training that never was.
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        # TensorFlow's threads don't survive a fork: any operation would wait for ever.
        pywrap_tfe.TFE_Py_FastPathExecute = pywrap_tfe.TFE_Py_Execute = refuse_tensorflow
        os.write(pipe, msgspec.json.encode(_try_curve(callbacks, model, curve, unknown, TrialClock())))
    finally:
        # Not `sys.exit`: the student's `atexit` functions and `finally` blocks belong to the real run.
        os._exit(0)


def _read_result(pipe: int) -> dict[str, Any]:
    end = time.monotonic() + MAX_COPY_WAIT_S
    data = b""
    while select.select([pipe], [], [], max(0.0, end - time.monotonic()))[0]:
        if not (more := os.read(pipe, 65536)):
            break
        data += more
    with contextlib.suppress(msgspec.DecodeError):
        return msgspec.json.decode(data, type=dict[str, Any])
    return {"unsure": f"the callbacks didn't return within {MAX_COPY_WAIT_S:g} s"}


def _probe_in_place(
    callbacks: Sequence[Any], model: Any, curve: list[dict[str, float]], unknown: Unknown = NONE
) -> dict[str, Any]:
    """Tries one curve on copies in this process; restores what they changed outside themselves."""
    in_part = ""
    try:
        copies = copy.deepcopy(list(callbacks))
    except Exception as error:
        in_part = f"the callbacks can't be copied ({type(error).__name__})"
        try:
            copies = _copy_in_part(callbacks)
        except Exception:
            return {"unsure": in_part}
    values = _copy_outside_values(callbacks)
    # The copies share the model, so a rate that they set is put back.
    rate = getattr(model.optimizer, "learning_rate", None)
    before = float(rate) if isinstance(rate, keras.Variable) else None
    # Loggers keep the stderr that they find when they are first used, so that it mustn't be one which is closed.
    with Path(os.devnull).open("w") as aside, contextlib.redirect_stdout(aside), forking.drop_stderr():
        outcome = _try_curve(copies, model, curve, unknown)
    if before is not None:
        model.optimizer.learning_rate = before
    model.stop_training = False
    _restore_values(values)
    # An error on a partial copy may come from the sharing, so it isn't held against the student.
    return {"unsure": in_part} if in_part and "error" in outcome else outcome


def _copy_in_part(callbacks: Sequence[Any]) -> list[Any]:
    """Copies that share what can't be copied, such as a lock or an open file, with the callbacks themselves."""
    memo: dict[int, Any] = {}
    copies = []
    for callback in callbacks:
        twin = object.__new__(type(callback))
        # All twins exist before their attributes are copied, so that callbacks which know each other stay connected.
        memo[id(callback)] = twin
        copies.append(twin)
    for callback, twin in zip(callbacks, copies, strict=True):
        names = copyreg._slotnames(type(callback))  # type: ignore[attr-defined]
        slots = {name: getattr(callback, name) for name in names if hasattr(callback, name)}
        for name, value in {**vars(callback), **slots}.items():
            object.__setattr__(twin, name, _copy_if_possible(value, memo))
    return copies


def _copy_if_possible(value: Any, memo: dict[int, Any]) -> Any:
    try:
        return copy.deepcopy(value, memo)
    except Exception:
        return value


def _copy_outside_values(callbacks: Sequence[Any]) -> list[tuple[Any, str, Any, Any]]:
    """The plain values of the file and of the callbacks' classes: owner, name, value, and a copy of it."""
    kinds = {kind for callback in callbacks for kind in type(callback).__mro__ if is_students_module(kind.__module__)}
    owners = [*(module for name, module in list(sys.modules.items()) if is_students_module(name)), *kinds]
    return [
        (owner, name, value, copy.copy(value))
        for owner in owners
        for name, value in list(vars(owner).items())
        if type(value) in PLAIN_TYPES and not name.startswith("__")
    ]


def _restore_values(values: list[tuple[Any, str, Any, Any]]) -> None:
    for owner, name, value, before in values:
        if isinstance(value, list):
            # In place: other names may refer to the same list.
            value[:] = before
        elif isinstance(value, (dict, set)):
            value.clear()
            value.update(before)
        setattr(owner, name, value)
