"""What an exercise on a table or on sequences can ask for, and what only one on images can."""

from __future__ import annotations

from collections.abc import Iterator

from grader.courses.exercise import CheckSpec, Exercise
from grader.courses.yaml_nodes import Problems, YamlNode

OF_ACCURACY = ("measured.accuracy", "training.reaches", "callback.stops_when")


def check_table_use(exercise: Exercise, tree: YamlNode, problems: Problems) -> None:
    """Adds a problem for each thing that the exercise's dataset has no meaning for; other datasets have none."""
    about = exercise.source.about if exercise.source is not None else None
    is_regression = about is not None and about.task == "regression"
    for index, spec in enumerate(exercise.checks):
        for fault in _find_check_faults(spec, is_regression=is_regression):
            problems.add(tree.find_nearest("checks", index, "check"), fault)
    if about is None or about.kind == "image":
        return
    what = "a table" if about.is_table else "a dataset of sequences"
    for part in exercise.split_parts():
        if part.kind not in ("trains", "fits"):
            words = f"{what} is for a function, or a file, that trains by itself: without models and with labels"
            problems.add(tree.find_nearest("dataset"), words)
        if part.given is not None and part.given.scale != 1:
            problems.add(tree.find_nearest("dataset"), f"a function is given the {about.unit}s as they are: remove scale")
    if exercise.training == "observed":
        problems.add(tree.find_nearest("dataset"), f"{what} needs training: delegated")


def _find_check_faults(spec: CheckSpec, *, is_regression: bool) -> Iterator[str]:
    if is_regression and spec.check in OF_ACCURACY:
        yield f"{spec.check} is of an accuracy, and task: regression has none; use measured.reaches with below: {{mae: …}} or {{mse: …}}"
    if spec.check != "measured.reaches":
        return
    if len({"above", "below"} & spec.args.keys()) != 1:
        yield "measured.reaches needs one of above: {accuracy: …} and below: {mae: …} or {mse: …}"
    elif is_regression and "above" in spec.args:
        yield "task: regression has no accuracy; use below: {mae: …} or {mse: …}"
    elif not is_regression and "below" in spec.args:
        yield "errors are measured for task: regression; of classes use above: {accuracy: …}"
