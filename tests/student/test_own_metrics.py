"""Metrics of the student's own are told from Keras's, whatever form they have, and taken out of what is ordered."""

import functools

import pytest

pytestmark = pytest.mark.keras


@pytest.fixture
def split():
    """Compiles a small model with metrics; gives what the order says of them, and the names of those that were left out."""
    import keras

    from grader.student import own_metrics

    def run(*metrics, **more):
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        model.compile("adam", "mse", metrics=list(metrics), **more)
        settings, names = own_metrics.split_settings(model, model, print)
        plain = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        plain.compile("adam", "mse", metrics=["accuracy"])
        assert set(settings) == set(plain.get_compile_config())
        return settings["metrics"], names

    return run


def sure(y_true, y_pred):
    return 0.0


def accuracy(y_true, y_pred):
    return 1.0


def test_functions_and_classes_of_ones_own_are_left_out(split):
    """A function, a lambda, a partial, an object of a class, of a class below one of Keras's, and Keras's wrapper around a function."""
    import keras

    class F1(keras.metrics.Metric):
        def result(self):
            return 0.0

    class Recall(keras.metrics.Recall):
        pass

    assert split("accuracy", sure, "mae") == (["accuracy", "mae"], ["sure"])
    assert split(lambda y, p: 0.0, "acc") == (["acc"], ["<lambda>"])
    assert split(functools.partial(sure), F1(name="f1"), Recall(name="r")) == ([], ["partial", "f1", "r"])
    assert split("acc", keras.metrics.MeanMetricWrapper(sure, name="wrapped")) == (["acc"], ["wrapped"])
    assert split("acc", weighted_metrics=[sure]) == (["acc"], ["sure"])


def test_kerass_own_stay_as_they_are(split):
    """By name, as function, as object, of `keras` and of `tensorflow.keras`, and losses as metrics."""
    import keras
    import tensorflow as tf

    metrics = ["accuracy", keras.metrics.mean_squared_error, tf.keras.metrics.SparseCategoricalAccuracy(), keras.losses.MeanAbsoluteError()]
    written, names = split(*metrics)

    assert names == []
    assert [one if isinstance(one, str) else one["config"] if one["class_name"] == "function" else one["class_name"] for one in written] == [
        "accuracy", "mean_squared_error", "SparseCategoricalAccuracy", "MeanAbsoluteError",
    ]  # fmt: skip


def test_for_several_outputs_each_metric_keeps_its_place():
    """One that is taken out leaves a gap, so that the others aren't those of another output."""
    import keras

    from grader.student import own_metrics

    given = keras.Input((3,))
    model = keras.Model(given, [keras.layers.Dense(2, name="a")(given), keras.layers.Dense(2, name="b")(given)])
    model.compile("adam", "mse", metrics=[sure, ["mae", sure]])

    with pytest.raises(own_metrics.Clash):
        own_metrics.split_settings(model, model, print)  # twice the same name
    model.compile("adam", "mse", metrics=[sure, ["mae"]])

    assert own_metrics.split_settings(model, model, print)[0]["metrics"] == [None, ["mae"]]


@pytest.mark.parametrize("metrics", [["accuracy", accuracy], [accuracy, "accuracy"], [sure, sure]])
def test_a_name_of_two_metrics_is_refused(split, metrics):
    """Without one of them, the other's figures would stand under its name."""
    from grader.student import own_metrics

    with pytest.raises(own_metrics.Clash):
        split(*metrics)
