"""Image folders where student code looks for them, as Keras's own loaders, Pillow, `os` and TensorFlow read them."""

import subprocess
import sys

import msgspec
import pytest
from dataset_samples import write_image_course

from grader.courses.course import Course
from grader.courses.datasets import load_own_dataset
from grader.data import load_dataset

pytestmark = pytest.mark.keras

BEGIN = """
import os, sys, glob, shutil, zipfile
import msgspec
import numpy as np
import keras
import tensorflow as tf
from pathlib import Path
from PIL import Image
from grader.protocol.datasets import DatasetSource
from grader.student import drives, image_folders
source = msgspec.json.decode(sys.argv[1], type=DatasetSource)
image_folders.install_image_folders(source)
drives.install(lambda note: None)
from grader.data import load_dataset
x = load_dataset(source).x_train

def read(batches):
    pairs = [(np.array(a), np.array(b)) for a, b in batches]
    return (np.concatenate([part[index] for part in pairs]) for index in (0, 1))
"""
# Each begins in an empty folder of its own, where nothing has been asked for yet.
CASES = {
    "keras": """
made = keras.utils.image_dataset_from_directory("/content/drive/MyDrive/figures/train", image_size=(16, 16), batch_size=7, shuffle=False)
images, labels = read(made)
assert made.class_names == ["circle", "square"] and labels.tolist() == [0] * 12 + [1] * 12
np.testing.assert_array_equal(images, x)
assert os.listdir("drive/MyDrive/figures") and sorted(os.listdir("drive/MyDrive/figures")) == ["test", "train"]
""",
    "label modes": """
for mode, shape in (("binary", (24, 1)), ("categorical", (24, 2)), ("int", (24,))):
    images, labels = read(tf.keras.preprocessing.image_dataset_from_directory("train-figures", label_mode=mode, image_size=(16, 16)))
    assert labels.shape == shape and len(images) == 24
""",
    "generator": """
from tensorflow.keras.preprocessing.image import ImageDataGenerator
flow = ImageDataGenerator(rescale=1 / 255).flow_from_directory("../a/figures/train/", target_size=(16, 16), batch_size=8, class_mode="binary", shuffle=False)
images, labels = read(flow[index] for index in range(len(flow)))
np.testing.assert_array_equal(images, x.astype(np.float32) * np.float32(1 / 255))
assert labels.tolist() == [0.0] * 12 + [1.0] * 12 and flow.class_indices == {"circle": 0, "square": 1}
""",
    "zip": """
archive = zipfile.ZipFile("/nowhere/tmp2/train-figures.zip")
archive.extractall("/tmp/" + os.path.basename(os.getcwd()) + "/train-figures")
images, _ = read(keras.utils.image_dataset_from_directory("/tmp/" + os.path.basename(os.getcwd()) + "/train-figures", image_size=(16, 16), shuffle=False))
np.testing.assert_array_equal(images, x)
assert len(zipfile.ZipFile(Path("figures.zip")).namelist()) == 32
""",
    "os and Pillow": """
assert os.path.isdir("train-figures/circle") and not os.path.exists("train-figures/cat") and not os.path.exists("figure")
names = sorted(os.listdir("train-figures/circle"))
assert names[:2] == ["c00.png", "c01.png"] and len(names) == 12
np.testing.assert_array_equal(np.array(Image.open(os.path.join("train-figures", "circle", names[0]))), x[0])
assert len(glob.glob("figures/*/*/*")) == 32 and len(list(Path("figures").rglob("*.*"))) == 32
assert sorted(top for top, _, files in os.walk("figures") if files)[0] == "figures/test/circle"
""",
    "TensorFlow": """
paths = sorted(tf.io.gfile.glob("train-figures/*/*"))
np.testing.assert_array_equal(tf.io.decode_png(tf.io.read_file(paths[0]), 3), x[0])
assert tf.io.gfile.isdir("figures/test") and len(tf.io.gfile.listdir("figures/test/square")) == 4
assert len(list(tf.data.Dataset.list_files("figures/train/*/*"))) == 24
""",
    "another's place": """
images, _ = read(keras.utils.image_dataset_from_directory("/home/jovyan/work/train-figures", image_size=(16, 16), shuffle=False))
np.testing.assert_array_equal(images, x)
assert Image.open("/home/jovyan/work/train-figures/circle/c00.png").size == (16, 16)
assert not os.path.exists(os.path.dirname(np.__file__) + "/figures") and not os.path.exists("/usr/lib/figures")
""",
    "an installation in /tmp": """
library = "/tmp/" + os.path.basename(os.getcwd()) + "-library"
os.makedirs(library + "/numpy")
sys.prefix = library
try:
    assert not os.path.exists(library + "/numpy/figures") and not os.path.exists(library + "/numpy/train-figures.zip")
finally:
    shutil.rmtree(library)
""",
    "made and moved": """
os.makedirs("figures", exist_ok=True)
assert len(os.listdir("figures/train/circle")) == 12
os.makedirs("train-figures/valid/circle")
shutil.move("figures/train/circle/c00.png", "train-figures/valid/circle")
assert os.listdir("train-figures") == ["valid"] and len(os.listdir("figures/train/circle")) == 11
shutil.rmtree("figures")
with open("figures", "w") as file: file.write("mine")
assert open("figures").read() == "mine"
""",
}


@pytest.fixture
def source(tmp_path):
    write_image_course(tmp_path / "course")
    return load_own_dataset(Course(root=tmp_path / "course"), "figures").hide_held_out()


@pytest.mark.parametrize("case", CASES)
def test_the_folder_is_where_a_file_looks_for_it(source, case, tmp_path, monkeypatch):
    """In any folder, written as the places that can be written to allow; PNG and JPEG read alike by all."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    command = [sys.executable, "-c", BEGIN + CASES[case], msgspec.json.encode(source).decode()]

    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=home)

    assert done.returncode == 0, done.stderr[-3000:]


def test_jpeg_and_png_are_decoded(source):
    """Both splits, in colours, in the order of names."""
    data = load_dataset(source)

    assert (data.x_train.shape, data.y_train.tolist()) == ((24, 16, 16, 3), [0] * 12 + [1] * 12)
    assert (data.x_test.shape, data.y_test.tolist()) == ((8, 16, 16, 3), [0] * 4 + [1] * 4)
