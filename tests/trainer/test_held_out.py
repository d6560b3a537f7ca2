"""The images that a function is asked about are in no table, and only right answers to changed ones count."""

import numpy as np
import pytest

from grader.data import load_dataset
from grader.trainer import held_out


@pytest.fixture(scope="module")
def drawn():
    return held_out.draw_images("fashion_mnist", np.random.default_rng(5))


def test_no_changed_image_is_in_the_dataset(drawn):
    """Neither as it is, nor rounded to two tones; unchanged ones are."""
    data = load_dataset("fashion_mnist")
    for prepare, most in ((lambda images: images, 0), (lambda images: images.reshape(-1, 784) > 100, 40)):
        known = {row.tobytes() for part in (data.x_test, data.x_train) for row in prepare(part)}
        hits = [row.tobytes() in known for row in prepare(drawn.images)]
        assert np.sum(np.array(hits)[drawn.kinds != 2]) <= most
        assert np.all(np.array(hits)[drawn.kinds == 2])


def test_a_changed_image_still_shows_the_same():
    """Most are nearly their own original; another draw changes them otherwise."""
    images = load_dataset("fashion_mnist").x_test[:200]
    changed = held_out.distort(images, np.random.default_rng(1)).astype(float).reshape(200, -1)
    alike = [np.corrcoef(image.reshape(-1), other)[0, 1] for image, other in zip(images, changed, strict=True)]
    assert np.median(alike) > 0.93
    assert not np.array_equal(held_out.distort(images, np.random.default_rng(2)).reshape(200, -1), changed)


def test_kinds_and_labels_are_mixed_with_fresh_chance(drawn):
    """No place in the order says of which kind or class an image is, and no two draws are alike."""
    sizes = [held_out.TEST_IMAGES, held_out.TRAIN_IMAGES, held_out.CLEAN_IMAGES]
    assert [int((drawn.kinds == kind).sum()) for kind in range(3)] == sizes
    first = drawn.kinds[: len(drawn.kinds) // 2]
    assert abs(np.mean(first == 0) - sizes[0] / sum(sizes)) < 0.05
    assert not np.array_equal(drawn.labels, held_out.draw_images("fashion_mnist", np.random.default_rng()).labels)


def test_only_right_answers_of_each_kind_count(drawn):
    """A table answers for unchanged images only."""
    everything = held_out.count_right(drawn, drawn.labels.tolist())
    table = held_out.count_right(drawn, np.where(drawn.kinds == 2, drawn.labels, -1).tolist())
    assert (everything.test_accuracy, everything.train_accuracy, everything.clean_accuracy) == (1.0, 1.0, 1.0)
    assert (table.test_accuracy, table.train_accuracy, table.clean_accuracy) == (0.0, 0.0, 1.0)
