"""Methods of callbacks that Keras never calls, and flags that end nothing: misspelt, so that nothing happens."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator

from grader.static.names import FUNCTIONS
from grader.verdict import Note

TURNS = ("epoch", "train", "test", "predict", "batch", "train_batch", "test_batch", "predict_batch")
HOOKS = tuple(f"on_{turn}_{end}" for turn in TURNS for end in ("begin", "end"))
FLAG = "stop_training"
# Where a flag that is set ends no training at its line.
ELSEWHERE = {
    "on_epoch_begin": "comes before an epoch, when `logs` has no figures of it",
    "on_train_begin": "comes once, before the first epoch",
    "on_train_end": "comes once, when the training is over",
}
NEAR = 0.8
LONGEST = 60


def notes(tree: ast.Module) -> list[Note]:
    r"""One note for each place, by line.

    >>> told = notes(ast.parse("class C(keras.callbacks.Callback):\n  def on_epochs_end(self, epoch, logs): pass"))
    >>> told[0].message
    'Keras never calls `on_epochs_end`; did you mean `on_epoch_end`?'
    """
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and _is_callback(node)]
    return [note for node in classes for note in (*_methods(node), *_flags(node), *_places(node), *_compared(node))]


def _is_callback(node: ast.ClassDef) -> bool:
    named = (base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "") for base in node.bases)
    return any(name.lower().endswith("callback") for name in named)


def _methods(node: ast.ClassDef) -> Iterator[Note]:
    for part in node.body:
        if isinstance(part, FUNCTIONS) and part.name not in HOOKS and part.name.lower().startswith("on"):
            near = difflib.get_close_matches(part.name[:LONGEST].lower(), HOOKS, n=1, cutoff=NEAR)
            if near:
                text = f"Keras never calls `{part.name[:LONGEST]}`; did you mean `{near[0]}`?"
                yield Note(line=part.lineno, message=text)


def _flags(node: ast.ClassDef) -> Iterator[Note]:
    """Where something like the flag is set, but never the flag itself."""
    stored = [part for part in ast.walk(node) if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store)]
    if any(part.attr == FLAG and not isinstance(part.value, ast.Name) for part in stored):
        return
    for part in stored:
        own = part.attr == FLAG and isinstance(part.value, ast.Name) and part.value.id == "self"
        misspelt = part.attr != FLAG and difflib.SequenceMatcher(None, part.attr[:LONGEST].lower(), FLAG).ratio() > NEAR
        if own or misspelt:
            shown = ast.unparse(part)[:LONGEST]
            yield Note(line=part.lineno, message=f"`{shown}` ends no training; `self.model.{FLAG} = True` does")


def _places(node: ast.ClassDef) -> Iterator[Note]:
    """A hook that sets the flag too late or too early, where no other method sets it."""
    setting = [part for part in node.body if isinstance(part, FUNCTIONS) and _sets_flag(part)]
    if len(setting) == 1 and (when := ELSEWHERE.get(setting[0].name)) is not None:
        text = f"`{setting[0].name}` {when}; set `self.model.{FLAG} = True` in `on_epoch_end(self, epoch, logs=None)`"
        yield Note(line=setting[0].lineno, message=text)


def _sets_flag(method: ast.AST) -> bool:
    return any(
        isinstance(part, ast.Attribute) and part.attr == FLAG and isinstance(part.ctx, ast.Store) for part in ast.walk(method)
    )


def _compared(node: ast.ClassDef) -> Iterator[Note]:
    """`self.model.stop_training == True` as a line of its own."""
    for part in ast.walk(node):
        match part:
            case ast.Expr(value=ast.Compare(left=ast.Attribute(attr="stop_training") as flag, ops=[ast.Eq()])):
                shown = ast.unparse(flag)[:LONGEST]
                yield Note(line=part.lineno, message=f"`==` only compares; `{shown} = True`, with one `=`, ends the training")
