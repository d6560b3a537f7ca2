"""What changed since TensorFlow 1, or where a file runs, for errors whose own words don't say it. Imports nothing heavy."""

from __future__ import annotations

import re

from grader.messages.array_errors import ARRAY_ERRORS
from grader.messages.keras_errors import KERAS_ERRORS, UNEQUAL_SHAPES
from grader.messages.loop_errors import LOOP_ERRORS

# An error of each kind (as `Type: text`), what tells the kind, and what to tell the student; the first that fits counts.
ERROR_HINTS = (*ARRAY_ERRORS, *LOOP_ERRORS, *KERAS_ERRORS)


def is_of_unequal_shapes(said: str) -> bool:
    """Whether Keras said that inputs can't be added because one is smaller."""
    return re.search(UNEQUAL_SHAPES, said) is not None


def find_error_hint(said: str) -> str | None:
    """What to tell the student beside an error; None where its own words have to do.

    >>> find_error_hint("ModuleNotFoundError: No module named 'sklearn'")
    "The package `sklearn` isn't installed on the grading machine. The exercise needs only TensorFlow and NumPy."
    """
    for _, pattern, text in ERROR_HINTS:
        if (match := re.search(pattern, said)) is not None:
            return text.format(*((match.group(1) or "")[:60] for _ in match.groups()[:1]))
    return None
