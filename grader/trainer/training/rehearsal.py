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
from grader.trainer.match.canonical import CanonicalImages, load_canonical_images
from grader.trainer.match.ordered_data import FindMatch
from grader.trainer.training.feeding import Array

# The name of a dataset, for a trainer that is started before there is a file.
DATASET_VARIABLE = "GRADE_REHEARSAL"
ROWS_PER_PORTION = 400  # about a megabyte of them is sent at a time
MEMORY_BYTES = 4_000_000_000


def run_rehearsal(dataset: str, serve: Callable[[socket.socket], Any]) -> None:
    """Inspects an order that nobody gave; leaves behind only what a pool's trainer keeps of any submission.

    Args:
        dataset: an embedded one's name.
        serve: serves one submission at the other end of a socket.
    """
    ours, theirs = socket.socketpair()
    # A thread plays the front, since the images don't fit into the socket's buffer while nobody reads.
    front = threading.Thread(
        target=_send_usual_order, args=(ours, dataset, _build_usual_order(load_canonical_images(dataset)))
    )
    front.start()
    serve(theirs)
    front.join()
    keras.utils.clear_session()


def match_usual_images(dataset: str, find: FindMatch) -> None:
    """The part of it that needs no model, in a process that is to be copied: the usual images are found, and held."""
    data = load_canonical_images(dataset)
    images = np.concatenate(list(_iter_scaled(data.planes[0][: data.train_count])))
    for shape in (data.size, (*data.size, 1)):
        find(images.reshape(data.train_count, *shape), data.labels[: data.train_count], dataset)


def _send_usual_order(sock: socket.socket, dataset: str, order: Order) -> None:
    """The front's part: orders a training on all images, from 0 to 1, and hears what the trainer sees in that."""
    data = load_canonical_images(dataset)
    with sock:
        channel = Channel(sock, TrainerMessage)
        channel.receive()
        message = Open(order=order, dataset=dataset, memory=MEMORY_BYTES)
        channel.send(
            message,
            itertools.chain(_iter_scaled(data.planes[0][: data.train_count]), [data.labels[: data.train_count]]),
        )
        channel.receive()


def _iter_scaled(images: Array) -> Iterator[Array]:
    return (
        (images[at : at + ROWS_PER_PORTION] / 255.0).astype(np.float32)
        for at in range(0, len(images), ROWS_PER_PORTION)
    )


def _build_usual_order(data: CanonicalImages) -> Order:
    """A small network's; of its weights only the shapes are made."""
    with keras.StatelessScope(initialize_variables=False):
        inner = [
            layers.Flatten(),
            layers.Dense(128, "relu"),
            layers.Dropout(0.2),
            layers.Dense(data.class_count, "softmax"),
        ]
        model = keras.Sequential([layers.Input(data.size), *inner])
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    images = OrderedSpec(dtype="float32", shape=[data.train_count, *data.size], role="x")
    labels = OrderedSpec(dtype="uint8", shape=[data.train_count], role="y")
    return Order(
        model=0,
        architecture=model.to_json(),
        compile=json.dumps(model.get_compile_config()),
        fit=FitArguments(),
        arrays=[images, labels],
    )
