"""Silent stand-ins for packages that draw, show progress or belong to a notebook's host, if they aren't installed.

What they would draw counts for nothing, so that a file isn't sunk by them. A package that is installed is used.
"""

from __future__ import annotations

import importlib.abc
import importlib.util
import math
import os
import re
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from types import MappingProxyType
from typing import Any, NoReturn, Self

from grader.leniency.packages import COMMON, SHOWING

# How many things a name gives when it is called and unpacked.
UNPACKED = MappingProxyType(
    {"hist": 3, "hist2d": 4, "pie": 2, "plot": 1, "get_legend_handles_labels": 2, "get_xlim": 2, "get_ylim": 2}
)
# What shows the progress through something that it is given, and gives that on.
PROGRESS = frozenset({"tqdm", "fastprogress", "progressbar", "alive_progress"})
FOR_NOTEBOOKS = frozenset({"tqdm.notebook", "tqdm._tqdm_notebook"})
CALLBACKS = re.compile(r"Callback$|^PlotLossesKeras|^WandbM")
INSTALLED_PACKAGES_PART = f"-packages{os.sep}"  # site-packages, dist-packages
MAX_SUBPLOTS = 1000
MAX_EMPTY_INPUTS = 20


class Silent:
    """Takes every attribute, call, item, sum and comparison and does nothing.

    Args:
        shape: how many items it has when it is unpacked; each item has the rest of the shape.
    """

    def __init__(self, shape: tuple[int, ...] = ()) -> None:
        self.__dict__["_sides"] = shape

    def _give(self, *_: Any, **__: Any) -> Any:
        """The result of an attribute, a call, an item or a sum."""
        return Silent()

    def _compare(self, *_: Any) -> Any:
        return self._give()

    def _go_on(self, *_: Any, **__: Any) -> Any:
        return self._give()

    def _decide(self, other: Any) -> Any:
        return self._compare(other)

    __call__ = __getitem__ = _go_on
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __floordiv__ = _go_on
    __rfloordiv__ = __mod__ = __rmod__ = __pow__ = __rpow__ = __matmul__ = __rmatmul__ = __neg__ = __pos__ = _go_on
    __abs__ = __invert__ = __and__ = __rand__ = __or__ = __ror__ = __round__ = _go_on
    __lt__ = __le__ = __gt__ = __ge__ = _decide

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name == "subplots":
            return subplots
        return _Giving((UNPACKED[name],)) if name in UNPACKED else self._give()

    def __setattr__(self, name: str, value: Any) -> None:
        """Forgets it."""

    def __setitem__(self, key: Any, value: Any) -> None:
        """Forgets it."""

    def __len__(self) -> int:
        return self._sides[0] if self._sides else 0

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[Any]:
        return iter([Silent(self._sides[1:]) for _ in range(len(self))])

    def __float__(self) -> float:
        return math.nan

    def __format__(self, spec: str) -> str:
        return ""

    def __str__(self) -> str:
        return ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None


class _Giving(Silent):
    """What gives so many silent things when it is called."""

    def __call__(self, *_: Any, **__: Any) -> Silent:
        return Silent(self._sides)


class Missing(Silent):
    """Stands for a value of a package that isn't installed: showing it shows nothing, and using its value is an error.

    Args:
        error: as the import raised it; its traceback has the line of the import.
    """

    def __init__(self, error: ImportError) -> None:
        super().__init__()
        self.__dict__["_error"] = error

    def _give(self, *_: Any, **__: Any) -> Any:
        return Missing(self.__dict__["_error"])

    def _compare(self, *_: Any) -> Any:
        return Undecided(self.__dict__["_error"])

    @property
    def package(self) -> str:
        return str(self.__dict__["_error"].name).partition(".")[0]

    def _raise(self, *_: Any, **__: Any) -> NoReturn:
        raise self.__dict__["_error"]

    __iter__ = __float__ = __int__ = __index__ = __array__ = __contains__ = __mro_entries__ = _raise
    __eq__ = __ne__ = Silent._decide
    __hash__ = object.__hash__

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._give()


class Undecided(Missing):
    """A comparison with what is missing: what hangs on it can't be decided."""

    __bool__ = Missing._raise


class FailedImport(Missing):
    """Stands for a name that an import failed to bring; using it raises the import's error."""

    __call__ = __getitem__ = __len__ = __enter__ = __exit__ = Missing._raise

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._raise()


def stand_in(error: ImportError) -> Missing:
    """Makes the stand-in for a failed import: lenient for a common package, strict for any other."""
    return Missing(error) if str(error.name).partition(".")[0] in COMMON else FailedImport(error)


