"""Runs the student's file and calls the graded function; reports errors with the student's own lines only."""

from __future__ import annotations

import ast
import contextlib
import difflib
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

from grader.messages.error_hints import find_error_hint
from grader.protocol.wire import Crashed, Load, Returned
from grader.student import drives, old_methods, standins
from grader.student.drawings import leave_out_missing
from grader.student.error_text import list_traced_lines, put_cause_first, put_way_out_second
from grader.student.front import Front, RunEnded, to_plain_data
from grader.student.shell import WRITTEN, Shell

MODULE_NAME = "submission"
MAX_TEXT_CHARS = 4000
MAX_READ_CHARS = 200_000  # of a message: what says what is wrong may come after the lines of a whole graph
STANDS_IN = re.compile(r"\bMissing\b")  # in the words of a library that was given a stand-in
MAX_NOTES = 20
SUPPLIED_MODULES = {
    "tf": "tensorflow", "np": "numpy", "keras": "keras", "os": "os", "sys": "sys", "math": "math", "random": "random",
    "time": "time", "json": "json", "plt": "matplotlib.pyplot", "layers": "keras.layers",
    "models": "keras.models", "optimizers": "keras.optimizers", "callbacks": "keras.callbacks",
    "datasets": "keras.datasets", "mnist": "keras.datasets.mnist", "fashion_mnist": "keras.datasets.fashion_mnist",
}  # fmt: skip
# Names of Keras, and the module that has them.
SUPPLIED_KERAS_NAMES = {
    "keras.models": ("Sequential", "Model"),
    "keras.layers": (
        "Input", "Dense", "Flatten", "Conv2D", "MaxPooling2D", "MaxPool2D", "AveragePooling2D", "GlobalAveragePooling2D",
        "Dropout", "BatchNormalization", "Activation", "Add",
    ),
    "keras.callbacks": ("Callback", "EarlyStopping"),
    "keras.optimizers": ("Adam", "SGD", "RMSprop"),
    "keras.utils": ("to_categorical",),
}  # fmt: skip
MIN_LIKENESS = 0.8
MIN_LIKENESS_AMONG_FEW = 0.7  # two letters the wrong way round in a short name
# What Keras says of a name in quotes that it doesn't know, and the module with those that it does know.
UNKNOWN_IDENTIFIER = re.compile(r"Could not interpret (\w+)(?: function)? identifier: (\w{1,60})$")
IDENTIFIER_MODULES = {
    "loss": "losses", "optimizer": "optimizers", "metric": "metrics", "activation": "activations",
    "initializer": "initializers", "regularizer": "regularizers",
}  # fmt: skip
KNOWN_PACKAGES = ("tensorflow", "keras", "numpy", "matplotlib")
UNKNOWN_KEYWORD = re.compile(r"(?:unexpected keyword argument|arguments passed to \w+:|not recognized:) \{?'(\w{1,60})'")
KNOWN_KEYWORDS = (
    "x", "y", "batch_size", "epochs", "verbose", "callbacks", "validation_split", "validation_data", "shuffle",
    "optimizer", "loss", "metrics", "learning_rate", "momentum", "units", "filters", "kernel_size", "pool_size", "strides",
    "padding", "activation", "input_shape", "rate", "name", "monitor", "patience", "from_logits",
)  # fmt: skip


def run_submission(front: Front, load: Load, use: Callable[[Callable[..., Any]], Any] = lambda function: function()) -> None:
    """Executes the file, lets `use` call the graded function, and sends `Returned` or `Crashed`."""
    standins.install_stand_ins(front.send_remark)
    drives.install(front.send_remark)
    try:
        module = _make_module(load)
        shell = Shell(front.send_remark, module.__dict__)
        module.__dict__.update(input=standins.EmptyKeyboard(front.send_remark), get_ipython=lambda: shell)
        module.__dict__[old_methods.LOOK] = old_methods.make_caller(front.send_remark)
        _execute_statements(front, load, module)
        value = None
        if load.function is not None:
            # Binding may happen at run time, so that the static look couldn't rule it out.
            if load.function not in module.__dict__:
                front.send(Crashed(message=f"your file ran, but defined no {load.function}"))
                return
            value = use(module.__dict__[load.function])
            # A stand-in inside a returned value means that a missing package was needed after all: raise its import
            # error.
            if (missing := standins.find_missing(value)) is not None:
                missing._raise()
        front.send(Returned(value=to_plain_data(value)))
    except RunEnded:
        return
    except SystemExit as error:
        if load.function is None and not error.code:  # how many a script ends
            front.send(Returned(value=None))
            return
        front.send(Crashed(message=f"your code called sys.exit({error.code!r})"[:MAX_TEXT_CHARS], line=_find_line(error, load)))
    except BaseException as error:
        crash = describe_crash(error, load)
        # Another library's words on a stand-in hide what is missing; the report needs the package.
        if STANDS_IN.search(crash.message) and (missing := standins.find_missing(dict(vars(sys.modules[MODULE_NAME])), 1)) is not None:
            crash = structs.replace(crash, package=missing.package)
        front.send(crash)


