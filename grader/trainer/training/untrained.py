"""What a model that predicts numbers says before it has learned anything, where there are no classes to tell apart.

First weights that are chosen and not drawn give the right numbers each time; those that are drawn do so once by chance,
but not in every one of several draws.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.records.run import Errors
from grader.trainer.training.feeding import Array
from grader.trainer.training.fresh_model import draw_model
from grader.trainer.training.measuring import flat_scores

DRAWS = 5
MAX_ROWS = 2000


def predict_untrained(architecture: dict[str, Any], given: Array) -> list[float]:
    """What fresh draws of a model say to one example, each of them once.

    Args:
        given: of shape (1, …).
    """
    return [float(_ask_fresh(architecture, given)[0]) for _ in range(DRAWS)]


def measure_untrained(architecture: dict[str, Any], rows: Array, labels: Array) -> Errors | None:
    """The errors of the worst of some fresh draws; None where one of them is no better than one number for all rows.

    Args:
        rows: of a table, as they were fed, of shape (n, …).
        labels: their numbers, of shape (n,).
    """
    rows, labels = rows[:MAX_ROWS], labels[:MAX_ROWS].astype(np.float64)
    least = _find_errors(np.median(labels) - labels).mae, _find_errors(labels.mean() - labels).mse
    worst = Errors(mae=0.0, mse=0.0)
    for _ in range(DRAWS):
        found = _find_errors(_ask_fresh(architecture, rows) - labels)
        # Written so that an error that is no number is none of a model that knows something.
        if not (found.mae < least[0] and found.mse < least[1]):
            return None
        worst = Errors(mae=max(worst.mae, found.mae), mse=max(worst.mse, found.mse))
    return worst


def _find_errors(away: Array) -> Errors:
    with np.errstate(all="ignore"):
        return Errors(mae=float(np.abs(away).mean()), mse=float(np.square(away).mean()))


def _ask_fresh(architecture: dict[str, Any], given: Array) -> Array:
    """One number for each example."""
    said = flat_scores(draw_model(architecture, (None, *given.shape[1:]))(given, training=False))
    return said.reshape(len(given), -1)[:, 0].astype(np.float64)
