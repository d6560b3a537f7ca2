"""Which sequences of a course's own an order holds: however they were padded, and whatever hides beside them."""

from __future__ import annotations

import numpy as np
import pytest
from sequence_samples import LENGTH, write_sequences

from grader.courses.course import Course
from grader.courses.datasets import load_own_dataset
from grader.trainer.match.comparison import match_arrays
from grader.trainer.match.sequences import SAMPLE


@pytest.fixture(scope="module", params=[None, LENGTH], ids=["lists", "padded"])
def dataset(request, tmp_path_factory):
    """The dataset, and its training sequences as lists, with their labels."""
    root = tmp_path_factory.mktemp("course")
    arrays = write_sequences(root, request.param)
    lists = [list(map(int, numbers)) for numbers in arrays["x_train"]]
    return load_own_dataset(Course(root=root), "reviews"), lists, arrays["y_train"]


def pad(lists, width, padding="pre", truncating="pre", value=0, dtype="int32"):
    """As Keras's `pad_sequences`."""
    made = np.full((len(lists), width), value, dtype)
    for row, numbers in zip(made, lists, strict=True):
        kept = numbers[-width:] if truncating == "pre" else numbers[:width]
        if kept:
            row[slice(-len(kept), None) if padding == "pre" else slice(len(kept))] = kept
    return made


def cut(lists, below, unknown):
    return [[n if n < below else unknown for n in numbers if n < below or unknown is not None] for numbers in lists]


def count(lists, width, most=None):
    made = np.array([np.bincount([n for n in numbers if n < width], minlength=width) for numbers in lists])
    return made if most is None else np.minimum(made, most)


