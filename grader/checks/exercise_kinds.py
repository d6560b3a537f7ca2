"""The kinds of exercise and what each uses; a key, limit or check without effect is reported as a course fault."""

from __future__ import annotations

from collections.abc import Iterator

from grader.checks.catalogue import CHECKS
from grader.courses.exercise import Exercise, Kind
from grader.courses.yaml_nodes import Problems, YamlNode

WORDS: dict[Kind, str] = {
    "calls": "an exercise whose checks are behaviour… calls a plain function, and trains nothing",
    "shows": "an exercise with models: {shown: …} calls the function with the grader's own model and images",
    "builds": 'an exercise with "models" takes the model that the function returns, and trains it itself',
    "prepares": "a function with given: {labels: false} prepares images, and trains nothing",
    "trains": "the function of this exercise trains by itself, and is called without arguments",
    "observes": "with training: observed the file trains by itself; its figures are reported, and only held-out images are measured",
    "fits": 'the function of this exercise trains by itself, on what is "given"',
    "predicts": "a function with given: {values: …} trains on data of its own, and predicts",
    "stops": 'of a "callback" the class is tried, and nothing is trained',
}
# Which kinds use a key; what isn't here is for all of them.
KEYS: dict[str, tuple[Kind, ...]] = {
    "arguments": ("calls",),
    "picture": ("calls",),
    "tables": ("builds",),
    "models": ("shows", "builds"),
    "given": ("prepares", "fits", "predicts"),
    "dataset": ("shows", "builds", "prepares", "trains", "fits", "observes", "stops"),
    "attempts": ("shows", "builds", "trains", "fits", "predicts"),
}
LIMITS: dict[str, tuple[Kind, ...]] = {
    "call": ("calls",),
    "gpu": ("shows", "builds", "trains", "fits", "predicts"),
    "cpu": ("shows", "builds", "trains", "fits", "predicts"),
}
# Which kinds have a piece of evidence.
EVIDENCE: dict[str, tuple[Kind, ...]] = {
    "trial": ("calls",),
    "activations": ("shows",),
    "models": ("builds",),
    "architecture": ("builds", "trains", "fits", "predicts"),
    "data": ("builds", "prepares", "trains", "fits"),
    "prepared": ("prepares",),
    "training": ("builds", "trains", "fits", "predicts"),
    "measured": ("builds", "trains", "fits", "observes"),
    "probe": ("trains", "fits", "stops"),
    "predicted": ("predicts",),
    "returned": ("builds", "prepares", "trains", "fits", "predicts", "observes"),
}
OF_TRAINING = ("data", "training", "measured")
# Checks that rest on the same evidence, in another form.
RETURNS: dict[str, tuple[Kind, ...]] = {
    "returns.model": ("builds",),
    "prepared.array": ("prepares",),
    "predicted.match_return": ("predicts",),
    "returns.history": ("trains", "fits"),
    "returns.shape": ("trains", "fits"),
    "returns.match_training": ("trains", "fits"),
    "returns.accuracy": ("trains", "fits"),
    "returns.curve": ("observes",),
}


def check_use(exercise: Exercise, tree: YamlNode, problems: Problems) -> None:
    """Adds a problem for each key and each check that this kind of exercise, or of a part of it, doesn't use."""
    for number, part in enumerate(exercise.split_parts()):
        node = tree.find_nearest("parts", number) if exercise.parts else tree
        _check_keys(part, node, problems)
        for index, spec in enumerate(exercise.checks):
            for fault in _faults_of(spec.check, part) if spec in part.checks else ():
                problems.add(tree.find_nearest("checks", index, "check"), f"{spec.check} can't be judged: {fault}")


def _check_keys(exercise: Exercise, tree: YamlNode, problems: Problems) -> None:
    kind = exercise.kind
    if kind is None:
        return
    for node, keys, where in ((tree, KEYS, ""), (_below(tree, "limits"), LIMITS, "limits: ")):
        for name, place in node.keys.items():
            if kind not in keys.get(name, (kind,)):
                problems.add(place, f'{where}"{name}" has no effect: {WORDS[kind]}; remove it')
    _check_models(exercise, _below(tree, "models"), problems)


def _below(tree: YamlNode, name: str) -> YamlNode:
    found = tree.find_nearest(name)
    # `find_nearest` answers with the parent where the key is missing; an empty node reports nothing instead.
    return YamlNode(value=None, line=1, column=1) if found is tree else found


def _check_models(exercise: Exercise, node: YamlNode, problems: Problems) -> None:
    """Reports the keys of `models` that have no effect."""
    models = exercise.models
    if models is None:
        return
    if models.shown is not None and models.train != "always":
        problems.add(
            node.find_nearest("train"), f'"train: {models.train}" has no effect: activations are of a trained model'
        )
    elif models.shown is None and models.train == "never" and "fit" in node.keys:
        problems.add(node.keys["fit"], '"fit" has no effect: train: never says that the models are only looked at')


def _faults_of(check: str, exercise: Exercise) -> Iterator[str]:
    """Yields why a check has nothing to judge in this kind of exercise; unknown checks are reported elsewhere."""
    kind = exercise.kind
    if kind is None:
        return
    entry = CHECKS.get(check)
    needed = [item for item, optional in entry.evidence.items() if not optional] if entry is not None else []
    # Optional evidence may be missing; without required evidence the check would be skipped for every student.
    usable = all(kind in EVIDENCE.get(item, (kind,)) for item in needed)
    if not usable or kind not in RETURNS.get(check, (kind,)):
        yield WORDS[kind]
    elif exercise.models is not None and exercise.models.train == "never" and set(needed) & set(OF_TRAINING):
        yield "train: never says that the models are only looked at"
