"""Trains exercise 1's network on some images with many seeds; prints the curves as one line of JSON.

    KERAS_BACKEND=jax PYTHONPATH=.:benchmarks python tests/backends/curves.py SEEDS EPOCHS RATE…

For each learning rate: (seeds, epochs, 2) accuracies and losses.
"""

import json
import sys

import trainings
from msgspec import structs

from grader.protocol.orders import Answer
from grader.protocol.wire import Begin
from grader.trainer.match.digests import DigestCache
from grader.trainer.training import loop
from grader.trainer.training.trainees import Trainees

EXAMPLES = 2000


def curve(seed, epochs, rate):
    """Accuracy and loss of each epoch, by the trainer's own means."""
    found = []

    def heard(event, weights):
        if event.hook == "epoch_end":
            found.append([event.logs["accuracy"], event.logs["loss"]])
        return Answer()

    order = trainings.opened("dense", EXAMPLES, epochs)
    compiled = json.loads(order.order.compile)
    compiled["optimizer"]["config"]["learning_rate"] = rate
    order.order = structs.replace(order.order, compile=json.dumps(compiled))
    begin = Begin(seed=seed, limit_s=600.0, reuse=False)
    Trainees(None, "here", lambda _: None, DigestCache()).train_model(order, begin, heard, lambda: None)
    return found


if __name__ == "__main__":
    seeds, epochs, *rates = sys.argv[1:]
    if loop.scanning is not None:
        loop.scanning.skip_tensorflow()
    print(json.dumps([[curve(seed, int(epochs), float(rate)) for seed in range(int(seeds))] for rate in rates]))
