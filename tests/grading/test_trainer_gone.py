"""A trainer that ends is the grader's fault, whether it was spoken to or listened to."""

from __future__ import annotations

import socket
from types import SimpleNamespace

import pytest

from grader.courses.exercise import CheckSpec, Exercise
from grader.engines.pair import ProcessPair
from grader.errors import GraderError
from grader.grading import GradingOptions
from grader.grading.attempt import TrainingAttempt
from grader.protocol.channel import Channel
from grader.protocol.orders import FitArguments, Order
from grader.protocol.wire import Hello, Ready
from grader.static import ExecutionPlan

EXERCISE = Exercise(
    schema="grade-exercise/1", id="e", title="E", dataset="mnist", function="f",
    checks=[CheckSpec(id="epochs", check="training.epochs", args={"below": 9}, points=1)],
)  # fmt: skip
ORDER = Order(model=0, architecture="{}", compile="{}", fit=FitArguments(), arrays=[])


@pytest.mark.parametrize("sent", [[Hello(backend="b", device="cpu", versions={})], []], ids=["spoken to", "listened to"])
def test_a_trainer_that_ends_is_not_blamed_on_the_student(sent):
    """The student's process is well and has ordered a training that nobody runs any more."""
    near, student = socket.socketpair()
    side, trainer = socket.socketpair()
    for message in (Ready(), ORDER):
        Channel(student, None).send(message)
    for message in sent:
        Channel(trainer, None).send(message)
    trainer.close()
    well = SimpleNamespace(
        sock=near, output_exceeded=False, memory_exceeded=False, memory_starved=False, read_output=lambda ending: "",
        begin_ending=lambda: None, kill=near.close,
        wait_for_code=lambda timeout_s: None, find_fault=str, is_alive=lambda: True,
    )  # fmt: skip
    gone = SimpleNamespace(sock=side, read_last_words=lambda: "killed", measure_memory=int, kill=side.close)

    with student, pytest.raises(GraderError, match="the trainer ended unexpectedly: killed"):
        TrainingAttempt(EXERCISE, ExecutionPlan(source=""), "f.py", 7, GradingOptions(start=lambda request: ProcessPair(well, gone))).run()
