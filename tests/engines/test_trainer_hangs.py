"""Trainers that hang or starve in the middle of a batch, for real: what comes of their submissions."""

import resource
import signal

import psutil
import pytest
from roles import role

from grader.batch.assign import GradingJob
from grader.batch.handed import Handed
from grader.batch.loop import Batch
from grader.checks import loading
from grader.courses.course import Course
from grader.engines.pool import ProcessPool
from grader.grading import GradingOptions

pytestmark = pytest.mark.train

# Longer than such a small training compiles, on a busy machine too.
SILENT_S = 12.0
SPEC = """
schema: grade-exercise/1
id: small
title: Small
function: train
dataset: mnist
limits: {student: 1min, cpu: 2min, memory: 4GB}
checks:
  - {id: epochs, check: training.epochs, args: {below: 999}, points: 1}
  - {id: returned, check: returns.match_training, points: 1}
"""
TEXT = """
import keras
def train():
    (x, y), _ = keras.datasets.mnist.load_data()
    model = keras.Sequential([keras.Input((28, 28)), keras.layers.Flatten(),
                              keras.layers.Dense(UNITS, activation='relu'), keras.layers.Dense(10, activation='softmax')])
    model.compile('adam', 'sparse_categorical_crossentropy', metrics=['accuracy'])
    history = model.fit(x[:20000] / 255.0, y[:20000], epochs=8, verbose=0)
    return history.epoch, history.history['accuracy'][-1]
"""


def stopped(trainer):
    trainer.send_signal(signal.SIGSTOP)


def starved(trainer):
    trainer.rlimit(resource.RLIMIT_AS, (trainer.memory_info().vms, -1))


# What happens to the trainer of each of a submission's tries, in the middle of its second epoch.
CLASS = {"hangs": [stopped, stopped], "starves": [starved]}


class Fate:
    """Hears where submissions stand, and does to their trainers what is to be done, once in each try."""

    def __init__(self):
        self.tries, self.trained, self.met = {}, {}, []
        self.others = trainers_here()

    def show_progress(self, job, moment):
        trainers = [one for one in trainers_here() if one not in self.others]
        tries, trained = self.tries.get(job.student, 0), self.trained.get(job.student, 0)
        if moment.stage == "starting" and tries == trained:
            self.tries[job.student] = tries + 1
        if moment.stage == "training" and moment.epoch and tries > trained:
            self.trained[job.student] = tries
            for act in CLASS[job.student][trained : trained + 1]:
                act(*trainers)
                self.met += trainers


def trainers_here():
    return [one for one in psutil.Process().children(recursive=True) if role(one) == "trainer"]


@pytest.fixture
def jobs(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADE_CACHE", str(tmp_path / "cache"))
    for name in ("exercises/small", "quizzes", "class"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "exercises/small/exercise.yaml").write_text(SPEC)
    course = Course(root=tmp_path)
    exercise = loading.load_exercise(course, "small")
    made = []
    for number, student in enumerate(CLASS):
        path = tmp_path / "class" / f"{student}.py"
        path.write_text(TEXT.replace("UNITS", str(100 + number)))
        made.append(GradingJob(handed=Handed(student=student), exercise=exercise, path=path, name=path.name))
    return course, made


def test_what_a_trainer_does_to_itself_costs_no_student_anything(jobs):
    """Such a submission is tried once more, alone, with a new trainer; after that it is an error and no zero."""
    course, made = jobs
    pool, fate = ProcessPool(2, rest_s=60.0), Fate()
    try:
        done = {}
        for job, silent_s in zip(made, [SILENT_S, 300.0], strict=True):
            batch = Batch(
                course, GradingOptions(start=pool.start_pair, silent_s=silent_s, fresh=True), 2, fate.show_progress
            )
            done.update((each.job.student, each) for each in batch.run([job]))
    finally:
        pool.close()

    verdicts = {student: each.graded.verdict for student, each in done.items()}
    assert {student: (verdict.status, done[student].fault) for student, verdict in verdicts.items()} == {
        "hangs": ("error", True), "starves": ("passed", False),
    }  # fmt: skip
    assert verdicts["starves"].end_message == ""
    assert verdicts["hangs"].status == "error"
    assert f"gave no sign of work for {SILENT_S:g} s and was ended" in verdicts["hangs"].end_message
    assert len(verdicts["starves"].training[0].epochs) == 8
    assert fate.tries == {"hangs": 2, "starves": 2}
    assert len({trainer.pid for trainer in fate.met}) == 3
    assert not any(trainer.is_running() for trainer in fate.met)
