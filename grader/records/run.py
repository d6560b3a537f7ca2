"""What a run of a student's file left behind: how it ended, what it declared and returned, what the trainer measured.

Plain records that can be written to disk once and judged again later; nothing here computes
more than a bound.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

from msgspec import Struct, field

from grader.records.verdict import EndKind, Note, TrainingRecord


class FailedCall(Struct, frozen=True, kw_only=True):
    """The smallest call that showed a fault, in words short enough to read.

    `what` is a sentence on what the function did; `case` holds the arguments, and with `expected` and `got` may have
    several lines. `wrong` says that a value came and isn't right; `beside` that the check's own hint wouldn't help.
    """

    what: str
    case: str
    expected: str
    got: str
    hint: str | None = None
    line: int | None = None
    wrong: bool = False
    beside: bool = False


class FunctionTrial(Struct, frozen=True, kw_only=True):
    """The calls that one check asks for.

    Args:
        cases: how many there are.
        judged: how many of them could be judged; the others were never made, or something else was wrong with them.
        faulty: how many of those showed the fault.
        failure: the smallest of these.
        fixed: how many are the fixed ones that the course ships; the others were drawn for this run.
        reference: whether an independent reference was at hand for more.
        slowest_s: the longest call, in seconds.
    """

    cases: int
    judged: int = 0
    faulty: int = 0
    failure: FailedCall | None = None
    fixed: int = 0
    reference: bool = False
    slowest_s: float = 0.0


class RunEnd(Struct, frozen=True, kw_only=True):
    """How the run ended; a crash or a time-out is a value, never a branch.

    `kind` may also be `gated`: a gate failed and no training was started. `codes` are those of the findings that kept
    the file from being run. `package` is what a crash says was missing.
    """

    kind: EndKind | Literal["gated"]
    message: str = ""
    traceback: str = ""
    line: int | None = None
    codes: list[str] = field(default_factory=list)
    package: str = ""


class ModelLayer(Struct, frozen=True, kw_only=True):
    """One layer that has a way to the output; nested models are flattened, wrappers looked through.

    `sources` are the names of the layers (or inputs of the model) whose outputs it takes. `idle` layers change nothing in
    what the model says: they never count as what an exercise asks for, and always as what it rules out. `calls` is how
    often the model calls it.
    """

    kind: str
    name: str
    output_shape: list[int | None] = field(default_factory=list)
    parameters: int = 0
    config: dict[str, Any] = field(default_factory=dict)
    sources: list[str] = field(default_factory=list)
    idle: bool = False
    calls: int = 1


class Architecture(Struct, frozen=True, kw_only=True):
    """The declared model, as the trainer rebuilt it; `inputs` are the shapes that it takes, batch axis first.

    `products` is about how many multiplications one example takes on its way through it.
    """

    layers: list[ModelLayer]
    parameters: int
    compile: dict[str, Any] = field(default_factory=dict)
    accuracy_key: str | None = None
    log_keys: list[str] = field(default_factory=list)
    inputs: list[list[int | None]] = field(default_factory=list)
    products: int = 0


ExampleKind = Literal["image", "row", "sequence"]


class DataMatch(Struct, frozen=True, kw_only=True):
    """How the arrays that were ordered compare with the canonical dataset.

    `train` and `test` count distinct canonical images of each split; `unknown` images of neither.
    `trained_on` is what one epoch really saw, after `validation_split` and `steps_per_epoch`. `held_back` counts
    further training images that were given as validation data. `telling` says that the images come in an order that
    tells their labels, and aren't shuffled; `left_out` counts the images that an epoch leaves out since its last batch is
    incomplete: together with `train` they are what the pipeline goes through; `patterned` that a pipeline's batches aren't as chance makes them, so that the
    grader shuffles what one pass brought. `kind` is what the examples are, and `unit` what one is called. `inputs` and `outputs` count the arrays of examples and of
    labels: with several, nothing is compared. `fault` says why no
    dataset was found, where that is known.
    """

    dataset: str | None
    examples: int
    trained_on: int
    train: int = 0
    test: int = 0
    unknown: int = 0
    repeated: int = 0
    labels_wrong: int = 0
    wrong_labels_at: list[int] = field(default_factory=list)
    same_order: bool = True
    preprocessing: str = ""
    validation: str | None = None
    held_back: int = 0
    left_out: int = 0
    telling: bool = False
    patterned: bool = False
    kind: ExampleKind = "image"
    unit: str = "image"
    inputs: int = 1
    outputs: int = 1
    fault: str = ""

    def pick_worse(self, other: DataMatch, wanted: str) -> DataMatch:
        """The one of two matches that stands further from the dataset `wanted`: a training is judged by its worst data."""

        def measure_distance(match: DataMatch) -> tuple[int, ...]:
            return (*match._count_faults(wanted), -(match.train + match.left_out), -(match.trained_on + match.left_out))

        return max(self, other, key=measure_distance)

    def is_part_of(self, wanted: str) -> bool:
        """Whether nothing but training images of that dataset was trained on, as they are, be it only some of them."""
        return not any(self._count_faults(wanted))

    def _count_faults(self, wanted: str) -> tuple[int, ...]:
        strange = (self.dataset is None, self.dataset != wanted)
        return tuple(map(int, (*strange, self.unknown, self.labels_wrong, self.test, self.repeated, self.telling)))


class Predictions(Struct, frozen=True, kw_only=True):
    """What the trained model predicts for some numbers, one for each.

    `untrained` is what several models of its kind, whose weights were drawn anew, predict for the first number.
    """

    inputs: list[float]
    outputs: list[float]
    untrained: list[float] = field(default_factory=list)


class PreparedImages(Struct, frozen=True, kw_only=True):
    """The training images as a function prepared them: their shape, and what a black and a white pixel have become.

    The two are None where no one change of the pixels gives them.
    """

    shape: list[int]
    black: float | None = None
    white: float | None = None


class CurveId(StrEnum):
    """The synthetic curves on which callbacks are tried."""

    MEETS = "meets"
    CROSSES = "crosses"
    LOSS_FALLS = "loss_falls"
    VALIDATION_AHEAD = "validation_ahead"
    LOSS_STAYS_HIGH = "loss_stays_high"


class CurveOutcome(Struct, frozen=True, kw_only=True):
    """What the student's callbacks did on one synthetic curve.

    `curve` is a `CurveId`. `due` is the epoch (0-based) at which they should have stopped, `stopped` the one at which they did.
    `logs` are those of the epoch at which they stopped (or were due).
    """

    curve: str
    due: int | None
    stopped: int | None
    logs: dict[str, float] = field(default_factory=dict)


class CallbackProbe(Struct, frozen=True, kw_only=True):
    """The callback probe: `error` is set when the callbacks raised, `inconclusive` when they can't be probed.

    `error_kind` is the name of the class of what they raised.
    """

    outcomes: list[CurveOutcome] = field(default_factory=list)
    callbacks: list[str] = field(default_factory=list)
    error: str | None = None
    error_kind: str = ""
    inconclusive: str | None = None
    line: int | None = None


MIN_TOLERATED_GAP = 0.04
TOLERATED_SHARE = 0.5


def tolerated_gap(logged: float) -> float:
    """How far a logged accuracy may lie above the model's own: a model is often a little worse at the end of an epoch.

    The steps of a training throw a model that is right about everything less far off than one that guesses. Of the honest
    trainings in `benchmarks/gaps.py`, none comes to half of this.
    """
    return MIN_TOLERATED_GAP + TOLERATED_SHARE * (1.0 - logged)


class Errors(Struct, frozen=True, kw_only=True):
    """How far predicted numbers are from the right ones: the mean absolute error, and the mean squared one."""

    mae: float
    mse: float


class Measurement(Struct, frozen=True, kw_only=True):
    """Accuracies of the trained model, recomputed by the trainer on the canonical splits.

    `mixes` says that its answer to one example depends on the neighbours in the batch; `gap` is how far an accuracy that
    was logged, `logged`, lies above what the model reached then on the same images. `chosen` are, where the images that an
    epoch left out aren't left out by chance, how many of them the model gets wrong, and how many they are.
    `held_out_accuracy` is that on the course's secret split, where it was at hand. `brought` says that the model recognises
    the images without what it has learned. Of a regression there are `errors` instead of accuracies, by
    split: `train`, `test` and `held_out`; `untrained` are those before the training, where they are worth a look.
    """

    train_accuracy: float
    test_accuracy: float
    held_out_accuracy: float | None = None
    mixes: bool = False
    gap: float = 0.0
    chosen: tuple[int, int] | None = None
    logged: float = 0.0
    brought: bool = False
    errors: dict[str, Errors] | None = None
    untrained: Errors | None = None


class BuiltModel(Struct, frozen=True, kw_only=True):
    """One of the models that a function returned, with the arguments that it was called with and how it did."""

    call: dict[str, int]
    architecture: Architecture
    training: TrainingRecord | None = None
    measured: Measurement | None = None


class LayerActivations(Struct, frozen=True, kw_only=True):
    """One layer's activations: the trainer's own shape, and how those that a function gave differ.

    `got` is None where none came; `difference` is the largest of any two values, None where the shapes differ. `maps` are
    the trainer's own of one channel, one per image, as rows of numbers; `given` the function's, where the shapes agree,
    with None for what is no finite number.
    """

    layer: str
    kind: str
    shape: list[int]
    got: list[int] | None = None
    difference: float | None = None
    maps: list[list[list[float]]] = field(default_factory=list)
    given: list[list[list[float | None]]] = field(default_factory=list)


class Activations(Struct, frozen=True, kw_only=True):
    """What a function gave as the activations of the grader's model; `fault` says what else came instead of arrays.

    `images` are the numbers of the test images that were shown, `channel` that of the maps kept for a picture.
    """

    layers: list[LayerActivations]
    came: int = 0
    fault: str = ""
    images: list[int] = field(default_factory=list)
    channel: int = 0


class Run(Struct, frozen=True, kw_only=True):
    """Everything that one attempt with one seed left behind; `None` is what it never came to.

    `unmeasured` says why a trained model couldn't be measured, as Keras or the trainer put it. `fit_line`, `fit_epochs`
    and `fit_batch_size` are those of the last `fit`: where it stands, and what it asks for. `pixels` are what a black and a
    white pixel were in its images, where each was one number.
    """

    seed: int
    end: RunEnd
    architecture: Architecture | None = None
    data: DataMatch | None = None
    prepared: PreparedImages | None = None
    probe: CallbackProbe | None = None
    training: TrainingRecord | None = None
    measured: Measurement | None = None
    predicted: Predictions | None = None
    unmeasured: str = ""
    models: list[BuiltModel] | None = None
    activations: Activations | None = None
    trials: dict[str, FunctionTrial] | None = None
    returned: Any = None
    has_returned: bool = False
    fit_line: int | None = None
    fit_epochs: int | None = None
    fit_batch_size: int | None = None
    pixels: list[float] | None = None
    notes: list[Note] = field(default_factory=list)
    output: str = ""
    timings: dict[str, float] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
