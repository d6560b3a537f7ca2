"""Old names in a file, each with its line and today's spelling; they are understood and cost nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.leniency.old_names import (
    ARGUMENTS,
    KERAS,
    KEYS,
    METHODS,
    MONITORS,
    NUMPY,
    OPTIMIZERS,
    SETTINGS,
    SHAPES,
    TENSORFLOW,
    Table,
    find_longest,
    find_package,
)
from grader.records.verdict import Note

MAX_SHOWN_CHARS = 80
KERAS_ROOTS = (
    "tensorflow.keras",
    "tensorflow.python.keras",
    "tensorflow.compat.v1.keras",
    "tensorflow.compat.v2.keras",
    "keras",
)
LOG_NAMES = frozenset({"logs", "log", "history", "hist", "h"})


def note_tf1_names(tree: ast.Module) -> list[Note]:
    """TF 1 names: one note per use and line, in the order of the file."""
    places = _collect_imports(tree)
    metrics = _collect_own_keys(tree)
    found = {(line, text[:400]) for node in ast.walk(tree) for line, text in _note_node(node, places, metrics)}
    if found:  # `import keras` is good Keras 3; in a TF 1 file it meant another package
        found |= {told for node in ast.walk(tree) for told in _note_own_package(node)}
    return [Note(line=line, message=text) for line, text in sorted(found)]


def find_other_names(tree: ast.Module) -> list[Note]:
    """Names that are old without being TF 1: what NumPy removed, packages under another name, settings without effect."""
    places = _collect_imports(tree)
    found = {note for node in ast.walk(tree) for note in _other(node, places)}
    return [Note(line=line, message=text) for line, text in sorted(found)]


def _other(node: ast.AST, places: dict[str, str]) -> Iterator[tuple[int, str]]:
    match node:
        case ast.Attribute() if (dotted := _resolve_dotted_name(node, places)) is not None and dotted.startswith(
            "numpy."
        ):
            yield from _of_numpy(node.lineno, dotted.removeprefix("numpy."), ast.unparse(node))
        case ast.Import():
            for alias in node.names:
                yield from _of_package(node.lineno, alias.name)
        case ast.ImportFrom(module="numpy", level=0):
            for alias in node.names:
                yield from _of_numpy(node.lineno, alias.name, f"numpy.{alias.name}")
        case ast.ImportFrom(module=str(module), level=0):
            yield from _of_package(node.lineno, module)
        case ast.Constant(value=str(name)) if name in SETTINGS:
            yield node.lineno, f"`{name}` has no effect: {SETTINGS[name]}"


def _of_numpy(line: int, name: str, shown: str) -> Iterator[tuple[int, str]]:
    if (row := NUMPY.get(name)) is not None:
        way_out = f"write `{row.better}`" if row.better else "nothing takes its place"
        yield line, f"`{_shorten_code(shown)}` isn't in today's NumPy; {way_out}"


def _of_package(line: int, module: str) -> Iterator[tuple[int, str]]:
    today = find_package(module)
    if today is not None and not module.startswith("tensorflow.python.keras"):  # which `_note_import` tells, as TF 1
        yield line, f"`{_shorten_code(module)}` is an old or private name; write `{_shorten_code(today)}`"


def _collect_imports(tree: ast.Module) -> dict[str, str]:
    """What names stand for, as far as imports and `K = tf.keras.backend` say; `tf` and `np` may be supplied."""
    places = {"tf": "tensorflow", "np": "numpy"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            places |= {alias.asname: alias.name for alias in node.names if alias.asname}
            places |= {alias.name.split(".")[0]: alias.name.split(".")[0] for alias in node.names if not alias.asname}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            places |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Attribute() as value) if name not in places:
                if (dotted := _resolve_dotted_name(value, places)) is not None:
                    places[name] = dotted
    return places


def _collect_own_keys(tree: ast.Module) -> set[str]:
    """Keys that the file makes itself: with `metrics=['acc']`, `logs['acc']` is right in TF 2 as well."""
    keys: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "metrics":
            keys |= {
                part.value
                for part in ast.walk(node.value)
                if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value in KEYS
            }
    return keys | {f"val_{key}" for key in keys}


def _resolve_dotted_name(node: ast.expr, places: dict[str, str]) -> str | None:
    """The full name of an attribute chain that begins with an import."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or node.id not in places:
        return None
    return ".".join([places[node.id], *reversed(parts)])


def _note_node(node: ast.AST, places: dict[str, str], own: set[str]) -> Iterator[tuple[int, str]]:
    match node:
        case ast.Subscript(slice=key, value=value) if _is_logs(value):
            yield from _note_log_key(node, key, own)
        case ast.Compare(left=key, ops=[ast.In() | ast.NotIn()], comparators=[value]) if _is_logs(value):
            yield from _note_log_key(node, key, own)
        case ast.Attribute():
            yield from _note_name(node, places)
        case ast.Import():
            for alias in node.names:
                yield from _note_import(node.lineno, alias.name)
        case ast.ImportFrom(module=str(module), level=0):
            for alias in node.names:
                yield from _note_import(node.lineno, f"{module}.{alias.name}", module)
        case ast.Call():
            yield from _note_call(node, own)


