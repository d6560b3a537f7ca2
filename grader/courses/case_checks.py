"""What is wrong with the cases of a plain function, as an author wrote them. Makes no case."""

from __future__ import annotations

from collections.abc import Mapping

from grader.courses.yaml_nodes import Problems, YamlNode
from grader.courses.yaml_tree import format_suggestion
from grader.protocol.calls import FunctionArgument

BEHAVIOUR_PREFIX = "behaviour."
RESULT_KEY = "gives"
MAX_RANDOM_CASES = 1000


def check_cases(
    tree: YamlNode,
    arguments: Mapping[str, FunctionArgument],
    of_parts: Mapping[str, Mapping[str, FunctionArgument]],
    problems: Problems,
) -> None:
    """Adds every fault of `arguments`, of the cases in `checks` and of those in `picture`.

    Args:
        tree: the whole `exercise.yaml`.
        arguments: as they were read.
        of_parts: those of each part, in their order, by its id.
        problems: collects them.
    """
    for name, argument in arguments.items():
        _check_argument(tree.find_nearest("arguments", name), name, argument, problems)
    for index, of_part in enumerate(of_parts.values()):
        for name, argument in of_part.items():
            _check_argument(tree.find_nearest("parts", index, "arguments", name), name, argument, problems)
    checks = tree.find_nearest("checks").value
    # Faults of form are reported elsewhere; here they must only do no harm.
    for item in checks if isinstance(checks, tuple) else ():
        given = item.find_nearest("args")
        if isinstance(given.value, dict) and str(item.find_nearest("check").value).startswith(BEHAVIOUR_PREFIX):
            part = item.find_nearest("part").value
            _check_behaviour_arguments(given, of_parts.get(part, arguments) if isinstance(part, str) else arguments, problems)
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
