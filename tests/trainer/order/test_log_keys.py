"""Which log key is whose, against Keras itself, over many combinations of metrics."""

import json
import random

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from keras.src.trainers.compile_utils import CompileMetrics  # noqa: E402

from grader.trainer.order.log_keys import find_accuracy_key, list_log_keys  # noqa: E402
from grader.trainer.training.measuring import pick_classes  # noqa: E402

pytestmark = pytest.mark.keras

EXAMPLES, CLASSES = 8, 6
NAMES = (
    "accuracy", "accuracy_1", "weighted_accuracy", "weighted_accuracy_1", "weighted_accuracy_2", "acc", "val_accuracy",
    "weighted_weighted_accuracy", "loss", "sparse_top_k_categorical_accuracy",
)  # fmt: skip
KINDS = ("SparseTopKCategoricalAccuracy", "SparseTopKCategoricalAccuracy", "SparseCategoricalAccuracy", "KLDivergence")
PLAIN = ("accuracy", "accuracy", "acc", "sparse_categorical_accuracy", "sparse_top_k_categorical_accuracy")
RIGHT = "sparse_categorical_accuracy"


def metric(chance):
    if chance.random() < 0.3:
        return chance.choice(PLAIN)
    config = {"name": chance.choice(NAMES), "dtype": "float32"}
    odd = chance.random()
    if odd < 0.08:
        del config["name"]
    elif odd < 0.12:
        config["name"] = chance.choice((None, ""))
    return {"module": "keras.metrics", "class_name": chance.choice(KINDS), "config": config, "registered_name": None}


def metrics(chance):
    made = [metric(chance) for _ in range(chance.choice((0, 1, 1, 2, 3, 4)))]
    if chance.random() < 0.1:
        return {"b": made[:1], "a": made[1:]}
    return made or None


def of_keras(config):
    """What Keras logs: each key with its metric object, and which objects no weights reach."""
    made = keras.saving.deserialize_keras_object(json.loads(json.dumps(config)))
    compiled = CompileMetrics(made["metrics"], made["weighted_metrics"], output_names=["out"])
    compiled.build(np.zeros(EXAMPLES), np.zeros((EXAMPLES, CLASSES), "float32"))
    for each in compiled.metrics:
        object.__setattr__(each, "result", lambda each=each: each)
    unweighted = compiled._flat_metrics[0].metrics if compiled._flat_metrics[0] else []
    return {"loss": None, **compiled.result()}, unweighted


def of_objects(value):
    """The metrics of a configuration that are objects."""
    if isinstance(value, dict) and "class_name" in value:
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [found for each in inner for found in of_objects(each)]


def is_the_accuracy(found):
    return found is not None and getattr(getattr(found, "_fn", None), "__name__", "") == RIGHT


@pytest.mark.parametrize("seed", range(3))
def test_the_accuracy_is_what_keras_logs_as_such(seed):
    """Whatever else is logged, under whatever name; and where Keras makes up no name, every key is known."""
    chance, told = random.Random(seed), 0
    for _ in range(250):
        config = {"metrics": metrics(chance), "weighted_metrics": metrics(chance)}
        logged, unweighted = of_keras(config)
        if all(each["config"].get("name") for each in of_objects(config)):
            assert set(list_log_keys(config, ["out"])) == set(logged), config
        for weighted in (True, False):
            key = find_accuracy_key(config, [(None, CLASSES)], (EXAMPLES,), weighted=weighted)
            if key is not None:
                told += 1
                assert is_the_accuracy(logged[key]), (config, key)
                assert not weighted or any(logged[key] is each for each in unweighted), (config, key)

    assert told > 100


TWO_CLASSES = {"metrics": ["accuracy"], "weighted_metrics": None}


def test_the_accuracy_of_two_classes_is_what_keras_takes_it_for():
    """One score for each example, against one number: Keras's own choice for the name, to the last digit."""
    labels, scores = np.array([0, 1, 1, 0]), np.array([[0.2], [0.7], [0.4], [0.9]], "float32")
    compiled = CompileMetrics(["accuracy"], None, output_names=["out"])
    compiled.build(labels, scores)
    compiled.update_state(labels, scores)

    assert find_accuracy_key(TWO_CLASSES, [(None, 1)], (4,)) == find_accuracy_key(TWO_CLASSES, [(None, 1)], (4, 1)) == "accuracy"
    assert float(compiled.result()["accuracy"]) == np.mean(pick_classes(scores) == labels) == 0.5


@pytest.mark.parametrize(
    ("metric", "label_shape"), [("accuracy", (4, 10)), ("accuracy", None), ("sparse_categorical_accuracy", (4,)), ("mse", (4,))]
)
def test_one_score_against_ten_numbers_is_no_accuracy(metric, label_shape):
    """Zeros everywhere would be right nine times out of ten."""
    assert find_accuracy_key({"metrics": [metric]}, [(None, 1)], label_shape) is None
