"""A `fit` call as an order, and what is said while it is trained: hooks with their answers, and further epochs' data."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from grader.protocol.arrays import ArraySpecs, Count, OrderedSpecs
from grader.records.run import DataMatch

DEFAULT_BATCH = 32  # Keras's, where `fit` isn't told
# An optimizer takes twice the memory of the weights; that of a larger model isn't kept, and begins anew.
MAX_OPTIMIZER_VALUES = 25_000_000
MAX_LINE = 10_000_000

Line = Annotated[int, Meta(ge=0, le=MAX_LINE)]
BoundedText = Annotated[str, Meta(max_length=20_000)]
Hook = Literal[
    "train_begin", "epoch_begin", "train_batch_begin", "train_batch_end", "test_begin", "test_batch_begin",
    "test_batch_end", "test_end", "epoch_end", "train_end",
]  # fmt: skip
# Bounded, as everything that a student process sends: no list may take the memory of the front.
Batches = Annotated[list[Annotated[int, Meta(ge=1, le=10_000_000)]], Meta(max_length=1_000_000)]
NameList = Annotated[list[BoundedText], Meta(max_length=2000)]


class FitArguments(Struct, frozen=True, kw_only=True):
    """`Model.fit`'s arguments, without data and callbacks; `batches` are rows per batch of a pipeline's one epoch.

    `goes_on` says that an epoch of the pipeline begins where the one before ended, which may be within a pass;
    `swap_ema` is Keras's own callback `SwapEMAWeights`, which changes what is trained and so can't be the student's.
    """

    epochs: Count = 1
    initial_epoch: Count = 0
    batch_size: Annotated[int, Meta(ge=1, le=10_000_000)] | None = None
    shuffle: bool = True
    validation_split: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    validation_batch_size: Annotated[int, Meta(ge=1, le=10_000_000)] | None = None
    validation_steps: Annotated[int, Meta(ge=1, le=10_000_000)] | None = None
    validation_freq: Count | Annotated[list[Count], Meta(max_length=10_000)] = 1
    steps_per_epoch: Annotated[int, Meta(ge=1, le=10_000_000)] | None = None
    class_weight: Annotated[dict[int, float], Meta(max_length=10_000)] | None = None
    batches: Batches | None = None
    goes_on: bool = False
    swap_ema: Literal["never", "test", "epoch"] = "never"


class Origin(Struct, frozen=True, kw_only=True):
    """Which of the trainer's own weights a model begins with: what the trainer gave out as the n-th, or those with which a
    model began. The optimizer is that of a handout; None: the model's own goes on, or a fresh one begins.

    All of them are the trainer's, so a false origin is no way to weights that were learned elsewhere.

    Raises:
        ValueError: it names no weights, or two.
    """

    handout: Count | None = None
    initial: Annotated[int, Meta(ge=0, le=1000)] | None = None
    optimizer: Count | None = None

    def __post_init__(self) -> None:
        if (self.handout is None) == (self.initial is None):
            raise ValueError("weights come from one place")


class Order(Struct, frozen=True, kw_only=True, tag=True):
    """One `fit` call, declared. `model` numbers the student's models; a second fit of one goes on with its state.

    `compilation` counts the model's calls of `compile`: only another one changes which layers are frozen.
    """

    model: Annotated[int, Meta(ge=0, le=1000)]
    compilation: Count = 0
    origin: Origin | None = None
    architecture: str
    compile: str
    fit: FitArguments
    arrays: OrderedSpecs
    x_names: NameList | None = None
    batch_hooks: bool = False
    weights_each_epoch: bool = False
    callbacks: NameList = field(default_factory=list)
    line: Line | None = None


class Pass(Struct, frozen=True, kw_only=True, tag=True):
    """One more epoch's data of a pipeline (`tf.data`, generator); no arrays: the same as before; no batches: it ran out."""

    arrays: ArraySpecs
    batches: Batches = field(default_factory=list)


class NeedPass(Struct, frozen=True, kw_only=True, tag=True):
    """The trainer wants the pipeline's data for the next epoch."""


class Event(Struct, frozen=True, kw_only=True, tag=True):
    """A hook of the running training; with weights when the order asked for them.

    `ran_out` says of an epoch that it had fewer steps than ordered, since there was no more data.
    """

    hook: Hook
    index: int = 0
    logs: dict[str, float] = field(default_factory=dict)
    steps: int | None = None
    ran_out: bool = False
    arrays: ArraySpecs = field(default_factory=list)


class Answer(Struct, frozen=True, kw_only=True, tag=True):
    """The callbacks have run: go on or stop; `restore` puts back the weights that an earlier epoch ended with."""

    stop: bool = False
    learning_rate: float | None = None
    restore: Count | None = None


class Trained(Struct, frozen=True, kw_only=True, tag=True):
    """The training ended; `arrays` are the final weights, `data` the worst match of all passes of a pipeline."""

    stopped_by: Literal["callback", "epochs", "limit"]
    seconds: float
    data: DataMatch | None = None
    arrays: ArraySpecs = field(default_factory=list)
    replayed: bool = False
