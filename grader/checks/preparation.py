"""Checks of a function that prepares images: that it returns an array, and what it made of shape and pixels."""

from __future__ import annotations

from typing import Any

from grader.checks.registry import CheckOutcome, register_check, report_failure, report_pass, report_undecided
from grader.checks.wording import escape_name, format_count, format_figure, format_value
from grader.records.clues import Symptom
from grader.records.run import DataMatch, PreparedImages

TOLERANCE = 1e-5


@register_check("prepared.array")
def check_returned_array(returned: Any, *, shape: list[int]) -> CheckOutcome:
    """The function returns the images as one array.

    Args:
        returned: the runtime's note on what came.
        shape: that of the images, their number first.

    >>> check_returned_array({"array": True, "shape": [60000, 28, 28], "returned": "uint8"}, shape=[60000, 28, 28, 1]).message
    'the function returned an array of shape (60000, 28, 28); expected (60000, 28, 28, 1)'
    """
    # The note passed through the student's process, so its form can't be trusted.
    if not isinstance(returned, dict) or not {"array", "returned"} <= returned.keys():
        return report_undecided("not judged: the function's result is not known")
    wanted = _format_shape(shape)
    if returned["array"] is not True or not isinstance(returned.get("shape"), list):
        got = returned["returned"]
        kind = "nothing (None)" if got is None else format_value(got)
        return report_failure(
            f"the function returned {kind}, not an array",
            expected=f"an array of shape {wanted}",
            got=kind,
            hint="End the function with `return images`, the array with the new shape.",
        )
    got_shape = _format_shape(returned["shape"])
    if returned["shape"] != shape:
        return report_failure(
            f"the function returned an array of shape {got_shape}; expected {wanted}",
            expected=wanted,
            got=got_shape,
            symptom=Symptom.WRONG_VALUES,
            hint="The channel is a last axis of its own: `np.expand_dims(images, axis=-1)`.",
        )
    return report_pass(f"the function returned an array of shape {got_shape}", got=got_shape)


def _format_shape(shape: list[Any]) -> str:
    return escape_name(f"({', '.join(str(side)[:20] for side in shape[:9])})")


@register_check("prepared.images")
def check_prepared_images(
    prepared: PreparedImages, data: DataMatch, dataset: str | None, *, black: float = 0.0, white: float = 1.0
) -> CheckOutcome:
    """The function prepares the images that it is given, with pixels from black to white.

    Args:
        prepared: what became of the pixels.
        data: whose images they are.
        dataset: the exercise's.
        black: what a black pixel has to become.
        white: what a white one has to become.

    >>> whole = DataMatch(dataset="mnist", examples=60000, trained_on=60000, train=60000)
    >>> check_prepared_images(PreparedImages(shape=[], black=0.0, white=255.0), whole, "mnist").message
    'a white pixel has become 255; expected 1'
    """
    expected = f"every image that is given, with pixels from {black:g} to {white:g}"
    if data.labels_wrong:
        return report_failure(
            "the function returned other images than it was given, or in another order",
            expected=expected,
            got=f"{format_count(data.labels_wrong, 'image')} in a wrong place",
            symptom=Symptom.WRONG_VALUES,
            hint="Work on the function's argument, not on an array from outside.",
        )
    if data.dataset != dataset or data.unknown or data.test or data.repeated:
        return report_failure(
            "the function changed what the images show",
            expected=expected,
            got=_describe_changed(data),
            hint="Only the shape and the scale of the pixels may change.",
        )
    if prepared.black is None or prepared.white is None:
        return report_failure("the pixels are not scaled alike", expected=expected, got=escape_name(data.preprocessing))
    ends = (("black", prepared.black, black), ("white", prepared.white, white))
    for name, got, wanted in ends:
        if abs(got - wanted) > TOLERANCE:
            return report_failure(
                f"a {name} pixel has become {format_figure(got)}; expected {wanted:g}",
                expected=expected,
                got=f"pixels from {format_figure(prepared.black)} to {format_figure(prepared.white)}",
                symptom=Symptom.WRONG_VALUES,
                hint="Divide the pixels by 255.0.",
            )
    return report_pass(f"the images given, with pixels from {black:g} to {white:g}")


def _describe_changed(data: DataMatch) -> str:
    """What came in the place of the images, by the first fault that there is."""
    faults = ((data.unknown, "that can't be recognised"), (data.test, "of the test set"), (data.repeated, "given more than once"))
    return next((f"{format_count(count, 'image')} {fault}" for count, fault in faults if count), "images of another dataset")
