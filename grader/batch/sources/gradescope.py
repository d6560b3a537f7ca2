"""Gradescope's `submission_metadata.yml`: who handed in which `submission_123`, and when.

Ruby writes it, with tags and aliases; only the few scalars that are used are looked at, and no object is ever built.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import yaml

from grader.messages.text import escape_line

YamlLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MAX_METADATA_BYTES = 50_000_000
MAX_METADATA_DEPTH = 50  # of a file that is nested as deep as it likes, the reader in C ends the whole process
TIME_PATTERN = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.\d+)? ?(Z|UTC|[+-]\d\d:?\d\d)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionInfo:
    """One submission: of each submitter the id (Gradescope's `sid`, else the address) and the name."""

    submitters: tuple[tuple[str, str], ...]
    submitted_at: datetime | None


def read_metadata(data: bytes) -> dict[str, SubmissionInfo]:
    """The submissions by the names of their folders.

    Raises:
        ValueError: not such a file, with the reason.
    """
    if len(data) > MAX_METADATA_BYTES:
        raise ValueError(f"is larger than {MAX_METADATA_BYTES // 1_000_000} MB")
    try:
        _check_depth(data)
        # Composed, not loaded: nodes are data, and no tag makes an object.
        root: Any = yaml.compose(data, Loader=YamlLoader)
    except (yaml.YAMLError, RecursionError, UnicodeError, ValueError) as error:
        raise ValueError(f"not YAML: {escape_line(str(error).splitlines()[0], 100)}") from error
    return {name: _read_submission(node) for name, node in _iter_pairs(root)}


def _check_depth(data: bytes) -> None:
    """Raises: YAMLError: nested too deeply, or not YAML."""
    depth = 0
    for event in yaml.parse(data, Loader=YamlLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_METADATA_DEPTH:
            raise yaml.YAMLError(f"nested more than {MAX_METADATA_DEPTH} deep")


def _read_submission(node: Any) -> SubmissionInfo:
    fields = dict(_iter_pairs(node))
    people = fields.get(":submitters")
    nodes = people.value if isinstance(people, yaml.SequenceNode) else []
    submitters = [
        {name: value.value for name, value in _iter_pairs(each) if isinstance(value, yaml.ScalarNode)}
        # Bounded, since aliases can make a short file a very long list.
        for each in nodes[:50]
    ]
    created = fields.get(":created_at")
    return SubmissionInfo(
        submitters=tuple(_read_submitter(person) for person in submitters),
        submitted_at=_parse_time(created.value) if isinstance(created, yaml.ScalarNode) else None,
    )


def _read_submitter(person: dict[str, str]) -> tuple[str, str]:
    name = person.get(":name", "")
    return person.get(":sid") or person.get(":email") or name, name


def _iter_pairs(node: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                yield key.value, value


def _parse_time(text: str) -> datetime | None:
    found = TIME_PATTERN.fullmatch(text.strip())
    if found is None:
        return None
    offset = "+00:00" if found[3] in (None, "Z", "UTC") else found[3]
    try:
        return datetime.fromisoformat(f"{found[1]}T{found[2]}{offset}").astimezone(UTC)
    except ValueError:
        return None
