"""The student process: `python -m grader.student`, started by the grader inside the sandbox, told what to do by it."""

from __future__ import annotations

import sys

from grader.student import quiet

with quiet.stderr():
    import keras
    import tensorflow as tf

    from grader.student import activations, datasets, delegate, dialect, loader
    from grader.student.front import Front
    from grader.wire import Load, Ready


def main() -> None:
    front = Front()
    dialect.install(tf, keras)
    activations.install(tf)
    datasets.install()
    delegate.install(front)
    front.send(Ready())
    load = front.receive()
    assert isinstance(load, Load)
    front.filename = load.filename
    sys.argv = [load.filename]
    loader.run(front, load)
    sys.stdout.flush()
    sys.stderr.flush()


main()
