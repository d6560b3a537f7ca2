"""The verdict as JSON, the contract `grade-verdict/1`, and back again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import msgspec

from grader.errors import UsageError
from grader.records.verdict import Verdict
from grader.reports import jsontext


def render(verdicts: Sequence[Verdict]) -> str:
    """One verdict as an object, several as a list of objects; keys come in the order of the contract.

    A figure that is NaN or infinite is null.
    """
    items = [_convert_to_contract(verdict) for verdict in verdicts]
    return jsontext.render(items[0] if len(items) == 1 else items)


def read_verdicts(text: str | bytes, name: str = "the verdict") -> list[Verdict]:
    """Verdicts as `render` wrote them; a null figure is NaN again.

    Args:
        text: one object or a list of them.
        name: what to call the text in a message, such as its file.

    Raises:
        UsageError: it is not JSON, or not a verdict of this schema.
    """
    try:
        data = msgspec.json.decode(text)
        items = data if isinstance(data, list) else [data]
        # Another schema's verdict may fit our type by accident and mean something else.
        for item in items:
            _check_schema(item)
        return [msgspec.convert(_restore_numbers(item), Verdict) for item in items]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{name} is not a verdict: {error}; write one with `grade … --json FILE`") from error


def _convert_to_contract(verdict: Verdict) -> dict[str, Any]:
    """The verdict as builtin data; epoch numbers are whole, though they travel among figures."""
    item: dict[str, Any] = msgspec.to_builtins(verdict)
    for record in item["training"]:
        record["epochs"] = [
            {key: int(value) if key == "epoch" and math.isfinite(value) else value for key, value in logs.items()}
            for logs in record["epochs"]
        ]
    return item


def _check_schema(item: Any) -> None:
    schema = item.get("schema") if isinstance(item, dict) else None
    if schema != "grade-verdict/1":
        raise msgspec.ValidationError(f'expected the schema "grade-verdict/1", got {schema!r:.40}')


def _restore_numbers(item: dict[str, Any]) -> dict[str, Any]:
    training = item.get("training")
    for record in training if isinstance(training, list) else []:
        if isinstance(record, dict) and isinstance(record.get("epochs"), list):
            record["epochs"] = [_restore_figures(logs) for logs in record["epochs"]]
    return item | {"measured": _restore_figures(item.get("measured", {}))}


def _restore_figures(logs: Any) -> Any:
    if not isinstance(logs, dict):
        return logs
    return {key: math.nan if value is None else value for key, value in logs.items()}
