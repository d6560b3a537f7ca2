"""What the text of a file tells about what a check found: likely causes, and the lines where a model is made.

Clues change no verdict: they only say first, and at the right line, what a failed check would say later or guess.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct, field


class Symptom(StrEnum):
    """What a failed check saw."""

    NEVER_STOPPED = "never_stopped"
    WRONG_STOP = "wrong_stop"
    WRONG_VALUES = "wrong_values"
    WRONG_MODEL = "wrong_model"
    MISSING_LAYERS = "missing_layers"
    LOW_ACCURACY = "low_accuracy"
    FOREIGN_DATA = "foreign_data"
    CALLBACK_RAISED = "callback_raised"


class Cause(Struct, frozen=True, kw_only=True):
    """A mistake that can be read in the text; it counts only beside a symptom that it explains.

    `argument` is the argument of the graded function that it is about. It explains a wrong result only where that
    argument differs from call to call. Unless it is `silent`, a note tells it wherever there is no such symptom.
    """

    symptoms: frozenset[Symptom]
    message: str
    line: int | None = None
    hint: str | None = None
    argument: str = ""
    silent: bool = False


class CodePlace(Struct, frozen=True, kw_only=True):
    """Which call in the text made something: the layer `index` of `count` of one class, or `compile`."""

    name: str
    index: int = 0
    count: int = 1


class Clues(Struct, frozen=True, kw_only=True):
    """All that one text tells; `calls` are the lines of calls by the name that is called, in the order of the text.

    `shrinking` are the lines of convolutions that make an image smaller, for want of `padding='same'`. `lost` are those
    causes, in `causes` as well, that may end a run with an error.
    """

    causes: list[Cause] = field(default_factory=list)
    calls: dict[str, list[int]] = field(default_factory=dict)
    shrinking: list[int] = field(default_factory=list)
    lost: list[Cause] = field(default_factory=list)

    def find_line(self, place: CodePlace) -> int | None:
        """The line of a place; None where the text doesn't tell.

        >>> Clues(calls={"Dense": [9, 10]}).find_line(CodePlace(name="Dense", index=1, count=2))
        10
        """
        lines = self.calls.get(place.name, [])
        # One call in a loop makes many layers; otherwise calls and layers must be as many to be paired.
        if len(lines) == 1:
            return lines[0]
        return lines[place.index] if len(lines) == place.count > place.index else None
