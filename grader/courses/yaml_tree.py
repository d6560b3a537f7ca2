"""YAML files read as a tree of marked nodes, so that every fault is reported with line and column, all at once.

Scalars stay the text that was written: YAML 1.1's `No`, `1:30` and `012` never turn into something else.
"""

from __future__ import annotations

import difflib
import re
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, ClassVar, Literal, Union, get_args, get_origin

import msgspec
import yaml

from grader.courses.yaml_nodes import Problems, YamlNode, build_tree

MAX_YAML_BYTES = 1_000_000
# Marks a field that is no key of the file: `Annotated[…, FILLED_IN]`.
FILLED_IN = msgspec.Meta(description="filled in after the file is read")


def format_suggestion(name: str, known: Any) -> str:
    """`; did you mean "x"?`, or the empty string when nothing is near."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f'; did you mean "{near[0]}"?' if near else ""


def parse_yaml(text: str, problems: Problems) -> YamlNode:
    """The one document in `text`.

    Raises:
        CourseError: not YAML, more than one document, an alias, a tag, a duplicate key, or too large.
    """
    if len(text) > MAX_YAML_BYTES:
        problems.add((1, 1), f"the file is larger than {MAX_YAML_BYTES:,} characters", "unreadable")
        problems.raise_if_any()
    try:
        root = build_tree(text, problems)
    except yaml.YAMLError as error:
        problems.add(_find_place(error), f"not valid YAML: {_describe_error(error)}", "unreadable")
    except (ValueError, RecursionError) as error:
        problems.add((1, 1), f"not valid YAML: {error}", "unreadable")
    problems.raise_if_any()
    if root is not None:
        return root
    problems.add((1, 1), "the file is empty", "unreadable")
    problems.raise_if_any()
    raise AssertionError


def read_yaml(path: Path, shown: str | None = None) -> tuple[YamlNode, Problems]:
    """Parses a file; messages name it as `shown`.

    Raises:
        CourseError: as `parse_yaml`, or the file can't be read as UTF-8 text.
    """
    problems = Problems(shown or str(path))
    return parse_yaml(read_text(path, problems), problems), problems


def read_text(path: Path, problems: Problems) -> str:
    """The text of a file, without a byte order mark.

    Raises:
        CourseError: it can't be read, or is not UTF-8, or is larger than `MAX_YAML_BYTES`.
    """
    data = b""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_YAML_BYTES + 1)
    except OSError as error:
        problems.add((1, 1), f"can't be read: {error.strerror}", "unreadable")
    problems.raise_if_any()
    return decode_yaml(data, problems)


def decode_yaml(data: bytes, problems: Problems) -> str:
    """Bytes as text. Raises: CourseError: not UTF-8, or more than `MAX_YAML_BYTES`."""
    if len(data) > MAX_YAML_BYTES:
        problems.add((1, 1), f"the file is larger than {MAX_YAML_BYTES:,} bytes", "unreadable")
        problems.raise_if_any()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problems.add((1, 1), f"not UTF-8 text (byte {error.start})", "unreadable")
    problems.raise_if_any()
    raise AssertionError


def _find_place(error: yaml.YAMLError) -> tuple[int, int]:
    mark = getattr(error, "problem_mark", None)
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _describe_error(error: yaml.YAMLError) -> str:
    return str(getattr(error, "problem", None) or error).splitlines()[0]


class Duration(float):
    """Seconds, written `90s`, `5min`, `1h` or `2d`."""

    units: ClassVar = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86_400.0}
    form = 'a time such as "90s", "5min" or "1h"'


class ByteSize(int):
    """Bytes, written `1MB` or `4GB` (powers of ten)."""

    units: ClassVar = {"kB": 1e3, "MB": 1e6, "GB": 1e9}
    form = 'a size such as "500MB" or "4GB"'


class Percent(float):
    """A share from 0 to 1, written `60%` or `0.6`."""

    units: ClassVar = {"%": 0.01, "": 1.0}
    form = 'a share such as "60%"'


def parse_quantity(text: str, kind: type[Duration | ByteSize | Percent]) -> Any:
    """Reads a number with its unit.

    Raises:
        ValueError: with the form that was expected.
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z%]*)\s*", text)
    if match is None or match[2] not in kind.units:
        raise ValueError(f'expected {kind.form}, got "{text}"')
    # 99.8 * 0.01 isn't exactly 0.998, and lines are compared exactly.
    value = kind(round(float(match[1]) * kind.units[match[2]], 12))
    if kind is Percent and not 0 <= value <= 1:
        raise ValueError(f'expected a share from 0% to 100%, got "{text}"')
    return value


KIND_NAMES = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}


