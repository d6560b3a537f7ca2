"""The name that was probably meant where Python or Keras doesn't know one."""

from __future__ import annotations

import contextlib
import difflib
import re
import sys
import traceback

NEAR = 0.8
NEAR_AMONG_FEW = 0.7  # two letters the wrong way round in a short name
# What Keras says of a name in quotes that it doesn't know, and the module with those that it does know.
IN_QUOTES = re.compile(r"Could not interpret (\w+)(?: function)? identifier: (\w{1,60})$")
HOMES = {
    "loss": "losses", "optimizer": "optimizers", "metric": "metrics", "activation": "activations",
    "initializer": "initializers", "regularizer": "regularizers",
}  # fmt: skip
PACKAGES = ("tensorflow", "keras", "numpy", "matplotlib")
KEYWORD = re.compile(r"(?:unexpected keyword argument|arguments passed to \w+:|not recognized:) \{?'(\w{1,60})'")
KEYWORDS = (
    "x", "y", "batch_size", "epochs", "verbose", "callbacks", "validation_split", "validation_data", "shuffle",
    "optimizer", "loss", "metrics", "learning_rate", "momentum", "units", "filters", "kernel_size", "pool_size", "strides",
    "padding", "activation", "input_shape", "rate", "name", "monitor", "patience", "from_logits",
)  # fmt: skip


def nearest(error: BaseException) -> str | None:
    """A question that names it; None where nothing known is near."""
    known, given, cutoff = _wanted(error)
    names = {name.lower(): name for name in known if name != given}
    near = difflib.get_close_matches(given.lower(), names, n=3, cutoff=cutoff)
    near.sort(key=lambda name: sorted(name) != sorted(given.lower()))  # first the one of the same letters, if there is one
    return f"Did you mean `{names[near[0]]}`?" if near else None


def _wanted(error: BaseException) -> tuple[list[str], str, float]:
    """The names that there are in the place of one that is missing, that one, and how alike they must be."""
    with contextlib.suppress(Exception):  # `str` and `dir` ask objects of the student's
        if isinstance(error, ModuleNotFoundError):
            return list(PACKAGES), str(error.name), NEAR
        if isinstance(error, (AttributeError, NameError)):
            return _there(error), str(error.name), NEAR
        if isinstance(error, (ValueError, TypeError)):
            return _taken(str(error))
    return [], "", NEAR


def _there(error: AttributeError | NameError) -> list[str]:
    frame = list(traceback.walk_tb(error.__traceback__))[-1][0]
    known = dir(error.obj) if isinstance(error, AttributeError) else [*frame.f_locals, *frame.f_globals]
    return [name for name in known if not name.startswith("_")]


def _taken(said: str) -> tuple[list[str], str, float]:
    if match := IN_QUOTES.search(said):
        home = HOMES[match[1]]
        own = ["accuracy"] if home == "metrics" else []
        return [*own, *(name.lower() for name in dir(sys.modules[f"keras.{home}"]))], match[2], NEAR_AMONG_FEW
    match = KEYWORD.search(said)
    return (list(KEYWORDS), match[1], NEAR) if match else ([], "", NEAR)
