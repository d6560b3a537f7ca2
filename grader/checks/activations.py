"""Checks of functions that look into a model: the activations that they give, beside the trainer's own."""

from __future__ import annotations

from collections.abc import Sequence

from grader.checks.registry import Outcome, check, failed, passed, undecided
from grader.checks.wording import counted, name, shown
from grader.run import Activations, LayerMaps

LARGEST = 1e-3


@check("activations.layers")
def layers(activations: Activations) -> Outcome:
    """The function gives one array for each convolution and each pooling, of that layer's shape.

    Args:
        activations: the shapes of what came, in the order of the model's layers.

    >>> conv = LayerMaps(layer="conv_1", kind="Conv2D", shape=[3, 26, 26, 8], got=[1, 26, 26, 8])
    >>> layers(Activations(layers=[conv], came=1)).message
    'the array for conv_1 has the shape (1, 26, 26, 8); (3, 26, 26, 8) is asked for'
    """
    asked = activations.layers
    expected = ", ".join(f"{layer.layer} {_shape(layer.shape)}" for layer in asked)
    got = ", ".join(_shape(layer.got) for layer in asked if layer.got is not None) or "none"
    if activations.fault:
        return failed(f"the function gave no arrays: {name(activations.fault)}", expected=expected, got="none")
    if activations.came != len(asked):
        message = f"{counted(activations.came, 'array')} came; {len(asked)} are asked for, one for each convolution and pooling"
        return failed(message, expected=expected, got=f"{counted(activations.came, 'array')}: {got}")
    wrong = next((layer for layer in asked if layer.got != layer.shape), None)
    if wrong is None:
        return passed(f"{len(asked)} arrays came, one for each convolution and pooling", got=got)
    message = f"the array for {wrong.layer} has the shape {_shape(wrong.got or [])}; {_shape(wrong.shape)} is asked for"
    return failed(message, expected=expected, got=got)


@check("activations.values")
def values(activations: Activations) -> Outcome:
    """The numbers are those that the trained model's layers put out.

    Args:
        activations: how far what came is from the trainer's own; small differences are those of rounding.

    >>> conv = LayerMaps(layer="conv_1", kind="Conv2D", shape=[3, 26, 26, 8], got=[3, 26, 26, 8], difference=0.25)
    >>> values(Activations(layers=[conv], came=1)).message
    'the numbers for conv_1 differ from what the layer puts out by up to 0.25'
    """
    if activations.fault or any(layer.difference is None for layer in activations.layers):
        return undecided("not judged: arrays of other shapes can't be compared")
    wrong = next((layer for layer in activations.layers if (layer.difference or 0.0) > LARGEST), None)
    if wrong is None:
        return passed(f"the numbers are those of the {counted(len(activations.layers), 'layer')}")
    return failed(
        f"the numbers for {wrong.layer} differ from what the layer puts out by up to {shown(_rounded(wrong))}",
        expected=f"at most {LARGEST:g} apart",
        got=shown(_rounded(wrong)),
        hint="Feed the images as they come to the model that you are given, and change nothing in what comes out.",
    )


def _rounded(layer: LayerMaps) -> float:
    return float(f"{layer.difference or 0.0:.3g}")


def _shape(shape: Sequence[int]) -> str:
    return f"({', '.join(map(str, shape))})"
