"""A trainer that gives no sign of work is ended, and nobody but the grader is to blame."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import SimpleNamespace

import pytest

from grader.courses.exercise import CheckSpec, Exercise, Limits
from grader.courses.yaml_tree import Duration
from grader.engines.pair import ProcessPair
from grader.errors import GraderError
from grader.grading import GradingOptions, attempt, conversation, fitting
from grader.grading.attempt import TrainingAttempt
from grader.grading.options import skip_progress
from grader.protocol.arrays import ArraySpec
from grader.protocol.channel import Channel
from grader.protocol.orders import Answer, Event, FitArguments, Order, Trained
from grader.protocol.wire import Hello, Measured, Opened, Ready, Returned, Waiting
from grader.records.run import Architecture, DataMatch
from grader.static import ExecutionPlan

pytestmark = pytest.mark.train

SILENT_S = 0.3
HELLO = Hello(backend="b", device="cpu", versions={})
OPENED = Opened(architecture=Architecture(layers=[], parameters=0), data=DataMatch(dataset=None, examples=1, trained_on=1))
EPOCH = Event(hook="epoch_end", index=0, logs={"accuracy": 0.5})
TRAINED = Trained(stopped_by="epochs", seconds=1.0)
ORDER = Order(model=0, architecture="{}", compile="{}", fit=FitArguments(epochs=5), arrays=[])
LARGE = ArraySpec(dtype="uint8", shape=[5_000_000])
SAID = "the trainer gave no sign of work for 0 s and was ended; its device may hang"


def exercise(**limits):
    return Exercise(
        schema="grade-exercise/1", id="e", title="E", dataset="mnist", function="f", limits=Limits(**limits),
        checks=[CheckSpec(id="epochs", check="training.epochs", args={"below": 9}, points=1)],
    )  # fmt: skip


@pytest.fixture
def attempted():
    """Runs an attempt with a student and a trainer who say what they are given; gives the run and who was ended."""
    with contextlib.ExitStack() as stack:

        def run(
            from_student, from_trainer, *,
            buffers=(), every_s=0.0, silent_s=SILENT_S, time_limit_s=None, progress=skip_progress, **limits,
        ):  # fmt: skip
            near, student = socket.socketpair()
            side, trainer = socket.socketpair()
            for each in (near, student, side, trainer):
                stack.callback(each.close)
            stop, ended = threading.Event(), []

            def say(sock, messages, data, every_s):
                channel = Channel(sock, Answer, lambda: stop.is_set() and sock.close())
                for message in messages:
                    channel.send(message, data if isinstance(message, Order) else ())
                    stop.wait(every_s)

            talks = [(student, from_student, buffers, 0.0), (trainer, from_trainer, (), every_s)]
            threads = [threading.Thread(target=quietly, args=(say, *talk)) for talk in talks]
            for thread in threads:
                thread.start()
            well = SimpleNamespace(
                sock=near, output_exceeded=False, memory_exceeded=False, memory_starved=False, read_output=lambda ending: "",
                begin_ending=lambda: None, kill=near.close,
                wait_for_code=lambda timeout_s: None, find_fault=str, is_alive=lambda: True,
            )  # fmt: skip
            there = SimpleNamespace(sock=side, read_last_words=str, measure_memory=int, end_process=lambda: ended.append("trainer"), kill=side.close)
            options = GradingOptions(start=lambda request: ProcessPair(well, there), silent_s=silent_s, time_limit_s=time_limit_s,
                              progress=progress)  # fmt: skip
            try:
                return TrainingAttempt(exercise(**limits), ExecutionPlan(source=""), "f.py", 7, options).run(), ended
            except GraderError as error:
                return error, ended
            finally:
                stop.set()
                for thread in threads:
                    thread.join()

        yield run


def quietly(say, *talk):
    with contextlib.suppress(Exception):
        say(*talk)


HANGS = {
    "while it looks at an order": ([ORDER], [HELLO]),
    "before the first step": ([ORDER], [HELLO, OPENED]),
    "in the middle of an epoch": ([ORDER, Answer()], [HELLO, OPENED, EPOCH, Waiting(seconds=0.0)]),
    "while it measures": ([ORDER, Returned(value=1)], [HELLO, OPENED, TRAINED]),
}


@pytest.mark.parametrize("where", HANGS)
def test_a_trainer_that_hangs_is_ended_and_blamed(attempted, where):
    """Wherever it hangs: the student gets no time-out, and isn't judged by what is missing."""
    from_student, from_trainer = HANGS[where]

    error, ended = attempted([Ready(), *from_student], from_trainer, time_limit_s=0.1)

    assert (str(error), ended) == (SAID, ["trainer"])


