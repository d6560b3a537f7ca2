"""A file that is graded beside a kernel that holds the whole GPU, from the driver's words to the verdict.

No machine of ours has a GPU: the driver's own program is one that prints what it does on such a machine.
"""

from __future__ import annotations

import pytest
from dataset_samples import write_course

from grader.checks.loading import load_exercise
from grader.courses.course import Course
from grader.grading import GradingOptions, grade

pytestmark = pytest.mark.train
TRAINING = """\
import keras

def train():
    (images, labels), _ = keras.datasets.shapes.load_data()
    model = keras.Sequential([keras.Input((16, 16)), keras.layers.Flatten(), keras.layers.Rescaling(1 / 255),
                              keras.layers.Dense(32, "relu"), keras.layers.Dense(2, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(images, labels, epochs=20)
    return history.epoch, history.history["accuracy"][-1]
"""


@pytest.mark.parametrize(("visible", "has_note"), [(None, True), ("", False)])
def test_a_full_card_costs_no_points(tmp_path, monkeypatch, visible, has_note):
    """It is trained on the CPU, and a note says why and what to do; of a card that is hidden nothing is said."""
    program = tmp_path / "nvidia-smi"
    program.write_text('#!/bin/sh\ncase "$*" in *memory.free*) echo 312;; esac\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    write_course(tmp_path / "course")
    (tmp_path / "work.py").write_text(TRAINING)
    course = Course(root=tmp_path / "course")

    verdict = grade(course, load_exercise(course, "outlines"), tmp_path / "work.py", GradingOptions())

    assert (verdict.status, verdict.score, verdict.training[0].device) == ("passed", 100.0, "cpu")
    assert any("set_memory_growth" in note.message for note in verdict.notes) is has_note
