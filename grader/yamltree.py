"""YAML files read as a tree of marked nodes, so that every fault is reported with line and column, all at once.

Scalars stay the text that was written: YAML 1.1's `No`, `1:30` and `012` never turn into something else.
It never builds a Python object from a tag and refuses aliases, so a small file can't become a large tree.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, ClassVar, Union, get_args, get_origin

import msgspec
import yaml

from grader.errors import CourseError, Problem

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MAX_BYTES = 1_000_000
MAX_DEPTH = 20
MAX_NODES = 50_000
PLAIN_TAGS = {"tag:yaml.org,2002:" + kind for kind in ("str", "int", "float", "bool", "null", "timestamp", "merge", "value")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A scalar (`str`), a list or a mapping, with its 1-based place; `keys` marks each key of a mapping."""

    value: str | tuple[Node, ...] | dict[str, Node] | None
    line: int
    column: int
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)

    def at(self, *path: str | int) -> Node:
        """The nearest node on a path of keys and indices (the deepest one that exists)."""
        node = self
        for step in path:
            match node.value, step:
                case dict() as mapping, str() if step in mapping:
                    node = mapping[step]
                case tuple() as items, int() if step < len(items):
                    node = items[step]
                case _:
                    break
        return node


class Problems:
    """Collects the faults of one file; `check` raises them all as one `CourseError`."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[Problem] = []

    def add(self, node: Node | tuple[int, int], message: str, code: str = "") -> None:
        """Notes a fault; `code` says its kind to a subclass that shows one (see `grader.quiz.faults`)."""
        line, column = (node.line, node.column) if isinstance(node, Node) else node
        self.found.append(Problem(file=self.file, line=line, column=column, message=message))

    def check(self) -> None:
        """Raises: CourseError: with every problem added so far, if any."""
        if self.found:
            raise CourseError(self.found)


def did_you_mean(name: str, known: Any) -> str:
    """`; did you mean "x"?`, or the empty string when nothing is near."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f'; did you mean "{near[0]}"?' if near else ""


def parse(text: str, problems: Problems) -> Node:
    """The one document in `text`.

    Raises:
        CourseError: not YAML, more than one document, an alias, a tag, a duplicate key, or too large.
    """
    if len(text) > MAX_BYTES:
        problems.add((1, 1), f"the file is larger than {MAX_BYTES:,} characters", "unreadable")
        problems.check()
    try:
        _refuse_aliases(text, problems)
        problems.check()
        root: Any = yaml.compose(text, Loader=Loader)
    except yaml.YAMLError as error:
        problems.add(_place(error), f"not valid YAML: {_reason(error)}", "unreadable")
    except (ValueError, RecursionError) as error:
        problems.add((1, 1), f"not valid YAML: {error}", "unreadable")
    problems.check()
    if root is None:
        problems.add((1, 1), "the file is empty", "unreadable")
        problems.check()
    tree = _node(root, problems)
    problems.check()
    return tree


def read(path: Path, shown: str | None = None) -> tuple[Node, Problems]:
    """Parses a file; messages name it as `shown`.

    Raises:
        CourseError: as `parse`, or the file can't be read as UTF-8 text.
    """
    problems = Problems(shown or str(path))
    return parse(read_text(path, problems), problems), problems


def read_text(path: Path, problems: Problems) -> str:
    """The text of a file, without a byte order mark.

    Raises:
        CourseError: it can't be read, or is not UTF-8, or is larger than `MAX_BYTES`.
    """
    data = b""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        problems.add((1, 1), f"can't be read: {error.strerror}", "unreadable")
    problems.check()
    return decode(data, problems)


def decode(data: bytes, problems: Problems) -> str:
    """Bytes as text. Raises: CourseError: not UTF-8, or more than `MAX_BYTES`."""
    if len(data) > MAX_BYTES:
        problems.add((1, 1), f"the file is larger than {MAX_BYTES:,} bytes", "unreadable")
        problems.check()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problems.add((1, 1), f"not UTF-8 text (byte {error.start})", "unreadable")
    problems.check()
    raise AssertionError