def find_missing(value: Any, depth: int = 3) -> Missing | None:
    """The first stand-in for what is missing in a value that a function returned."""
    if isinstance(value, Missing):
        return value
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    found = (find_missing(part, depth - 1) for part in list(parts)[:100]) if depth else ()
    return next((one for one in found if one is not None), None)


class Bar(Silent):
    """A bar of progress through something: gives what it is given, and shows nothing."""

    def __init__(self, through: Any = (), *_: Any, **__: Any) -> None:
        super().__init__()
        self.__dict__["_through"] = range(through) if isinstance(through, int) else through

    def __iter__(self) -> Iterator[Any]:
        return iter(self.__dict__["_through"])

    def __len__(self) -> int:
        return len(self.__dict__["_through"])


def make_callback(name: str) -> Any:
    """A callback of Keras's that does nothing, where Keras is there."""
    if "keras" not in sys.modules:
        return Silent()
    kind = sys.modules["keras"].callbacks.Callback

    def __init__(self: Any, *_: Any, **__: Any) -> None:  # noqa: N807 - as a class body would have it
        kind.__init__(self)

    return type(name, (kind,), {"__init__": __init__})


class EmptyKeyboard:
    """Replaces `input`: returns an empty line some times, then raises EOFError.

    Args:
        remark: receives a note for each line that asks.
    """

    def __init__(self, remark: Callable[[str], None]) -> None:
        self.remark = remark
        self.left = MAX_EMPTY_INPUTS

    def __call__(self, prompt: object = "", /) -> str:
        print(prompt)  # noqa: T201 - as `input` does, into the student's own output
        if not self.left:
            raise EOFError("EOF when reading a line")
        self.left -= 1
        self.remark("`input()` got an empty line: files are graded without a keyboard")
        return ""


def subplots(nrows: Any = 1, ncols: Any = 1, *_: Any, **__: Any) -> tuple[Silent, Silent]:
    """As `matplotlib.pyplot.subplots`: a figure, and axes that can be unpacked along every side longer than one."""
    sides = [side for side in (nrows, ncols) if isinstance(side, int) and 1 < side <= MAX_SUBPLOTS]
    return Silent(), Silent(tuple(sides))


class SilentModule(types.ModuleType):
    """A module whose every name is silent; its version can be compared, as Matplotlib does with IPython's."""

    version_info = (9, 0, 0)

    def __getattr__(self, name: str) -> Any:
        if CALLBACKS.search(name):
            return make_callback(name)
        if self.__name__.partition(".")[0] in PROGRESS and not name.startswith("_"):
            return Bar
        return getattr(Silent(), name)


class StandInFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds what no other finder has found; says so once for each package.

    An installed library that asks for such a package first can do without it, and gets an ImportError.

    Args:
        remark: receives a note for each package that is missing.
    """

    def __init__(self, remark: Callable[[str], None]) -> None:
        self.remark = remark

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: Any = None) -> Any:
        root = next((name for name in SHOWING if fullname == name or fullname.startswith(name + ".")), None)
        # A library that finds a stand-in would use it for real work and fail later, in the middle of a right answer.
        if root is None or (root not in sys.modules and _is_library_asking()):
            return None
        if fullname == root:
            self.remark(
                f"`{root}` isn't installed on the grading machine; what it would show is left out (no points lost)"
            )
        return importlib.util.spec_from_loader(fullname, self, is_package=True)

    def create_module(self, spec: Any) -> types.ModuleType:
        return SilentModule(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Nothing to run."""


class NotebookBars(StandInFinder):
    """Bars for notebooks, which may be there and work only in one: they give what they are given."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: Any = None) -> Any:
        return None if fullname not in FOR_NOTEBOOKS else importlib.util.spec_from_loader(fullname, self)


def _is_library_asking() -> bool:
    """Whether the import that is going on was written in an installed package."""
    frame: types.FrameType | None = sys._getframe(2)
    while frame is not None and "importlib" in frame.f_code.co_filename:
        frame = frame.f_back
    return frame is not None and INSTALLED_PACKAGES_PART in frame.f_code.co_filename


def install_stand_ins(remark: Callable[[str], None]) -> None:
    """Makes the stand-ins importable, after everything that is really there, and lets a folder to change to be missing."""
    sys.meta_path.insert(0, NotebookBars(remark))
    sys.meta_path.append(StandInFinder(remark))
    plain = os.chdir

    def chdir(path: Any) -> None:
        try:
            plain(path)
        except FileNotFoundError:
            remark(f"there is no folder {str(path)[:100]!a} where files are graded; `os.chdir` was left out")

    os.chdir = chdir
