"""What a submission earned and why: the one record that every report renders and none computes."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct, field

CheckStatus = Literal["passed", "failed", "skipped", "error"]
Basis = Literal["measured", "declared", "static", "reported"]
Status = Literal["passed", "failed", "error"]
EndKind = Literal[
    "completed",
    "crashed",
    "timed_out",
    "out_of_memory",
    "output_limit",
    "forbidden",
    "not_started",
]


class CheckResult(Struct, frozen=True, kw_only=True):
    """One check's outcome; `failed` costs points, `skipped` says why it couldn't be judged.

    `code` is the check's name in the catalogue, such as `training.reaches`; empty for a question of a quiz. `given` is
    the call of a function that showed the fault; it, `expected` and `got` may have several lines.
    """

    id: str
    title: str
    status: CheckStatus
    points: float
    max_points: float
    basis: Basis
    message: str
    expected: str | None = None
    got: str | None = None
    hint: str | None = None
    line: int | None = None
    code: str = ""
    given: str | None = None


class SubmissionRef(Struct, frozen=True, kw_only=True):
    """Which file (or which student's answers) the verdict is about."""

    path: str
    sha256: str


class CutEpoch(Struct, frozen=True, kw_only=True):
    """An epoch that ended before all examples were seen: its figures are those of a part of the examples.

    They are kept apart, so that nothing takes them for those of an epoch: `TrainingRecord.epochs[at]` has only its number
    and the validation figures, which are whole.
    """

    at: int
    figures: dict[str, float]


class TrainingRecord(Struct, frozen=True, kw_only=True):
    """One training as the trainer measured it.

    `epochs` holds, per epoch, `epoch` (0-based) and the logs as Keras gives them.
    `stopped_by` is what ended it: the student's callback, the number of epochs, or our limit.
    `cut_epochs` are the epochs that a callback ended before all examples were seen.
    """

    epochs: list[dict[str, float]]
    stopped_by: Literal["callback", "epochs", "limit"]
    examples: int
    seed: int
    replayed: bool = False
    backend: str = ""
    device: str = ""
    seconds: float = 0.0
    cut_epochs: list[CutEpoch] = field(default_factory=list)

    @property
    def whole_epochs(self) -> int:
        """How many epochs came to their end: what a part of one shows isn't measured."""
        return len(self.epochs) - len(self.cut_epochs)


class Note(Struct, frozen=True, kw_only=True):
    """A remark that costs nothing, such as a TF 1 name and its TF 2 spelling."""

    line: int | None
    message: str


class OpenPlaces(Struct, frozen=True, kw_only=True):
    """The places of the stub that the file leaves open, such as `line 14`, and how many there are to fill.

    `lines` are their lines, where the file isn't a notebook.
    """

    places: list[str]
    total: int
    lines: list[int] = field(default_factory=list)


class DeclaredLayer(Struct, frozen=True, kw_only=True):
    """One layer of the declared model, `kind` None where it is missing; the shape has the batch axis first.

    `asked` says what the exercise's table asks for in its place, `fault` how they differ, in words.
    """

    kind: str | None = None
    name: str = ""
    output_shape: list[int | None] = field(default_factory=list)
    parameters: int = 0
    asked: str | None = None
    fault: str | None = None


class LineToCross(Struct, frozen=True, kw_only=True):
    """The line of an exercise: a figure of the logs, and what it has to be above."""

    metric: str
    above: float


class GradingEnvironment(Struct, frozen=True, kw_only=True):
    """Where the verdict was reached."""

    python: str
    keras: str | None = None
    tensorflow: str | None = None
    jax: str | None = None
    backend: str | None = None
    cpu: str | None = None
    gpu: str | None = None


class Verdict(Struct, frozen=True, kw_only=True):
    """The JSON contract `grade-verdict/1`; `end_message` says how the run ended in a sentence.

    `end_line` is the line of a .py file at which it ended, `end_codes` are those of the findings that kept a file from
    being run, such as `S103`. `edition` is the exercise that a failed file was plainly meant for, another edition of
    this one.
    `open_places` are what a file that was run and didn't pass leaves to be filled.
    """

    schema: str = "grade-verdict/1"
    exercise: str
    title: str = ""
    submission: SubmissionRef
    status: Status
    score: float
    max_score: float
    end: EndKind
    end_message: str = ""
    checks: list[CheckResult]
    training: list[TrainingRecord] = field(default_factory=list)
    measured: dict[str, float] = field(default_factory=dict)
    returned: Any = None
    notes: list[Note] = field(default_factory=list)
    stdout: str = ""
    timings: dict[str, float] = field(default_factory=dict)
    environment: GradingEnvironment | None = None
    layers: list[DeclaredLayer] = field(default_factory=list)
    end_line: int | None = None
    end_codes: list[str] = field(default_factory=list)
    line_to_cross: LineToCross | None = None
    edition: str = ""
    open_places: OpenPlaces | None = None
