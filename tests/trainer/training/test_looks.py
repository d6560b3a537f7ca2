"""When the models of a submission are looked at, and what they are drawn from."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from keras import Input, layers  # noqa: E402

from grader.data import load_dataset  # noqa: E402
from grader.protocol.arrays import ArraySpec, OrderedSpec  # noqa: E402
from grader.protocol.orders import FitArguments, Order  # noqa: E402
from grader.protocol.wire import Open, Opened  # noqa: E402
from grader.records.run import Architecture  # noqa: E402
from grader.trainer.match.digests import DigestCache  # noqa: E402
from grader.trainer.match.ordered_data import MatchCache  # noqa: E402
from grader.trainer.order.model_json import OrderRefused  # noqa: E402
from grader.trainer.submission_trainer import ProcessState, SubmissionTrainer  # noqa: E402
from grader.trainer.training.feeding import OrderArrays  # noqa: E402
from grader.trainer.training.looks import Looks  # noqa: E402
from grader.trainer.training.loop import InspectedOrder  # noqa: E402

pytestmark = pytest.mark.keras
DATA = load_dataset("mnist")
X, Y = (DATA.x_train[:600] / 255.0).astype("float32"), DATA.y_train[:600]


class Channel:
    """Sends arrays, and keeps what is said."""

    def __init__(self, *arrays: Any) -> None:
        self.arrays, self.sent = list(arrays), list[Any]()

    def read_into(self, buffer: Any) -> None:
        buffer.cast("B")[:] = self.arrays.pop(0).tobytes()

    def send(self, message: Any, _buffers: Any = ()) -> None:
        self.sent.append(message)


def order(model: Any) -> Order:
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    specs = [
        OrderedSpec(role=role, dtype=value.dtype.name, shape=list(value.shape)) for role, value in (("x", X), ("y", Y))
    ]
    text = json.dumps(model.get_compile_config())
    return Order(model=0, architecture=model.to_json(), compile=text, fit=FitArguments(), arrays=specs)


def inspected(model: Any) -> InspectedOrder:
    specs = [
        ArraySpec(role=role, dtype=value.dtype.name, shape=list(value.shape)) for role, value in (("x", X), ("y", Y))
    ]
    architecture = Architecture(layers=[], parameters=0)
    return InspectedOrder(order=order(model), arrays=OrderArrays(specs, [X, Y]), architecture=architecture)


def seeded(*seeds: int) -> Any:
    drawn = [layers.Dense(10, kernel_initializer=keras.initializers.GlorotUniform(seed=seed)) for seed in seeds]
    return keras.Sequential([Input((28, 28)), layers.Flatten(), *drawn])


def normalised(statistics: Any) -> Any:
    norm = layers.Normalization(axis=(1, 2), mean=statistics.mean(axis=0), variance=statistics.var(axis=0))
    return keras.Sequential([Input((28, 28)), norm, layers.Flatten(), layers.Dense(10)])


@pytest.mark.parametrize(("seeds", "kept"), [((1, 2), True), ((1, 2, 3), False)])
def test_what_is_trained_is_drawn_from_seeds_of_the_trainers_own(seeds: tuple[int, ...], kept: bool) -> None:
    """From the order's own only where they are few; the order is opened, looked at and begun as what it became."""
    channel: Any = Channel(X, Y)
    state = ProcessState(archive=None, machine="here", device="cpu", find=MatchCache(DigestCache()))
    trainer, given = SubmissionTrainer(channel, state), order(seeded(*seeds))

    trainer.handle_message(Open(order=given, dataset="mnist", memory=4_000_000_000))

    assert isinstance(channel.sent[-1], Opened)
    assert trainer.opened is not None
    assert (trainer.opened.order.architecture == given.architecture) is kept
    trainer.looks.look_before_training(trainer.opened)
    assert (trainer.trainees._compute_seed(trainer.opened, 7) == 7) is kept


def test_a_model_is_looked_at_again_where_its_order_says_anything_else() -> None:
    """Statistics may change between two trainings of one model, and are compared with the images each time."""
    looks = Looks(lambda _seconds: None)
    for _ in range(2):
        looks.look_before_training(inspected(normalised(X)))

    with pytest.raises(OrderRefused, match="not the training images'"):
        looks.look_before_training(inspected(normalised(np.flip(X, axis=1) ** 2 + np.linspace(0, 1, 28))))


def test_a_layer_that_mixes_is_refused_before_the_training() -> None:
    """Also where the shapes of the model don't show it."""
    mixing = layers.Dense(10, activation=layers.Softmax(axis=0))
    with pytest.raises(OrderRefused, match="from one example of a batch to another"):
        Looks(lambda _seconds: None).look_before_training(
            inspected(keras.Sequential([Input((28, 28)), layers.Flatten(), mixing]))
        )


def test_a_trained_model_is_looked_at_as_it_was_ordered() -> None:
    """An honest one of many numbers knows nothing without what it learned."""
    looks, model = Looks(lambda _seconds: None), seeded(1, 2)
    looks.trained = model.to_json()

    assert not looks.look_after_training(model, DATA, lambda images: images / np.float32(255), 100)
