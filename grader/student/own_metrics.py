"""Writes the settings of `compile` for an order without the student's code: metrics are left out, a loss becomes Keras's."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any

import keras
from keras.src.saving import serialization_lib

from grader.student.own_losses import find_same_loss

METRICS = ("metrics", "weighted_metrics")


class Clash(Exception):
    """A metric of the student's own has the name of another; carries it."""


def split_settings(model: Any, plain: Any, remark: Callable[[str], None]) -> tuple[dict[str, Any], list[str]]:
    """What `compile` was given, without metrics of the student's own, as the order writes it; and the names of those.

    Args:
        plain: the model of Keras's own classes that is ordered.
        remark: receives a note where a loss of the student's is ordered as Keras's.

    Raises:
        Clash: without one of them, another metric's figures would have its name.
    """
    settings = dict(model._compile_config.config)
    same = _find_same_loss(settings.get("loss"), plain)
    if same is not None:
        written, settings["loss"] = same
        remark(f"your own loss gives what `keras.losses.{written}` gives, so the grader trains with that; write it so")
    several = len(model.outputs) > 1 if getattr(model, "outputs", None) else False
    taken: list[Any] = []
    for part in METRICS:
        settings[part] = _without_own(settings.get(part), taken, several=several)
    if not taken and same is None:
        # Keras's own way where it works, so that the usual file's settings are written exactly as Keras writes them.
        return model.get_compile_config(), []
    names = [_name(metric) for metric in taken]
    left = [_name(metric) for part in METRICS for metric in keras.tree.flatten(settings[part] or []) if metric is not None]
    for name in names:
        # Keras would number or merge equal names, and a figure of ours could stand under a metric of theirs.
        if name in left or names.count(name) > 1 or name == "loss":
            raise Clash(name)
    return serialization_lib.serialize_keras_object(settings), names


def _find_same_loss(given: Any, plain: Any) -> tuple[str, Any] | None:
    is_code = isinstance(given, (types.FunctionType, functools.partial, keras.losses.Loss)) and (
        is_own(given) or is_own(getattr(given, "fn", None))
    )
    width = _find_width(plain)
    return find_same_loss(given, width) if is_code and width else None


def _find_width(plain: Any) -> int | None:
    """How many numbers a model gives for an example; None where it has several outputs, or that isn't known yet."""
    outputs = getattr(plain, "outputs", None)
    if outputs:
        width: int | None = outputs[0].shape[-1] if len(outputs) == 1 else None
        return width
    return next((layer.units for layer in reversed(plain.layers) if hasattr(layer, "units")), None)


def _without_own(value: Any, taken: list[Any], *, several: bool) -> Any:
    """The same lists and dicts without the student's own; for several outputs each keeps its place."""
    if isinstance(value, dict):
        return {key: _without_own(part, taken, several=False) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        parts = [_without_own(part, taken, several=False) for part in value]
        return parts if several else [part for part, given in zip(parts, value, strict=True) if part is not None or given is None]
    if not is_own(value):
        return value
    taken.append(value)
    return None


def is_own(metric: Any) -> bool:
    """Whether a metric is a function or an object that isn't Keras's, or one of Keras's around such a function."""
    if metric is None or isinstance(metric, str):
        return False
    if isinstance(metric, keras.metrics.Metric):
        inner = getattr(metric, "_fn", None)
        return not _is_kerass(type(metric)) or (inner is not None and not _is_kerass(inner))
    return not _is_kerass(metric)


def _is_kerass(thing: Any) -> bool:
    """Whether a class or function is the very one that Keras has under its name."""
    # Its arguments can change what one of Keras's functions computes.
    if isinstance(thing, functools.partial):
        return False
    name = getattr(thing, "__name__", "")
    homes = (keras.metrics, keras.losses, keras.src.metrics, keras.src.losses)
    # By identity: a name alone is chosen by the student.
    return any(getattr(home, name, None) is thing for home in homes) or str(getattr(thing, "__module__", "")).startswith("keras.src.")


def _name(metric: Any) -> str:
    """The key under which Keras logs it."""
    name = getattr(metric, "name", None)
    if isinstance(metric, str):
        return metric
    return str(name if isinstance(name, str) else getattr(metric, "__name__", type(metric).__name__))