FORMS = {
    "pre": lambda x: pad(x, 30),
    "post": lambda x: pad(x, 30, "post", "post"),
    "mixed": lambda x: pad(x, 12, "post", "pre"),
    "short": lambda x: pad(x, 5, "pre", "post"),
    "long": lambda x: pad(x, 300),
    "value": lambda x: pad(x, 50, "post", "post", -1),
    "floats": lambda x: pad(x, 30).astype("float32"),
    "shorts": lambda x: pad(x, 30, dtype="int16"),
    "bytes": lambda x: pad(x, 30, dtype="uint8"),
    "an axis more": lambda x: pad(x, 30)[..., None],
    "num_words": lambda x: pad(cut(x, 30, 2), 30),
    "num_words and nothing else": lambda x: pad(cut(x, 30, None), 30, "post"),
    "the largest for the others": lambda x: pad([[min(n, 30) for n in numbers] for numbers in x], 30),
    "one-hot": lambda x: np.eye(80, dtype="float32")[pad(x, 12)],
    "one-hot of few": lambda x: np.eye(30, dtype="float32")[pad(cut(x, 30, 2), 12)],
    "whether": lambda x: count(x, 80, 1).astype("float32"),
    "whether, of few": lambda x: count(x, 20, 1),
    "whether, with unknown ones": lambda x: count(cut(x, 20, 2), 20, 1),
    "how often": lambda x: count(x, 80).astype("float64"),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_sequences_are_found(dataset, form):
    """In any form, in any order, each once with its own label; and measured in the same form."""
    source, lists, labels = dataset
    order = np.random.default_rng(1).permutation(len(lists))
    made = FORMS[form](lists)

    found = match_arrays(made[order], labels[order], source)
    data = found.build_data_match()

    assert (data.dataset, data.train, data.unknown, data.repeated, data.labels_wrong) == ("reviews", 600, 0, 0, 0)
    assert (data.kind, data.unit) == ("sequence", "review")
    assert np.array_equal(found.transform(found.canon.pick_images(found.source)), made[order])


def test_labels_one_hot_and_splits(dataset):
    """A part of the examples, with one-hot labels; and the test split."""
    source, lists, labels = dataset
    made = pad(lists, 20)

    data = match_arrays(made[:450], np.eye(2)[labels[:450]], source).build_data_match()

    assert (data.train, data.unknown, data.labels_wrong, data.same_order) == (450, 0, 0, True)


def test_forms_that_differ_in_a_few_sequences_are_told_apart(dataset):
    """Only the longest are cut, at an end that no sample of the others shows; and rare numbers left out."""
    source, lists, labels = dataset
    longest = max(map(len, lists))
    if min(map(len, lists)) == longest:
        pytest.skip("all are as long")
    long = [place for place, numbers in enumerate(lists) if len(numbers) == longest]
    order = [place for place in range(len(lists)) if place not in long]
    # Where no sample looks.
    seen = set(np.linspace(0, len(lists) - 1, SAMPLE).astype(int).tolist())
    for place, number in zip([place for place in range(len(lists)) if place not in seen], long, strict=False):
        order.insert(place, number)
    made = pad([lists[place] for place in order], longest - 1, "pre", "post")

    data = match_arrays(made, labels[order], source).build_data_match()

    assert (data.train, data.unknown, data.labels_wrong) == (600, 0, 0)


def hide_in_value(x, y):
    return np.where(np.arange(41) < 41 - np.array([len(n) for n in x])[:, None], y[:, None], pad(x, 41))


HOSTILE = {
    "a label as a number more": lambda x, y: np.c_[pad(x, 29), y],
    "a label as the value of the padding": hide_in_value,
    "a label in the end at which is padded": lambda x, y: np.where(y[:, None] == 1, pad(x, 41), pad(x, 41, "post")),
    "a label in a shift": lambda x, y: np.stack([np.roll(row, label) for row, label in zip(pad(x, 60), y, strict=True)]),
    "a label in a fraction": lambda x, y: pad(x, 30) + 0.25 * y[:, None],
    "a label beyond 32 bits": lambda x, y: pad(x, 30, dtype="int64") + (y[:, None].astype("int64") << 32),
    "a label beyond 63 bits": lambda x, y: pad(x, 30, dtype="uint64") + (y[:, None].astype("uint64") << np.uint64(63)),
    "a label in the order of the numbers": lambda x, y: np.stack([
        row[::-1] if label else row for row, label in zip(pad(x, 30), y, strict=True)
    ]),
    "a label in how often": lambda x, y: count(x, 80, 1) * (1 + y[:, None]),
    "a label in what isn't one-hot": lambda x, y: np.eye(80)[pad(x, 12)] * (1 + y[:, None, None]),
    "what isn't a number": lambda x, y: np.where(y[:, None] == 1, np.nan, pad(x, 30)),
    "a label in the number for others": lambda x, y: pad([
        [n if n < 30 else 2 + int(label) for n in numbers] for numbers, label in zip(x, y, strict=True)
    ], 30),
}  # fmt: skip


@pytest.mark.parametrize("trick", HOSTILE)
def test_examples_of_at_most_one_class_are_known(dataset, trick):
    """Where the form of an example depends on its label, those of one class are unknown."""
    source, lists, labels = dataset

    data = match_arrays(HOSTILE[trick](lists, labels), labels, source).build_data_match()

    assert data.unknown >= min(labels.sum(), len(labels) - labels.sum()) * 0.9


def test_a_zeros_sign_says_nothing(dataset):
    """What is trained on is written anew: a negative zero would be another one in a division."""
    source, lists, labels = dataset
    made = pad(lists, 60).astype("float32")
    made[(made == 0) & (labels[:, None] == 1)] = -0.0

    found = match_arrays(made, labels, source)

    assert not np.signbit(found.rewrite_inexact_images(made)).any()


def test_of_equal_sequences_each_gets_its_own_label(dataset):
    """Cut to one number, many are equal; other labels are still told."""
    source, lists, labels = dataset
    made = pad(lists, 1)
    right, wrong = (match_arrays(made, y, source).build_data_match() for y in (labels, 1 - labels))

    assert (right.train, right.labels_wrong, right.repeated) == (600, 0, 0)
    assert wrong.labels_wrong > 50


def test_labels_may_be_signed(dataset):
    """-1 and 1, as some losses have two classes."""
    source, lists, labels = dataset

    data = match_arrays(pad(lists, 20), 2.0 * labels - 1, source).build_data_match()

    assert (data.train, data.labels_wrong) == (600, 0)
    assert "labels -1 and 1" in data.preprocessing
