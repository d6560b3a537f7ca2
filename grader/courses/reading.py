"""Reads an exercise's `exercise.yaml`, and finds what in it doesn't fit together. Knows no check by itself."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import UNSET, structs

from grader.courses.case_checks import check_cases
from grader.courses.course import Course
from grader.courses.datasets import HELD_OUT_FILE, find_own_dataset, load_embedded_descriptions, name_held_out_file
from grader.courses.exercise import Exercise
from grader.courses.yaml_nodes import Problems, YamlNode
from grader.courses.yaml_tree import convert_node, format_suggestion, read_yaml
from grader.protocol.datasets import DatasetSource


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
    source = _find_source(course, tree, problems)
    if exercise is not UNSET:
        _check_whole(exercise, tree, exercise_id, problems)
        exercise = structs.replace(exercise, source=source)
        _check_dataset_use(exercise, tree, problems)
        _check_held_out(course, exercise, tree, problems)
        check_use(course, exercise, tree, problems)
    problems.raise_if_any()
    assert isinstance(exercise, Exercise)
    return exercise


def _find_source(course: Course, tree: YamlNode, problems: Problems) -> DatasetSource | None:
    """The dataset that an exercise names, if that is the course's own; checked even if the rest can't be read."""
    node = tree.find_nearest("dataset")
    if node is tree or not isinstance(node.value, str):
        return None
    return find_own_dataset(course, node.value, node, problems)


def _check_dataset_use(exercise: Exercise, tree: YamlNode, problems: Problems) -> None:
    """What can be done with the embedded datasets only."""
    for index, table in enumerate(exercise.tables):
        if table.dataset not in load_embedded_descriptions():
            known = ", ".join(load_embedded_descriptions())
            problems.add(tree.find_nearest("tables", index, "dataset"), f"a table needs an embedded dataset: {known}")
    models = [exercise.models, *(part.models for part in exercise.parts)]
    shows = any(each is not None and each.shown is not None for each in models)
    if exercise.source is not None and (exercise.training == "observed" or shows):
        what = "models: {shown: …}" if shows else "training: observed"
        problems.add(tree.find_nearest("dataset"), f"{what} needs an embedded dataset")


def _check_held_out(course: Course, exercise: Exercise, tree: YamlNode, problems: Problems) -> None:
    """A check of held-out images has some; a student's copy of the course, without solutions, has none."""
    embedded = exercise.dataset in load_embedded_descriptions()
    if not embedded and (exercise.source is None or exercise.source.held_out or not course.solutions.is_dir()):
        return
    file = HELD_OUT_FILE if exercise.source is None else name_held_out_file(exercise.source.about)
    place = f"solutions/datasets/{exercise.dataset}/{file}"
    fault = "an embedded dataset has no held-out images" if embedded else f"there is no {place}"
    for index, spec in enumerate(exercise.checks):
        if spec.args.get("split") == "held_out":
            problems.add(tree.find_nearest("checks", index, "args", "split"), fault)


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


def _check_training(exercise: Exercise, tree: YamlNode, problems: Problems) -> None:
    """What the key "training" asks for beside it."""
    if exercise.training == "observed" and (exercise.function is None or exercise.models is not None):
        problems.add(tree.find_nearest("training"), '"training: observed" needs "function", and no "models": the function trains by itself')
    if exercise.training != "none" and exercise.dataset is None and exercise.kind != "predicts":
        problems.add(tree, '"dataset" is missing: training needs one')


def _check_whole(exercise: Exercise, tree: YamlNode, folder: str, problems: Problems) -> None:
    if exercise.id != folder:
        problems.add(tree.find_nearest("id"), f'the id "{exercise.id}" differs from the folder\'s name "{folder}"')
    if not exercise.checks:
        problems.add(tree.find_nearest("checks"), "an exercise needs at least one check")
    if exercise.models is not None and exercise.function is None:
        problems.add(tree, '"function" is missing: "models" are what a function returns')
    if exercise.given is not None and exercise.function is None:
        problems.add(tree, '"function" is missing: what is it that takes what is "given"?')
    _check_parts(exercise, tree, problems)
    check_cases(tree, exercise.arguments, {part.id: part.arguments for part in exercise.parts}, problems)
    if exercise.has_behaviour_checks and not exercise.parts and (exercise.function is None or exercise.training != "none"):
        problems.add(tree, 'checks of behaviour need "function" and "training: none"')
    _check_training(exercise, tree, problems)
    if not 1 <= exercise.attempts <= 10:
        problems.add(tree.find_nearest("attempts"), f"attempts must be from 1 to 10, got {exercise.attempts}")
    for index, spec in enumerate(exercise.checks):
        if not 0 <= spec.points <= 1000:
            problems.add(
                tree.find_nearest("checks", index, "points"), f"points must be from 0 to 1000, got {spec.points:g}"
            )


def _check_parts(exercise: Exercise, tree: YamlNode, problems: Problems) -> None:
    """Each part has an id of its own and one graded name, and each check belongs to a part."""
    ids = [part.id for part in exercise.parts]
    if exercise.parts and (exercise.function or exercise.callback or exercise.models or exercise.given):
        problems.add(tree.find_nearest("parts"), 'what is graded is either in "parts" or at the top')
    for index, part in enumerate(exercise.parts):
        node = tree.find_nearest("parts", index)
        if part.id in ids[:index]:
            problems.add(node.find_nearest("id"), f'two parts have the id "{part.id}"')
        if part.function is not None and part.callback is not None:
            problems.add(node, f'the part "{part.id}" has a function and a callback; make two parts of it')
        if part.function is None and (part.given is not None or part.models is not None or part.arguments):
            problems.add(node, f'the part "{part.id}" has no "function" to call')
    for index, spec in enumerate(exercise.checks):
        if spec.part not in ids and (exercise.parts or spec.part):
            fault = f'no part has the id "{spec.part}"' if spec.part else '"part" is missing: which part is judged?'
            problems.add(tree.find_nearest("checks", index, "part"), fault + format_suggestion(spec.part, ids))
