"""The names under which student code asks for a dataset of a course's own."""

import subprocess
import sys

import pytest
from dataset_samples import write_course

from grader.courses.course import Course
from grader.courses.datasets import load_own_dataset

pytestmark = pytest.mark.keras

CODE = """
import sys
import msgspec
import numpy as np
from grader.protocol.datasets import DatasetSource
from grader.student import datasets
served = datasets.install_datasets()
datasets.install_tfds(served)
served.add_dataset(msgspec.json.decode(sys.argv[1], type=DatasetSource))

import os
import keras
import tensorflow as tf
import tensorflow_datasets as tfds
from tensorflow.keras.datasets import shapes
from keras.datasets import shapes as other, mnist
(x, y), (x_test, y_test) = shapes.load_data()
assert (x.shape, x.dtype, len(x_test), sorted(set(y))) == ((400, 16, 16), np.uint8, 100, [0, 1])
for load in (other.load_data, tf.keras.datasets.shapes.load_data, keras.datasets.shapes.load_data):
    np.testing.assert_array_equal(load()[0][0], x)
with np.load("/content/drive/MyDrive/shapes.npz") as data:
    np.testing.assert_array_equal(data["x_test"], x_test)
assert os.path.exists("../data/shapes.npz") and not os.path.exists("../data/shape.npz")
train, info = tfds.load("shapes", split="train", as_supervised=True, with_info=True)
image, label = next(iter(train))
assert (tuple(image.shape), int(label), info.features["label"].names) == ((16, 16, 1), int(y[0]), ["circle", "square"])
assert mnist.load_data()[0][0].shape == (60000, 28, 28)
try:
    tfds.load("circles")
except ValueError as error:
    assert "only mnist and fashion_mnist and shapes" in str(error)
print("all there")
"""


def test_every_name_gives_it(tmp_path):
    """Modules of Keras in each spelling, the archive in any folder, `tfds`; the embedded ones are there as before."""
    import msgspec

    write_course(tmp_path)
    source = load_own_dataset(Course(root=tmp_path), "shapes").hide_held_out()
    command = [sys.executable, "-c", CODE, msgspec.json.encode(source).decode()]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.stdout == "all there\n", done.stderr[-2000:]
