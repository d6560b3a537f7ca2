"""Models whose first weights could be searched for are drawn from seeds of the trainer's own."""

from __future__ import annotations

import json
from typing import Any

import pytest

keras = pytest.importorskip("keras")

from keras import Input, layers  # noqa: E402

from grader.protocol.orders import FitArguments, Order  # noqa: E402
from grader.trainer.order.seeding import draws_by_itself, mix_seeds  # noqa: E402

pytestmark = pytest.mark.keras


def seeded(*seeds: int, name: str = "dense", more: Any = ()) -> Any:
    drawn = [
        layers.Dense(10, kernel_initializer=keras.initializers.GlorotUniform(seed=seed), name=f"{name}_{place}")
        for place, seed in enumerate(seeds)
    ]
    return keras.Sequential([Input((28, 28)), layers.Flatten(name=name), *drawn, *more])


def order(model: Any) -> Order:
    return Order(model=0, architecture=model.to_json(), compile="{}", fit=FitArguments(), arrays=[])


def find_seeds(given: Order) -> list[int]:
    nodes = json.loads(given.architecture)["config"]["layers"]
    kernels = [node["config"]["kernel_initializer"] for node in nodes if "kernel_initializer" in node["config"]]
    return [kernel["config"]["seed"] for kernel in kernels]


def test_few_seeds_are_taken_as_they_are() -> None:
    """So that a plain model begins as in plain Keras."""
    for model in (seeded(7), seeded(7, 8, 7, 8), seeded(*[3] * 20)):
        assert mix_seeds(order(model)).architecture == model.to_json()


def test_one_seed_changes_what_all_are_drawn_from() -> None:
    """Nothing can be searched layer by layer then; the same model is drawn in the same way, whatever its layers are called."""
    mixed = find_seeds(mix_seeds(order(seeded(1, 2, 3, 1))))
    again = find_seeds(mix_seeds(order(seeded(1, 2, 3, 1, name="mine"))))
    other = find_seeds(mix_seeds(order(seeded(1, 2, 4, 1))))

    assert mixed == again
    assert mixed[0] == mixed[3]
    assert len(set(mixed)) == 3
    assert set(mixed).isdisjoint(other)
    assert set(mixed).isdisjoint({1, 2, 3})


@pytest.mark.parametrize(
    ("more", "drawn"),
    [
        ([], False),
        ([layers.Dropout(0.1) for _ in range(10)], False),
        ([layers.Dropout(0.1) for _ in range(60)], True),
        ([layers.Rescaling(1.0) for _ in range(20)], True),
    ],
)
def test_many_layers_or_switches_are_a_choice_too(more: list[Any], drawn: bool) -> None:
    """Each of them could shift, or let through, what is drawn from the exercise's seed."""
    assert draws_by_itself(seeded(7, more=more).to_json()) is drawn
