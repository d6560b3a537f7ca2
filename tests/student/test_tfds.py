import sys

import numpy as np
import pytest

pytestmark = pytest.mark.keras


@pytest.fixture(scope="module")
def tfds():
    """The stand-in, imported as a student's file does; gone afterwards."""
    from grader.student import datasets as standin

    standin.install_tfds(standin.ServedDatasets())
    import tensorflow_datasets

    yield tensorflow_datasets
    del sys.modules["tensorflow_datasets"]


def count(dataset):
    return sum(1 for _ in dataset)


def test_without_a_split_both_come_by_name(tfds):
    """Images of shape (28, 28, 1) with their labels, as pairs or by name, and what is known of the set."""
    parts, info = tfds.load("mnist:3.*.*", with_info=True, data_dir="/x", shuffle_files=True)
    example = next(iter(parts["test"]))

    assert sorted(parts) == ["test", "train"]
    assert (example["image"].shape, example["image"].dtype.name, int(example["label"])) == ((28, 28, 1), "uint8", 7)
    assert (info.features["label"].num_classes, info.splits["train"].num_examples) == (10, 60_000)
    image, label = next(iter(tfds.load("mnist", split=tfds.Split.TEST, as_supervised=True)))
    assert (np.asarray(image) == np.asarray(example["image"])).all()
    assert int(label) == 7


def test_parts_are_cut_as_asked(tfds):
    """Shares, numbers, sums, batches, and whole tensors."""
    first, rest = tfds.load("fashion_mnist", split=["test[:10%]", "test[-10:]+train[:5]"], as_supervised=True)
    assert (len(first), len(rest)) == (1000, 15)
    assert len(tfds.load("fashion_mnist", split="all", batch_size=1000)) == 70
    images, labels = tfds.load("fashion_mnist", split="train[50%:]", as_supervised=True, batch_size=-1)
    assert (images.shape, labels.dtype.name) == ((30_000, 28, 28, 1), "int64")
    assert tfds.as_numpy(images).shape == images.shape
    assert next(tfds.as_numpy(first))[0].shape == (28, 28, 1)


def test_what_would_need_the_network_is_refused(tfds):
    """Another dataset, and a part that there is not."""
    with pytest.raises(ValueError, match=r"tfds.load\('cifar10'\): there is no network where files are graded, only mnist and"):
        tfds.load("cifar10")
    with pytest.raises(ValueError, match=r"give 'train', 'test' or a part such as 'train\[:80%\]'"):
        tfds.load("mnist", split="validation")
