"""Looks at the models of a submission before their first step and after their last: have they brought anything along?"""

from __future__ import annotations

import contextlib
import math
import random
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from grader.data import Dataset
from grader.protocol.wire import Predicted
from grader.records.run import Errors
from grader.trainer.order.checking import parse_model_json
from grader.trainer.training import fresh_model, measuring, neighbours, untrained
from grader.trainer.training.building import keep_randomness
from grader.trainer.training.feeding import Array
from grader.trainer.training.loop import InspectedOrder


class Looks:
    """All of one submission.

    Args:
        at_work: called after each look with the seconds that it took.
    """

    def __init__(self, at_work: Callable[[float], None]) -> None:
        self.at_work = at_work
        self.seen: dict[int, str] = {}  # by model, the architecture that was last looked at
        self.trained = ""  # that of the last training

    def look_before_training(self, opened: InspectedOrder) -> None:
        """A model that tells classes apart before its first step has brought its weights along.

        Looked at when the training begins: what can't take the images is then told by `fit`, after the gates. And again
        where a later order of the same model says anything else, such as other statistics of the images.

        Raises:
            OrderRefused: it has, or a layer of it leads from one example to another.
        """
        order, text = opened.order, opened.order.architecture
        if self.seen.get(order.model) == text:
            return
        names, model = order.x_names, parse_model_json(text)
        portion = measuring.pick_portion_size(opened.architecture)
        with _draw_from_entropy():
            if len(x := opened.arrays.by_role.get("x", [])) == 1:
                start = time.monotonic()
                neighbours.refuse_mixing_layers(model, x[0])
                self.at_work(time.monotonic() - start)
            fresh_model.refuse_knowledge(model, opened.arrays, names[0] if names else None, portion, self.at_work)
        self.seen[order.model] = text

    def look_after_training(
        self, model: Any, dataset: Dataset, transform: Callable[[Array], Array], portion: int
    ) -> bool:
        """Whether the trained model still tells classes apart without what it has learned.

        Args:
            model: that of the last training.
            transform: the preprocessing of its images.
            portion: how many examples to give to the model at a time.
        """
        with _draw_from_entropy():
            some = np.random.default_rng().permutation(len(dataset.x_train))[: fresh_model.EXAMPLES]
            images, labels = transform(dataset.x_train[some]), dataset.y_train[some]
            tree = parse_model_json(self.trained)
            return fresh_model.knows_without_learning(model, tree, images, labels, portion, self.at_work)

    def predict_values(self, model: Any, values: list[float]) -> Predicted:
        """What the trained model says to numbers, and what models of its kind say to the first before they are trained.

        Raises:
            ValueError: it takes no numbers, or gives several for one.
        """
        outputs = measuring.predict_values(model, values)
        given = np.asarray(values[:1], np.float32).reshape(-1, *[1] * (len(model.input_shape) - 1))
        with _draw_from_entropy():
            said = untrained.predict_untrained(parse_model_json(self.trained), given)
        return Predicted(outputs=outputs, untrained=[value for value in said if math.isfinite(value)])

    def measure_untrained(self, dataset: Dataset, transform: Callable[[Array], Array]) -> Errors | None:
        """The errors of the last training's model on rows of a table, before any training, where they say something."""
        rows = transform(dataset.x_train[: untrained.MAX_ROWS])
        with _draw_from_entropy():
            return untrained.measure_untrained(parse_model_json(self.trained), rows, dataset.y_train)


@contextlib.contextmanager
def _draw_from_entropy() -> Iterator[None]:
    """Random numbers of the machine: after a training, they would go on from a seed that is no secret."""
    with keep_randomness():
        random.seed()
        yield
