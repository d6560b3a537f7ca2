"""Images of a course's own at another size: known by the same resize, with nothing hidden in them."""

import numpy as np
import pytest
from dataset_samples import write_image_course
from PIL import Image

from grader.courses.course import Course
from grader.courses.datasets import load_own_dataset
from grader.data import load_dataset
from grader.trainer.match.comparison import match_arrays
from grader.trainer.match.resizing import resize_bilinear

WAYS = {
    "in fractions": lambda images: resize_bilinear(images, (10, 12)),
    "nearest": lambda images: shrink(images, Image.Resampling.NEAREST),
    "bicubic": lambda images: shrink(images, Image.Resampling.BICUBIC),
    "larger": lambda images: resize_bilinear(images, (23, 31)),
}


def shrink(images, how):
    return np.stack([np.asarray(Image.fromarray(image).resize((12, 10), how)) for image in images]).astype(np.float32)


@pytest.fixture
def source(tmp_path):
    write_image_course(tmp_path)
    return load_own_dataset(Course(root=tmp_path), "figures")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("scale", [(1.0, 0.0), (1 / 255, 0.0), (1 / 127.5, -1.0)])
def test_each_is_found_by_the_same_resize(source, way, scale):
    """In any order, as they are or scaled; what was done is done to other images, too."""
    data = load_dataset(source)
    order = np.random.default_rng(1).permutation(24)
    x = WAYS[way](data.x_train) * np.float32(scale[0]) + np.float32(scale[1])

    found = match_arrays(x[order], data.y_train[order], source)

    assert found.dataset == "figures"
    assert "resized to" in found.preprocessing
    np.testing.assert_array_equal(found.source, order)
    assert len(found.labels_wrong_at) == 0
    wanted = WAYS[way](data.x_test) * np.float32(scale[0]) + np.float32(scale[1])
    np.testing.assert_allclose(found.transform(data.x_test), wanted, atol=1e-4 * abs(scale[0]) * 255)


def test_labels_are_compared(source):
    """Of the images as they are known, whatever their size."""
    data = load_dataset(source)
    labels = data.y_train.copy()
    labels[[2, 20]] = 1 - labels[[2, 20]]

    found = match_arrays(WAYS["nearest"](data.x_train), labels, source)

    assert found.labels_wrong_at.tolist() == [2, 20]


@pytest.mark.parametrize("size", [0.1, 40.0])
def test_a_label_in_a_resized_image_makes_it_unknown(source, size):
    """Hidden in one pixel, however faint."""
    data = load_dataset(source)
    x = WAYS["in fractions"](data.x_train)
    x[:, 4, 4, 0] += size * (data.y_train == 1)

    found = match_arrays(x, data.y_train, source)

    assert (found.source[data.y_train == 1] == -1).all()
    assert (found.source[data.y_train == 0] >= 0).all()


def test_what_is_in_the_last_bits_is_written_anew(source):
    """A label that rounding would hide isn't trained on."""
    data = load_dataset(source)
    plain = WAYS["in fractions"](data.x_train)
    x = np.where(data.y_train[:, None, None, None] == 1, np.nextafter(plain, np.float32(999)), plain)
    other = np.nextafter(plain, np.float32(999))

    found = match_arrays(x, data.y_train, source)
    other_found = match_arrays(other, data.y_train, source)

    assert (found.source >= 0).all()
    np.testing.assert_array_equal(found.rewrite_inexact_images(x), other_found.rewrite_inexact_images(other))


@pytest.mark.parametrize(
    "x", [np.full((24, 8, 8, 3), np.nan), np.zeros((24, 8, 8, 3)), np.random.default_rng(2).random((24, 8, 8, 3))]
)
def test_others_are_none(source, x):
    """Noise, nothing at all, and what is no number."""
    found = match_arrays(x.astype(np.float32), np.zeros(24, np.uint8), source)

    assert (found.dataset, set(found.source.tolist())) == (None, {-1})
