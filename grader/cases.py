"""Holds the cases that an author wrote against the arguments of the function; faults are told with line and column."""

from __future__ import annotations

from collections.abc import Mapping

from grader.calls import Argument
from grader.yamlnodes import Node, Problems
from grader.yamltree import did_you_mean

GIVES = "gives"
MOST_RANDOM = 1000


def check(tree: Node, arguments: Mapping[str, Argument], problems: Problems) -> None:
    """Adds every fault of `arguments`, of the cases in `checks` and of those in `picture`.

    Args:
        tree: the whole `exercise.yaml`.
        arguments: as it was read.
        problems: collects them.
    """
    for name, argument in arguments.items():
        _argument(tree.at("arguments", name), name, argument, problems)
    checks = tree.at("checks").value
    for item in checks if isinstance(checks, tuple) else ():
        given = item.at("args")
        if isinstance(given.value, dict) and str(item.at("check").value).startswith("behaviour."):
            _arguments(given, arguments, problems)
    panels = tree.at("picture").value
    for panel in panels if isinstance(panels, tuple) else ():
        if isinstance(panel.at("case").value, dict):
            _case(panel.at("case"), arguments, problems)


def _arguments(given: Node, arguments: Mapping[str, Argument], problems: Problems) -> None:
    """The cases of one check, and how many random ones it asks for."""
    for case in _cases(given):
        _case(case, arguments, problems)
    mapping = given.value if isinstance(given.value, dict) else {}
    if "random" not in mapping:
        return
    number = str(mapping["random"].value)
    if number.isdecimal() and int(number) > MOST_RANDOM:
        problems.add(mapping["random"], f"random cases must be at most {MOST_RANDOM}, got {number}")
    for name, argument in arguments.items():
        if not argument.drawable:
            text = f'random cases need to know how "{name}" is drawn: choice, whole, number, or shape and values'
            problems.add(given.keys["random"], text)


def _cases(given: Node) -> list[Node]:
    """The mappings under `case` and `cases`."""
    mapping = given.value if isinstance(given.value, dict) else {}
    several = mapping["cases"].value if "cases" in mapping else ()
    found = [*(several if isinstance(several, tuple) else ()), *([mapping["case"]] if "case" in mapping else [])]
    return [case for case in found if isinstance(case.value, dict)]


def _case(case: Node, arguments: Mapping[str, Argument], problems: Problems) -> None:
    given = case.value if isinstance(case.value, dict) else {}
    for name in given:
        if name not in arguments and name != GIVES:
            hint = did_you_mean(name, [*arguments, GIVES])
            problems.add(case.keys[name], f'the function has no argument "{name}"{hint}')
    for name in arguments:
        if name not in given:
            problems.add(case, f'the argument "{name}" is missing in this case')


def _argument(node: Node, name: str, argument: Argument, problems: Problems) -> None:
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
