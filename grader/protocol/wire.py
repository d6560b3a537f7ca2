"""The messages between the three programs: typed, each for one direction, never pickled."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from grader.protocol.arrays import ArraySpecs, Count, OrderedSpecs, check_plain_data
from grader.protocol.datasets import DatasetRef, DatasetSource
from grader.protocol.orders import MAX_LINE, Answer, BoundedText, Event, Line, NameList, NeedPass, Order, Pass, Trained
from grader.records.run import Architecture, DataMatch, Errors, LayerActivations
from grader.records.verdict import Note

MAX_NOTE_CHARS = 2000

# ---- student -> front ----


class Ready(Struct, frozen=True, kw_only=True, tag=True):
    """Imports are done; the clocks may start."""


class Probed(Struct, frozen=True, kw_only=True, tag=True):
    """What the callbacks did on the synthetic curves: for each, the epoch at which they stopped, or None."""

    stopped: Annotated[list[Count | None], Meta(max_length=2000)]
    callbacks: NameList = field(default_factory=list)
    error: BoundedText | None = None
    error_kind: BoundedText = ""
    inconclusive: BoundedText | None = None
    line: Line | None = None


class Maps(Struct, frozen=True, kw_only=True, tag=True):
    """What the function gave as activations, an array per layer; `fault` says what it gave instead."""

    arrays: ArraySpecs = field(default_factory=list)
    fault: Annotated[str, Meta(max_length=1000)] = ""


class Observed(Struct, frozen=True, kw_only=True, tag=True):
    """The function trained by itself, and what it returned can be asked about images."""


class Guesses(Struct, frozen=True, kw_only=True, tag=True):
    """The class of each image that came with `Recognise`; `fault` says what came instead."""

    classes: Annotated[list[Annotated[int, Meta(ge=-1, le=9)]], Meta(max_length=100_000)] = field(default_factory=list)
    fault: Annotated[str, Meta(max_length=1000)] = ""


class Returned(Struct, frozen=True, kw_only=True, tag=True):
    """The graded function returned, as plain data. Raises: ValueError: as anything else."""

    value: Any = None

    def __post_init__(self) -> None:
        # The type `Any` lets everything through, so the bounds are checked here.
        check_plain_data(self.value)


class Crashed(Struct, frozen=True, kw_only=True, tag=True):
    """The student's code raised; `traceback` holds the frames of their file only.

    `package` is the one that it lacked, if that was the error.
    """

    message: BoundedText
    traceback: BoundedText = ""
    line: Line | None = None
    package: Annotated[str, Meta(max_length=100)] = ""


class Unsupported(Struct, frozen=True, kw_only=True, tag=True):
    """Something that can't be ordered: what it is, where, and what to use instead."""

    message: BoundedText
    instead: BoundedText = ""
    line: Line | None = None


class Remark(Struct, frozen=True, kw_only=True, tag=True):
    """A note for the report, such as a TF 1 name met at run time. Raises: ValueError: it is endless, or nowhere."""

    note: Note

    def __post_init__(self) -> None:
        # A note is also a record of the verdict, where it has no bounds.
        if len(self.note.message) > MAX_NOTE_CHARS or not 0 <= (self.note.line or 0) <= MAX_LINE:
            raise ValueError(f"a note of {len(self.note.message):,} characters about line {self.note.line}")


class LocalTrouble(Struct, frozen=True, kw_only=True, tag=True):
    """The trainer rejected an order, and plain Keras on the student's side did not: the grader's fault, if true."""

    message: BoundedText


# A channel accepts one of these unions only, so no process can speak for another.
StudentMessage = (
    Ready | Order | Pass | Probed | Answer | Maps | Observed | Guesses | Returned | Crashed | Unsupported | Remark | LocalTrouble
)  # fmt: skip

# ---- front -> student ----


class Building(Struct, frozen=True, kw_only=True):
    """How to call a function that returns a model, and what to give to the model's `fit`.

    Args:
        pad: call it with one image, framed by so many zeros; None: with each of `calls`.
        train: whether the models will be trained, so that all of the data is needed.
        use: what to do with what is graded: call a function for models, or with the grader's own model and images, or
            with images to prepare, or to train with, or with numbers to predict from, or try a callback's class.
        shown: the numbers of the images that go with the model.
        channel: whether images have a last axis for their one channel.
        values: the numbers to predict from.
    """

    dataset: DatasetRef
    use: Literal["build", "show", "prepare", "fit", "predict", "stop"] = "build"
    pad: int | None = None
    calls: list[dict[str, int]] = field(default_factory=list)
    scale: float = 1.0
    examples: int | None = None
    train: bool = False
    shown: list[int] = field(default_factory=list)
    channel: bool = True
    values: list[float] = field(default_factory=list)


class Load(Struct, frozen=True, kw_only=True, tag=True):
    """The file to run: its source, the graded function (None: script mode), names to supply, and by index the
    top-level statements to leave out and those that may fail; and the arrays that the trainer holds already. `observed`
    says that the file trains by itself. `dataset` is the course's own one, if the exercise has one.
    """

    source: str
    filename: str
    function: str | None
    supply: list[str] = field(default_factory=list)
    skipped: list[int] = field(default_factory=list)
    tolerated: list[int] = field(default_factory=list)
    building: Building | None = None
    held: OrderedSpecs = field(default_factory=list)
    observed: bool = False
    dataset: DatasetSource | None = None


class Probe(Struct, frozen=True, kw_only=True, tag=True):
    """Synthetic curves for the callbacks: per curve, the logs of each epoch under canonical metric names."""

    curves: list[list[dict[str, float]]]