def _is_logs(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return name in LOG_NAMES


def _note_log_key(node: ast.expr, key: ast.expr, own: set[str], shown: str = "") -> Iterator[tuple[int, str]]:
    if not isinstance(key, ast.Constant) or not isinstance(key.value, str) or key.value not in KEYS or key.value in own:
        return
    shown = _shorten_code(shown or ast.unparse(node))
    yield node.lineno, f"`{shown}` is TF 1; in TF 2 write `{shown.replace(repr(key.value), repr(KEYS[key.value]))}`"


def _shorten_code(text: str) -> str:
    return text if len(text) <= MAX_SHOWN_CHARS else text[: MAX_SHOWN_CHARS - 3] + "..."


def _note_name(node: ast.Attribute, places: dict[str, str]) -> Iterator[tuple[int, str]]:
    dotted = _resolve_dotted_name(node, places)
    if dotted is None:
        return
    found = _find_replacement(dotted)
    # Only the link of the chain that is in the table: `tf.logging` in `tf.logging.set_verbosity`.
    if found is not None and found[1] == dotted:
        yield node.lineno, _format_note(ast.unparse(node), found[0])


def _format_note(shown: str, better: str | None) -> str:
    return f"`{_shorten_code(shown)}` is TF 1; in TF 2 {f'write `{better}`' if better else 'it is not needed'}"


def _find_replacement(dotted: str) -> tuple[str | None, str] | None:
    """What to write for a full name, and the part of it that is in the table."""
    for base in KERAS_ROOTS:
        if dotted.startswith(base + "."):
            return _below(dotted, base, KERAS, "tf.keras")
    for base in ("tensorflow.compat.v1", "tensorflow"):
        if dotted.startswith(base + "."):
            return _below(dotted, base, TENSORFLOW, "tf")
    return None


def _below(dotted: str, base: str, table: Table, new: str) -> tuple[str | None, str] | None:
    name = find_longest(dotted.removeprefix(base + "."), table)
    if name is None:
        return None
    better = table[name].better
    return (f"{new}.{better}" if better else None), f"{base}.{name}"


def _note_import(line: int, dotted: str, module: str = "") -> Iterator[tuple[int, str]]:
    module = module or dotted
    if (found := _find_replacement(dotted)) is not None:
        yield line, _format_note(found[1].replace("tensorflow.", "tf.", 1), found[0])
    elif module.startswith("tensorflow.python.keras"):
        yield line, f"`{module}` is private; write `{module.replace('tensorflow.python.keras', 'tensorflow.keras')}`"
    elif dotted.startswith("tensorflow.compat.v1"):
        yield line, "`tensorflow.compat.v1` is the TF 1 interface; in TF 2 write `import tensorflow as tf`"


def _note_own_package(node: ast.AST) -> Iterator[tuple[int, str]]:
    """`keras` imported as a package of its own."""
    match node:
        case ast.Import():
            modules = [alias.name for alias in node.names]
        case ast.ImportFrom(module=str(module), level=0):
            modules = [module]
        case _:
            return
    for module in modules:
        if module.split(".")[0] == "keras" and _find_replacement(module) is None:
            yield node.lineno, f"`{module}` on its own was another package in TF 1; in TF 2 write `tensorflow.{module}`"


def _note_call(node: ast.Call, own: set[str]) -> Iterator[tuple[int, str]]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in METHODS and isinstance(node.func, ast.Attribute):
        yield node.lineno, f"`{name}(...)` is TF 1; in TF 2 write `{METHODS[name]}`"
    if name in ("get", "pop") and node.args and isinstance(node.func, ast.Attribute):
        yield from _note_log_key(node, node.args[0], own)
    if name == "load_data" and (node.args or any(word.arg == "path" for word in node.keywords)):
        yield node.lineno, "`load_data(path=...)` isn't needed: `load_data()` finds the data by itself"
    if name in MONITORS and node.args:
        yield from _note_log_key(node, node.args[0], own, f"{name}({ast.unparse(node.args[0])})")
    if name == "Input" and node.args:
        yield from _note_shape(node.args[0], "shape")
    for word in node.keywords:
        yield from _note_argument(word, name, own)


def _note_argument(word: ast.keyword, name: str, own: set[str]) -> Iterator[tuple[int, str]]:
    line = word.value.lineno
    renamed = ARGUMENTS.get("optimizer" if name in OPTIMIZERS else name, {})
    if word.arg is not None and word.arg in renamed:
        better = renamed[word.arg]
        instead = f"in TF 2 write `{name}({better}=...)`" if better else "leave it out"
        yield line, f"`{name}({word.arg}=...)` is TF 1; {instead}"
    if word.arg == "decay" and name in OPTIMIZERS:
        yield line, f"`{name}(decay=...)` is TF 1; in TF 2 use a learning-rate schedule"
    if word.arg == "monitor":
        yield from _note_log_key(word.value, word.value, own, f"monitor={ast.unparse(word.value)}")
    if word.arg in SHAPES:
        yield from _note_shape(word.value, word.arg)


def _note_shape(node: ast.expr, argument: str) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield (
            node.lineno,
            f"`{argument}={node.value!r}` is TF 1; in TF 2 a shape is a tuple: write `{argument}=({node.value!r},)`",
        )
