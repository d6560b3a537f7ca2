"""Predicts the keys of a model's logs from its compile configuration: above all, which one really is the accuracy."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from grader.trainer.order.dead_layers import read_kind

AUTOMATIC_METRICS = ("accuracy", "acc")
SPARSE_METRICS = ("SparseCategoricalAccuracy", "sparse_categorical_accuracy")
ONE_HOT_METRICS = ("CategoricalAccuracy", "categorical_accuracy")
# Of one score between 0 and 1, which Keras compares with a half.
TWO_CLASS_METRICS = ("binary_accuracy",)
# In smaller types a sum of thousands stops growing, and the share comes out too large.
EXACT_DTYPES = (None, "float32", "float64")
Config = dict[str, Any]


def read_compile_settings(compile_config: Config) -> Config:
    """The compile settings in plain values: optimizer and learning rate, loss, metrics."""
    optimizer = compile_config.get("optimizer")
    inner = optimizer["config"] if isinstance(optimizer, dict) else {}
    rate = inner.get("learning_rate")
    losses = [read_kind(loss) for loss in _iter_leaves(compile_config.get("loss"))]
    return {
        "optimizer": read_kind(optimizer),
        "learning_rate": float(f"{rate:.6g}") if isinstance(rate, float) else rate and read_kind(rate),
        "loss": losses[0] if len(losses) == 1 else losses,
        "metrics": [read_kind(metric) for metric in _iter_leaves(compile_config.get("metrics"))],
    }


def find_accuracy_key(
    compile_config: Config,
    output_shapes: Sequence[tuple[int | None, ...]],
    label_shape: tuple[int, ...] | None,
    *,
    weighted: bool = True,
) -> str | None:
    """The log key under which Keras puts the share of examples whose likeliest class is their label.

    A model of two classes may have one score, against labels of one number each.

    A name proves nothing: a metric of another class may be called "accuracy", and `CategoricalAccuracy` on labels that
    are not one-hot, or `SparseCategoricalAccuracy` on ones that are, counts something else. Of two metrics under one key
    Keras logs one, so neither counts; nor does one that takes the key of another's validation, nor any beside a metric
    whose name Keras makes up.

    Args:
        compile_config: what `model.get_compile_config()` gave.
        output_shapes: the shape of each output of the model; the accuracy is known for one output only. Empty where an
            output isn't of a floating type, as labels would be turned into that type, too, or may carry a mask.
        label_shape: the shape of the labels; None where it isn't known.
        weighted: whether examples may count more or less; where none does, a weighted metric is a plain share, too.
    """
    if len(output_shapes) != 1 or len(output_shapes[0]) != 2 or not output_shapes[0][1]:
        return None
    if len(label_shape or ()) > 2:  # which Keras compares with every example of the batch
        return None
    one_hot = None if label_shape is None else len(label_shape) > 1 and label_shape[-1] > 1
    two_classes = output_shapes[0][1] == 1
    # Keras would compare the one score with each number of a label.
    if two_classes and one_hot is not False:
        return None
    metrics, others = (list(_iter_leaves(compile_config.get(name))) for name in ("metrics", "weighted_metrics"))
    if any(_has_automatic_name(metric) for metric in metrics + others):
        return None
    keys = ["loss", *_list_metric_keys(metrics, others)]
    for key, metric in zip(keys[1:], metrics if weighted else metrics + others, strict=False):
        if keys.count(key) > 1 or f"val_{key}" in keys or key.startswith("val_") or not _has_exact_dtype(metric):
            continue
        kind = read_kind(metric)
        # Only for a text does Keras itself pick the metric that fits the labels and the output.
        automatic = isinstance(metric, str) and kind.lower() in AUTOMATIC_METRICS
        fitting = (
            isinstance(metric, str) and kind in TWO_CLASS_METRICS
            if two_classes
            else (kind in SPARSE_METRICS and one_hot is not True) or (kind in ONE_HOT_METRICS and one_hot is not False)
        )
        if automatic or fitting:
            return key
    return None


def list_log_keys(compile_config: Config, output_names: Sequence[str]) -> list[str]:
    """The keys of an epoch's logs, without those of validation."""
    metrics, weighted = compile_config.get("metrics"), compile_config.get("weighted_metrics")
    if len(output_names) == 1:
        return list(
            dict.fromkeys(["loss", *_list_metric_keys(list(_iter_leaves(metrics)), list(_iter_leaves(weighted)))])
        )
    keys = ["loss", *(f"{name}_loss" for name in output_names)]
    for place, name in enumerate(output_names):
        for own in (_select_for_output(metrics, place, name), _select_for_output(weighted, place, name)):
            keys += [f"{name}_{key}" for key, _ in _name_metrics([*_iter_leaves(own)])]
    return list(dict.fromkeys(keys))


def _list_metric_keys(metrics: Sequence[Any], weighted: Sequence[Any]) -> list[str]:
    """The key of each metric of the one output, then of each weighted one, as Keras numbers those of one name."""
    keys = [key for key, _ in _name_metrics(metrics)]
    seen = Counter(_find_metric_name(metric) for metric in metrics)
    for metric in weighted:
        key = _find_metric_name(metric)
        if key in seen:
            key = f"weighted_{key}"
        number = seen[key]
        seen[key] += 1
        keys.append(f"{key}_{number}" if number else key)
    return keys


def _has_exact_dtype(metric: Any) -> bool:
    """Whether a metric counts in numbers that hold every sum of an epoch."""
    config = metric.get("config") if isinstance(metric, dict) else None
    return config.get("dtype") in EXACT_DTYPES if isinstance(config, dict) else True


def _select_for_output(metrics: Any, place: int, name: str) -> Any:
    if isinstance(metrics, dict):
        return metrics.get(name)
    return metrics[place] if isinstance(metrics, list) and place < len(metrics) else None


def _name_metrics(metrics: Sequence[Any]) -> list[tuple[str, Any]]:
    """Each metric with its key: its name, numbered where it isn't the first of that name."""
    seen: Counter[str] = Counter()
    named = []
    for metric in metrics:
        name = _find_metric_name(metric)
        number = seen[name]
        seen[name] += 1
        named.append((f"{name}_{number}" if number else name, metric))
    return named


def _has_automatic_name(metric: Any) -> bool:
    """Whether it is an object without a name in its configuration, for which Keras makes one up."""
    config = metric.get("config") if isinstance(metric, dict) else None
    return isinstance(config, dict) and not (isinstance(config.get("name"), str) and config["name"])


def _find_metric_name(metric: Any) -> str:
    kind = read_kind(metric)
    if isinstance(metric, dict) and isinstance(metric["config"], dict):
        given = metric["config"].get("name")
        return given if isinstance(given, str) else re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind).lower()
    return kind


def _iter_leaves(value: Any) -> Iterator[Any]:
    """The objects and names in lists and dictionaries, in the order in which Keras flattens them."""
    if isinstance(value, list):
        for item in value:
            yield from _iter_leaves(item)
    elif isinstance(value, dict) and "class_name" not in value:
        for key in sorted(value):
            yield from _iter_leaves(value[key])
    elif value is not None:
        yield value
