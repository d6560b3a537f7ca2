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
    "trains": "the function of this exercise trains by itself, and is called without arguments",
    "observes": "with training: observed the file trains by itself; its figures are reported, and only held-out images are measured",
}
# Which kinds use a key; what isn't here is for all of them.
KEYS: dict[str, tuple[Kind, ...]] = {
    "arguments": ("calls",),
    "picture": ("calls",),
    "tables": ("builds",),
    "models": ("shows", "builds"),
    "dataset": ("shows", "builds", "trains", "observes"),
    "attempts": ("shows", "builds", "trains"),
}
LIMITS: dict[str, tuple[Kind, ...]] = {
    "call": ("calls",),
    "gpu": ("shows", "builds", "trains"),
    "cpu": ("shows", "builds", "trains"),
}
# Which kinds have a piece of evidence.
EVIDENCE: dict[str, tuple[Kind, ...]] = {
    "trial": ("calls",),
    "activations": ("shows",),
    "models": ("builds",),
    "architecture": ("builds", "trains"),
    "data": ("builds", "trains"),
    "training": ("builds", "trains"),
    "measured": ("builds", "trains", "observes"),
    "probe": ("trains",),
    "returned": ("builds", "trains", "observes"),
}
OF_TRAINING = ("data", "training", "measured")
# Checks that rest on the same evidence, in another form.
RETURNS: dict[str, tuple[Kind, ...]] = {
    "returns.model": ("builds",),
    "returns.shape": ("trains",),
    "returns.match_training": ("trains",),
    "returns.curve": ("observes",),
}


def check_use(exercise: Exercise, tree: YamlNode, problems: Problems) -> None:
    """Adds a problem for each key and each check that this kind of exercise doesn't use."""
    kind = exercise.kind
    if kind is None:
        return
    for node, keys, where in ((tree, KEYS, ""), (_below(tree, "limits"), LIMITS, "limits: ")):
        for name, place in node.keys.items():
            if kind not in keys.get(name, (kind,)):
                problems.add(place, f'{where}"{name}" has no effect: {WORDS[kind]}; remove it')
    _check_models(exercise, _below(tree, "models"), problems)
    for index, spec in enumerate(exercise.checks):
        for fault in _faults_of(spec.check, kind, exercise):
            problems.add(tree.find_nearest("checks", index, "check"), f"{spec.check} can't be judged: {fault}")


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


def _faults_of(check: str, kind: Kind, exercise: Exercise) -> Iterator[str]:
    """Yields why a check has nothing to judge in this kind of exercise; unknown checks are reported elsewhere."""
    entry = CHECKS.get(check)
    needed = [item for item, optional in entry.evidence.items() if not optional] if entry is not None else []
    # Optional evidence may be missing; without required evidence the check would be skipped for every student.
    usable = all(kind in EVIDENCE.get(item, (kind,)) for item in needed)
    if not usable or kind not in RETURNS.get(check, (kind,)):
        yield WORDS[kind]
    elif exercise.models is not None and exercise.models.train == "never" and set(needed) & set(OF_TRAINING):
        yield "train: never says that the models are only looked at"
