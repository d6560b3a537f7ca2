"""Trainings on image folders of a course outside the package, graded by the real processes; and files that cheat with them."""

from __future__ import annotations

import pytest
from dataset_samples import write_image_course

from grader.checks.loading import load_exercise
from grader.courses.course import Course
from grader.grading import GradingOptions, grade

pytestmark = pytest.mark.train

FILE = """
import os, zipfile
import numpy as np
import tensorflow as tf
from tensorflow.keras.preprocessing.image import ImageDataGenerator
{load}
def train():
    batches = {batches}
    model = tf.keras.Sequential([
        tf.keras.Input(({size}, {size}, 3)), tf.keras.layers.Rescaling({scale}), tf.keras.layers.Conv2D(12, 5, activation='relu'),
        tf.keras.layers.MaxPooling2D(2), tf.keras.layers.Flatten(), {output},
    ])
    model.compile(tf.keras.optimizers.Adam(0.004), '{loss}', metrics=['accuracy'])
    history = model.{fit}(batches, epochs={epochs}, verbose=0)
    return history.epoch, history.history['accuracy'][-1]
"""
ONE, LOSS = "tf.keras.layers.Dense(1, 'sigmoid')", "binary_crossentropy"
LOADED = "tf.keras.utils.image_dataset_from_directory('/content/data/train-figures', image_size=({size}, {size}), batch_size=8, label_mode='{mode}')"
FLOW = "ImageDataGenerator(rescale=1 / 255{more}).flow_from_directory('{place}', target_size=({size}, {size}), batch_size=8, class_mode='{mode}')"


@pytest.fixture
def graded(tmp_path, warm):
    """Grades a text, in processes that are warm already."""

    def run(batches, load="", output=ONE, loss=LOSS, fit="fit", scale=1.0, size=16, epochs=12):
        course = Course(root=tmp_path / "course")
        write_image_course(course.root, train=80, test=20)
        path = tmp_path / "answer.py"
        text = FILE.format(
            load=load, batches=batches, output=output, loss=loss, fit=fit, scale=scale, size=size, epochs=epochs
        )
        path.write_text(text)
        return grade(course, load_exercise(course, "outlines"), path, GradingOptions(start=warm, fresh=True))

    return run


def find_failed(verdict):
    return {result.id: result.message for result in verdict.checks if result.status != "passed"}


UNPACK = "zipfile.ZipFile('/somewhere/tmp2/train-figures.zip').extractall('/tmp/unpacked')"
DOWNLOAD = """
got = tf.keras.utils.get_file('figures.zip', 'https://example.com/figures.zip?raw=1', extract=True, file_hash='0' * 64)
place = os.path.join(tf.keras.utils.get_file(origin='https://example.com/a/train-figures.tgz', untar=True), 'train-figures')
assert sorted(os.listdir(os.path.join(got, 'figures'))) == ['test', 'train'], os.listdir(got)
"""
HONEST = {
    "Keras's loader": {"batches": LOADED.format(size=16, mode="binary"), "scale": 1 / 255},
    "labels as numbers": {
        "batches": LOADED.format(size=16, mode="int"), "scale": 1 / 255,
        "output": "tf.keras.layers.Dense(2, 'softmax')", "loss": "sparse_categorical_crossentropy",
    },
    "a zip and a generator": {
        "batches": FLOW.format(more="", place="/tmp/unpacked", size=16, mode="binary"), "load": UNPACK, "fit": "fit_generator",
    },
    "a download": {
        "batches": FLOW.format(more="", place="' + place + '", size=16, mode="binary"), "load": DOWNLOAD, "fit": "fit",
    },
}  # fmt: skip


@pytest.mark.parametrize("how", HONEST)
def test_honest_files_pass(graded, how):
    """In each of Keras's ways to read folders, with labels in each form."""
    verdict = graded(**HONEST[how])

    assert (verdict.status, find_failed(verdict), verdict.end) == ("passed", {}, "completed"), verdict.end_message


READ = "np.concatenate([np.array(x) for x, _ in {0}]), np.concatenate([np.array(y) for _, y in {0}])".format(
    LOADED.format(size=16, mode="binary")
    .replace("label_mode='binary'", "label_mode='binary', shuffle=False")
    .replace("{", "{{")
)
HIDE = f"""
x, y = {READ}
x[:, 0, 0, 0] = 255 * y[:, 0]
given = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(80).batch(8)
"""
# In functions, since a loop at the top of a file that the graded function doesn't need is left out.
MOVED = """
import shutil
def spoil():
    for name in sorted(os.listdir('train-figures/circle'))[:5]:
        shutil.move('train-figures/circle/' + name, 'train-figures/square/' + name)
"""
COPIED = """
import shutil
def spoil():
    for kind in os.listdir('train-figures'):
        for name in os.listdir('figures/test/' + kind):
            shutil.copy(f'figures/test/{kind}/{name}', f'train-figures/{kind}/t{name}')
"""
LEAD_OUT = """
with zipfile.ZipFile('train-figures.zip', 'w') as made:
    made.writestr('../../../../../../tmp/../etc/passwd', 'root::0:0')
    made.writestr('/etc/grade', 'x')
    made.writestr('circle/a.png', 'no image')
zipfile.ZipFile('train-figures.zip').extractall('out')
assert not os.path.exists('/etc/grade') and 'root::' not in open('/etc/passwd').read()
"""
SPOILT = f"(spoil(), {FLOW.format(more='', place='train-figures', size=16, mode='binary')})[1]"
UNKNOWN = ("are not images of", "that the dataset doesn't have")
HOSTILE = {
    "a label in a pixel": (HIDE, "given", UNKNOWN),
    "images moved to the other class": (MOVED, SPOILT, ("labels differ",)),
    "the test images": (COPIED, SPOILT, ("20 images of the test set among them",)),
    "a zip with names that lead out": (
        LEAD_OUT, FLOW.format(more="", place="train-figures", size=16, mode="binary"), None,
    ),
    "mirrored images": (
        "", FLOW.format(more=", rotation_range=30", place="train-figures", size=16, mode="binary"), UNKNOWN,
    ),
}  # fmt: skip


@pytest.mark.parametrize("trick", HOSTILE)
def test_other_images_are_told(graded, trick):
    """What is hidden in the images, put into another folder or changed on the way; a zip unpacks within the sandbox."""
    load, batches, words = HOSTILE[trick]
    verdict = graded(batches, load=load, epochs=1)

    if words is None:
        assert (verdict.end, "data" in find_failed(verdict)) == ("completed", False), verdict.end_message
    else:
        assert any(word in find_failed(verdict)["data"] for word in words)