def convert_node(node: YamlNode, kind: Any, problems: Problems) -> Any:
    """The node as `kind` (a Struct, list, dict, optional or scalar type); faults are added to `problems`.

    Returns:
        The value, or `msgspec.UNSET` where a fault was added.
    """
    origin, args = get_origin(kind), get_args(kind)
    if kind is Any:
        return convert_to_python(node)
    if origin in (Union, UnionType):
        return _convert_union(node, args, problems)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return _convert_struct(node, kind, problems)
    if origin in (list, tuple):
        items = _convert_list(node, args[0], problems)
        return tuple(items) if origin is tuple and items is not msgspec.UNSET else items
    if origin is dict:
        return _convert_dict(node, args[1], problems)
    return _convert_scalar(node, kind, problems)


def convert_to_python(node: YamlNode) -> Any:
    """The node as plain Python: numbers and true/false where the text is exactly one, else text."""
    match node.value:
        case dict() as mapping:
            return {key: convert_to_python(value) for key, value in mapping.items()}
        case tuple() as items:
            return [convert_to_python(item) for item in items]
        case "true" | "false":
            return node.value == "true"
        case str() as text if re.fullmatch(r"-?(0|[1-9]\d*)", text):
            return int(text)
        case str() as text if re.fullmatch(r"-?\d+\.\d+(e-?\d+)?", text):
            return float(text)
    return node.value


def _convert_union(node: YamlNode, args: tuple[Any, ...], problems: Problems) -> Any:
    if node.value is None and NoneType in args:
        return None
    kinds = [kind for kind in args if kind is not NoneType]
    # Each kind is tried quietly; if none fits, the last one's faults are reported.
    for kind in kinds[:-1]:
        trial = Problems(problems.file)
        value = convert_node(node, kind, trial)
        if not trial.found:
            return value
    return convert_node(node, kinds[-1], problems)


def _convert_list(node: YamlNode, kind: Any, problems: Problems) -> Any:
    if not isinstance(node.value, tuple):
        problems.add(node, "expected a list")
        return msgspec.UNSET
    return [convert_node(item, kind, problems) for item in node.value]


def _convert_dict(node: YamlNode, kind: Any, problems: Problems) -> Any:
    if not isinstance(node.value, dict):
        problems.add(node, "expected a mapping (key: value)")
        return msgspec.UNSET
    return {key: convert_node(value, kind, problems) for key, value in node.value.items()}


@cache
def _list_fields(kind: type[msgspec.Struct]) -> dict[str, msgspec.structs.FieldInfo]:
    """A struct's fields by the names that files use; looked up anew they take as long as all of the rest.

    Without those that are filled in from other files, which are no keys of this one.
    """
    return {item.encode_name: item for item in msgspec.structs.fields(kind) if FILLED_IN not in get_args(item.type)}


def _convert_struct(node: YamlNode, kind: type[msgspec.Struct], problems: Problems) -> Any:
    if not isinstance(node.value, dict):
        problems.add(node, "expected a mapping (key: value)")
        return msgspec.UNSET
    fields = _list_fields(kind)
    before = len(problems.found)
    for key in node.value.keys() - fields.keys():
        problems.add(node.keys[key], f'unknown key "{key}"{format_suggestion(key, fields)}', "unknown", key=key)
    for name, item in fields.items():
        if item.required and name not in node.value:
            problems.add(node, f'"{name}" is missing', "missing")
    values = {
        fields[key].name: convert_node(value, fields[key].type, problems) for key, value in node.value.items() if key in fields
    }
    if len(problems.found) > before:
        return msgspec.UNSET
    try:
        # A struct checks its own rules when it is made.
        return kind(**values)
    except ValueError as error:
        problems.add(node, str(error))
        return msgspec.UNSET


def _describe_kind(kind: Any) -> str:
    """A kind of scalar in words, with its bounds: `a whole number from 1 to 4096`."""
    base, *rules = get_args(kind) if get_origin(kind) is Annotated else (kind,)
    described = next((rule.description for rule in rules if rule.description), KIND_NAMES.get(base, "another kind of value"))
    least, most = (next((getattr(rule, bound) for rule in rules if getattr(rule, bound) is not None), None) for bound in ("ge", "le"))
    if least is not None and most is not None:
        return f"{described} from {least} to {most}"
    return f"{described}, {least} or more" if least is not None else described


def _convert_scalar(node: YamlNode, kind: Any, problems: Problems) -> Any:
    if not isinstance(node.value, str):
        problems.add(node, f"expected {KIND_NAMES.get(kind, 'a value')}, got {'nothing' if node.value is None else 'a nested value'}")
        return msgspec.UNSET
    if kind is str:
        return node.value
    try:
        if kind in (Duration, ByteSize, Percent):
            return parse_quantity(node.value, kind)
        # Not strict, since every scalar is a text here.
        return msgspec.convert(node.value, kind, strict=False)
    except msgspec.ValidationError:
        choices = get_args(kind) if get_origin(kind) is Literal else ()
        wanted = ", ".join(map(str, choices)) if choices else _describe_kind(kind)
        hint = format_suggestion(node.value, map(str, choices)) if choices else ""
        problems.add(node, f'expected {"one of " if len(choices) > 1 else ""}{wanted}, got "{node.value}"{hint}')
    except ValueError as error:
        problems.add(node, str(error))
    return msgspec.UNSET
