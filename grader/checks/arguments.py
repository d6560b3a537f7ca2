"""The YAML arguments of a check against its signature: faults are reported where they stand, values get their type."""

from __future__ import annotations

from typing import Any

import msgspec

from grader.checks.catalogue import CHECKS
from grader.exercise import CheckSpec
from grader.yamlnodes import Node, Problems
from grader.yamltree import Duration, Percent, convert, did_you_mean, quantity


def check_arguments(item: Node, problems: Problems) -> None:
    """Adds every fault of one entry of `checks:` to `problems`, each at its own node.

    Args:
        item: the entry, a mapping whose `check` is text.
        problems: collects an unknown check, unknown or missing arguments, and values of a wrong type.
    """
    name, given = item.at("check"), item.at("args")
    entry = CHECKS.get(str(name.value))
    if entry is None:
        problems.add(name, f'no check "{name.value}"{did_you_mean(str(name.value), CHECKS)}')
        return
    arguments = given.value if given is not item and isinstance(given.value, dict) else {}
    for argument, value in arguments.items():
        kind = entry.kind_of(argument)
        if kind is None:
            known = [*entry.arguments, *entry.other_names]
            problems.add(
                given.keys[argument], f'{entry.name} has no argument "{argument}"{did_you_mean(argument, known)}'
            )
        else:
            convert(value, kind, problems)
    for argument, declared in entry.arguments.items():
        if declared.required and argument not in arguments:
            problems.add(item if given is item else given, f'{entry.name} needs the argument "{argument}"')
    if entry.others is not None and not arguments:
        problems.add(item, f"{entry.name} needs at least one argument")


def arguments(spec: CheckSpec) -> dict[str, Any]:
    """The arguments of a spec that was loaded, each as the check's signature types it (`99.8%` is 0.998).

    Raises:
        ValueError: an argument doesn't fit its type; `check_arguments` refuses such an exercise when it is loaded.
    """
    entry = CHECKS[spec.check]
    return {name: _typed(value, entry.kind_of(name)) for name, value in spec.args.items()}


def _typed(value: Any, kind: Any) -> Any:
    if kind in (Percent, Duration):
        return quantity(str(value), kind)
    return str(value) if kind is str else msgspec.convert(value, kind, strict=False)
