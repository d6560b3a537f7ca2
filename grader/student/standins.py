"""Silent stand-ins for what draws, shows progress or belongs to a notebook's host, where it isn't there.

What they would draw counts for nothing, so that a file isn't sunk by them. A package that is installed is used.
"""

from __future__ import annotations

import importlib.abc
import importlib.util
import os
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from types import MappingProxyType
from typing import Any, NoReturn, Self

ABSENT = (
    "matplotlib",
    "pylab",
    "mpl_toolkits",
    "seaborn",
    "plotly",
    "IPython",
    "google.colab",
    "ipywidgets",
    "livelossplot",
)
# What only shows figures, in packages that also bring and split data: of these, the rest is really missing.
SHOWN = MappingProxyType({
    "pandas": frozenset({"DataFrame", "Series", "options", "set_option"}),
    "sklearn": frozenset({"ConfusionMatrixDisplay", "classification_report", "confusion_matrix"}),
})  # fmt: skip
INSTALLED = f"-packages{os.sep}"  # site-packages, dist-packages
MOST = 1000
PATIENCE = 20


class Silent:
    """Takes every attribute, call and item and does nothing.

    Args:
        shape: what it gives when it is unpacked: so many others, each with the rest of the shape.
    """

    def __init__(self, shape: tuple[int, ...] = ()) -> None:
        self.__dict__["shape"] = shape

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return subplots if name == "subplots" else Silent()

    def __setattr__(self, name: str, value: Any) -> None:
        """Forgets it."""

    def __call__(self, *_: Any, **__: Any) -> Silent:
        return Silent()

    def __getitem__(self, key: Any) -> Silent:
        return Silent()

    def __setitem__(self, key: Any, value: Any) -> None:
        """Forgets it."""

    def __len__(self) -> int:
        return self.shape[0] if self.shape else 0

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[Silent]:
        return iter([Silent(self.shape[1:]) for _ in range(len(self))])

    def __format__(self, spec: str) -> str:
        return ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None


class Lacking:
    """Stands for what an import could not bring; whoever uses it, but to show figures, gets the error of the import.

    Args:
        error: as the import raised it; its traceback tells the line of the import.
    """

    def __init__(self, error: ImportError) -> None:
        self.__dict__["error"] = error

    def _raise(self, *_: Any, **__: Any) -> NoReturn:
        raise self.__dict__["error"]

    __call__ = __getitem__ = __iter__ = __len__ = __enter__ = __exit__ = __mro_entries__ = _raise

    def __getattr__(self, name: str) -> Silent:
        if name.startswith("__"):
            raise AttributeError(name)
        return Silent() if only_shows(name, self.__dict__["error"]) else self._raise()


def only_shows(name: str, error: ImportError) -> bool:
    """Whether a name of the package that an import asked for in vain is one that only shows figures."""
    return name in SHOWN.get(str(error.name).partition(".")[0], ())


class Keyboard:
    """`input` as if somebody only pressed Enter, some times; then nobody is there any more.

    Args:
        remark: is told of each line that asks.
    """

    def __init__(self, remark: Callable[[str], None]) -> None:
        self.remark = remark
        self.left = PATIENCE

    def __call__(self, prompt: object = "", /) -> str:
        print(prompt)  # noqa: T201 - as `input` does, into the student's own output
        if not self.left:
            raise EOFError("EOF when reading a line")
        self.left -= 1
        self.remark("`input()` got an empty line: nobody sits at the keyboard when a file is graded")
        return ""


def subplots(nrows: Any = 1, ncols: Any = 1, *_: Any, **__: Any) -> tuple[Silent, Silent]:
    """As `matplotlib.pyplot.subplots`: a figure, and axes that can be unpacked along every side longer than one."""
    sides = [side for side in (nrows, ncols) if isinstance(side, int) and 1 < side <= MOST]
    return Silent(), Silent(tuple(sides))


class Module(types.ModuleType):
    """A module whose every name is silent; its version can be compared, as Matplotlib does with IPython's."""

    version_info = (9, 0, 0)

    def __getattr__(self, name: str) -> Any:
        return getattr(Silent(), name)


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds what no other finder has found; says so once for each package.

    Installed libraries that ask for one of these packages first can do without it, and are told that it isn't there.

    Args:
        remark: is told of each package that is missing.
    """

    def __init__(self, remark: Callable[[str], None]) -> None:
        self.remark = remark

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: Any = None) -> Any:
        root = next((name for name in ABSENT if fullname == name or fullname.startswith(name + ".")), None)
        if root is None or (root not in sys.modules and _library_asks()):
            return None
        if fullname == root:
            self.remark(f"`{root}` isn't there where files are graded; what it shows is left out")
        return importlib.util.spec_from_loader(fullname, self, is_package=True)

    def create_module(self, spec: Any) -> types.ModuleType:
        return Module(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Nothing to run."""


def _library_asks() -> bool:
    """Whether the import that is going on was written in an installed package."""
    frame: types.FrameType | None = sys._getframe(2)
    while frame is not None and "importlib" in frame.f_code.co_filename:
        frame = frame.f_back
    return frame is not None and INSTALLED in frame.f_code.co_filename


def install(remark: Callable[[str], None]) -> None:
    """Makes the stand-ins importable, after everything that is really there, and lets a folder to change to be missing."""
    sys.meta_path.append(Finder(remark))
    plain = os.chdir

    def chdir(path: Any) -> None:
        try:
            plain(path)
        except FileNotFoundError:
            remark(f"there is no folder {str(path)[:100]!a} where files are graded; `os.chdir` was left out")

    os.chdir = chdir
