r"""Typed answers read as numbers, texts and shapes, the same way for a key and for a student.

>>> parse_number("1,5e3") == parse_number("1500") and parse_number("60.000,5") is None
True
>>> parse_shape("(None, 13, 13, 64)") == parse_shape("none x 13 × 13 x 64")
True
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

MAX_ANSWER_LENGTH = 2000
NUMBER_PATTERN = re.compile(r"[+-]?(\d{1,40}|\d{1,3}(,\d{3}){1,12})?([.]\d{0,40})?(e[+-]?\d{1,3})?", re.ASCII)
COMMA_PATTERN = re.compile(r"[+-]?(0|\d+,\d{1,2}|\d*,\d{4,}|0,\d+)(e[+-]?\d{1,3})?", re.ASCII)
MAX_SHAPE_LENGTH = 200
DIMENSION_PATTERN = re.compile(r"none|null|batch|batch_size|n|-1|\?|\d{1,12}", re.ASCII)
# In the order in which they are tried: a blank separates only where no other sign does.
SHAPE_SEPARATOR = re.compile(r"\s*(?:[,;x×*✕✖⨯·⋅]|\\times|\\cdot|\bby\b)\s*|\s+")
SHAPE_WRAPPING = re.compile(
    r"(?:tensorshape|torch\.size|shape\s*[=:]?)?\s*(?:\((.*)\)|\[(.*)\]|\{(.*)\}|\$(.*)\$)", re.DOTALL
)
CHARACTER_VARIANTS = str.maketrans({"−": "-", "–": "-", "\u00a0": " ", "\u202f": " "})


def parse_number(text: str) -> Decimal | None:
    """A number as people write it: `27`, `-0.5`, `1e-3`, `60,000`, `99 %`, `0,5`; None where it isn't one.

    A comma groups thousands (`60,000`) where exactly three digits follow it, else it is a decimal sign (`0,5`).
    """
    plain = text.translate(CHARACTER_VARIANTS).strip().lower()
    percent = plain.endswith("%")
    plain = plain.removesuffix("%").strip()
    if COMMA_PATTERN.fullmatch(plain):
        plain = plain.replace(",", ".")
    # Patterns bound the digits and the exponent: `1e999999` would take all memory in Decimal.
    if not plain or not NUMBER_PATTERN.fullmatch(plain) or not re.search(r"\d", plain.split("e")[0]):
        return None
    # Decimal, since 0.1 + 0.2 has to be within a tolerance of 0 around 0.3.
    value = Decimal(plain.replace(",", ""))
    # 99 % and 0.99 are the same answer.
    return value / 100 if percent else value


def normalize_text(text: str, *, case: bool = False) -> str:
    r"""A text for comparing: compatible characters made one, spaces single, quotes and dashes plain, no final dot.

    >>> normalize_text("  Rectified\tLinear  UNIT. ")
    'rectified linear unit'
    """
    # Cut first, as some characters become many when they are normalised.
    plain = unicodedata.normalize("NFKC", text[:MAX_ANSWER_LENGTH]).translate(CHARACTER_VARIANTS)
    # Word processors and telephones replace straight quotes by curly ones.
    plain = plain.replace("’", "'").replace("‘", "'").replace("“", '"').replace("”", '"')
    plain = " ".join(plain.split()).removesuffix(".").strip()
    return plain if case else plain.casefold()


def parse_shape(text: str) -> tuple[int | None, ...] | None:
    r"""A tensor's shape without its batch dimension; None where the text isn't one.

    Sizes may be separated by commas, `x`, `×`, blanks and the like, with or without brackets. An unknown size is
    written `None`, `?` or `-1`; an unknown first one of several is the batch, which people write or leave out.

    >>> parse_shape("26 26 64"), parse_shape("TensorShape([None, 26, 26, 64])"), parse_shape(r"$26 \times 26$")
    ((26, 26, 64), (26, 26, 64), (26, 26))
    """
    plain = unicodedata.normalize("NFKC", text[:MAX_SHAPE_LENGTH + 1]).translate(CHARACTER_VARIANTS).strip().lower()
    if len(plain) > MAX_SHAPE_LENGTH:
        return None
    plain = plain.removesuffix(".").strip()
    while found := SHAPE_WRAPPING.fullmatch(plain):
        plain = next(filter(None, found.groups()), "").strip()
        if not plain:
            # A number by itself has the shape ().
            return ()
    parts = SHAPE_SEPARATOR.split(plain.removesuffix(","))
    if not all(DIMENSION_PATTERN.fullmatch(part) for part in parts):
        return None
    sizes = tuple(int(part) if part.isdigit() else None for part in parts)
    return sizes[1:] if len(sizes) > 1 and sizes[0] is None else sizes


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """The numbers that count as correct, both ends included."""

    low: Decimal
    high: Decimal

    def __contains__(self, value: Decimal) -> bool:
        return self.low <= value <= self.high


def build_interval(correct: str, tolerance: str | None) -> Interval:
    """The numbers within a tolerance of the correct one.

    Raises:
        ValueError: one of them is not a number, or the tolerance is negative.

    >>> build_interval("27", "0.5")
    Interval(low=Decimal('26.5'), high=Decimal('27.5'))
    >>> build_interval("200", "1%").high
    Decimal('202')
    """
    middle = parse_number(correct)
    if middle is None:
        raise ValueError(f'expected a number, got "{correct}"')
    spread = Decimal(0) if tolerance is None else parse_number(tolerance)
    if spread is None or spread < 0:
        raise ValueError(f'expected a tolerance such as "0.5" or "1%", got "{tolerance}"')
    if tolerance and tolerance.strip().endswith("%"):
        spread = (abs(middle) * spread).normalize()
    return Interval(low=middle - spread, high=middle + spread)


def parse_range(ends: list[str]) -> Interval:
    """A range `[low, high]`. Raises: ValueError: not two numbers, the smaller one first."""
    numbers = [parse_number(end) for end in ends]
    if len(numbers) != 2 or numbers[0] is None or numbers[1] is None or numbers[0] > numbers[1]:
        raise ValueError(f"expected two numbers, the smaller one first, got [{', '.join(ends)}]")
    return Interval(low=numbers[0], high=numbers[1])
