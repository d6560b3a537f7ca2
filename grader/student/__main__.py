"""The student process: `python -m grader.student`, started inside the sandbox and directed by the grader."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from grader.engines import forking
from grader.engines.forking import import_without_collector

with forking.drop_stderr(), import_without_collector():
    import keras
    import tensorflow as tf

    from grader.protocol import keras_settings
    from grader.protocol.wire import Load, Ready
    from grader.student import (
        datasets,
        devices,
        dialect,
        dialect_calls,
        downloads,
        image_folders,
        keras_methods,
        loader,
    )
    from grader.student.front import Front
    from grader.student.modelling import USES
    from grader.student.observing import observe_function


def run_student() -> None:
    keras_settings.put()
    front = Front()
    dialect.install_aliases(tf, keras)
    dialect_calls.install_activations(tf)
    served = datasets.install_datasets()
    datasets.install_tfds(served)
    devices.install(tf, front.send_remark)
    orders = keras_methods.install_delegate(front)
    dialect_calls.install_old_calls(keras, front.send_remark, (tf.keras,))
    front.send(Ready())
    load = front.receive()
    assert isinstance(load, Load)
    front.filename, front.held = load.filename, load.held
    orders.observed = load.observed
    if load.dataset is not None:
        served.add_dataset(load.dataset)
        if load.dataset.about.is_folders:
            downloads.install_downloads(image_folders.install_image_folders(load.dataset))
    sys.argv = [load.filename]

    def call_graded_function(function: Callable[..., Any]) -> Any:
        if load.observed:
            return observe_function(front, function)
        return function() if load.building is None else USES[load.building.use](front, function, load.building)

    loader.run_submission(front, load, call_graded_function)
    sys.stdout.flush()
    sys.stderr.flush()


run_student()
