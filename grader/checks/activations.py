"""Checks of functions that look into a model: compares the activations that they return with the trainer's own."""

from __future__ import annotations

from collections.abc import Sequence

from grader.checks.registry import CheckOutcome, register_check, report_failure, report_pass, report_undecided
from grader.checks.wording import escape_name, format_count, format_value
from grader.records.run import Activations, LayerActivations

MAX_DIFFERENCE = 1e-3
LIST_HINT = (
    "End the function with `return activation_model.predict(images)`: a new model, made of the given model's input and the whole list of "
    "outputs, predicts a list of arrays."
)
FEW_HINT = (
    "Collect the outputs of all `Conv2D` and all `MaxPooling2D` layers in one list, made before the loop, and give the new "
    "model the whole list."
)


@register_check("activations.layers")
def check_activation_shapes(activations: Activations) -> CheckOutcome:
    """The function gives one array for each convolution and each pooling, of that layer's shape.

    Args:
        activations: the shapes of what came, in the order of the model's layers.

    >>> conv = LayerActivations(layer="conv_1", kind="Conv2D", shape=[3, 26, 26, 8], got=[1, 26, 26, 8])
    >>> check_activation_shapes(Activations(layers=[conv], came=1)).message
    'the array for conv_1 has shape (1, 26, 26, 8); expected (3, 26, 26, 8)'
    """
    asked = activations.layers
    expected = ", ".join(f"{layer.layer} {_format_shape(layer.shape)}" for layer in asked)
    got = ", ".join(_format_shape(layer.got) for layer in asked if layer.got is not None) or "none"
    if activations.fault:
        return report_failure(
            f"the function gave no arrays: {escape_name(activations.fault)}", expected=expected, got="none", hint=LIST_HINT, beside=True
        )
    if activations.came != len(asked):
        message = f"{format_count(activations.came, 'array')} came; expected {len(asked)}, one for each convolution and pooling"
        few = activations.came < len(asked)
        return report_failure(
            message, expected=expected, got=f"{format_count(activations.came, 'array')}: {got}", hint=FEW_HINT if few else None, beside=few
        )
    wrong = next((layer for layer in asked if layer.got != layer.shape), None)
    if wrong is None:
        return report_pass(f"{len(asked)} arrays came, one for each convolution and pooling", got=got)
    message = f"the array for {wrong.layer} has shape {_format_shape(wrong.got or [])}; expected {_format_shape(wrong.shape)}"
    return report_failure(message, expected=expected, got=got, hint=_explain_shape(asked, wrong), beside=True)


def _explain_shape(asked: Sequence[LayerActivations], wrong: LayerActivations) -> str | None:
    """What leads to an array of another shape."""
    if wrong.got is not None and wrong.got[1:] == wrong.shape[1:]:
        return f"Give the new model all {wrong.shape[0]} images, `predict(images)`."
    if sorted(layer.got or [] for layer in asked) == sorted(layer.shape for layer in asked):
        return "Keep the arrays in the order of the model's layers."
    return None


@register_check("activations.values")
def check_activation_values(activations: Activations) -> CheckOutcome:
    """The numbers are the outputs of the trained model's layers.

    Args:
        activations: how far what came is from the trainer's own; small differences are those of rounding.

    >>> conv = LayerActivations(layer="conv_1", kind="Conv2D", shape=[3, 26, 26, 8], got=[3, 26, 26, 8], difference=0.25)
    >>> check_activation_values(Activations(layers=[conv], came=1)).message
    "the numbers for conv_1 differ from the layer's output by up to 0.25"
    """
    if activations.fault or any(layer.difference is None for layer in activations.layers):
        return report_undecided("not judged: arrays of other shapes can't be compared")
    wrong = next((layer for layer in activations.layers if (layer.difference or 0.0) > MAX_DIFFERENCE), None)
    if wrong is None:
        return report_pass(f"the numbers are those of the {format_count(len(activations.layers), 'layer')}")
    return report_failure(
        f"the numbers for {wrong.layer} differ from the layer's output by up to {format_value(_round_difference(wrong))}",
        expected=f"at most {MAX_DIFFERENCE:g} apart",
        got=format_value(_round_difference(wrong)),
        hint="Pass the images unchanged to the given model, and return its outputs unchanged.",
    )


def _round_difference(layer: LayerActivations) -> float:
    return float(f"{layer.difference or 0.0:.3g}")


def _format_shape(shape: Sequence[int]) -> str:
    return f"({', '.join(map(str, shape))})"
