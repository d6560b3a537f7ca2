"""How a run ended, in the words of reports, of checks that couldn't be judged, and of `grade explain`."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class EndWords:
    """The words for one way to end.

    Args:
        meaning: what happened, as a clause.
        remedy: what to do about it.
        reason: why a check could not be judged; empty where such an end leaves none so.
    """

    meaning: str
    remedy: str
    reason: str = ""

    @property
    def sentence(self) -> str:
        """The meaning as a report begins with it."""
        return f"{self.meaning[:1].upper()}{self.meaning[1:]}."


END_WORDS = MappingProxyType({
    "completed": EndWords(meaning="your function returned", remedy="nothing: the checks were judged"),
    "crashed": EndWords(
        meaning="your code stopped with an error",
        remedy="read the last line of the error, and fix the line of your file that it shows",
        reason="your code stopped with an error before that",
    ),
    "timed_out": EndWords(
        meaning="the time limit was reached",
        remedy="fewer epochs, a smaller model, or a callback that stops in time",
        reason="the time limit came first",
    ),
    "out_of_memory": EndWords(
        meaning="the memory limit was reached",
        remedy="keep one copy of the images, in float32",
        reason="the memory limit came first",
    ),
    "output_limit": EndWords(
        meaning="your code printed more than the limit, so it was stopped",
        remedy="print once per epoch, not once per batch or image",
        reason="your code printed more than the limit and was stopped",
    ),
    "forbidden": EndWords(
        meaning="your file does something that can't be graded",
        remedy="use the built-in layers, losses and optimizers",
        reason="your code did something that can't be graded",
    ),
    "not_started": EndWords(
        meaning="your file was not run",
        remedy="fix the problem named in the report; `grade watch` shows it whenever you save",
        reason="your file was not run",
    ),
})  # fmt: skip
# A run also ends where a check that comes first has failed; its verdict then says how the attempt itself ended.
GATED_REASON = "an earlier check failed, so the training was not started"
