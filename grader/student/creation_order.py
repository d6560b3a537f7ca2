"""The order in which layers are made: each draws its seed then, so a model's order must list them alike."""

from __future__ import annotations

import functools
import itertools
import math
from typing import Any

import keras
from keras.src.models.functional import Functional


class CreationOrder:
    """Knows of every layer when it was made, from `watch_layers` on."""

    def __init__(self) -> None:
        # By id, since a student's class may have a hash of its own. A new layer in the place of one that is gone takes its
        # entry over.
        self.made: dict[int, int] = {}
        self.count = itertools.count()

    def watch_layers(self) -> None:
        """Notes each layer that is made from now on, in this process."""
        # Not `__init__`, whose arguments Keras looks at to write a layer's config.
        made, count, plain = self.made, self.count, keras.layers.Layer.__new__

        @functools.wraps(plain)
        def make_layer(cls: type, *args: Any, **kwargs: Any) -> Any:
            layer = plain(cls, *args, **kwargs)
            made[id(layer)] = next(count)
            return layer

        keras.layers.Layer.__new__ = staticmethod(make_layer)

    def sort_layers(self, written: dict[str, Any], model: Any) -> None:
        """Puts the layers of a written functional model, and of those within it, in the order in which they were made.

        A functional model's own order follows its graph, from which the trainer would draw other first weights than
        plain Keras does. A sequence keeps its order, which says what comes after what.

        Args:
            written: what `model.to_json()` says.
            model: of Keras's own classes.
        """
        if not isinstance(model, Functional):
            return
        entries = written["config"]["layers"]
        pairs = list(zip(entries, model.operations, strict=True))
        for entry, operation in pairs:
            self.sort_layers(entry, operation)
        places = [place for place, (_, operation) in enumerate(pairs) if self._find_first(operation) < math.inf]
        ordered = sorted((pairs[place] for place in places), key=lambda pair: self._find_first(pair[1]))
        for place, (entry, _) in zip(places, ordered, strict=True):
            entries[place] = entry

    def _find_first(self, operation: Any) -> float:
        """When the layer, or the first one within it, was made; infinite for what draws no seed."""
        layers = operation._flatten_layers() if isinstance(operation, keras.layers.Layer) else []
        kept = (
            self.made.get(id(layer), math.inf) for layer in layers if not isinstance(layer, keras.layers.InputLayer)
        )
        return min(kept, default=math.inf)
