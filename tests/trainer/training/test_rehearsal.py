"""What a trainer does before there is a file."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from grader.data import load_dataset
from grader.protocol.channel import Channel, ChannelClosed
from grader.protocol.wire import Hello, Refused, ToTrainer

pytestmark = pytest.mark.keras


def test_the_usual_order_is_looked_at_and_leaves_nothing_of_its_own():
    """All training images from 0 to 1 for a network of Keras's own layers; then names begin anew."""
    import keras

    from grader.trainer.order import rebuild
    from grader.trainer.order.checking import parse_model_json
    from grader.trainer.training import rehearsal
    from grader.trainer.training.feeding import read_arrays

    seen = []

    def serve(sock):
        with sock:
            channel = Channel(sock, ToTrainer)
            channel.send(Hello(backend="tensorflow", device="cpu", versions={}))
            message = channel.receive()
            seen.append((message, read_arrays(channel, message.order.arrays)))
            channel.send(Refused(message="no"))
            with pytest.raises(ChannelClosed):
                channel.receive()

    before = threading.active_count()
    rehearsal.run_rehearsal("fashion_mnist", serve)

    [(message, [images, labels])] = seen
    data = load_dataset("fashion_mnist")
    assert message.dataset == "fashion_mnist"
    np.testing.assert_array_equal(images[:500], (data.x_train[:500] / 255.0).astype(np.float32))
    np.testing.assert_array_equal(images[-1], (data.x_train[-1] / 255.0).astype(np.float32))
    np.testing.assert_array_equal(labels, data.y_train)
    order = message.order
    found = rebuild.inspect_order(order.architecture, parse_model_json(order.compile), [images.shape], message.memory)
    assert [layer.kind for layer in found.layers] == ["Flatten", "Dense", "Dropout", "Dense"]
    assert keras.layers.Dense(1).name == "dense"
    assert threading.active_count() == before


def test_the_usual_images_are_held_in_both_shapes():
    """Of each dataset, in one piece of memory; what is trained on them is known at once."""
    from grader.trainer.match.digests import DigestCache
    from grader.trainer.match.ordered_data import MatchCache
    from grader.trainer.training import rehearsal

    find = MatchCache(DigestCache(threads=1))
    for name in ("fashion_mnist", "mnist"):
        rehearsal.match_usual_images(name, find)

    held = list(find.held.copy_held().values())
    assert [array.shape for array in held] == 2 * [(60000, 28, 28), (60000, 28, 28, 1)]
    np.testing.assert_array_equal(held[2], (load_dataset("mnist").x_train / 255.0).astype(np.float32))
    assert np.shares_memory(held[2], held[3])
    assert find(held[3].copy(), load_dataset("mnist").y_train, "mnist").exact


THREADS = """
import os
from grader.data import load_dataset
from grader.trainer import serving
from grader.trainer.training import rehearsal
from grader.trainer.match.digests import DigestCache
from grader.trainer.match.ordered_data import MatchCache
def threads():
    return len(os.listdir("/proc/self/task"))
before = threads()
rehearsal.match_usual_images("mnist", MatchCache(DigestCache(threads=1)))
print(before, threads())
MatchCache(DigestCache()).digests.compute_digest(load_dataset("mnist").x_train)
print(threads())
"""


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="the system doesn't tell its threads")
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="there is only one thread anyway")
def test_looking_at_them_starts_no_thread():
    """A copy has none of the threads of its original, and would wait for them for ever."""
    told = subprocess.run([sys.executable, "-c", THREADS], capture_output=True, text=True, check=True).stdout

    before, after, with_digests_of_a_trainer = map(int, told.split())
    assert before == after < with_digests_of_a_trainer