def _refuse_aliases(text: str, problems: Problems) -> None:
    """One pass over the event stream, before any tree is built: bounds size and depth in bounded memory."""
    depth = documents = 0
    event: Any
    for count, event in enumerate(yaml.parse(text, Loader=Loader)):
        place = (event.start_mark.line + 1, event.start_mark.column + 1)
        depth += isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent))
        depth -= isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent))
        documents += isinstance(event, yaml.DocumentStartEvent)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            problems.add(place, "anchors and aliases (& and *) are not used here; write the value out", "refused")
        elif getattr(event, "tag", None) is not None:
            problems.add(place, f"tags ({event.tag}) are not used here; write the plain value", "refused")
        elif documents > 1:
            problems.add(place, "one document per file; remove the second `---`", "refused")
        elif depth > MAX_DEPTH or count > MAX_NODES:
            problems.add(place, "nested too deeply" if depth > MAX_DEPTH else "too many values", "refused")
        if problems.found:
            return


def _place(error: yaml.YAMLError) -> tuple[int, int]:
    mark = getattr(error, "problem_mark", None)
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _reason(error: yaml.YAMLError) -> str:
    return str(getattr(error, "problem", None) or error).splitlines()[0]


def _node(source: Any, problems: Problems) -> Node:
    line, column = source.start_mark.line + 1, source.start_mark.column + 1
    if isinstance(source, yaml.SequenceNode):
        return Node(value=tuple(_node(item, problems) for item in source.value), line=line, column=column)
    if isinstance(source, yaml.MappingNode):
        return _mapping(source, problems)
    quoted = source.style in ("'", '"', "|", ">")
    value = None if not quoted and source.value in ("", "null", "~") else source.value
    return Node(value=value, line=line, column=column)


def _mapping(source: yaml.MappingNode, problems: Problems) -> Node:
    values: dict[str, Node] = {}
    keys: dict[str, tuple[int, int]] = {}
    for key, value in source.value:
        place = (key.start_mark.line + 1, key.start_mark.column + 1)
        if not isinstance(key, yaml.ScalarNode):
            problems.add(place, "a key must be plain text")
        elif key.value in values:
            problems.add(place, f'"{key.value}" is given twice', "twice")
        else:
            keys[key.value], values[key.value] = place, _node(value, problems)
    return Node(value=values, line=source.start_mark.line + 1, column=source.start_mark.column + 1, keys=keys)


class Duration(float):
    """Seconds, written `90s`, `5min`, `1h` or `2d`."""

    units: ClassVar = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86_400.0}
    form = 'a time such as "90s", "5min" or "1h"'


class Size(int):
    """Bytes, written `1MB` or `4GB` (powers of ten)."""

    units: ClassVar = {"kB": 1e3, "MB": 1e6, "GB": 1e9}
    form = 'a size such as "500MB" or "4GB"'


class Percent(float):
    """A share from 0 to 1, written `60%` or `0.6`."""

    units: ClassVar = {"%": 0.01, "": 1.0}
    form = 'a share such as "60%"'


