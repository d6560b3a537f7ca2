"""What a trainer does before there is a file."""

import threading

import numpy as np
import pytest

from grader.channel import Channel, Closed
from grader.data import load
from grader.wire import Hello, Refused, ToTrainer

pytestmark = pytest.mark.keras


def test_the_usual_order_is_looked_at_and_leaves_nothing_of_its_own():
    """All training images from 0 to 1 for a network of Keras's own layers; then names begin anew."""
    import keras

    from grader.trainer import rebuild, rehearsal
    from grader.trainer.allow import parse
    from grader.trainer.feeding import read_arrays

    seen = []

    def serve(sock):
        with sock:
            channel = Channel(sock, ToTrainer)
            channel.send(Hello(backend="tensorflow", device="cpu", versions={}))
            message = channel.receive()
            seen.append((message, read_arrays(channel, message.order.arrays)))
            channel.send(Refused(message="no"))
            with pytest.raises(Closed):
                channel.receive()

    before = threading.active_count()
    rehearsal.rehearse("fashion_mnist", serve)

    [(message, [images, labels])] = seen
    data = load("fashion_mnist")
    assert message.dataset == "fashion_mnist"
    np.testing.assert_array_equal(images[:500], (data.x_train[:500] / 255.0).astype(np.float32))
    np.testing.assert_array_equal(images[-1], (data.x_train[-1] / 255.0).astype(np.float32))
    np.testing.assert_array_equal(labels, data.y_train)
    order = message.order
    found = rebuild.inspect(order.architecture, parse(order.compile), [images.shape], message.memory)
    assert [layer.kind for layer in found.layers] == ["Flatten", "Dense", "Dropout", "Dense"]
    assert keras.layers.Dense(1).name == "dense"
    assert threading.active_count() == before
