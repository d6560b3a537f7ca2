"""How numbers and hostile values are written in a check's messages: short, exact and printable."""

from __future__ import annotations

import re
import reprlib
from typing import Any

MAX_VALUE_LENGTH = 80
MAX_ESCAPED_NAME = 200


def format_value(value: Any) -> str:
    """A value as Python writes it, on one line, shortened, control characters escaped.

    >>> format_value([0, 1, 2, 3, 4, 5, 6, 7, 8])
    '[0, 1, 2, 3, 4, 5, ...]'
    """
    # `repr` of a huge or nested value could take minutes; `reprlib` looks at its beginning only.
    text = reprlib.repr(value)
    return text if len(text) <= MAX_VALUE_LENGTH else text[: MAX_VALUE_LENGTH - 3] + "..."


def escape_name(text: str) -> str:
    r"""A text that student code chose, shortened, with control characters escaped.

    >>> print(escape_name("conv\x1b[31m"))
    conv\x1b[31m
    """
    safe = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text[: MAX_ESCAPED_NAME + 1])
    return safe if len(safe) <= MAX_ESCAPED_NAME else safe[: MAX_ESCAPED_NAME - 3] + "..."


def format_count(number: int, noun: str) -> str:
    """A number with its noun.

    >>> format_count(1, "image"), format_count(6000, "image")
    ('1 image', '6,000 images')
    """
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def name_examples(text: str, unit: str) -> str:
    """A text that speaks of images, for examples of another kind.

    >>> name_examples("All 600 training images, each image once", "review")
    'All 600 training reviews, each review once'
    """
    return re.sub(r"\bimage(?=s?\b)", unit, text)


def format_figure(value: float) -> str:
    """An accuracy or a loss, with four digits unless it needs fewer.

    >>> format_figure(0.998), format_figure(0.99768), format_figure(0.6)
    ('0.998', '0.9977', '0.6')
    """
    return f"{value:.4f}".rstrip("0").rstrip(".")


def exact(line: float) -> str:
    """A line that figures are compared with, with all the decimals that its author gave it.

    >>> exact(0.998), exact(0.998125), exact(100 * 0.998125)
    ('0.998', '0.998125', '99.8125')
    """
    return f"{line:.10g}"


def format_figure_against(value: float, line: float) -> str:
    """A figure with as many digits as tell it from the line that it is compared with.

    >>> format_figure_against(0.99797, 0.998), format_figure_against(0.9912, 0.998), format_figure_against(0.998, 0.998)
    ('0.99797', '0.9912', '0.998')
    """
    # Rounded to four digits a figure just below the line would read as the line itself.
    for digits in range(4, 11):
        if f"{value:.{digits}f}" != f"{line:.{digits}f}":
            return f"{value:.{digits}f}"
    return exact(value)


def format_epoch(index: int) -> str:
    """An epoch as Keras prints it: record 0 is epoch 1.

    >>> format_epoch(0)
    'epoch 1'
    """
    return f"epoch {index + 1}"
