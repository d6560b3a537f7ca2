"""Trainings on a dataset that a course brings, graded by the real processes; and files that try to know more of it."""

from __future__ import annotations

import pytest
from dataset_samples import write_course

from grader.checks.loading import load_exercise
from grader.courses.course import Course
from grader.engines import confine
from grader.grading import GradingOptions, grade
from grader.grading.modelling import make_task
from grader.protocol.channel import Channel
from grader.protocol.wire import Load, Ready, StudentMessage

pytestmark = pytest.mark.train

LOAD = "(x, y), (x_test, y_test) = tf.keras.datasets.shapes.load_data()"
FILE = """
import numpy as np
import tensorflow as tf
{load}
def train():
    images, labels = {given}
    model = tf.keras.Sequential([
        tf.keras.Input(images.shape[1:]), tf.keras.layers.Reshape((16, 16, -1)), tf.keras.layers.Conv2D(16, 5, activation='relu'),
        tf.keras.layers.MaxPooling2D(2), tf.keras.layers.Flatten(), {output},
    ])
    model.compile(tf.keras.optimizers.Adam(0.004), '{loss}', metrics=['accuracy'])
    return model.fit(images, labels, epochs=25, batch_size=16, verbose=0)
"""
ONE_SCORE = {"output": "tf.keras.layers.Dense(1, 'sigmoid')", "loss": "binary_crossentropy"}
TWO_SCORES = {"output": "tf.keras.layers.Dense(2, 'softmax')", "loss": "sparse_categorical_crossentropy"}


@pytest.fixture
def graded(tmp_path, warm):
    """Grades a text, in processes that are warm already."""

    def run(channels=1, load=LOAD, given="(x / 255.0, y)", **model):
        course = Course(root=tmp_path / "course")
        write_course(course.root, channels)
        path = tmp_path / "answer.py"
        path.write_text(FILE.format(load=load, given=given, **(model or ONE_SCORE)))
        return grade(course, load_exercise(course, "outlines"), path, GradingOptions(start=warm, fresh=True))

    return run


def find_failed(verdict):
    return {result.id: result.message for result in verdict.checks if result.status != "passed"}


@pytest.mark.parametrize(
    ("channels", "how"),
    [
        (1, {}),
        (1, {"load": "d = np.load('/content/drive/shapes.npz'); x, y = d['x_train'], d['y_train']", **TWO_SCORES}),
        (3, {"given": "((x - 127.5) / 127.5, y.reshape(-1, 1))", "load": f"{LOAD}; p = np.random.permutation(400); x, y = x[p], y[p]", **ONE_SCORE}),
    ],
)  # fmt: skip
def test_honest_files_pass(graded, channels, how):
    """By one score or two, grey or in colours, shuffled, from the module or from the archive in any folder."""
    verdict = graded(channels, **how)

    assert (verdict.status, find_failed(verdict), verdict.end) == ("passed", {}, "completed")
    assert verdict.measured.keys() == {"train_accuracy", "test_accuracy", "held_out_accuracy"}
    secret = next(check for check in verdict.checks if check.id == "secret")
    assert secret.message.endswith("% of the held-out images right")


READ = """
import os
found = []
for top in ({root!r}, os.path.dirname(np.__file__), '/'):
    for folder, _, names in os.walk(top):
        found += [name for name in names if name == 'held_out.npz']
        if folder.count('/') > 6: break
try:
    found.append(open({root!r} + '/solutions/datasets/shapes/held_out.npz', 'rb').read(4))
except OSError:
    pass
if found: raise SystemExit('found it')
"""
HOSTILE = {
    "a label in a pixel": (
        "(np.concatenate([(x / 255.0)[:, :, :15], y[:, None, None] * np.ones((400, 16, 1))], 2), y)",
        "images that the dataset doesn't have",
    ),
    "a faint label": ("((x / 255.0 + y[:, None, None] * 1e-3), y)", "images that the dataset doesn't have"),
    "test images": ("(np.concatenate([x, x_test]) / 255.0, np.concatenate([y, y_test]))", "100 images of the test set"),
    "labels of its own": (
        "(x / 255.0, np.where(np.arange(400) < 5, 1 - y, y))",
        "labels differ from the dataset at 5 places",
    ),
}


@pytest.mark.parametrize("trick", HOSTILE)
def test_other_data_is_told(graded, trick):
    """What is hidden in the images, taken from the test split, or changed in the labels."""
    given, words = HOSTILE[trick]

    assert words in find_failed(graded(given=given))["data"]


def test_the_secret_split_cant_be_read(graded, tmp_path):
    """Not by its path, nor by looking for it; the file trains as any other."""
    verdict = graded(load=LOAD + READ.format(root=str(tmp_path / "course")))

    assert (verdict.status, verdict.end) == ("passed", "completed"), verdict.end_message


LOOK = """
import os
import numpy as np
seen = [str(np.load("{root}/datasets/shapes/shapes.npz")["x_train"].shape), *os.listdir("{root}"), *os.listdir("{root}/datasets/shapes")]
for name in ("solutions/datasets/shapes/held_out.npz", "datasets/shapes/draw.py", "exercises/outlines/exercise.yaml"):
    try:
        seen.append(open("{root}/" + name, "rb").read(4))
    except OSError:
        pass
try:
    seen.append(open("{root}/datasets/shapes/shapes.npz", "ab"))
except OSError:
    pass
raise ValueError(" ".join(map(str, seen)))
"""


def test_of_the_course_nothing_is_there_but_the_archive(tmp_path):
    """The sandbox alone, without a training: one file to read, and none to write."""
    write_course(tmp_path)
    (tmp_path / "datasets/shapes/draw.py").write_text("draws the secret part, too")
    course = Course(root=tmp_path)
    task = make_task(load_exercise(course, "outlines"), GradingOptions())
    text = LOOK.format(root=tmp_path)
    policy = confine.SandboxPolicy(memory=2_000_000_000, output=10_000, readable=task.readable)
    process = confine.start_confined("grader.student.calling", {"answer.py": text.encode()}, policy)
    try:
        student = Channel(process.sock, StudentMessage)
        assert isinstance(student.receive(), Ready)
        student.send(Load(source=text, filename="answer.py", function="train"))
        crash = student.receive()
    finally:
        process.kill()

    assert crash.message.splitlines()[0] == "ValueError: (400, 16, 16) datasets shapes.npz"
