"""Epochs of pipelines as parts of passes: what is the whole dataset, what is a part of it, and what was left out by choice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from grader.checks.training import check_training_data
from grader.protocol.orders import FitArguments
from grader.records.run import DataMatch
from grader.trainer.match.passes import Passes, describe_array_epoch, find_chosen_images

Array = Any
TRAIN_COUNT = 60_000
NONE = np.zeros(0, np.int64)
EVERY = np.arange(TRAIN_COUNT)


def judge(epochs: Iterator[list[Array]], count: int, held_back: Array = NONE, **fit: Any) -> tuple[str, int]:
    """What the check says of so many epochs, each a list of batches, and how many images an epoch left out."""
    passes, worst = Passes(TRAIN_COUNT), None
    for _, batches in zip(range(count), epochs, strict=False):
        source = np.concatenate(batches)
        distinct = len(np.unique(source))
        told = DataMatch(
            dataset="mnist", examples=len(source), trained_on=len(source), train=distinct, repeated=len(source) - distinct,
            held_back=len(held_back),
        )  # fmt: skip
        given = FitArguments(batches=[len(batch) for batch in batches], **fit)
        seen = passes.add_epoch(told, source, given, held_back)
        worst = seen if worst is None else worst.pick_worse(seen, "mnist")
    assert worst is not None
    return check_training_data(worst, "mnist", split="train", examples=TRAIN_COUNT).message, worst.left_out


def cut(images: Array, size: int, *, whole: bool = False) -> list[Array]:
    """Batches of one pass."""
    parts = [images[at : at + size] for at in range(0, len(images), size)]
    return parts[:-1] if whole and len(parts[-1]) < size else parts


def shuffled(images: Array = EVERY) -> Iterator[Array]:
    """The same images in another order each time."""
    random = np.random.default_rng(1)
    while True:
        yield random.permutation(images)


def own_order(images: Array = EVERY) -> Iterator[Array]:
    while True:
        yield images


def anew(passes: Iterator[Array], size: int, *, whole: bool = True) -> Iterator[list[Array]]:
    """One pass per epoch."""
    return (cut(images, size, whole=whole) for images in passes)


def steps(batches: Iterator[Array], count: int) -> Iterator[list[Array]]:
    """So many batches per epoch, of an endless stream."""
    while True:
        yield [next(batches) for _ in range(count)]


def batched(passes: Iterator[Array], size: int, *, whole: bool = False) -> Iterator[Array]:
    """Batches of one pass after another."""
    return (batch for images in passes for batch in cut(images, size, whole=whole))


def joined(passes: Iterator[Array], size: int) -> Iterator[Array]:
    """Batches that run over the end of a pass."""
    rest = NONE
    while True:
        while len(rest) < size:
            rest = np.concatenate([rest, next(passes)])
        yield rest[:size]
        rest = rest[size:]


def mixed(passes: Iterator[Array], size: int, buffer: int) -> Iterator[Array]:
    """`.repeat().shuffle(buffer).batch(size)`."""
    random = np.random.default_rng(2)
    stream = (image for images in passes for image in images.tolist())
    held = [next(stream) for _ in range(buffer)]
    while True:
        batch = []
        for place in random.integers(0, buffer, size).tolist():
            batch.append(held[place])
            held[place] = next(stream)
        yield np.array(batch)


WHOLE = {
    "whole batches only": (anew(shuffled(), 128), 3, {}, 96),
    "whole batches of the dataset's own order": (anew(own_order(), 128), 2, {}, 96),
    "an incomplete batch at the end": (anew(shuffled(), 128, whole=False), 2, {}, 0),
    "floor steps of what is repeated": (steps(joined(shuffled(), 128), 468), 4, {"goes_on": True}, 96),
    "floor steps in the own order": (steps(joined(own_order(), 128), 468), 3, {"goes_on": True}, 96),
    "batched, then repeated": (steps(batched(shuffled(), 128), 468), 4, {"goes_on": True}, 96),
    "a step more": (steps(joined(shuffled(), 128), 469), 4, {"goes_on": True}, 0),
    "whole batches, repeated, a step more": (steps(batched(shuffled(), 128, whole=True), 469), 4, {"goes_on": True}, 0),
    "a fixed remainder, a step more": (steps(batched(own_order(), 128, whole=True), 469), 3, {"goes_on": True}, 0),
    "repeated, then shuffled": (steps(mixed(own_order(), 128, 8000), 468), 3, {"goes_on": True}, 96),
}
PARTS = {
    "a part, each time": (anew(own_order(EVERY[:51_200]), 128), 2, {}, "trained on 51,200 of the 60,000"),
    "all but an image more than a batch": (anew(own_order(EVERY[:59_776]), 128), 2, {}, "trained on 59,776 of the 60,000"),
    "all but a few, in an incomplete batch": (anew(own_order(EVERY[:59_990]), 128, whole=False), 2, {}, "59,990 of the 60,000"),
    "a part that is repeated": (steps(joined(own_order(EVERY[:59_000]), 128), 468), 1, {"goes_on": True}, "of the 60,000"),
    "a part that is repeated and shuffled": (steps(mixed(own_order(EVERY[:59_000]), 128, 1000), 468), 2, {"goes_on": True}, "of the 60,000"),
    "two thirds that are repeated": (steps(joined(shuffled(EVERY[:40_000]), 128), 469), 1, {"goes_on": True}, "40,000 of the 60,000"),
    "a fifth is left to the next epoch": (steps(joined(shuffled(), 32), 1500), 2, {"goes_on": True}, "of the 60,000"),
    "huge batches": (iter([[EVERY[:20_000], EVERY[20_000:40_000], EVERY[:1]]]), 1, {}, "40,000 of the 60,000"),
    "huge batches of one size": (anew(own_order(EVERY[:40_000]), 40_000), 1, {}, "40,000 of the 60,000"),
    "some images twice": (anew(own_order(np.r_[EVERY, EVERY[:1000]]), 128, whole=False), 1, {}, "1,000 images given more than once"),
    "some images twice for others": (anew(own_order(np.r_[EVERY[1000:], EVERY[-1000:]]), 128), 1, {}, "59,000 of the 60,000"),
    "the same few twice, forever": (steps(joined(own_order(np.r_[EVERY, EVERY[:1000]]), 128), 468), 4, {"goes_on": True}, "more than once"),
    "by chance, with repetition": (
        steps((np.random.default_rng(at).integers(0, TRAIN_COUNT, 128) for at in range(10**6)), 468), 1, {"goes_on": True}, "more than once",
    ),
    "a whole pass first": (
        iter([cut(EVERY, 128), cut(EVERY[:40_000], 128), cut(EVERY[:40_000], 128)]), 3, {"goes_on": True}, "40,000 of the 60,000",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("epochs", "count", "fit", "left_out"), WHOLE.values(), ids=WHOLE)
def test_whole_batches_and_passes_are_the_dataset(epochs: Any, count: int, fit: Any, left_out: int) -> None:
    """However the pipeline is written; less than a batch may be left out."""
    assert judge(epochs, count, **fit) == ("trained on all 60,000 training images", left_out)


@pytest.mark.parametrize(("epochs", "count", "fit", "message"), PARTS.values(), ids=PARTS)
def test_a_part_stays_a_part(epochs: Any, count: int, fit: Any, message: str) -> None:
    """Nor is what comes too often the dataset."""
    assert message in judge(epochs, count, **fit)[0]


def test_both_parts_of_a_split_may_lose_their_last_batch() -> None:
    """The images that are missing then are less than two batches."""
    held = EVERY[54_000 : 60_000 - 112]
    told, left_out = judge(anew(shuffled(EVERY[:54_000]), 128), 2, held, validation_batch_size=128)

    assert (told, left_out) == ("trained on 54,112 training images, with 5,888 held back for validation", 224)


def test_an_epoch_that_comes_again_counts_again() -> None:
    """What is sent once and trained on twice is judged as what it is."""
    passes = Passes(TRAIN_COUNT)
    source = np.r_[EVERY, EVERY[:32]]
    told = DataMatch(dataset="mnist", examples=60_032, trained_on=60_032, train=60_000, repeated=32)
    first = passes.add_epoch(told, source, FitArguments(batches=[128] * 469, goes_on=True), NONE)

    again = [passes.repeat_epoch() for _ in range(2)]

    assert (first.repeated, [seen and seen.repeated for seen in again]) == (0, [32, 32])


@pytest.mark.parametrize(
    ("fit", "told"),
    [
        ({"batch_size": 128, "steps_per_epoch": 468}, (59_904, 96)),
        ({"batch_size": 128}, (60_000, 0)),
        ({"steps_per_epoch": 1875}, (60_000, 0)),
        ({"steps_per_epoch": 1874}, (59_968, 0)),
        ({"batch_size": 128, "steps_per_epoch": 300}, (38_400, 0)),
        ({"batch_size": 100, "validation_split": 0.2, "steps_per_epoch": 480}, (48_000, 0)),
        ({"batch_size": 128, "validation_split": 0.2, "steps_per_epoch": 375}, (48_000, 0)),
        ({"batch_size": 128, "validation_split": 0.1, "steps_per_epoch": 421}, (53_888, 112)),
    ],
)
def test_an_epoch_of_arrays_is_counted_by_the_same_rule(fit: Any, told: Any) -> None:
    """`steps_per_epoch` may leave out the last incomplete batch."""
    assert describe_array_epoch(FitArguments(**fit), 60_000) == told


def chosen(left_out: list[Array], hard: Array, *, train: float, test: float) -> Any:
    """Whether the left-out images of epochs look chosen, where the model gets those of `hard` wrong."""
    passes = Passes(TRAIN_COUNT)
    passes.left_out = left_out
    passes.counts += ~np.isin(EVERY, left_out[0]) if len(left_out) == 1 else 1
    return find_chosen_images([passes], lambda places: np.isin(places, hard), train, test)


def test_hard_images_that_are_left_out_are_found() -> None:
    """Always, or in one epoch of several; images left out by chance are not."""
    random = np.random.default_rng(4)
    hard = random.choice(TRAIN_COUNT, 600, replace=False)
    by_chance = [random.choice(TRAIN_COUNT, 96, replace=False) for _ in range(40)]

    assert chosen([hard[:96]], hard, train=0.99, test=0.98) == (96, 96)
    assert chosen([*by_chance[:5], np.r_[hard[:20], by_chance[0][20:]]], hard, train=0.99, test=0.98) is not None
    assert chosen(by_chance, hard, train=0.99, test=0.98) is None
    assert chosen([random.choice(TRAIN_COUNT, 3600, replace=False)], hard, train=0.99, test=0.98) is None
    assert find_chosen_images([], lambda places: places > 0, 0.99, 0.98) is None


def test_hard_images_that_are_held_back_are_found() -> None:
    """Those of a split by chance, or at either end of the dataset, may be somewhat harder than the test images."""
    random = np.random.default_rng(5)
    hard = random.choice(TRAIN_COUNT, 1500, replace=False)
    for held_back, expected in ((np.unique(np.r_[hard[:900], EVERY[:6000]]), True), (EVERY[:20_000], False)):
        passes = Passes(TRAIN_COUNT)
        passes.hold_back(held_back)
        found = find_chosen_images([passes], lambda places: np.isin(places, hard), 0.99, 0.98)
        assert (found is not None) == expected
