"""What a trainer does before there is a file: it looks at what is usually ordered, so that the file's finds all at hand."""

from __future__ import annotations

import itertools
import json
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
from keras import layers

from grader.arrays import OrderedSpec
from grader.channel import Channel
from grader.trainer.feeding import Array
from grader.trainer.match_canonical import TRAIN, canonical
from grader.trainer.matching import Find
from grader.wire import FitArguments, Open, Order, TrainerMessage

# The name of a dataset, for a trainer that is started before there is a file.
NAME = "GRADE_REHEARSAL"
SHAPE = (28, 28)
ROWS = 400  # about a megabyte of them is sent at a time
MEMORY = 4_000_000_000


def rehearse(dataset: str, serve: Callable[[socket.socket], Any]) -> None:
    """Has an order looked at that nobody gave; it leaves what a trainer of a pool keeps of any submission, no more.

    Args:
        dataset: its name.
        serve: serves one submission at the other end of a socket.
    """
    ours, theirs = socket.socketpair()
    front = threading.Thread(target=_play, args=(ours, dataset, _order()))
    front.start()
    serve(theirs)
    front.join()
    keras.utils.clear_session()


def look(dataset: str, find: Find) -> None:
    """The part of it that needs no model, in a process that is to be copied: the usual images are found, and held."""
    data = canonical(dataset)
    images = np.concatenate(list(_scaled(data.images[:TRAIN])))
    for shape in (SHAPE, (*SHAPE, 1)):
        find(images.reshape(TRAIN, *shape), data.labels[:TRAIN], dataset)


def _play(sock: socket.socket, dataset: str, order: Order) -> None:
    """The front's part: orders a training on all images, from 0 to 1, and hears what the trainer sees in that."""
    data = canonical(dataset)
    with sock:
        channel = Channel(sock, TrainerMessage)
        channel.receive()
        message = Open(order=order, dataset=dataset, memory=MEMORY)
        channel.send(message, itertools.chain(_scaled(data.images[:TRAIN]), [data.labels[:TRAIN]]))
        channel.receive()


def _scaled(images: Array) -> Iterator[Array]:
    return ((images[at : at + ROWS] / 255.0).astype(np.float32) for at in range(0, len(images), ROWS))


def _order() -> Order:
    """A small network's; of its weights only the shapes are made."""
    with keras.StatelessScope(initialize_variables=False):
        inner = [layers.Flatten(), layers.Dense(128, "relu"), layers.Dropout(0.2), layers.Dense(10, "softmax")]
        model = keras.Sequential([layers.Input(SHAPE), *inner])
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    images = OrderedSpec(dtype="float32", shape=[TRAIN, *SHAPE], role="x")
    labels = OrderedSpec(dtype="uint8", shape=[TRAIN], role="y")
    return Order(
        model=0,
        architecture=model.to_json(),
        compile=json.dumps(model.get_compile_config()),
        fit=FitArguments(),
        arrays=[images, labels],
    )
