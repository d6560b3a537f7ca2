"""Adds the names that NumPy has removed back to it, in the student's process."""

from __future__ import annotations

import contextlib
import functools
import importlib
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import numpy as np

from grader.leniency.old_names import NUMPY

KINDS = MappingProxyType({
    "int": (np.int8, np.int16, np.int32, np.int64), "uint": (np.uint8, np.uint16, np.uint32, np.uint64),
    "float": (np.float16, np.float32, np.float64, np.longdouble), "complex": (np.complex64, np.complex128, np.clongdouble),
    "others": (bool, object, bytes, str, np.void),
})  # fmt: skip


class Casts(dict[Any, Any]):
    """`np.cast[dtype](a)`."""

    def __missing__(self, dtype: Any) -> Any:
        return functools.partial(np.asarray, dtype=dtype)


class Sizes(dict[Any, int]):
    """`np.nbytes[dtype]`."""

    def __missing__(self, dtype: Any) -> int:
        return int(np.dtype(dtype).itemsize)


def _find_common_type(array_types: Any, scalar_types: Any) -> Any:
    return np.result_type(*array_types, *(np.dtype(one).type(0).item() for one in scalar_types))


def _make_float(a: Any, dtype: Any = np.float64) -> Any:
    return np.asarray(a, dtype=dtype if np.issubdtype(dtype, np.inexact) else np.float64)


def _read_record(fname: Any, **kwargs: Any) -> Any:
    return np.rec.array(np.genfromtxt(fname, **{"dtype": None, **kwargs}))


def _read_table(fname: Any, **kwargs: Any) -> Any:
    return _read_record(fname, **{"names": True, "delimiter": ",", "case_sensitive": "lower", **kwargs})


def _decorate(*_: Any, **__: Any) -> Callable[[Any], Any]:
    return lambda function: function


def _do_nothing(*_: Any, **__: Any) -> None:
    """It only told something to whoever sat there."""


# What stands in a row's `alias` after the `=`.
MAKERS: MappingProxyType[str, Any] = MappingProxyType({
    "minus_infinity": -np.inf, "zero": 0.0, "minus_zero": -0.0, "sctypes": {kind: list(types) for kind, types in KINDS.items()},
    "cast": Casts(), "nbytes": Sizes(),
    "in1d": lambda ar1, ar2, *args, **kwargs: np.isin(np.ravel(ar1), ar2, *args, **kwargs),
    "msort": lambda a: np.sort(a, axis=0), "asfarray": _make_float, "asscalar": lambda a: np.asarray(a).item(),
    "fast_copy_and_transpose": lambda a: np.asarray(a).T.copy(), "find_common_type": _find_common_type,
    "issctype": lambda rep: isinstance(rep, type) and issubclass(rep, np.generic),
    "obj2sctype": lambda rep, default=None: np.dtype(rep).type if rep is not None else default,
    "sctype2char": lambda sctype: np.dtype(sctype).char, "recfromtxt": _read_record, "recfromcsv": _read_table,
    "show": lambda mesg, *_, **__: print(mesg),  # noqa: T201 - as `np.disp` did
    "nothing": _do_nothing, "decorator": _decorate,
})  # fmt: skip


def install() -> None:
    """Adds every name of the table that NumPy lacks."""
    for name, row in NUMPY.items():
        if row.alias is not None and name not in vars(np):
            with contextlib.suppress(ImportError, AttributeError):  # an older NumPy may lack the new name
                vars(np)[name] = MAKERS[row.alias[1:]] if row.alias[0] == "=" else _resolve(row.alias)


def _resolve(dotted: str) -> Any:
    """A module, or a name in one."""
    module, _, name = dotted.rpartition(".")
    return getattr(importlib.import_module(module), name) if module else importlib.import_module(name)
