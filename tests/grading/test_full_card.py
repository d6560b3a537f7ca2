"""A GPU without room, as where a notebook's own TensorFlow holds it: the file is graded on the CPU, and the verdict says so.

No test here has a GPU: the trainer's messages are those of one that fails for want of memory.
"""

from __future__ import annotations

import socket
from dataclasses import replace
from types import SimpleNamespace

import pytest

from grader.checks.loading import load_exercise
from grader.courses.course import find_course
from grader.courses.exercise import CheckSpec, Exercise
from grader.engines.pair import ProcessPair
from grader.errors import GraderError
from grader.grading import GradingOptions, grade
from grader.grading.attempt import TrainingAttempt
from grader.grading.cards import choose_free_device, describe_failure
from grader.protocol.channel import Channel
from grader.protocol.orders import FitArguments, Order
from grader.protocol.wire import Crashed, Fault, Hello, Ready
from grader.static import ExecutionPlan

EXERCISE = Exercise(
    schema="grade-exercise/1", id="e", title="E", dataset="mnist", function="f",
    checks=[CheckSpec(id="epochs", check="training.epochs", args={"below": 9}, points=1)],
)  # fmt: skip
ORDER = Order(model=0, architecture="{}", compile="{}", fit=FitArguments(), arrays=[])
ON_CARD = Hello(backend="tensorflow", device="gpu", versions={})
ON_PROCESSOR = Hello(backend="tensorflow", device="cpu", versions={})
FULL = Fault(message="ResourceExhaustedError: OOM", out_of_memory=True)
OTHER = Fault(message="TrajectoryMismatch: another")
NO_CONTEXT = "InternalError: CUDA_ERROR_OUT_OF_MEMORY: out of memory"


class Machine:
    """Processes that say what they are given: on the card a trainer with its messages and last words, on the CPU a run."""

    def __init__(self, *messages, words=""):
        self.messages, self.words, self.devices, self.open = messages, words, [], []

    def start(self, request):
        device = request.trainer.device
        self.devices.append(device)
        near, student = socket.socketpair()
        side, trainer = socket.socketpair()
        self.open += [near, student, side, trainer]
        sent = [Ready(), ORDER] if device != "cpu" else [Ready(), Crashed(message="reached the CPU")]
        for message in sent:
            Channel(student, None).send(message)
        for message in self.messages if device != "cpu" else [ON_PROCESSOR]:
            Channel(trainer, None).send(message)
        if self.words:
            trainer.close()
        well = SimpleNamespace(
            sock=near, output_exceeded=False, memory_exceeded=False, memory_starved=False, read_output=lambda ending: "", begin_ending=lambda: None,
            kill=near.close, wait_for_code=lambda timeout_s: None, find_fault=str, is_alive=lambda: True,
        )  # fmt: skip
        trains = SimpleNamespace(
            sock=side,
            read_last_words=lambda: self.words,
            measure_memory=int,
            cpu_s=float,
            kill=side.close,
            end_process=lambda: None,
        )
        return ProcessPair(well, trains)

    def grade(self, device="auto"):
        try:
            return TrainingAttempt(
                EXERCISE, ExecutionPlan(source=""), "f.py", 7, GradingOptions(start=self.start, device=device)
            ).run()
        finally:
            for each in self.open:
                each.close()


@pytest.mark.parametrize(
    "machine", [Machine(ON_CARD, FULL), Machine(words=NO_CONTEXT), Machine(ON_CARD, words=NO_CONTEXT)]
)
def test_a_full_card_leaves_the_training_to_the_processor(machine):
    """Whether its trainer couldn't begin, ran out, or ended; the run says why it was on the CPU."""
    run = machine.grade()

    assert machine.devices == ["auto", "cpu"]
    assert run.end.message == "reached the CPU"
    assert "trained on the CPU: the GPU has no memory left" in run.notes[0].message
    assert "set_memory_growth" in run.notes[0].message


@pytest.mark.parametrize(
    ("machine", "device"),
    [
        (Machine(ON_CARD, FULL), "gpu"),  # it was asked for
        (Machine(ON_PROCESSOR, FULL), "auto"),  # there is no card; more of the same wouldn't help
        (Machine(ON_CARD, OTHER), "auto"),
        (Machine(ON_CARD, words="killed"), "auto"),
        (Machine(ON_PROCESSOR, words=NO_CONTEXT), "auto"),
    ],
)
def test_other_failures_stay_the_machines(machine, device):
    """Nothing is tried again."""
    with pytest.raises(GraderError):
        machine.grade(device)
    assert machine.devices == [device]


@pytest.mark.parametrize(("device", "advice"), [("gpu", True), ("cpu", False)])
def test_what_to_do_is_said_where_the_card_was_asked_for(device, advice):
    """In one line, without the library's list of operations."""
    fault = Fault(message="ResourceExhaustedError: OOM\n\t [[{{node dense}}]]\nHint: " + "x" * 900, out_of_memory=True)
    said = describe_failure(ON_CARD if device == "gpu" else ON_PROCESSOR, fault)

    assert ("--device cpu" in said) is advice
    assert "node" not in said
    assert said.endswith("OOM")
    assert "TrajectoryMismatch" in describe_failure(ON_CARD, OTHER)


@pytest.mark.parametrize(("free_mb", "device"), [(300, "cpu"), (1500, "cpu"), (15000, "auto")])
def test_a_card_that_is_full_before_is_not_tried(tmp_path, monkeypatch, free_mb, device):
    """Asked of the driver's own program; where there is none, or in a pool, the trainer finds out."""
    program = tmp_path / "nvidia-smi"
    program.write_text(f"#!/bin/sh\necho {free_mb}\n")
    program.chmod(0o755)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    chosen = choose_free_device(GradingOptions())

    assert chosen.device == device
    assert ("GB of memory left" in chosen.card_note) is (device == "cpu")
    assert choose_free_device(replace(GradingOptions(), device="gpu")).device == "gpu"
    assert choose_free_device(GradingOptions(start=Machine().start)).device == "auto"
    monkeypatch.setenv("PATH", "")
    assert choose_free_device(GradingOptions()) == GradingOptions()


@pytest.mark.parametrize("exercise_id", ["exercise1", "pooling"])
def test_no_card_is_asked_about_for_a_file_that_trains_nothing(tmp_path, monkeypatch, exercise_id):
    """The driver's program may take a second to answer."""
    program = tmp_path / "nvidia-smi"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/asked\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    (tmp_path / "broken.py").write_text("def (:\n")
    course = find_course()

    verdict = grade(course, load_exercise(course, exercise_id), tmp_path / "broken.py", GradingOptions())

    assert (verdict.end, (tmp_path / "asked").exists()) == ("not_started", False)
