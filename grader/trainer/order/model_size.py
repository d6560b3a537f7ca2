"""Estimates a model's memory and work from the shapes of its layers, before allocating anything."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from grader.trainer.order.allowed_names import MODEL_KINDS

RECURRENT_KINDS = ("RNN", "LSTM", "GRU", "Bidirectional")
# Numbers that a recurrent layer keeps of each step until it goes back through them.
NUMBERS_PER_STEP = 8
# There, back, and the change of the weights.
PASSES_PER_STEP = 3
Config = dict[str, Any]
Shape = Sequence[int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerCall:
    """A layer, how often the model calls it, and the most that one of its calls outputs and keeps internally.

    `outputs` are the shapes that it puts out (None: the batch); `within` counts numbers and `products` multiplications,
    both for one example.
    """

    name: str
    times: int
    outputs: list[list[int | None]]
    within: int = 0
    products: int = 0

    def count_numbers(self, batch_size: int) -> int:
        """Numbers that its calls take for one batch."""
        out = sum(math.prod(batch_size if side is None else side for side in shape) for shape in self.outputs)
        return self.times * (out + batch_size * self.within)


def iter_calls(node: Config, model: Any, times: int = 1) -> Iterator[LayerCall]:
    """Every layer and operation of a model, nested ones included, whether the output depends on it or not."""
    members = {layer.name: layer for layer in (model.layers if node["class_name"] == "Sequential" else model.operations)}
    for inner in node["config"]["layers"]:
        member = members.get(inner["config"].get("name"))
        called = times * max(1, len(inner.get("inbound_nodes", ())))
        if inner["class_name"] in MODEL_KINDS and member is not None:
            yield from iter_calls(inner, member, called)
        elif member is not None:
            yield _measure_call(member, called)


def count_products(calls: Iterable[LayerCall]) -> int:
    """Multiplications for one example, on its way through the model once."""
    return sum(call.times * call.products for call in calls)


def _measure_call(member: Any, times: int) -> LayerCall:
    nodes = member._inbound_nodes
    if not nodes:
        return LayerCall(name=member.name, times=times, outputs=[])
    # A shared layer may be called on tensors of different sizes; the largest bounds them all.
    largest = max(nodes, key=lambda node: sum(_count_values(tensor.shape) for tensor in node.output_tensors))
    given = [tensor.shape for tensor in largest.input_tensors]
    outputs = [list(tensor.shape) for tensor in largest.output_tensors]
    parameters = member.count_params() if isinstance(member, keras.layers.Layer) else 0
    within = _count_inner_values(member, given, outputs[0])
    products = parameters * _count_weight_uses(member, given, outputs[0]) + within + sum(map(_count_values, outputs))
    return LayerCall(name=member.name, times=times, outputs=outputs, within=within, products=products)


def _count_values(shape: Shape) -> int:
    """Numbers of one example."""
    return math.prod(side or 1 for side in shape[1:])


def _count_weight_uses(member: Any, given: list[Shape], output: Shape) -> int:
    """How often the weights of a layer are used for one example."""
    # A convolution uses its weights at each place of its output, a recurrent layer at each step.
    steps = _count_steps(member, given)
    places = math.prod(side or 1 for side in output[1:-1])
    return places if steps is None or getattr(member, "return_sequences", False) else steps * places


def _count_steps(member: Any, given: list[Shape]) -> int | None:
    """The length of the sequence that a recurrent layer goes through."""
    recurrent = any(kind in type(member).__name__ for kind in RECURRENT_KINDS)
    return (given[0][1] or 1) if recurrent and given and len(given[0]) > 2 else None


def _count_inner_values(member: Any, given: list[Shape], output: Shape) -> int:
    """Numbers of one example that a layer computes and keeps, beside what it puts out."""
    kind = type(member).__name__
    if (steps := _count_steps(member, given)) is not None:
        return NUMBERS_PER_STEP * steps * _count_values([None, *output[2:]] if getattr(member, "return_sequences", False) else output)
    if "Attention" in kind and given:
        # The matrix of scores is no output, yet it grows with the square of the sequence.
        rows = [math.prod(side or 1 for side in shape[1:-1]) for shape in given[:2]]
        wide = (given[0][-1] or 1) if kind == "AdditiveAttention" else 2 * getattr(member, "num_heads", 1)
        return rows[0] * rows[-1] * wide
    if kind.startswith("SeparableConv"):
        # What the depthwise half hands to the pointwise half.
        channels = (given[0][-1] or 1) * int(member.depth_multiplier)
        return channels * math.prod(side or 1 for side in output[1:-1])
    return 0
