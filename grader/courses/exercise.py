"""An exercise as its author wrote it: what a machine needs to grade one submission. Runs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field, structs

from grader.courses.case_checks import BEHAVIOUR_PREFIX
from grader.courses.course import Course
from grader.courses.yaml_tree import FILLED_IN, ByteSize, Duration, Percent
from grader.protocol.calls import FunctionArgument, Panel
from grader.protocol.datasets import DatasetSource

# What is done with the graded name: a function is called, looks inside a model, returns models, prepares images, has
# its training ordered, trains on what it is given or to predict numbers, or trains by itself; a callback's class is tried.
Kind = Literal["calls", "shows", "builds", "prepares", "trains", "fits", "predicts", "observes", "stops"]


class Limits(Struct, frozen=True, kw_only=True):
    """What one submission may use: training time per device, time of the student's own code, memory, output.

    `machine` is the memory without which a machine, or a container, can't grade it at all; 0 where nobody has measured it.
    """

    gpu: Duration = Duration(300)
    cpu: Duration = Duration(1800)
    student: Duration = Duration(300)
    call: Duration = Duration(5)
    memory: ByteSize = ByteSize(4_000_000_000)
    machine: ByteSize = ByteSize(0)
    output: ByteSize = ByteSize(1_000_000)


class CheckSpec(Struct, frozen=True, kw_only=True):
    """One line of an exercise's `checks`.

    Args:
        part: the part of the exercise that it judges, where there are several.
        gate: where it fails, training isn't started.
        advice: where it would fail, its points are given all the same, and a note says what was found.
    """

    id: str
    check: str
    points: float
    args: dict[str, Any] = field(default_factory=dict)
    part: str = ""
    title: str | None = None
    hint: str | None = None
    gate: bool = False
    advice: bool = False


class InputImage(Struct, frozen=True, kw_only=True):
    """The one image with which a function that builds a model is called: (28, 28, 1), with a frame of `pad` zeros."""

    pad: Annotated[int, Meta(ge=0, le=500)] = 0


class FitSettings(Struct, frozen=True, kw_only=True):
    """How the grader trains a model that a function returned: `Model.fit`'s arguments, and the data it is given.

    Args:
        scale: what pixels are divided by; 1 leaves them from 0 to 255.
        examples: how many training images, from the first on; None for all.
        memory: what the training may take, where it needs more than the submission itself.
    """

    epochs: Annotated[int, Meta(ge=1)] = 5
    batch_size: Annotated[int, Meta(ge=1)] | None = None
    validation_split: Percent = Percent(0.0)
    scale: float = 1.0
    examples: Annotated[int, Meta(ge=1)] | None = None
    memory: ByteSize | None = None


class GivenData(Struct, frozen=True, kw_only=True):
    """What a function is called with: the training images, or a list of numbers.

    Args:
        scale: what pixels are divided by.
        channel: whether the images have a last axis for their one channel.
        labels: whether it is given the labels too, and trains; without them it prepares the images and returns them.
        values: numbers instead of images, for which it predicts others with a model that it trains on data of its own.
    """

    scale: float = 1.0
    channel: bool = False
    labels: bool = True
    values: list[float] = field(default_factory=list)


class SuppliedModelInput(Struct, frozen=True, kw_only=True):
    """The function is called with the grader's own model, trained, and with some test images.

    Args:
        images: their numbers.
        channel: the feature map that a picture shows.
    """

    images: list[int]
    channel: Annotated[int, Meta(ge=0, le=7)] = 0

    def __post_init__(self) -> None:
        if not 1 <= len(self.images) <= 10 or not all(0 <= number < 10_000 for number in self.images):
            raise ValueError(f"images must be 1 to 10 numbers of test images (0 to 9999), got {self.images}")


class ModelCalls(Struct, frozen=True, kw_only=True):
    """What a graded function that returns a model is called with, and how the grader trains the model.

    Args:
        image: the function takes one image.
        calls: or the arguments of each call, by name.
        shown: or it takes the grader's model and images, and returns activations.
        train: `never`: the model is only looked at; `on_request`: trained with `--train`.
        channel: whether the images that the model takes have a last axis for their one channel.
    """

    image: InputImage | None = None
    calls: list[dict[str, int]] = field(default_factory=list)
    shown: SuppliedModelInput | None = None
    fit: FitSettings = field(default_factory=FitSettings)
    train: Literal["always", "on_request", "never"] = "always"
    channel: bool = True

    def __post_init__(self) -> None:
        if [self.image is not None, bool(self.calls), self.shown is not None].count(True) != 1:
            raise ValueError('"models" needs one of "image", "calls" and "shown"')

    @property
    def arguments(self) -> int:
        """How many arguments the function is given."""
        # Each call of an exercise has the same arguments.
        return len(self.calls[0]) if self.calls else 1 + (self.shown is not None)


class ExperimentColumn(Struct, frozen=True, kw_only=True):
    """One model of an experiment, and the figures that the course's text prints for it."""

    title: str
    call: dict[str, int]
    train: Percent | None = None
    test: Percent | None = None
    seconds: float | None = None


