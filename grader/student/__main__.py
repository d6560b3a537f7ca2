"""The student process: `python -m grader.student`, started by the grader inside the sandbox, told what to do by it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from grader.importing import uncollected
from grader.student import quiet

with quiet.stderr(), uncollected():
    import keras
    import tensorflow as tf

    from grader import keras_settings
    from grader.student import activations, datasets, delegate, devices, dialect, dialect_calls, loader, tfds
    from grader.student.front import Front
    from grader.student.modelling import build_all
    from grader.wire import Load, Ready


def main() -> None:
    keras_settings.put()
    front = Front()
    dialect.install(tf, keras)
    activations.install(tf)
    datasets.install()
    tfds.install()
    devices.install(tf, front.remark)
    delegate.install(front)
    dialect_calls.install(keras, front.remark, (tf.keras,))
    front.send(Ready())
    load = front.receive()
    assert isinstance(load, Load)
    front.filename, front.held = load.filename, load.held
    sys.argv = [load.filename]

    def use(function: Callable[..., Any]) -> Any:
        return function() if load.building is None else build_all(front, function, load.building)

    loader.run(front, load, use)
    sys.stdout.flush()
    sys.stderr.flush()


main()
