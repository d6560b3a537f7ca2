"""An exercise as its author wrote it, read and checked: what a machine needs to grade one submission. Runs nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, field

from grader.courses.course import Course
from grader.courses.yaml_nodes import Problems, YamlNode
from grader.courses.yaml_tree import ByteSize, Duration, Percent, convert_node, format_suggestion, read_yaml
from grader.protocol.calls import FunctionArgument, Panel

# What is done with the graded function: it is called, looks inside a model, returns models, or trains by itself.
Kind = Literal["calls", "shows", "builds", "trains", "observes"]
RESULT_KEY = "gives"
MAX_RANDOM_CASES = 1000


class Limits(Struct, frozen=True, kw_only=True):
    """What one submission may use: training time per device, time of the student's own code, memory, output."""

    gpu: Duration = Duration(300)
    cpu: Duration = Duration(1800)
    student: Duration = Duration(300)
    call: Duration = Duration(5)
    memory: ByteSize = ByteSize(4_000_000_000)
    output: ByteSize = ByteSize(1_000_000)


class CheckSpec(Struct, frozen=True, kw_only=True):
    """One line of an exercise's `checks`.

    Args:
        gate: where it fails, training isn't started.
        advice: where it would fail, its points are given all the same, and a note says what was found.
    """

    id: str
    check: str
    points: float
    args: dict[str, Any] = field(default_factory=dict)
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
    """

    image: InputImage | None = None
    calls: list[dict[str, int]] = field(default_factory=list)
    shown: SuppliedModelInput | None = None
    fit: FitSettings = field(default_factory=FitSettings)
    train: Literal["always", "on_request", "never"] = "always"

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
    dataset: Literal["mnist", "fashion_mnist"]
    fit: FitSettings
    columns: list[ExperimentColumn]


class Exercise(Struct, frozen=True, kw_only=True):
    """The file `exercise.yaml`, schema `grade-exercise/1`.

    Args:
        arguments: of a plain function, whose checks are `behaviour…`, in the order of the call.
        picture: the sheet that `--picture` draws of a plain function's answers.
    """

    schema: Literal["grade-exercise/1"]
    id: str
    title: str
    checks: list[CheckSpec]
    function: str | None = None
    dataset: Literal["mnist", "fashion_mnist"] | None = None
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
        """What is done with the graded function; None where nothing is trained and nothing is called."""
        if self.models is not None:
            return "shows" if self.models.shown is not None else "builds"
        if any(spec.check.startswith("behaviour.") for spec in self.checks):
            return "calls"
        if self.training == "observed":
            return "observes"
        return "trains" if self.training != "none" else None


def read_exercise(
    course: Course,
    exercise_id: str,
    check_arguments: Callable[[YamlNode, Problems], None],
    check_use: Callable[[Course, Exercise, YamlNode, Problems], None],
) -> Exercise:
    """Reads and checks one exercise.

    Args:
        check_arguments: adds the faults of one entry of `checks:`, which names a check and its arguments.
        check_use: adds the faults of an exercise that can be read: what it can't use, and what doesn't fit together.

    Raises:
        UsageError: there is no such exercise.
        CourseError: every fault of its `exercise.yaml`, with line and column.
    """
    path = course.find_exercise_file(exercise_id)
    tree, problems = read_yaml(path, f"exercises/{exercise_id}/exercise.yaml")
    exercise = convert_node(tree, Exercise, problems)
    # From the tree, so that faults of checks are reported even if another part of the file can't be read.
    _check_specs(tree.find_nearest("checks"), problems, check_arguments)
    if exercise is not UNSET:
        _check_whole(exercise, tree, exercise_id, problems)
        check_use(course, exercise, tree, problems)
    problems.raise_if_any()
    assert isinstance(exercise, Exercise)
    return exercise


def _check_specs(node: YamlNode, problems: Problems, check_arguments: Callable[[YamlNode, Problems], None]) -> None:
    """Each check has an id of its own, a known name and the arguments of that check."""
    seen: set[str] = set()
    for item in node.value if isinstance(node.value, tuple) else ():
        # The conversion has reported this already.
        if not isinstance(item.value, dict):
            continue
        identity = item.find_nearest("id")
        if isinstance(identity.value, str) and identity.value in seen:
            problems.add(identity, f'two checks have the id "{identity.value}"')
        if isinstance(identity.value, str):
            seen.add(identity.value)
        if isinstance(item.find_nearest("check").value, str):
            check_arguments(item, problems)


def _check_whole(exercise: Exercise, tree: YamlNode, folder: str, problems: Problems) -> None:
    if exercise.id != folder:
        problems.add(tree.find_nearest("id"), f'the id "{exercise.id}" differs from the folder\'s name "{folder}"')
    if not exercise.checks:
        problems.add(tree.find_nearest("checks"), "an exercise needs at least one check")
    if exercise.models is not None and exercise.function is None:
        problems.add(tree, '"function" is missing: "models" are what a function returns')
    check_cases(tree, exercise.arguments, problems)
    plain = any(spec.check.startswith("behaviour.") for spec in exercise.checks)
    if plain and (exercise.function is None or exercise.training != "none"):
        problems.add(tree, 'checks of behaviour need "function" and "training: none"')
    if exercise.training == "observed" and (exercise.function is None or exercise.models is not None):
        problems.add(tree.find_nearest("training"), '"training: observed" needs "function", and no "models": the function trains by itself')
    if exercise.training != "none" and exercise.dataset is None:
        problems.add(tree, '"dataset" is missing: training needs one')
    if not 1 <= exercise.attempts <= 10:
        problems.add(tree.find_nearest("attempts"), f"attempts must be from 1 to 10, got {exercise.attempts}")
    for index, spec in enumerate(exercise.checks):
        if not 0 <= spec.points <= 1000:
            problems.add(
                tree.find_nearest("checks", index, "points"), f"points must be from 0 to 1000, got {spec.points:g}"
            )


def find_exercise_text(course: Course, exercise_id: str, name: str) -> Path:
    """Returns the path of a file in the exercise's folder, such as `stub.py` or `README.md`."""
    return course.find_exercise_file(exercise_id).with_name(name)


