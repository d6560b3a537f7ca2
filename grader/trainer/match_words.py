"""Changes of pixel values in the words of the code that makes them."""

from __future__ import annotations


def affine_words(slope: float, offset: float) -> str:
    """`slope · pixel + offset` as a student would have written it.

    >>> affine_words(1 / 255, 0.0)
    'pixels / 255'
    >>> affine_words(-1.0, 255.0)
    '255 - pixels'
    >>> affine_words(1 / 255, -0.5)
    'pixels / 255 - 0.5'
    >>> affine_words(1 / 78.567, -33.318 / 78.567)
    '(pixels - 33.318) / 78.567'
    """
    if abs(offset) < 1e-6 * abs(slope):
        return "raw pixels" if abs(slope - 1) < 1e-6 else _scaled(slope)
    shift = _tidy(offset)
    if shift is not None and slope < 0:
        return f"{shift} - {_scaled(-slope)}"
    if shift is not None:
        return f"{_scaled(slope)} {'-' if offset < 0 else '+'} {shift.lstrip('-')}"
    return f"(pixels {'-' if offset / slope < 0 else '+'} {abs(offset / slope):.5g}) / {1 / slope:.5g}"


def _scaled(slope: float) -> str:
    if abs(slope - 1) < 1e-6:
        return "pixels"
    if abs(slope) < 1:
        return f"pixels / {1 / slope:.6g}"
    return f"pixels * {slope:.6g}"


def _tidy(number: float) -> str | None:
    """The number where it has at most two decimals."""
    return f"{round(number, 2):g}" if abs(number - round(number, 2)) < 1e-5 else None
