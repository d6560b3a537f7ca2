"""Lists every check that an exercise can name, with its arguments. Judges nothing."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import msgspec

from grader.checks import (
    activations,
    architecture,
    behaviour,
    callback,
    measured,
    models,
    prediction,
    preparation,
    returns,
    structure,
    training,
)
from grader.checks.registry import collect_checks
from grader.courses.exercise import CheckSpec
from grader.courses.yaml_nodes import Problems, YamlNode
from grader.courses.yaml_tree import Duration, Percent, convert_node, format_suggestion, parse_quantity

CHECKS = MappingProxyType(collect_checks((activations, architecture, behaviour, callback, measured, models, prediction, preparation, returns, structure, training)))


def check_arguments(item: YamlNode, problems: Problems) -> None:
    """Adds every fault of one entry of `checks:` to `problems`, each at its own node.

    Args:
        item: the entry, a mapping whose `check` is text.
        problems: collects an unknown check, unknown or missing arguments, and values of a wrong type.
    """
    name, given = item.find_nearest("check"), item.find_nearest("args")
    entry = CHECKS.get(str(name.value))
    if entry is None:
        problems.add(name, f'no check "{name.value}"{format_suggestion(str(name.value), CHECKS)}')
        return
    arguments = given.value if given is not item and isinstance(given.value, dict) else {}
    for argument, value in arguments.items():
        kind = entry.find_argument_type(argument)
        if kind is None:
            known = [*entry.arguments, *entry.other_names]
            problems.add(
                given.keys[argument], f'{entry.name} has no argument "{argument}"{format_suggestion(argument, known)}'
            )
        else:
            convert_node(value, kind, problems)
    for argument, declared in entry.arguments.items():
        if declared.required and argument not in arguments:
            problems.add(item if given is item else given, f'{entry.name} needs the argument "{argument}"')
    # Without counts the check would pass every model, which no author means.
    if entry.others is not None and not arguments:
        problems.add(item, f"{entry.name} needs at least one argument")


def convert_arguments(spec: CheckSpec) -> dict[str, Any]:
    """The arguments of a spec that was loaded, each as the check's signature types it (`99.8%` is 0.998).

    Raises:
        ValueError: an argument doesn't fit its type; `check_arguments` refuses such an exercise when it is loaded.
    """
    entry = CHECKS[spec.check]
    return {name: _convert_value(value, entry.find_argument_type(name)) for name, value in spec.args.items()}


def _convert_value(value: Any, kind: Any) -> Any:
    if kind in (Percent, Duration):
        return parse_quantity(str(value), kind)
    # Not strict, as YAML's scalars are kept as text.
    return str(value) if kind is str else msgspec.convert(value, kind, strict=False)