class Experiment(Struct, frozen=True, kw_only=True):
    """Models that `--table` trains one after the other and sets side by side."""

    title: str
    dataset: str
    fit: FitSettings
    columns: list[ExperimentColumn]


class Part(Struct, frozen=True, kw_only=True):
    """One of several names that an exercise grades in a file; without a name, what the file itself trains.

    Args:
        callback: the class of a callback, instead of a function.
    """

    id: str
    function: str | None = None
    callback: str | None = None
    given: GivenData | None = None
    models: ModelCalls | None = None
    arguments: dict[str, FunctionArgument] = field(default_factory=dict)


class Exercise(Struct, frozen=True, kw_only=True):
    """The file `exercise.yaml`, schema `grade-exercise/1`.

    Args:
        callback: the class of a callback, which is graded instead of a function.
        given: what a function that trains, or prepares images, is called with; nothing otherwise.
        parts: several graded names, each with checks of its own.
        editions: exercises of which a file may have been meant for another one of these, by its names.
        arguments: of a plain function, whose checks are `behaviour…`, in the order of the call.
        picture: the sheet that `--picture` draws of a plain function's answers.
        source: where the dataset is, if it is the course's own.
    """

    schema: Literal["grade-exercise/1"]
    id: str
    title: str
    checks: list[CheckSpec]
    function: str | None = None
    callback: str | None = None
    given: GivenData | None = None
    parts: list[Part] = field(default_factory=list)
    editions: list[str] = field(default_factory=list)
    dataset: str | None = None
    source: Annotated[DatasetSource | None, FILLED_IN] = None
    training: Literal["delegated", "observed", "none"] = "delegated"
    models: ModelCalls | None = None
    tables: list[Experiment] = field(default_factory=list)
    arguments: dict[str, FunctionArgument] = field(default_factory=dict)
    picture: list[Panel] = field(default_factory=list)
    seed: int = 7
    attempts: int = 1
    limits: Limits = field(default_factory=Limits)
    pass_mark: Percent = Percent(1.0)
    hints: list[str] = field(default_factory=list)
    unit: str = ""
    difficulty: Literal["easy", "medium", "hard"] = "medium"
    minutes: int = 30
    order: int = 1000

    @property
    def max_score(self) -> float:
        return sum(spec.points for spec in self.checks)

    @property
    def kind(self) -> Kind | None:
        """What is done with the graded name; None where nothing is trained and nothing is called."""
        if self.models is not None:
            return "shows" if self.models.shown is not None else "builds"
        if self.callback is not None:
            return "stops"
        if self.given is not None:
            return "predicts" if self.given.values else "fits" if self.given.labels else "prepares"
        if self.has_behaviour_checks:
            return "calls"
        if self.training == "observed":
            return "observes"
        return "trains" if self.training != "none" else None

    @property
    def has_behaviour_checks(self) -> bool:
        """Whether a check, of any part, rests on calls of a plain function."""
        return any(spec.check.startswith(BEHAVIOUR_PREFIX) for spec in self.checks)

    @property
    def graded_name(self) -> str | None:
        """The function or class that is graded; None where the file itself trains."""
        return self.callback or self.function

    @property
    def argument_count(self) -> int:
        """How many arguments the graded function is called with."""
        if self.models is not None:
            return self.models.arguments
        return len(self.arguments) if self.given is None else 1 + (self.kind == "fits")

    def split_parts(self) -> list[Exercise]:
        """The exercise as one for each of its parts; an exercise of one part is that part."""
        return [_make_part(self, part) for part in self.parts] or [self]


def _make_part(exercise: Exercise, part: Part) -> Exercise:
    judged = structs.replace(exercise, checks=[spec for spec in exercise.checks if spec.part == part.id])
    called = judged.has_behaviour_checks
    return structs.replace(
        judged,
        parts=[],
        function=part.function,
        callback=part.callback,
        given=part.given,
        models=part.models,
        arguments=part.arguments,
        training="none" if called else exercise.training,
        dataset=None if called else exercise.dataset,
        source=None if called else exercise.source,
    )


def find_exercise_text(course: Course, exercise_id: str, name: str) -> Path:
    """Returns the path of a file in the exercise's folder, such as `stub.py` or `README.md`."""
    return course.find_exercise_file(exercise_id).with_name(name)


def sort_by_unit(exercises: Sequence[Exercise]) -> list[Exercise]:
    """Unit by unit, each where its first exercise is."""
    # From the highest order to the lowest, so that the lowest one of each unit stays in the dict.
    first = {exercise.unit: exercise.order for exercise in sorted(exercises, key=lambda each: -each.order)}
    return sorted(exercises, key=lambda exercise: (first[exercise.unit], exercise.unit, exercise.order))