def check_cases(tree: YamlNode, arguments: Mapping[str, FunctionArgument], problems: Problems) -> None:
    """Adds every fault of `arguments`, of the cases in `checks` and of those in `picture`.

    Args:
        tree: the whole `exercise.yaml`.
        arguments: as it was read.
        problems: collects them.
    """
    for name, argument in arguments.items():
        _check_argument(tree.find_nearest("arguments", name), name, argument, problems)
    checks = tree.find_nearest("checks").value
    # Faults of form are reported elsewhere; here they must only do no harm.
    for item in checks if isinstance(checks, tuple) else ():
        given = item.find_nearest("args")
        if isinstance(given.value, dict) and str(item.find_nearest("check").value).startswith("behaviour."):
            _check_behaviour_arguments(given, arguments, problems)
    panels = tree.find_nearest("picture").value
    for panel in panels if isinstance(panels, tuple) else ():
        if isinstance(panel.find_nearest("case").value, dict):
            _check_case(panel.find_nearest("case"), arguments, problems)


def _check_behaviour_arguments(given: YamlNode, arguments: Mapping[str, FunctionArgument], problems: Problems) -> None:
    """The cases of one check, and how many random ones it asks for."""
    for case in _list_cases(given):
        _check_case(case, arguments, problems)
    mapping = given.value if isinstance(given.value, dict) else {}
    if "random" not in mapping:
        return
    number = str(mapping["random"].value)
    if number.isdecimal() and int(number) > MAX_RANDOM_CASES:
        problems.add(mapping["random"], f"random cases must be at most {MAX_RANDOM_CASES}, got {number}")
    for name, argument in arguments.items():
        if not argument.drawable:
            text = f'random cases need to know how "{name}" is drawn: choice, whole, number, or shape and values'
            problems.add(given.keys["random"], text)


def _list_cases(given: YamlNode) -> list[YamlNode]:
    """The mappings under `case` and `cases`."""
    mapping = given.value if isinstance(given.value, dict) else {}
    several = mapping["cases"].value if "cases" in mapping else ()
    found = [*(several if isinstance(several, tuple) else ()), *([mapping["case"]] if "case" in mapping else [])]
    return [case for case in found if isinstance(case.value, dict)]


def _check_case(case: YamlNode, arguments: Mapping[str, FunctionArgument], problems: Problems) -> None:
    given = case.value if isinstance(case.value, dict) else {}
    for name in given:
        if name not in arguments and name != RESULT_KEY:
            hint = format_suggestion(name, [*arguments, RESULT_KEY])
            problems.add(case.keys[name], f'the function has no argument "{name}"{hint}')
    for name in arguments:
        if name not in given:
            problems.add(case, f'the argument "{name}" is missing in this case')


def _check_argument(node: YamlNode, name: str, argument: FunctionArgument, problems: Problems) -> None:
    ways = [way for way in ("choice", "whole", "number", "values") if getattr(argument, way)]
    if len(ways) > 1:
        problems.add(node, f'"{name}" is drawn in one way: {" or ".join(ways)}')
    spans = [getattr(argument, way) for way in ways if way != "choice"]
    spans += [span for span in argument.shape if isinstance(span, list)]
    for span in spans:
        if len(span) != 2 or span[0] > span[1]:
            problems.add(node, f'"{name}": expected [least, most], got {span}')
    if (argument.values or argument.shape) and argument.array is None:
        problems.add(node, f'"{name}": shape and values are those of an array; say of which type, such as array: uint8')
    sizes = [number for span in argument.shape for number in (span if isinstance(span, list) else [span])]
    if any(not 0 <= number <= 10_000 for number in sizes):
        problems.add(node, f'"{name}": a dimension must be from 0 to 10000, got {argument.shape}')
