"""Runs the student's file and calls the graded function; what fails is told with their lines only."""

from __future__ import annotations

import ast
import contextlib
import importlib
import linecache
import re
import sys
import traceback
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from msgspec import structs

from grader.explaining import explanation
from grader.student import drives, old_methods, standins
from grader.student.front import Ended, Front
from grader.student.nearest import nearest
from grader.student.plain import plain
from grader.student.shell import WRITTEN, Shell
from grader.wire import Crashed, Load, Returned

MODULE = "submission"
MAX_TEXT = 4000
STANDS_IN = re.compile(r"\bMissing\b")  # in the words of a library that was given a stand-in
MAX_LINES = 20
# TensorFlow puts the lines of whoever built the graph, and its nodes, into its messages; none of them is the student's.
# Keras writes some of its messages in bold letters.
STACK = re.compile(
    r"Detected at node .*?\n"
    r"|^  File \".*?\n"
    r"|<stack traces unavailable>\n?"
    r"|\s*\[\[\{\{node [^}]*\}\}\]\](?: \[Op:\w+\])?"
    r"|\x1b\[[01]m",
    re.MULTILINE,
)
SUPPLIES = {
    "tf": "tensorflow", "np": "numpy", "keras": "keras", "os": "os", "sys": "sys", "math": "math", "random": "random",
    "time": "time", "json": "json", "plt": "matplotlib.pyplot", "layers": "keras.layers",
    "models": "keras.models", "optimizers": "keras.optimizers", "callbacks": "keras.callbacks",
    "datasets": "keras.datasets", "mnist": "keras.datasets.mnist", "fashion_mnist": "keras.datasets.fashion_mnist",
}  # fmt: skip

# Names of Keras, and the module that has them.
KERAS = {
    "keras.models": ("Sequential", "Model"),
    "keras.layers": (
        "Input", "Dense", "Flatten", "Conv2D", "MaxPooling2D", "MaxPool2D", "AveragePooling2D", "GlobalAveragePooling2D",
        "Dropout", "BatchNormalization", "Activation", "Add",
    ),
    "keras.callbacks": ("Callback", "EarlyStopping"),
    "keras.optimizers": ("Adam", "SGD", "RMSprop"),
    "keras.utils": ("to_categorical",),
}  # fmt: skip


def run(front: Front, load: Load, use: Callable[[Callable[..., Any]], Any] = lambda function: function()) -> None:
    """Executes the file, lets `use` call the graded function, and sends `Returned` or `Crashed`."""
    standins.install(front.remark)
    drives.install(front.remark)
    try:
        module = _module(load)
        shell = Shell(front.remark, module.__dict__)
        module.__dict__.update(input=standins.Keyboard(front.remark), get_ipython=lambda: shell)
        module.__dict__[old_methods.LOOK] = old_methods.make_caller(front.remark)
        _execute(front, load, module)
        value = None
        if load.function is not None:
            if load.function not in module.__dict__:
                front.send(Crashed(message=f"after your file ran there is no function {load.function}()"))
                return
            value = use(module.__dict__[load.function])
            if (missing := standins.find_missing(value)) is not None:
                missing._raise()
        front.send(Returned(value=plain(value)))
    except Ended:
        return
    except SystemExit as error:
        if load.function is None and not error.code:  # how many a script ends
            front.send(Returned(value=None))
            return
        front.send(Crashed(message=f"your code called sys.exit({error.code!r})"[:MAX_TEXT], line=_line(error, load)))
    except BaseException as error:
        crash = crashed(error, load)
        if STANDS_IN.search(crash.message) and (missing := standins.find_missing(dict(vars(sys.modules[MODULE])), 1)) is not None:
            crash = structs.replace(crash, package=missing.package)
        front.send(crash)


def _module(load: Load) -> types.ModuleType:
    module = types.ModuleType(MODULE)
    module.__file__ = load.filename
    sys.modules[MODULE] = module
    linecache.cache[load.filename] = (len(load.source), None, load.source.splitlines(keepends=True), load.filename)
    for name in load.supply:
        with contextlib.suppress(ImportError):
            setattr(module, name, _supplied(name))
    return module


def is_students_module(name: str) -> bool:
    """Whether a module is the student's file, or one that its cells have written beside it."""
    path = getattr(sys.modules.get(name), "__file__", None)
    written = getattr(sys.modules.get(MODULE), WRITTEN, ())
    return name == MODULE or (path is not None and str(Path(path).absolute()) in written)


