"""grade: a student declares, the grader trains."""

from __future__ import annotations

import importlib
import sys
from types import SimpleNamespace
from typing import Any

__version__ = "0.1.0"
# What pip installs. The command is `grade`, but that name belongs to another package on the public index.
DISTRIBUTION = "keras-grade"
NOTEBOOK_NAMES = frozenset({"check", "hint", "load_ipython_extension", "unload_ipython_extension"})


def __getattr__(name: str) -> Any:
    """What a notebook uses of this package, loaded when it is first used: every process of ours imports this module."""
    if name not in NOTEBOOK_NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # A notebook that is graded as a file calls them, too, and must not begin to grade itself.
    ipython = sys.modules.get("IPython")
    if ipython is None or ipython.get_ipython() is None:
        return skip_call
    return getattr(importlib.import_module("grader.notebook"), name)


def skip_call(*_: Any, **__: Any) -> SimpleNamespace:
    """`grader.check` where there is no notebook: says so, and has no verdict."""
    print("grader: there is no notebook here; in a terminal: grade EXERCISE FILE")  # noqa: T201 - called for its output
    return SimpleNamespace(status=None, score=None, max_score=None)
