"""The object that `get_ipython()` returns: runs the magics that later cells may need, and ignores all others."""

from __future__ import annotations

import importlib
import os
import shlex
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from grader.student.standins import Silent

APPEND = frozenset({"-a", "--append"})
MAX_SHOWN = 100
WRITTEN = "__written__"  # the name under which a student's module has the files that its cells wrote


class Shell(Silent):
    """IPython's shell, as far as a single file's cells can need one.

    Args:
        remark: takes notes on what was left out.
        namespace: the names of the student's file.
    """

    def __init__(self, remark: Callable[[str], None], namespace: dict[str, Any]) -> None:
        super().__init__()
        self.__dict__.update(remark=remark, namespace=namespace)

    def run_line_magic(self, name: str, line: str = "", *_: Any, **__: Any) -> Any:
        """`%name line`."""
        return MAGICS[name](self, *_split(line)) if name in MAGICS else None

    def run_cell_magic(self, name: str, line: str = "", cell: str = "", *_: Any, **__: Any) -> None:
        """`%%name line`, with the cell's other lines."""
        if name in ("writefile", "file"):
            self.write(_split(line), cell)

    def system(self, *_: Any) -> int:
        """`!command`: there is no terminal."""
        return 0

    def getoutput(self, *_: Any) -> list[str]:
        """`lines = !command`."""
        return []

    def write(self, words: list[str], text: str) -> None:
        """`%%writefile [-a] name`; from then on modules of this folder come first, as they do in a notebook."""
        names = [word for word in words if word not in APPEND]
        if len(names) != 1:
            return
        path = Path(names[0])
        # Folders are made only below the student's own; an absolute path has to exist already.
        if not path.is_absolute():
            path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "a" if APPEND & set(words) else "w", encoding="utf-8") as file:  # noqa: PTH123 - which knows drives
            file.write(text)
        self.__dict__["namespace"].setdefault(WRITTEN, set()).add(str(path.absolute()))
        if "" not in sys.path:
            sys.path.insert(0, "")
        # Python remembers folders' contents, and the file was written after it looked.
        importlib.invalidate_caches()

    def run(self, path: str = "", *_: str) -> None:
        """`%run file`: one that an earlier cell has written; others aren't handed in."""
        file = Path(path)
        if file.suffix == ".ipynb" or not file.is_file():
            self.__dict__["remark"](f"`%run {path[:MAX_SHOWN]}` was left out: only the file itself is graded")
            return
        exec(compile(file.read_text(encoding="utf-8"), path, "exec"), self.__dict__["namespace"])  # noqa: S102 - what %run is for


def _split(line: str) -> list[str]:
    try:
        return shlex.split(line, comments=True)
    except ValueError:  # an open quotation mark
        return line.split()


def _change_folder(_: Shell, *words: str) -> None:
    if words and words[0] != "-":
        os.chdir(Path(words[0]).expanduser())


def _set_variable(_: Shell, *words: str) -> Any:
    name, sign, value = words[0].partition("=") if words else ("", "", "")
    if not (sign or len(words) > 1):
        return os.environ.get(name)
    os.environ[name] = value if sign else " ".join(words[1:]).removeprefix("=").strip()
    return None


def _make_folders(_: Shell, *words: str) -> None:
    for word in words:
        if not word.startswith("-"):
            os.makedirs(word, exist_ok=True)  # noqa: PTH103 - which knows drives


MAGICS: Mapping[str, Callable[..., Any]] = MappingProxyType({
    "cd": _change_folder, "env": _set_variable, "set_env": _set_variable, "run": Shell.run, "mkdir": _make_folders,
})  # fmt: skip
