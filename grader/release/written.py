"""Writes the YAML files that leave a course: the listed keys of what the author wrote, without comments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml

from grader.courses.yaml_nodes import YamlNode

# What students need of each file. A key that is in no list stays in the course.
SETTINGS = ("schema", "dialect", "packages")
EXERCISE = (
    "schema", "id", "title", "unit", "difficulty", "minutes", "order", "function", "callback", "given", "parts",
    "editions", "dataset", "training", "models", "tables", "arguments", "picture", "seed", "attempts", "limits",
    "pass_mark", "checks", "hints",
)  # fmt: skip
DATASET = (
    "schema", "id", "title", "licence", "task", "shape", "classes", "features", "label", "length", "unknown", "example", "splits", "file",
    "sha256", "test_file", "test_sha256", "arrays", "names",
)  # fmt: skip
QUIZ = (
    "schema", "id", "title", "course", "version", "description", "attempts", "keep", "pass_mark", "time_limit", "closes",
    "shuffle", "review", "pools", "questions",
)  # fmt: skip
MAX_SHORT = 20  # letters of a value that shares its line with others


class _Dumper(yaml.SafeDumper):
    """Quotes only what would not be read back as the same text: our reader turns no text into numbers."""

    yaml_implicit_resolvers = {  # noqa: RUF012
        first: [("tag:yaml.org,2002:null", pattern) for tag, pattern in resolvers if tag == "tag:yaml.org,2002:null"]
        for first, resolvers in yaml.SafeDumper.yaml_implicit_resolvers.items()
    }


class _Row(list[Any]):
    """A list of short values, which is written in one line."""


_Dumper.add_representer(
    _Row, lambda dumper, row: dumper.represent_sequence("tag:yaml.org,2002:seq", row, flow_style=True)
)


def write_listed(tree: YamlNode, listed: Sequence[str]) -> bytes:
    """The listed keys of a file's root, in the order of the list, as YAML of their own.

    Args:
        tree: a file that was loaded, so that every key below the root is known to be one.
    """
    entries = tree.value if isinstance(tree.value, dict) else {}
    chosen = {name: _to_plain(entries[name]) for name in listed if name in entries}
    text = yaml.dump(chosen, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)
    return text.encode()


def _to_plain(node: YamlNode) -> Any:
    match node.value:
        case dict() as entries:
            return {name: _to_plain(value) for name, value in entries.items()}
        case tuple() as items:
            values = [_to_plain(item) for item in items]
            return _Row(values) if all(map(_is_short, values)) else values
    return node.value


def _is_short(value: Any) -> bool:
    return isinstance(value, _Row) or value is None or (isinstance(value, str) and len(value) <= MAX_SHORT)