def quantity(text: str, kind: type[Duration | Size | Percent]) -> Any:
    """Reads a number with its unit.

    Raises:
        ValueError: with the form that was expected.
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z%]*)\s*", text)
    if match is None or match[2] not in kind.units:
        raise ValueError(f'expected {kind.form}, got "{text}"')
    value = kind(round(float(match[1]) * kind.units[match[2]], 12))
    if kind is Percent and not 0 <= value <= 1:
        raise ValueError(f'expected a share from 0% to 100%, got "{text}"')
    return value


WORDS = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}


def convert(node: Node, kind: Any, problems: Problems) -> Any:
    """The node as `kind` (a Struct, list, dict, optional or scalar type); faults are added to `problems`.

    Returns:
        The value, or `msgspec.UNSET` where a fault was added.
    """
    origin, args = get_origin(kind), get_args(kind)
    if kind is Any:
        return plain(node)
    if origin in (Union, UnionType):
        return _union(node, args, problems)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return _struct(node, kind, problems)
    if origin in (list, tuple):
        return _list(node, args[0], problems)
    if origin is dict:
        return _dict(node, args[1], problems)
    return _scalar(node, kind, problems)


def plain(node: Node) -> Any:
    """The node as plain Python: numbers and true/false where the text is exactly one, else text."""
    match node.value:
        case dict() as mapping:
            return {key: plain(value) for key, value in mapping.items()}
        case tuple() as items:
            return [plain(item) for item in items]
        case "true" | "false":
            return node.value == "true"
        case str() as text if re.fullmatch(r"-?(0|[1-9]\d*)", text):
            return int(text)
        case str() as text if re.fullmatch(r"-?\d+\.\d+(e-?\d+)?", text):
            return float(text)
    return node.value


def _union(node: Node, args: tuple[Any, ...], problems: Problems) -> Any:
    if node.value is None and NoneType in args:
        return None
    kinds = [kind for kind in args if kind is not NoneType]
    for kind in kinds[:-1]:
        trial = Problems(problems.file)
        value = convert(node, kind, trial)
        if not trial.found:
            return value
    return convert(node, kinds[-1], problems)


def _list(node: Node, kind: Any, problems: Problems) -> Any:
    if not isinstance(node.value, tuple):
        problems.add(node, "expected a list")
        return msgspec.UNSET
    return [convert(item, kind, problems) for item in node.value]


def _dict(node: Node, kind: Any, problems: Problems) -> Any:
    if not isinstance(node.value, dict):
        problems.add(node, "expected a mapping (key: value)")
        return msgspec.UNSET
    return {key: convert(value, kind, problems) for key, value in node.value.items()}


@cache
def _fields(kind: type[msgspec.Struct]) -> dict[str, msgspec.structs.FieldInfo]:
    """A struct's fields by the names that files use; looked up anew they take as long as all of the rest."""
    return {item.encode_name: item for item in msgspec.structs.fields(kind)}


def _struct(node: Node, kind: type[msgspec.Struct], problems: Problems) -> Any:
    if not isinstance(node.value, dict):
        problems.add(node, "expected a mapping (key: value)")
        return msgspec.UNSET
    fields = _fields(kind)
    before = len(problems.found)
    for key in node.value.keys() - fields.keys():
        problems.add(node.keys[key], f'unknown key "{key}"{did_you_mean(key, fields)}', "unknown")
    for name, item in fields.items():
        if item.required and name not in node.value:
            problems.add(node, f'"{name}" is missing', "missing")
    values = {
        fields[key].name: convert(value, fields[key].type, problems) for key, value in node.value.items() if key in fields
    }
    if len(problems.found) > before:
        return msgspec.UNSET
    try:
        return kind(**values)
    except ValueError as error:
        problems.add(node, str(error))
        return msgspec.UNSET


def _scalar(node: Node, kind: Any, problems: Problems) -> Any:
    if not isinstance(node.value, str):
        problems.add(node, f"expected {WORDS.get(kind, 'a value')}, got {'nothing' if node.value is None else 'a nested value'}")
        return msgspec.UNSET
    if kind is str:
        return node.value
    try:
        if kind in (Duration, Size, Percent):
            return quantity(node.value, kind)
        return msgspec.convert(node.value, kind, strict=False)
    except msgspec.ValidationError:
        choices = get_args(kind)
        wanted = ", ".join(map(str, choices)) if choices else WORDS.get(kind, "another kind of value")
        hint = did_you_mean(node.value, map(str, choices)) if choices else ""
        problems.add(node, f'expected {"one of " if choices else ""}{wanted}, got "{node.value}"{hint}')
    except ValueError as error:
        problems.add(node, str(error))
    return msgspec.UNSET
