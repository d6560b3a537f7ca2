"""The independent reference of an exercise: its author's own function, loaded from beside the solution."""

from __future__ import annotations

import copy
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from grader.referee.cases import Case
from grader.values import same


class BadReference(Exception):
    """`reference.py` can't be used; the message says why."""


class Reference:
    """A function that gives what is right.

    Raises:
        BadReference: the file can't be run, or defines no such function.
    """

    def __init__(self, path: Path, function: str) -> None:
        spec = importlib.util.spec_from_file_location("reference", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except Exception as error:
            raise BadReference(f"it fails while loading ({type(error).__name__}: {error})") from error
        if not callable(getattr(module, function, None)):
            raise BadReference(f"it defines no function {function}()")
        self._function: Callable[..., Any] = getattr(module, function)

    def answer(self, case: Case) -> Case:
        """The case with what is right.

        Raises:
            BadReference: the reference fails, changes its arguments, or differs from what the case `gives`.
        """
        given = copy.deepcopy(case.arguments)
        try:
            value = self._function(*given)
        except Exception as error:
            raise BadReference(f"it fails ({type(error).__name__}: {error}) for {case.arguments}") from error
        if not all(map(same, given, case.arguments)):
            raise BadReference(f"it changes its arguments: {case.arguments}")
        if case.answered and not np.array_equal(np.asarray(value), np.asarray(case.expected)):
            raise BadReference(f"for {case.arguments} it gives {value}, but the case says `gives: {case.expected}`")
        return case.answer(value)
