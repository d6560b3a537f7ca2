"""YAML text as a tree of marked nodes, made in one pass that bounds what it keeps.

No object is ever built from a tag, and aliases are refused, so a small file can't become a large tree.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from grader.errors import CourseError, Problem

YamlLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MAX_YAML_DEPTH = 20
MAX_YAML_NODES = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class YamlNode:
    """A scalar (`str`), a list or a mapping, with its 1-based place; `keys` marks each key of a mapping."""

    value: str | tuple[YamlNode, ...] | dict[str, YamlNode] | None
    line: int
    column: int
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)

    def find_nearest(self, *path: str | int) -> YamlNode:
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

    def add(self, node: YamlNode | tuple[int, int], message: str, code: str = "", *, key: str = "") -> None:
        """Notes a fault.

        Args:
            code: its kind, for a subclass that shows one (see `grader.quiz.faults`).
            key: of an unknown key, its name.
        """
        line, column = (node.line, node.column) if isinstance(node, YamlNode) else node
        self.found.append(Problem(file=self.file, line=line, column=column, message=message))

    def raise_if_any(self) -> None:
        """Raises: CourseError: with every problem added so far, if any."""
        if self.found:
            raise CourseError(self.found)


def build_tree(text: str, problems: Problems) -> YamlNode | None:
    """One pass over the event stream, which bounds size and depth before anything is kept; None without a document."""
    root: YamlNode | None = None
    doubtful = type(problems)(problems.file)  # counts only where the rest can be read
    open_: list[_OpenNode] = []
    event: Any
    # Events come one by one: a file that is too deep or too large is refused before it is a tree.
    for count, event in enumerate(yaml.parse(text, Loader=YamlLoader)):
        place = (event.start_mark.line + 1, event.start_mark.column + 1)
        made: YamlNode | None = None
        if isinstance(event, yaml.ScalarEvent):
            made = build_scalar(event, place)
        elif isinstance(event, yaml.CollectionStartEvent):
            open_.append(_OpenNode(place=place, mapping=isinstance(event, yaml.MappingStartEvent)))
        elif isinstance(event, yaml.CollectionEndEvent):
            made = open_.pop().build_node()
        _refuse_event(event, place, problems, twice=root is not None, depth=len(open_), count=count)
        # What is refused isn't read on.
        if problems.found:
            return None
        if made is not None and open_:
            open_[-1].take_item(made, getattr(event, "value", None), doubtful)
        elif made is not None:
            root = made
    problems.found += doubtful.found
    return root


def _refuse_event(
    event: Any, place: tuple[int, int], problems: Problems, *, twice: bool, depth: int, count: int
) -> None:
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
        problems.add(place, "anchors and aliases (& and *) are not used here; write the value out", "refused")
    elif getattr(event, "tag", None) is not None:
        problems.add(place, f"tags ({event.tag}) are not used here; write the plain value", "refused")
    elif twice and isinstance(event, yaml.DocumentStartEvent):
        problems.add(place, "one document per file; remove the second `---`", "refused")
    elif depth > MAX_YAML_DEPTH or count > MAX_YAML_NODES:
        problems.add(place, "nested too deeply" if depth > MAX_YAML_DEPTH else "too many values", "refused")


def build_scalar(event: Any, place: tuple[int, int]) -> YamlNode:
    quoted = event.style in ("'", '"', "|", ">")
    # Quoted, "null" is a text.
    value = None if not quoted and event.value in ("", "null", "~") else event.value
    return YamlNode(value=value, line=place[0], column=place[1])


class _OpenNode:
    """A list or a mapping of which not all has been read."""

    __slots__ = ("items", "key", "keys", "mapping", "place", "values")

    def __init__(self, *, place: tuple[int, int], mapping: bool) -> None:
        self.place, self.mapping = place, mapping
        self.items: list[YamlNode] = []
        self.values: dict[str, YamlNode] = {}
        self.keys: dict[str, tuple[int, int]] = {}
        self.key: tuple[str | None, tuple[int, int]] | None = None

    def take_item(self, node: YamlNode, text: str | None, problems: Problems) -> None:
        """One more item; in a mapping, keys and values in turn.

        Args:
            text: that of a scalar as it was written; None for a list or a mapping.
        """
        if not self.mapping:
            self.items.append(node)
        elif self.key is None:
            self.key = text, (node.line, node.column)
        else:
            self._add_pair(*self.key, node, problems)
            self.key = None

    def _add_pair(self, name: str | None, place: tuple[int, int], value: YamlNode, problems: Problems) -> None:
        if name is None:
            problems.add(place, "a key must be plain text")
        elif name in self.values:
            problems.add(place, f'"{name}" is given twice', "twice")
        else:
            self.keys[name], self.values[name] = place, value

    def build_node(self) -> YamlNode:
        value = self.values if self.mapping else tuple(self.items)
        return YamlNode(value=value, line=self.place[0], column=self.place[1], keys=self.keys)
