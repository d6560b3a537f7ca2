"""Weighs how well a model's outputs agree with classes, against every other way to give outputs to classes.

The weights of a model that knows nothing are drawn at random, and its outputs have no names: to give each of them to
another class is as likely a draw. So no assumption about images or layers is needed. Over several draws the evidence
multiplies (an e-process); by Ville's inequality an honest model comes to `MAX_EVIDENCE` with a probability of one in a
billion, however often one looks.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from grader.trainer.training.feeding import Array

ERROR_RATE = 1e-9
# Three processes at most, before and after the training, so that each has a third of the error rate.
MAX_EVIDENCE = 3 / ERROR_RATE
MAX_OUTPUTS = 1000
SHARPNESS = (2.0, 5.0, 10.0, 20.0)


def weigh_evidence(answers: list[Array], classes: Array) -> float:
    """How much more likely one draw's answers are if the model knows the classes; 1 on average if it doesn't.

    Args:
        answers: scores of shape (examples, outputs), each one way to ask the same model.
        classes: one number per example.
    """
    named = np.unique(classes)
    fitting = [scores for scores in answers if named[-1] < scores.shape[1] <= MAX_OUTPUTS]
    found = [_surprise(np.stack(list(_agreements(scores, classes))), named).mean() for scores in fitting]
    # Half of the stake is held back, so that one unlucky draw can't undo the evidence of the others.
    return 0.5 + 0.5 * float(np.mean(found)) if found else 1.0


def _agreements(scores: Array, classes: Array) -> Iterator[Array]:
    """How well each output agrees with each class, in several ways."""
    ranks = _by_class(_ranks(_centred(scores)), classes)
    # Hidden knowledge need not make the right output the highest: the lowest or the most extreme would do as well.
    for agreement in (ranks, -ranks, np.abs(ranks), _by_class(_winners(scores), classes)):
        yield from (sharpness * agreement for sharpness in SHARPNESS)


def _surprise(logs: Array, named: Array) -> Array:
    """exp(agreement of the outputs with their own classes), as a multiple of its mean over all other assignments.

    Args:
        logs: agreements, each of shape (classes, outputs).
        named: the output that belongs to each class.
    """
    own = logs[:, np.arange(len(named)), named].sum(axis=1)
    outputs = logs.shape[2]
    # The permanent is a sum over all assignments; their number makes a mean of it.
    assignments = math.lgamma(outputs + 1) - math.lgamma(outputs - len(named) + 1)
    multiples: Array = np.exp(own + assignments - _log_permanents(logs))
    return multiples


def _log_permanents(logs: Array) -> Array:
    """The logarithms of the permanents of exp(logs), matrices with no more rows than columns.

    Column by column, with the sum for each set of rows that have a column already.
    """
    count, rows, columns = logs.shape
    # Taken out before exp() and added afterwards, so that nothing overflows.
    highest = logs.max(axis=2, keepdims=True)
    weights = np.exp(logs - highest)
    sums = np.zeros((2**rows, count))
    sums[0] = 1.0
    for column in range(columns):
        grown = sums.copy()
        for row in range(rows):
            # Of the sets, in binary, those without this row and the same with it.
            smaller, larger = (part.reshape(-1, 2, 2**row, count) for part in (sums, grown))
            larger[:, 1] += smaller[:, 0] * weights[:, row, column]
        sums = grown
    permanents: Array = np.log(np.maximum(sums[-1], 1e-300)) + highest.sum(axis=(1, 2))
    return permanents


def _by_class(values: Array, classes: Array) -> Array:
    """The mean of each output over the examples of each class: (classes, outputs)."""
    return np.stack([values[classes == one].mean(axis=0) for one in np.unique(classes)])


def _centred(scores: Array) -> Array:
    """Each output beside the others of the same example; of probabilities, their logarithms."""
    if (scores >= 0).all() and np.allclose(scores.sum(axis=1), 1, atol=1e-3):
        scores = np.log(np.maximum(scores, 1e-300))
    centred: Array = scores - scores.mean(axis=1, keepdims=True)
    return centred


def _ranks(values: Array) -> Array:
    """The rank of each example in each output, from -1 to 1; equal values share theirs. No outlier can hide the rest."""
    return np.stack([_column_ranks(column) for column in values.T], axis=1)


def _column_ranks(column: Array) -> Array:
    _, places, counts = np.unique(column, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts + 1) / 2
    ranks: Array = 2 * middle[places] / max(1, len(column) - 1) - 1
    return ranks


def _winners(scores: Array) -> Array:
    """Which output is the highest; several that are equal share it."""
    highest = scores == scores.max(axis=1, keepdims=True)
    shares: Array = highest / highest.sum(axis=1, keepdims=True)
    return shares