def _supplied(name: str) -> Any:
    """A module, or a name of Keras, under which one class or function is known."""
    if name == "path":
        return "mnist.npz"
    if name in SUPPLIES:
        return importlib.import_module(SUPPLIES[name])
    home = next(home for home, names in KERAS.items() if name in names)
    return getattr(importlib.import_module(home), name)


def _execute(front: Front, load: Load, module: types.ModuleType) -> None:
    """Statement by statement, so that a stray one that fails doesn't take the rest with it."""
    skipped, tolerated = set(load.skipped), set(load.tolerated)
    tree = old_methods.Rewrite().visit(ast.parse(load.source, load.filename))
    futures = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    for index, node in enumerate(tree.body):
        if index in skipped:
            continue
        for part in _parts(node):
            body: list[ast.stmt] = [part] if part in futures else [*futures, part]
            try:
                exec(compile(ast.Module(body, []), load.filename, "exec"), module.__dict__)  # noqa: S102 - what we are for
            except Exception as error:
                if index not in tolerated and not _may_lack(node, error) and not _lacks(part, error, module):
                    raise
                told = f"this line failed and was skipped: {type(error).__name__}: {error}"
                front.remark_at(node.lineno, told[:500])


def _parts(node: ast.stmt) -> list[ast.stmt]:
    """`import os, cv2, numpy` as three: what one of them lacks shall not keep the others away."""
    match node:
        case ast.Import(names=[_, _, *_] as names):
            return [ast.copy_location(ast.Import(names=[alias]), node) for alias in names]
        case ast.ImportFrom(names=[_, _, *_] as names) if node.module != "__future__":
            made = (ast.ImportFrom(module=node.module, names=[alias], level=node.level) for alias in names)
            return [ast.copy_location(part, node) for part in made]
    return [node]


def _may_lack(node: ast.stmt, error: Exception) -> bool:
    """Whether an import failed that brings several names, or nobody can tell which: a place that needs one says so."""
    match node:
        case ast.Import(names=[_, _, *_]) | ast.ImportFrom(names=[ast.alias(name="*")]):
            return isinstance(error, ImportError)
        case ast.ImportFrom(names=[_, _, *_]):
            return isinstance(error, ImportError) and not isinstance(error, ModuleNotFoundError)
    return False


def _lacks(node: ast.stmt, error: Exception, module: types.ModuleType) -> bool:
    """Puts the error of an import in the place of what it was to bring: only what uses that fails, with this error."""
    if not isinstance(node, (ast.Import, ast.ImportFrom)) or not isinstance(error, ImportError):
        return False
    for alias in node.names:
        module.__dict__.setdefault(alias.asname or alias.name.split(".")[0], standins.stand_in(error))
    return True


def _frames(error: BaseException, load: Load) -> list[traceback.FrameSummary]:
    return [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == load.filename]


def _line(error: BaseException, load: Load) -> int | None:
    frames = _frames(error, load)
    return frames[-1].lineno if frames else None


def _shortened(text: str) -> str:
    """Without most of the lines of an array, which some errors show whole."""
    lines = text.split("\n")
    return text if len(lines) <= MAX_LINES else "\n".join([*lines[: MAX_LINES - 5], "...", *lines[-4:]])


def _advice(error: BaseException, said: str) -> Iterator[str]:
    """What to do about an error: its own notes, else what is known of errors of its kind."""
    notes = getattr(error, "__notes__", None)
    if isinstance(notes, list) and notes:
        yield from (note for note in notes[:MAX_LINES] if isinstance(note, str))
        return
    near = nearest(error)
    misspelt = near and isinstance(error, (AttributeError, ImportError))
    yield from filter(None, [near, None if misspelt else explanation(said)])


def crashed(error: BaseException, load: Load) -> Crashed:
    """What was raised, told with the frames of the student's file."""
    try:
        text = str(error)
    except Exception:
        text = "(its message can't be shown)"
    text = STACK.sub("", text).strip()
    text = text.replace("keras._tf_keras.keras", "tensorflow.keras").replace("grader.student.standins.", "")
    said = _shortened(f"{type(error).__name__}: {text}"[:MAX_TEXT])
    told = "\n".join(_advice(error, said))[:MAX_TEXT]
    shown = "".join(traceback.format_list(_frames(error, load)[-20:]))
    return Crashed(
        message=f"{said}\n{told}" if told else said,
        traceback=shown[-MAX_TEXT:],
        line=_line(error, load),
        package=str(error.name).partition(".")[0][:100] if isinstance(error, ModuleNotFoundError) else "",
    )
