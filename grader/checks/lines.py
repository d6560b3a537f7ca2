"""The line that a figure has to cross, as checks of callbacks and trainings compare with it and speak of it."""

from __future__ import annotations

from dataclasses import dataclass

from grader.checks.wording import exact


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line for a figure.

    Args:
        value: where it is.
        or_equal: whether a figure equal to it is across.
    """

    value: float
    or_equal: bool = False

    def is_crossed(self, figure: float) -> bool:
        """Whether a figure is on the other side.

        >>> Line(value=0.98).is_crossed(0.98), Line(value=0.98, or_equal=True).is_crossed(0.98)
        (False, True)
        """
        return figure > self.value or (self.or_equal and figure == self.value)

    @property
    def beyond(self) -> str:
        """Where figures are that have crossed it.

        >>> Line(value=0.998).beyond, Line(value=0.98, or_equal=True).beyond
        ('above 0.998', 'at least 0.98')
        """
        return f"{'at least' if self.or_equal else 'above'} {exact(self.value)}"

    @property
    def crossed(self) -> str:
        """What a figure did that has crossed it."""
        return f"{'reached' if self.or_equal else 'went above'} {exact(self.value)}"

    @property
    def crosses(self) -> str:
        """What a figure does that crosses it."""
        return f"{'reaches' if self.or_equal else 'goes above'} {exact(self.value)}"
