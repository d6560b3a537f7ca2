"""Puts the delegate in the place of Keras's own training methods; shortens the progress bars of the others."""

from __future__ import annotations

import functools
import inspect
from typing import Any

import keras

from grader.student.delegate import FitDelegate
from grader.student.front import Front
from grader.student.symbolic import install_symbolic


def install_delegate(front: Front) -> FitDelegate:
    """Puts the delegate in the place of Keras's own training methods, in this process."""
    delegate = FitDelegate(front)
    delegate.provenance.watch_variables()
    delegate.creation.watch_layers()
    install_symbolic(front.send_remark, lambda: delegate.tracer.is_tracing)
    keras.Model.fit = lambda model, *args, **kwargs: delegate.fit(model, *args, **kwargs)  # noqa: PLW0108 - a method
    _count_compilations(delegate)

    plain_batch = keras.Model.train_on_batch

    @functools.wraps(plain_batch)
    def train_on_batch(*args: Any, **kwargs: Any) -> Any:
        if delegate.observed:
            return plain_batch(*args, **kwargs)
        return front.report_unsupported("train_on_batch() can't be measured by the grader", "call model.fit(...) and let a callback watch the training")

    keras.Model.train_on_batch = train_on_batch
    keras.Model.evaluate = _drop_progress_bar(keras.Model.evaluate, quiet=2)
    keras.Model.predict = _drop_progress_bar(keras.Model.predict, quiet=0)
    return delegate


def _count_compilations(delegate: FitDelegate) -> None:
    """Tells the delegate of each `compile`, where Keras defines it: set on `Model`, Keras takes it for the student's own."""
    home = next(kind for kind in keras.Model.__mro__ if "compile" in vars(kind))
    plain = home.compile

    @functools.wraps(plain)
    def counted(model: Any, *args: Any, **kwargs: Any) -> Any:
        delegate.compilations[id(model)] += 1
        return plain(model, *args, **kwargs)

    home.compile = counted


def _drop_progress_bar(method: Any, quiet: int) -> Any:
    """Keras's progress bar redraws itself for terminals; captured output gets one line (2) or nothing (0) instead."""
    signature = inspect.signature(method)

    @functools.wraps(method)
    def call_quietly(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        if bound.arguments.get("verbose", "auto") in ("auto", 1):
            bound.arguments["verbose"] = quiet
        return method(*bound.args, **bound.kwargs)

    return call_quietly
