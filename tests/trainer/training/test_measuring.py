"""A model is measured in a precision that the machine can do."""

import pytest

pytestmark = pytest.mark.keras


@pytest.mark.parametrize("policy", ["mixed_float16", "float16", "mixed_bfloat16", "bfloat16"])
@pytest.mark.parametrize("declared", [True, False], ids=["with an input", "without"])
def test_half_precision_is_measured_in_single(policy, declared):
    """The same layers and weights, and answers that differ by rounding alone."""
    import keras
    import numpy as np

    from grader.trainer.training.measuring import in_single_precision

    layers = [keras.layers.Input((8, 8, 1))] if declared else []
    model = keras.Sequential(
        [
            *layers,
            keras.layers.Conv2D(4, 3, dtype=policy),
            keras.layers.BatchNormalization(dtype=policy),
            keras.Sequential([keras.layers.Flatten(dtype=policy), keras.layers.Dense(10, dtype=policy)]),
        ]
    )
    images = np.random.default_rng(3).random((5, 8, 8, 1), "float32")
    before = np.asarray(model.predict_on_batch(images), "float32")

    single = in_single_precision(model)

    assert {layer.compute_dtype for layer in single._flatten_layers() if not isinstance(layer, keras.Sequential)} == {"float32"}
    assert [layer.name for layer in single.layers] == [layer.name for layer in model.layers]
    after = single.predict_on_batch(images)
    assert after.dtype == np.float32
    np.testing.assert_allclose(after, before, atol=0.05)


def test_single_precision_stays_as_it_is():
    """No second model is made."""
    import keras

    from grader.trainer.training.measuring import in_single_precision

    model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(3)])

    assert in_single_precision(model) is model