class Seen(Struct, frozen=True, kw_only=True, tag=True):
    """The order was only inspected; it won't be trained."""


class Rejected(Struct, frozen=True, kw_only=True, tag=True):
    """Keras raised in the trainer while building or training what was ordered."""

    message: str


class Refused(Struct, frozen=True, kw_only=True, tag=True):
    """What was ordered isn't on the list of what can be ordered, or doesn't fit the memory limit.

    `out_of_memory`: it would fit alone, but not with all that was ordered before.
    """

    message: str
    instead: str = ""
    out_of_memory: bool = False


class Recognise(Struct, frozen=True, kw_only=True, tag=True):
    """Images without labels, for what the function returned."""

    arrays: ArraySpecs


ToStudent = Load | Recognise | Probe | Event | NeedPass | Seen | Trained | Rejected

# ---- front -> trainer: Open, Begin, Answer, Pass, Stop, Measure; trainer -> front: Hello … ----


class Open(Struct, frozen=True, kw_only=True, tag=True):
    """An order to look at: inspected and matched, not yet trained."""

    order: Order
    dataset: DatasetRef
    memory: int


class Begin(Struct, frozen=True, kw_only=True, tag=True):
    """Train what was opened last; `limit_s` is wall time from the first step.

    With `reuse`, a stored training may be replayed instead.
    """

    seed: int
    limit_s: float
    reuse: bool = False


class Measure(Struct, frozen=True, kw_only=True, tag=True):
    """Evaluate the model trained last on both canonical splits, or ask it for its predictions from `values`."""

    values: list[float] = field(default_factory=list)


class Compare(Struct, frozen=True, kw_only=True, tag=True):
    """Compare the arrays that follow with the activations of the model trained last, on some test images.

    `scale` divides the pixels; of one `channel` the maps come back for a picture.
    """

    images: list[int]
    scale: float
    channel: int
    arrays: ArraySpecs


class Compared(Struct, frozen=True, kw_only=True, tag=True):
    """The convolutions and poolings of that model, each with how the array in its place differs; of which images and channel."""

    layers: list[LayerActivations]
    images: list[int]
    channel: int


class Hello(Struct, frozen=True, kw_only=True, tag=True):
    """The trainer is up; `held` are the arrays that it has from earlier submissions, each with its digest."""

    backend: str
    device: str
    versions: dict[str, str]
    held: OrderedSpecs = field(default_factory=list)


class Opened(Struct, frozen=True, kw_only=True, tag=True):
    """The order as the trainer sees it; `pixels` are black and white as the images have them, where each is one number."""

    architecture: Architecture
    data: DataMatch
    pixels: list[float] | None = None


class Waiting(Struct, frozen=True, kw_only=True, tag=True):
    """A sign of work while nothing else is sent; `seconds` of the time since the last one don't count as training.

    They were spent on compiling, or on waiting for the same training of another submission.
    """

    seconds: float


class NeedsThreads(Struct, frozen=True, kw_only=True, tag=True):
    """The model has convolutions, whose figures and time depend on threads, and this trainer has one thread only."""


class Measured(Struct, frozen=True, kw_only=True, tag=True):
    """Accuracies on the canonical splits, with the preprocessing that the order's arrays show.

    `mixes` says that the answer to one example depends on its neighbours in the batch. `gap` is how far the accuracy that
    an epoch logged, `logged`, lies above what the model reached then on the same images, measured as a prediction or as
    a training step sees them. `idle` are the names of layers whose weights make no difference to what the model says.
    `chosen` are, where an epoch left out images that the model gets wrong far more often than by chance, how many those
    are, and of how many. `brought` says that it recognises images without what it has learned. `held_out_accuracy` is that on
    the course's secret split. `errors` are, by split, those of a regression, which has no accuracies; `untrained` those of
    models of its kind before any training, where they are better than one number for all rows.
    """

    train_accuracy: float
    test_accuracy: float
    held_out_accuracy: float | None = None
    mixes: bool = False
    gap: float = 0.0
    chosen: tuple[int, int] | None = None
    logged: float = 0.0
    brought: bool = False
    idle: NameList = field(default_factory=list)
    errors: dict[str, Errors] | None = None
    untrained: Errors | None = None


class Predicted(Struct, frozen=True, kw_only=True, tag=True):
    """What the trained model predicts from each of the values, and some models of its kind from the first, `untrained`."""

    outputs: list[float]
    untrained: list[float] = field(default_factory=list)


class Fault(Struct, frozen=True, kw_only=True, tag=True):
    """The trainer itself failed; never the student's fault."""

    message: str
    out_of_memory: bool = False


class Draw(Struct, frozen=True, kw_only=True, tag=True):
    """Draw held-out images for a function that has trained by itself."""

    dataset: DatasetRef


class Drawn(Struct, frozen=True, kw_only=True, tag=True):
    """The images, shuffled and changed; their labels stay with the trainer."""

    arrays: ArraySpecs


class Tally(Struct, frozen=True, kw_only=True, tag=True):
    """What a function said of the images that were drawn last."""

    classes: list[int]


class Counted(Struct, frozen=True, kw_only=True, tag=True):
    """The shares of right answers: test images and training images, slightly changed, and test images as they are."""

    test_accuracy: float
    train_accuracy: float
    clean_accuracy: float


ToTrainer = Open | Begin | Answer | Pass | Measure | Compare | Draw | Tally
TrainerMessage = (
    Hello | Opened | Refused | Rejected | Event | NeedPass | Waiting | NeedsThreads | Trained | Measured | Predicted
    | Compared | Drawn | Counted | Fault
)