def test_a_trainer_that_works_may_take_its_time(attempted):
    """A sign of work is enough, for a training and a measurement that take longer than a silence may."""
    work = [Waiting(seconds=0.0)] * 10
    messages = [HELLO, OPENED, *work, EPOCH, TRAINED, *work, Measured(train_accuracy=0.5, test_accuracy=0.4)]

    said = [Ready(), ORDER, Answer(), Returned(value=1)]
    run, ended = attempted(said, messages, every_s=0.1, silent_s=0.8, cpu=Duration(1))

    assert (run.end.kind, len(run.training.epochs), run.measured.test_accuracy, ended) == ("completed", 1, 0.4, [])


@pytest.mark.parametrize("student_s", [30, 0.2], ids=["its patience ends first", "the student's limit ends first"])
def test_a_trainer_that_takes_nothing_is_not_the_students_time_out(attempted, student_s):
    """The student's clock runs while its data is handed on to a trainer that doesn't take it."""
    order = Order(model=0, architecture="{}", compile="{}", fit=FitArguments(), arrays=[LARGE])

    error, ended = attempted([Ready(), order], [HELLO], buffers=[bytes(5_000_000)], student=Duration(student_s))

    assert (str(error), ended) == (SAID, ["trainer"])


def test_a_student_that_is_slow_is_not_the_trainers_fault(attempted):
    """Data that doesn't come is the student's own time."""
    order = Order(model=0, architecture="{}", compile="{}", fit=FitArguments(), arrays=[LARGE])

    run, _ = attempted([Ready(), order], [HELLO], student=Duration(0.5))

    assert (run.end.kind, run.end.message) == ("timed_out", "your code ran for longer than 0.5 s (training not counted)")


@pytest.mark.parametrize(("late", "said"), [
    ("MAX_MEASURING_S", "measuring took longer than 0.2 s on this machine"),
    ("MAX_OVERRUN_S", "training took longer than 0.3 s on this machine"),
])  # fmt: skip
def test_a_trainer_that_never_comes_to_an_end_is_blamed(attempted, monkeypatch, late, said):
    """It keeps the limits itself; one that goes on, though it works, or measures for ever costs no points."""
    for room in (attempt, conversation, fitting):
        monkeypatch.setattr(room, late, 0.2, raising=False)  # not each of them reads both
    until = [TRAINED] if late == "MAX_MEASURING_S" else []
    messages = [HELLO, OPENED, *until, *[Waiting(seconds=0.0)] * 20]

    error, _ = attempted([Ready(), ORDER, Returned(value=1)], messages, every_s=0.05, time_limit_s=0.1)

    assert str(error) == said


def test_what_a_trainer_compiles_is_not_counted(attempted):
    """The time limit begins with the first step."""
    measured = Measured(train_accuracy=0.5, test_accuracy=0.4)
    messages = [HELLO, OPENED, Waiting(seconds=20.0), Trained(stopped_by="limit", seconds=3.0), measured]
    moments = []

    run, _ = attempted([Ready(), ORDER, Returned(value=1)], messages, time_limit_s=5.0, progress=moments.append)

    assert 20.0 < moments[-1].left_s <= 25.0
    assert run.end.message == "the training reached its limit of 5 s after 0 of 5 epochs; the epochs until then count"


@pytest.mark.parametrize(("stop", "expected"), [(True, "finishing"), (False, "training")])
def test_no_further_epoch_is_shown_after_the_callbacks_word(attempted, stop, expected):
    """The trainer then still sends the weights; without that word the next epoch is on."""
    messages = [HELLO, OPENED, EPOCH, TRAINED, Measured(train_accuracy=0.5, test_accuracy=0.4)]
    moments = []

    attempted([Ready(), ORDER, Answer(stop=stop), Returned(value=1)], messages, every_s=0.4, silent_s=5.0, progress=moments.append)
    after = [moment for moment in moments if moment.epoch == 1 and moment.stage in ("training", "finishing")]

    # Until the callbacks have answered, nobody knows that it was the last.
    assert [moment.stage for moment in after][-2:] == [expected] * 2
    assert {moment.last_epoch_s is not None for moment in after} == {True}
    assert moments[-1].stage == "measuring"


def test_the_progress_shows_the_limit_that_the_student_knows(attempted):
    """The trainer's own limit is longer, and nobody's business."""
    moments = []
    attempted([Ready(), ORDER, Returned(value=1)], [HELLO, OPENED, TRAINED, Measured(train_accuracy=0.5, test_accuracy=0.4)],
              every_s=0.2, silent_s=5.0, time_limit_s=50.0, progress=moments.append)  # fmt: skip

    assert {moment.limit_s for moment in moments if moment.stage != "starting"} == {50.0}
    assert all(moment.left_s <= 50.0 for moment in moments if moment.stage in ("training", "finishing"))
