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
NEAR = 0.8
LONGEST = 60


def notes(tree: ast.Module) -> list[Note]:
    r"""One note for each place, by line.

    >>> told = notes(ast.parse("class C(keras.callbacks.Callback):\n  def on_epochs_end(self, epoch, logs): pass"))
    >>> told[0].message
    'Keras never calls `on_epochs_end`; did you mean `on_epoch_end`?'
    """
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and _is_callback(node)]
    return [note for node in classes for note in (*_methods(node), *_flags(node))]


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
