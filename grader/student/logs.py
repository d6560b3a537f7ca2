"""Logs and histories that answer to both spellings of accuracy, TF 1's `acc` and TF 2's `accuracy`."""

from __future__ import annotations

from collections.abc import Callable, KeysView, Mapping
from types import MappingProxyType
from typing import Any

ACCURACY_SPELLINGS = {"acc": "accuracy", "val_acc": "val_accuracy", "accuracy": "acc", "val_accuracy": "val_acc"}


class Logs(dict[str, Any]):
    """A dict that finds `acc` where it holds `accuracy`, and the other way round.

    Args:
        unknown: keys that plain Keras would have and the grader doesn't, each with what is done where it is read.
    """

    _unknown: Mapping[str, Callable[[], Any]] = MappingProxyType({})

    def __init__(self, values: Any = (), unknown: Mapping[str, Callable[[], Any]] | None = None, **more: Any) -> None:
        super().__init__(values, **more)
        if unknown:
            self._unknown = unknown

    # Without the functions, which can't be pickled: a student may save or copy a history.
    def __reduce__(self) -> tuple[type[Logs], tuple[dict[str, Any]]]:
        return Logs, (dict(self),)

    def __missing__(self, key: str) -> Any:
        if isinstance(key, str) and key in self._unknown:
            return self._unknown[key]()
        other = ACCURACY_SPELLINGS.get(key) if isinstance(key, str) else None
        if other is not None and dict.__contains__(self, other):
            return dict.__getitem__(self, other)
        raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        # A callback that first asks whether the key is there has to meet the same end as one that reads it.
        if dict.__contains__(self, key) or (isinstance(key, str) and key in self._unknown):
            return True
        return isinstance(key, str) and dict.__contains__(self, ACCURACY_SPELLINGS.get(key, key))

    def keys(self) -> KeysView[str]:  # type: ignore[override]
        """The keys as they are; looking for one finds it under both spellings."""
        return KeysView(self)

    def get(self, key: str, default: Any = None) -> Any:
        return self[key] if key in self else default  # noqa: SIM401 - this is get


Logs.__name__ = "dict"  # Python's errors name it as what it is at home; pickle goes by the qualified name
