"""A machine with one device: strategies for several devices run on the one, and tests for a GPU succeed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from grader.student.standins import Silent

STRATEGIES = (
    "Strategy", "MirroredStrategy", "OneDeviceStrategy", "MultiWorkerMirroredStrategy", "TPUStrategy", "ParameterServerStrategy",
    "experimental.CentralStorageStrategy", "experimental.MultiWorkerMirroredStrategy", "experimental.TPUStrategy",
    "experimental.ParameterServerStrategy",
)  # fmt: skip
NOTE = "the distribution strategy was left out: files are graded on one device"


class OneDevice:
    """`tf.distribute.Strategy` where there is one replica: the model in its scope is the plain model."""

    num_replicas_in_sync = 1

    def __init__(self, *_: Any, **__: Any) -> None:
        self.cluster_resolver = None
        self.extended = Silent()

    @contextlib.contextmanager
    def scope(self) -> Iterator[OneDevice]:
        """Nothing is created otherwise in it."""
        yield self

    def run(self, fn: Callable[..., Any], args: Any = (), kwargs: Any = None, options: Any = None) -> Any:
        return fn(*args, **(kwargs or {}))

    def reduce(self, reduce_op: Any, value: Any, axis: Any = None) -> Any:
        return value

    def gather(self, value: Any, axis: Any = 0) -> Any:
        return value

    def experimental_local_results(self, value: Any) -> tuple[Any, ...]:
        return (value,)

    def experimental_distribute_dataset(self, dataset: Any, options: Any = None) -> Any:
        return dataset

    def distribute_datasets_from_function(self, dataset_fn: Callable[[Any], Any], options: Any = None) -> Any:
        return dataset_fn(Silent())


def install(tf: Any, remark: Callable[[str], None]) -> None:
    """Puts `OneDevice` in the place of every strategy, and lets operations that ask for a GPU run where they can.

    Args:
        tf: TensorFlow.
        remark: takes the note.
    """

    class Strategy(OneDevice):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            remark(NOTE)

    for name in STRATEGIES:
        home, _, last = name.rpartition(".")
        owner = getattr(tf.distribute, home, None) if home else tf.distribute
        if hasattr(owner, last):
            setattr(owner, last, Strategy)
    # `get_strategy()` stays TensorFlow's own: it is of one device, and Keras's optimizers update weights through it.
    # `with tf.device("/GPU:0")` would otherwise fail in this process, which never sees a GPU.
    tf.config.set_soft_device_placement(True)
    # Colab's own first cell raises SystemError where there is none; with soft placement the name is good for any device.
    tf.test.gpu_device_name = lambda: "/device:GPU:0"
    tf.test.is_gpu_available = lambda *_, **__: True
