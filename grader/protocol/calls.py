"""What front, referee and student process say to each other about a plain function: typed messages, never pickled.

A value in a message is plain data; `{"array": i}` stands for the i-th array that follows the message, `{"tuple": […]}`
for a tuple, `{"object": name}` for something that can't be sent.
"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct, field

from grader.protocol.arrays import ArraySpecs, Dtype, check_plain_data
from grader.protocol.orders import Line
from grader.protocol.wire import Crashed, Load, Ready, Remark, Returned, Unsupported
from grader.records.run import FunctionTrial

BoundedText = Annotated[str, Meta(max_length=20_000)]


class FunctionArgument(Struct, frozen=True, kw_only=True):
    """How one argument of a graded function is given and how it is drawn for a random case.

    Args:
        array: the dtype, where it is an array; plain Python otherwise.
        shape: of a drawn array; each dimension a number or `[least, most]`.
        values: least and most of a drawn array's numbers.
        choice: one of these instead.
        whole: least and most of a drawn whole number.
        number: least and most of a drawn number.
    """

    array: Dtype | None = None
    shape: list[int | list[int]] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    choice: list[Any] = field(default_factory=list)
    whole: list[int] = field(default_factory=list)
    number: list[float] = field(default_factory=list)

    @property
    def drawable(self) -> bool:
        """Whether random cases can be made of it."""
        return bool(self.choice or self.whole or self.number or (self.array and self.values))


class AskedCheck(Struct, frozen=True, kw_only=True):
    """One check of an exercise, as the referee needs it; without cases of its own it looks at those of all others.

    With `places` it looks at these items of a list only.
    """

    id: str
    kind: str
    cases: list[dict[str, Any]] = field(default_factory=list)
    random: int = 0
    tolerance: float = 0.0
    dtype: str | None = None
    below_s: float | None = None
    gate: bool = False
    places: list[int] = field(default_factory=list)


class Panel(Struct, frozen=True, kw_only=True):
    """One picture of a sheet: what the function makes of a case."""

    title: str
    case: dict[str, Any] = field(default_factory=dict)


# ---- front -> referee: Prepare or Pack first, then Gave, Raised or Hung for each Call ----


class Prepare(Struct, frozen=True, kw_only=True, tag=True):
    """Make the cases of an exercise and judge what comes back.

    Args:
        arguments: by name, in the order of the call.
        seed: of the fixed random cases, which are shipped.
        fresh_seed: of those that are drawn anew where there is a reference.
        shipped: path of `cases.npz`.
        reference: path of `reference.py`, or None where the course has no solutions.
        picture: path of a PNG to draw, or None.
    """

    function: str
    arguments: dict[str, FunctionArgument]
    asked: list[AskedCheck]
    seed: int
    fresh_seed: int
    limit_s: float
    shipped: str
    reference: str | None = None
    panels: list[Panel] = field(default_factory=list)
    picture: str | None = None


class Pack(Struct, frozen=True, kw_only=True, tag=True):
    """Compare the shipped cases with what the reference gives, and write them anew if `write`."""

    prepare: Prepare
    write: bool = False


class Hung(Struct, frozen=True, kw_only=True, tag=True):
    """The call did not come back; the student process is gone."""

    seconds: float
    why: str


# ---- referee -> front; Call goes on to the student ----


class Call(Struct, frozen=True, kw_only=True, tag=True):
    """Call the function with these values within `limit_s`; an array of the answer that has more than `most_bytes` is
    described by its type and shape; its bytes aren't sent.
    """

    arguments: list[Any]
    arrays: ArraySpecs
    limit_s: float
    most_bytes: int


class Judged(Struct, frozen=True, kw_only=True, tag=True):
    """All calls are judged, by check id; `drawn` says what became of the picture."""

    trials: dict[str, FunctionTrial]
    drawn: str | None = None


class Packed(Struct, frozen=True, kw_only=True, tag=True):
    """What is wrong with the shipped cases, or None; how many there are."""

    fault: str | None
    cases: int


class CourseFault(Struct, frozen=True, kw_only=True, tag=True):
    """The exercise's own cases or reference are wrong; `file` is `exercise.yaml`, `reference.py` or `cases.npz`."""

    file: str
    message: str


class RefereeFault(Struct, frozen=True, kw_only=True, tag=True):
    """The referee itself failed; never the student's fault."""

    message: str


# ---- student -> front -> referee ----


class Loaded(Struct, frozen=True, kw_only=True, tag=True):
    """The file was run and holds the function."""


class Gave(Struct, frozen=True, kw_only=True, tag=True):
    """The function returned; `changed` are the indices of arguments that aren't as they were; the front adds seconds.

    Raises:
        ValueError: the value is endless, or more than plain data.
    """

    value: Any
    arrays: ArraySpecs = field(default_factory=list)
    changed: Annotated[list[Annotated[int, Meta(ge=0)]], Meta(max_length=100)] = field(default_factory=list)
    seconds: float = 0.0

    def __post_init__(self) -> None:
        # The type `Any` lets everything through, so the bounds are checked here.
        check_plain_data(self.value)


class Raised(Struct, frozen=True, kw_only=True, tag=True):
    """The function raised; `seconds` as in `Gave`."""

    message: BoundedText
    line: Line | None = None
    seconds: float = 0.0
    package: Annotated[str, Meta(max_length=100)] = ""


# ---- front -> student: Load, Call …, Enough ----


class Enough(Struct, frozen=True, kw_only=True, tag=True):
    """No more calls."""


FromStudent = Ready | Loaded | Remark | Crashed | Unsupported | Returned | Gave | Raised
ToStudent = Load | Call | Enough
ToReferee = Prepare | Pack | Gave | Raised | Hung
FromReferee = Call | Judged | Packed | CourseFault | RefereeFault
