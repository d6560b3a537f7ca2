"""Inspects the usual order before there is a file, so that the file's own order finds everything loaded."""

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

from grader.protocol.arrays import OrderedSpec
from grader.protocol.channel import Channel
from grader.protocol.orders import FitArguments, Order
from grader.protocol.wire import Open, TrainerMessage
from grader.trainer.match.canonical import TRAIN_COUNT, load_canonical_images
from grader.trainer.match.ordered_data import FindMatch
from grader.trainer.training.feeding import Array

# The name of a dataset, for a trainer that is started before there is a file.
DATASET_VARIABLE = "GRADE_REHEARSAL"
IMAGE_SHAPE = (28, 28)
ROWS_PER_PORTION = 400  # about a megabyte of them is sent at a time
MEMORY_BYTES = 4_000_000_000


def run_rehearsal(dataset: str, serve: Callable[[socket.socket], Any]) -> None:
    """Inspects an order that nobody gave; leaves behind only what a pool's trainer keeps of any submission.

    Args:
        dataset: its name.
        serve: serves one submission at the other end of a socket.
    """
    ours, theirs = socket.socketpair()
    # A thread plays the front, since the images don't fit into the socket's buffer while nobody reads.
    front = threading.Thread(target=_send_usual_order, args=(ours, dataset, _build_usual_order()))
    front.start()
    serve(theirs)
    front.join()
    keras.utils.clear_session()


def match_usual_images(dataset: str, find: FindMatch) -> None:
    """The part of it that needs no model, in a process that is to be copied: the usual images are found, and held."""
    data = load_canonical_images(dataset)
    images = np.concatenate(list(_iter_scaled(data.images[:TRAIN_COUNT])))
    for shape in (IMAGE_SHAPE, (*IMAGE_SHAPE, 1)):
        find(images.reshape(TRAIN_COUNT, *shape), data.labels[:TRAIN_COUNT], dataset)


def _send_usual_order(sock: socket.socket, dataset: str, order: Order) -> None:
    """The front's part: orders a training on all images, from 0 to 1, and hears what the trainer sees in that."""
    data = load_canonical_images(dataset)
    with sock:
        channel = Channel(sock, TrainerMessage)
        channel.receive()
        message = Open(order=order, dataset=dataset, memory=MEMORY_BYTES)
        channel.send(message, itertools.chain(_iter_scaled(data.images[:TRAIN_COUNT]), [data.labels[:TRAIN_COUNT]]))
        channel.receive()


def _iter_scaled(images: Array) -> Iterator[Array]:
    return (
        (images[at : at + ROWS_PER_PORTION] / 255.0).astype(np.float32)
        for at in range(0, len(images), ROWS_PER_PORTION)
    )


def _build_usual_order() -> Order:
    """A small network's; of its weights only the shapes are made."""
    with keras.StatelessScope(initialize_variables=False):
        inner = [layers.Flatten(), layers.Dense(128, "relu"), layers.Dropout(0.2), layers.Dense(10, "softmax")]
        model = keras.Sequential([layers.Input(IMAGE_SHAPE), *inner])
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    images = OrderedSpec(dtype="float32", shape=[TRAIN_COUNT, *IMAGE_SHAPE], role="x")
    labels = OrderedSpec(dtype="uint8", shape=[TRAIN_COUNT], role="y")
    return Order(
        model=0,
        architecture=model.to_json(),
        compile=json.dumps(model.get_compile_config()),
        fit=FitArguments(),
        arrays=[images, labels],
    )
