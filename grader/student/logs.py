"""Logs and histories that answer to both spellings of accuracy, TF 1's `acc` and TF 2's `accuracy`."""

from __future__ import annotations

from collections.abc import KeysView
from typing import Any

SPELLINGS = {"acc": "accuracy", "val_acc": "val_accuracy", "accuracy": "acc", "val_accuracy": "val_acc"}


class Logs(dict[str, Any]):
    """A dict that finds `acc` where it holds `accuracy`, and the other way round."""

    def __missing__(self, key: str) -> Any:
        other = SPELLINGS.get(key) if isinstance(key, str) else None
        if other is not None and dict.__contains__(self, other):
            return dict.__getitem__(self, other)
        raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        if dict.__contains__(self, key):
            return True
        return isinstance(key, str) and dict.__contains__(self, SPELLINGS.get(key, key))

    def keys(self) -> KeysView[str]:  # type: ignore[override]
        """The keys as they are; looking for one finds it under both spellings."""
        return KeysView(self)

    def get(self, key: str, default: Any = None) -> Any:
        return self[key] if key in self else default  # noqa: SIM401 - this is get


Logs.__name__ = "dict"  # Python's errors name it as what it is at home; pickle goes by the qualified name