def _make_module(load: Load) -> types.ModuleType:
    module = types.ModuleType(MODULE_NAME)
    module.__file__ = load.filename
    # Classes of the file are pickled and copied by their module's name, which has to be importable.
    sys.modules[MODULE_NAME] = module
    # The file isn't on the disk under this name, and tracebacks want to show its lines.
    linecache.cache[load.filename] = (len(load.source), None, load.source.splitlines(keepends=True), load.filename)
    for name in load.supply:
        with contextlib.suppress(ImportError):
            setattr(module, name, _import_supplied(name))
    return module


def is_students_module(name: str) -> bool:
    """Whether a module is the student's file, or a module that its cells have written."""
    path = getattr(sys.modules.get(name), "__file__", None)
    written = getattr(sys.modules.get(MODULE_NAME), WRITTEN, ())
    return name == MODULE_NAME or (path is not None and str(Path(path).absolute()) in written)


def _import_supplied(name: str) -> Any:
    """A module, or a name of Keras, under which one class or function is known."""
    if name == "path":
        return "mnist.npz"
    if name in SUPPLIED_MODULES:
        return importlib.import_module(SUPPLIED_MODULES[name])
    home = next(home for home, names in SUPPLIED_KERAS_NAMES.items() if name in names)
    return getattr(importlib.import_module(home), name)


def _execute_statements(front: Front, load: Load, module: types.ModuleType) -> None:
    """Executes statement by statement, so that one that fails and may be skipped doesn't end the rest."""
    skipped, tolerated = set(load.skipped), set(load.tolerated)
    tree = old_methods.Rewrite().visit(ast.parse(load.source, load.filename))
    futures = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    for index, node in enumerate(tree.body):
        if index in skipped:
            continue
        for part in _split_imports(node):
            # Each statement is compiled alone, and `from __future__` holds only within its own compilation.
            body: list[ast.stmt] = [part] if part in futures else [*futures, part]
            try:
                exec(compile(ast.Module(body, []), load.filename, "exec"), module.__dict__)  # noqa: S102 - what we are for
            except Exception as error:
                # The order matters: `_bind_placeholders` changes the module, so it comes last.
                if index not in tolerated and not _can_skip_import(node, error) and not _bind_placeholders(part, error, module):
                    raise
                told = f"this line failed and was skipped: {type(error).__name__}: {error}"
                front.send_remark_at(node.lineno, told[:500])


def _split_imports(node: ast.stmt) -> list[ast.stmt]:
    """Splits `import os, cv2, numpy` into three, so that one missing package doesn't prevent the others."""
    match node:
        case ast.Import(names=[_, _, *_] as names):
            return [ast.copy_location(ast.Import(names=[alias]), node) for alias in names]
        case ast.ImportFrom(names=[_, _, *_] as names) if node.module != "__future__":
            made = (ast.ImportFrom(module=node.module, names=[alias], level=node.level) for alias in names)
            return [ast.copy_location(part, node) for part in made]
    return [node]


def _can_skip_import(node: ast.stmt, error: Exception) -> bool:
    """Whether a failed import may be skipped: it has several names or `*`, and a use of a missing one fails by itself."""
    match node:
        case ast.Import(names=[_, _, *_]) | ast.ImportFrom(names=[ast.alias(name="*")]):
            return isinstance(error, ImportError)
        case ast.ImportFrom(names=[_, _, *_]):
            return isinstance(error, ImportError) and not isinstance(error, ModuleNotFoundError)
    return False


def _bind_placeholders(node: ast.stmt, error: Exception, module: types.ModuleType) -> bool:
    """Binds a failed import's names to placeholders that raise its error when they are used."""
    # Any other error during an import is a bug of the imported file, which must be seen.
    if not isinstance(node, (ast.Import, ast.ImportFrom)) or not isinstance(error, ImportError):
        return False
    made = standins.stand_in(error)
    # With values that can be handed on, which a drawing may get.
    if not isinstance(made, standins.FailedImport):
        leave_out_missing()
    for alias in node.names:
        module.__dict__.setdefault(alias.asname or alias.name.split(".")[0], made)
    return True


def _list_student_frames(error: BaseException, load: Load) -> list[traceback.FrameSummary]:
    raised = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == load.filename]
    # What TensorFlow traces is other code, made from the file; only the error's words name the lines that it comes from.
    traced = [traceback.FrameSummary(load.filename, *place) for place in list_traced_lines(_read_text(error), load.filename)]
    return raised + traced


