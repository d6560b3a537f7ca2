"""What is heard from both sides of one attempt, and the limits that are looked at while it is waited for.

Nothing is asked here; every message, note and end goes into the ledger or ends the run.
"""

from __future__ import annotations

from typing import Any

from grader.courses.exercise import Exercise
from grader.engines import confine
from grader.engines.confine.inside import tree
from grader.engines.machine_limits import describe_memory_shortage
from grader.engines.trainer import TrainerHandle
from grader.errors import GraderError
from grader.grading import cards, modelling
from grader.grading.clocks import TurnClocks
from grader.grading.curves import find_line_to_cross
from grader.grading.gone import (
    Preparing,
    RunOver,
    build_refusal_end,
    end_of_crash,
    find_student_limit_end,
    find_trainer_memory_end,
)
from grader.grading.ledger import RunRecorder
from grader.grading.options import GradingOptions, RunStage
from grader.protocol.arrays import OrderedSpecs
from grader.protocol.channel import Channel, ChannelClosed, MalformedMessage
from grader.protocol.wire import Crashed, Fault, Hello, LocalTrouble, NeedsThreads, Remark, Unsupported, Waiting
from grader.records.verdict import Note
from grader.static import ExecutionPlan, mentions_convolutions

MAX_STARTUP_S = 180.0
MAX_MEASURING_S = 600.0
# The trainer keeps the limit of a training itself; one that works on for so long after it has failed.
MAX_OVERRUN_S = 600.0


class WrongTrainer(Exception):
    """The model needs a trainer of another kind than the one that was asked for."""


class Conversation:
    """Hears the student process and the trainer; whoever follows the attempt sets both when they have started.

    Args:
        exercise: its limits and checks.
        plan: what of the file is executed.
        filename: the name that the student's tracebacks show.
        seed: of the initial weights and the shuffling.
    """

    student_process: confine.ConfinedProcess
    trainer_process: TrainerHandle
    student: Channel
    trainer: Channel
    preparing: Preparing
    held: OrderedSpecs

    def __init__(self, exercise: Exercise, plan: ExecutionPlan, filename: str, seed: int, options: GradingOptions) -> None:
        self.exercise, self.plan, self.filename, self.seed, self.options = exercise, plan, filename, seed, options
        self.task = modelling.make_task(exercise, options)
        # Threads pay only for convolutions. This is a guess from the text; the trainer decides by the model.
        self.one_thread = not mentions_convolutions(plan.source)
        self.ledger = RunRecorder(seed, self.task.dataset_id, self.task.model_count)
        self.clocks = TurnClocks({"startup": MAX_STARTUP_S, "student": exercise.limits.student, "measuring": MAX_MEASURING_S})
        self.line = find_line_to_cross(exercise)
        if options.card_note:
            self.ledger.add_note(Note(line=None, message=options.card_note))
        self.hello: Hello | None = None
        self.limit_s, self.trainer_began = 0.0, 0  # the latter in bytes of memory
        self.memory_kills = tree.count_memory_kills()
        self.fitting = False
        self.owed = False  # whether the trainer is in the middle of an order, and hears nothing else
        self.rejected = False
        self.ended = False  # whether the student's run is over, however it ended
        self.stage: RunStage = "starting"

    def _receive_from_student(self, *kinds: type) -> Any:
        """The student's next message of one of these kinds; notes are kept, ends end the run."""
        while True:
            message = self.student.receive()
            match message:
                case Remark():
                    self.ledger.add_note(message.note)
                case Crashed():
                    raise RunOver(end_of_crash(message))
                case Unsupported():
                    raise RunOver(build_refusal_end(message, message.line))
                # The student's Keras ran what the trainer refused to rebuild: the difference is our fault, not the
                # file's.
                case LocalTrouble() if self.rejected:
                    raise GraderError(f"the trainer rejected what plain Keras accepts: {message.message}")
                case _ if isinstance(message, kinds):
                    return message
                case _:
                    raise MalformedMessage(f"{type(message).__name__} out of turn")

    def _receive_from_trainer(self, *kinds: type) -> Any:
        try:
            # Time spent in the queue for the device is added to the limit, so that a busy card costs no student their
            # training.
            while isinstance(message := self.trainer.receive(), Waiting):
                self.clocks.limits_s["training"] += message.seconds
        except (ChannelClosed, MalformedMessage) as error:
            words = self.trainer_process.read_last_words()
            cards.raise_if_full(self.options, self.hello, words)
            # The kernel may have ended another process, so this is said beside what is certain.
            killed = tree.count_memory_kills() > self.memory_kills
            why = f"; {describe_memory_shortage()}" if killed else ""
            raise GraderError(f"the trainer ended unexpectedly{': ' + words if words else ''}{why}") from error
        # A trainer's fault is never charged to the student, running out of memory included: limits are judged before.
        if isinstance(message, Fault):
            cards.raise_if_full(self.options, self.hello, message)
            raise GraderError(cards.describe_failure(self.hello, message))
        if isinstance(message, NeedsThreads) and self.one_thread:
            raise WrongTrainer
        if not isinstance(message, kinds):
            raise GraderError(f"the trainer sent {type(message).__name__} out of turn")
        return message

    def _check_limits(self) -> None:
        """Called while waiting: limits and the progress line. What is over can't exceed anything any more."""
        if not self.ended and (end := find_student_limit_end(self.student_process, self.exercise.limits)) is not None:
            raise RunOver(end)
        if self.owed and (end := find_trainer_memory_end(self.trainer_process, self.trainer_began, self.exercise.limits)) is not None:
            self.trainer_process.end_process()
            raise RunOver(end)
        # During the student's turn in a callback the trainer is silent for a good reason.
        if self.fitting and self.clocks.turn == "training":
            if (end := self.preparing.end(self.trainer_process, self.trainer.measure_wait_s())) is not None:
                self.trainer_process.end_process()
                raise RunOver(end)
        self.clocks.check_limit()
        # Before the fit begins, the training's turn covers rebuilding the model and comparing its data.
        preparing = self.clocks.turn == "training" and not self.fitting
        self._show_stage("preparing" if preparing else "training" if self.fitting else self.stage)

    def _show_stage(self, stage: RunStage) -> None:
        self.stage = stage
        self.options.progress(self.ledger.build_progress(stage, self.clocks, self.line, self.limit_s, MAX_OVERRUN_S))
