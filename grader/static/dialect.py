"""TF 1 names in a file, each with its line and its TF 2 spelling; they are understood and cost nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.verdict import Note

KEYS = {"acc": "accuracy", "val_acc": "val_accuracy"}
DOTTED = {
    "tf.train.AdamOptimizer": "tf.keras.optimizers.Adam",
    "tf.train.GradientDescentOptimizer": "tf.keras.optimizers.SGD",
    "tf.train.RMSPropOptimizer": "tf.keras.optimizers.RMSprop",
    "tf.train.AdagradOptimizer": "tf.keras.optimizers.Adagrad",
    "tf.train.AdadeltaOptimizer": "tf.keras.optimizers.Adadelta",
    "tf.train.MomentumOptimizer": "tf.keras.optimizers.SGD(momentum=...)",
    "tf.train.FtrlOptimizer": "tf.keras.optimizers.Ftrl",
    "tf.ConfigProto": None,
    "tf.GPUOptions": None,
    "tf.Session": None,
    "tf.InteractiveSession": None,
    "tf.compat.v1.ConfigProto": None,
    "tf.compat.v1.Session": None,
    "tf.keras.backend.set_session": None,
    "tf.compat.v1.keras.backend.set_session": None,
    "tf.global_variables_initializer": None,
    "tf.reset_default_graph": "tf.keras.backend.clear_session",
    "tf.enable_eager_execution": None,
    "tf.placeholder": "tf.keras.Input",
    "tf.set_random_seed": "tf.random.set_seed",
    "tf.random.set_random_seed": "tf.random.set_seed",
    "tf.logging": "tf.get_logger()",
    "tf.keras.layers.CuDNNLSTM": "tf.keras.layers.LSTM",
    "tf.contrib": None,
}
METHODS = {
    "fit_generator": "fit",
    "evaluate_generator": "evaluate",
    "predict_generator": "predict",
    "predict_classes": "predict(...).argmax(axis=-1)",
    "predict_proba": "predict",
}
OPTIMIZERS = ("Adam", "SGD", "RMSprop", "Adagrad", "Adadelta", "Adamax", "Nadam", "Ftrl")


def notes(tree: ast.Module) -> list[Note]:
    """One note per use and line, in the order of the file."""
    found = {(line, text) for node in ast.walk(tree) for line, text in _of(node)}
    return [Note(line=line, message=text) for line, text in sorted(found)]


def _of(node: ast.AST) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.Subscript):
        yield from _key(node, node.slice, ast.unparse(node))
    elif isinstance(node, ast.Attribute):
        yield from _dotted(node)
    elif isinstance(node, ast.Call):
        yield from _call(node)
    elif isinstance(node, (ast.ImportFrom, ast.Import)):
        module = node.module or "" if isinstance(node, ast.ImportFrom) else node.names[0].name
        if module.startswith("tensorflow.python.keras"):
            yield node.lineno, f"{module} is private; write {module.replace('tensorflow.python.keras', 'tensorflow.keras')}"


def _key(node: ast.expr, key: ast.expr, shown: str) -> Iterator[tuple[int, str]]:
    if isinstance(key, ast.Constant) and isinstance(key.value, str) and key.value in KEYS:
        better = shown.replace(f"'{key.value}'", f"'{KEYS[key.value]}'")
        yield node.lineno, f"{shown[:80]} is TF 1; in TF 2 write {better[:80]}"


def _dotted(node: ast.Attribute) -> Iterator[tuple[int, str]]:
    name = ast.unparse(node).replace("tensorflow.", "tf.", 1) if _is_plain(node) else ""
    if name not in DOTTED:
        return
    better = DOTTED[name]
    yield node.lineno, f"{name} is TF 1; in TF 2 {f'write {better}' if better else 'it is not needed'}"


def _is_plain(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and node.id in ("tf", "tensorflow", "K")


def _call(node: ast.Call) -> Iterator[tuple[int, str]]:
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    if name == "get" and node.args:
        yield from _key(node, node.args[0], ast.unparse(node))
    if name == "load_data" and (node.args or any(keyword.arg == "path" for keyword in node.keywords)):
        yield node.lineno, "load_data(path=...) isn't needed: load_data() finds the data by itself"
    if name in METHODS and isinstance(function, ast.Attribute):
        yield node.lineno, f"{name}() is TF 1; in TF 2 write {METHODS[name]}()" if name != "predict_classes" else (
            f"{name}() is TF 1; in TF 2 write {METHODS[name]}"
        )
    for keyword in node.keywords:
        if keyword.arg == "lr" and name in OPTIMIZERS:
            yield node.lineno, f"{name}(lr=...) is TF 1; in TF 2 write {name}(learning_rate=...)"
        if keyword.arg == "decay" and name in OPTIMIZERS:
            yield node.lineno, f"{name}(decay=...) is TF 1; in TF 2 use a learning-rate schedule"
        if keyword.arg == "monitor":
            yield from _key(node, keyword.value, f"monitor={ast.unparse(keyword.value)}")
