"""When two trainings are one, and when they only look alike."""

from __future__ import annotations

import json

import numpy as np
import pytest

pytestmark = pytest.mark.keras


def key(first: str, second: str, x_names: list[str] | None) -> str:
    """The key of a model whose first input goes to a small layer and whose second to a large one."""
    from grader.protocol.arrays import ArraySpec
    from grader.protocol.orders import FitArguments, Order
    from grader.trainer.match.digests import DigestCache
    from grader.trainer.order import identity
    from grader.trainer.training.feeding import OrderArrays

    def layer(name, **config):
        return {"class_name": "X", "config": {"name": name, **config}, "name": name}

    layers = [layer(first, batch_shape=[None, 4]), layer(second, batch_shape=[None, 4])]
    ends = {"input_layers": [[first, 0, 0], [second, 0, 0]], "output_layers": [["out", 0, 0]]}
    architecture = {"class_name": "Functional", "config": {"name": "m", "layers": [*layers, layer("out")], **ends}}
    specs = [ArraySpec(dtype="float32", shape=[2, 4])] * 2
    order = Order(
        model=0, architecture=json.dumps(architecture), compile="{}", fit=FitArguments(), arrays=specs, x_names=x_names
    )
    arrays = OrderArrays(specs, [np.zeros((2, 4), "float32"), np.ones((2, 4), "float32")])
    return identity.compute_training_key(order, arrays, 7, "machine", DigestCache())


def test_names_of_layers_make_no_difference():
    """`dense_7` and `my_layer` train alike."""
    assert key("a", "b", None) == key("input_1", "b", None)


def test_names_by_which_data_is_given_do():
    """Two inputs that are exchanged get each other's data."""
    assert key("a", "b", ["a", "b"]) != key("b", "a", ["a", "b"])


def test_nothing_is_stored_that_other_surroundings_gave(tmp_path, monkeypatch):
    """Keras's settings, and every variable that isn't known to decide nothing, are looked at before each writing."""
    import keras

    from grader.protocol import keras_settings
    from grader.stores.store import Store
    from grader.trainer.order import identity
    from grader.trainer.training.trajectory import Trajectory, TrajectoryArchive

    monkeypatch.setenv("GRADE_CACHE", str(tmp_path))
    keras_settings.put()
    settled = identity.settings()
    archive = TrajectoryArchive(Store("trajectories"), lambda: identity.check(settled))
    archive.save_trajectory("good", Trajectory())
    try:
        for change in (lambda: keras.config.set_floatx("float16"), lambda: keras.config.set_epsilon(0.1),
                       lambda: keras.config.set_image_data_format("channels_first"),
                       lambda: monkeypatch.setenv("XLA_FLAGS", "--any")):  # fmt: skip
            keras_settings.put()
            change()
            for write in (lambda: archive.save_trajectory("bad", Trajectory()), lambda: archive.save_weights("bad", 1, []),
                          lambda: archive.save_state("bad", 1, [])):  # fmt: skip
                with pytest.raises(keras_settings.Unsettled, match="were changed"):
                    write()
    finally:
        keras_settings.put()

    assert [entry.key for entry in Store("trajectories").list_entries()] == ["good"]