def _read_text(error: BaseException) -> str:
    try:
        return str(error)[:MAX_READ_CHARS]
    except Exception:
        return "(its message can't be shown)"


def _find_line(error: BaseException, load: Load) -> int | None:
    frames = _list_student_frames(error, load)
    return frames[-1].lineno if frames else None


def _advice(error: BaseException, said: str) -> Iterator[str]:
    """Yields advice on an error: its own notes, else the hints for errors of its kind."""
    notes = getattr(error, "__notes__", None)
    if isinstance(notes, list) and notes:
        yield from (note for note in notes[:MAX_NOTES] if isinstance(note, str))
        return
    near = guess_meant_name(error)
    misspelt = near and isinstance(error, (AttributeError, ImportError))
    yield from filter(None, [near, None if misspelt else find_error_hint(said)])


def describe_crash(error: BaseException, load: Load) -> Crashed:
    """Describes an exception with the frames of the student's file only."""
    # Names that exist only because of our aliases would puzzle a student.
    text = _read_text(error).replace("keras._tf_keras.keras", "tensorflow.keras").replace("grader.student.standins.", "")
    said = put_cause_first(type(error).__name__, text)[:MAX_TEXT_CHARS]
    told = "\n".join(_advice(error, said))[:MAX_TEXT_CHARS]
    shown = "".join(traceback.format_list(_list_student_frames(error, load)[-20:]))
    return Crashed(
        message=put_way_out_second(said, told),
        traceback=shown[-MAX_TEXT_CHARS:],
        line=_find_line(error, load),
        package=str(error.name).partition(".")[0][:100] if isinstance(error, ModuleNotFoundError) else "",
    )


def guess_meant_name(error: BaseException) -> str | None:
    """Asks whether a similar known name was meant; None if there is none."""
    if (elsewhere := _find_elsewhere(error)) is not None:
        return f"It is in another module: `tf.{elsewhere}`."
    known, given, cutoff = _list_candidates(error)
    # Of a module and its class, as `resnet50` and `ResNet50`, the class is meant, which comes first in a module's names.
    names = {name.lower(): name for name in reversed(known) if name != given}
    near = difflib.get_close_matches(given.lower(), names, n=3, cutoff=cutoff)
    # First the one of the same letters, if there is one; and of three layers that of images.
    near.sort(key=lambda name: (sorted(name) != sorted(given.lower()), not name.endswith("2d")))
    return f"Did you mean `{names[near[0]]}`?" if near else None


def _find_elsewhere(error: BaseException) -> str | None:
    """The place in Keras of a name that was looked for in another of its modules, as `tf.keras.Dense`."""
    with contextlib.suppress(Exception):  # the object may be of the student's making
        if isinstance(error, AttributeError) and isinstance(error.obj, types.ModuleType) and "keras" in error.obj.__name__:
            return next((f"{home}.{error.name}" for home, names in SUPPLIED_KERAS_NAMES.items() if error.name in names), None)
    return None


def _list_candidates(error: BaseException) -> tuple[list[str], str, float]:
    """Returns the names that exist in place of a missing one, the missing one, and how similar they must be."""
    with contextlib.suppress(Exception):  # `str` and `dir` ask objects of the student's
        if isinstance(error, ModuleNotFoundError):
            # Not all installed ones: only what a course's file is likely to mean.
            return list(KNOWN_PACKAGES), str(error.name), MIN_LIKENESS
        if isinstance(error, (AttributeError, NameError)):
            return _list_known_names(error), str(error.name), MIN_LIKENESS
        if isinstance(error, (ValueError, TypeError)):
            return _list_accepted_names(str(error))
    return [], "", MIN_LIKENESS


def _list_known_names(error: AttributeError | NameError) -> list[str]:
    frame = list(traceback.walk_tb(error.__traceback__))[-1][0]
    known = dir(error.obj) if isinstance(error, AttributeError) else [*frame.f_locals, *frame.f_globals]
    return [name for name in known if not name.startswith("_")]


def _list_accepted_names(said: str) -> tuple[list[str], str, float]:
    if match := UNKNOWN_IDENTIFIER.search(said):
        home = IDENTIFIER_MODULES[match[1]]
        # Keras takes this one by a rule of its own, so it isn't among the module's names.
        own = ["accuracy"] if home == "metrics" else []
        return [*own, *(name.lower() for name in dir(sys.modules[f"keras.{home}"]))], match[2], MIN_LIKENESS_AMONG_FEW
    match = UNKNOWN_KEYWORD.search(said)
    return (list(KNOWN_KEYWORDS), match[1], MIN_LIKENESS) if match else ([], "", MIN_LIKENESS)
