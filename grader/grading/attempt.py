"""One attempt with one seed: relays messages between the student process and the trainer, and records them.

Only the trainer's words become measurements; the student's side declares, answers and returns.
"""

from __future__ import annotations

import contextlib

from grader.engines import confine
from grader.engines.pair import PairRequest
from grader.engines.trainer import TrainerSpec
from grader.errors import GraderError
from grader.grading import cards, observing
from grader.grading.clocks import TurnTimeout
from grader.grading.conversation import MAX_OVERRUN_S, WrongTrainer
from grader.grading.fitting import UNTRAINED, FitRelay
from grader.grading.gone import Preparing, RunOver, cut_output, find_lost_process_end, raise_as_grader_fault
from grader.protocol.channel import Channel, ChannelClosed, ChannelSilent, MalformedMessage
from grader.protocol.orders import Order
from grader.protocol.wire import (  # fmt: skip
    Compared,
    Counted,
    Draw,
    Drawn,
    Guesses,
    Hello,
    Load,
    Maps,
    Observed,
    Ready,
    Recognise,
    Rejected,
    Returned,
    StudentMessage,
    Tally,
    TrainerMessage,
)
from grader.records.run import Run, RunEnd


class TrainingAttempt(FitRelay):
    """Runs one submission once."""

    def run(self) -> Run:
        """Starts both processes, lets them talk, and ends them, whatever happens.

        Raises:
            GraderError: the trainer or the machine failed.
        """
        try:
            return self._run_once()
        except WrongTrainer:
            # Threads are set before a trainer's first step, so it can't be helped with the one at hand.
            again = TrainingAttempt(self.exercise, self.plan, self.filename, self.seed, self.options)
            again.one_thread = False
        except cards.CardFull:
            again = TrainingAttempt(self.exercise, self.plan, self.filename, self.seed, cards.use_processor(self.options))
            again.one_thread = self.one_thread
        return again.run()

    def _run_once(self) -> Run:
        with contextlib.ExitStack() as stack:
            pair = self.options.start(self.build_request())
            stack.callback(pair.kill)
            self.student_process, self.trainer_process = pair.student, pair.trainer
            self.student = Channel(self.student_process.sock, StudentMessage, self._check_limits)
            self.trainer = Channel(self.trainer_process.sock, TrainerMessage, self._check_limits, self.options.silent_s)
            try:
                end = self._follow_run()
            except TurnTimeout as late:
                raise GraderError(f"{late.turn} took longer than {late.limit_s:g} s on this machine") from late
            except ChannelSilent as error:
                self.trainer_process.end_process()
                text = f"the trainer gave no sign of work for {self.trainer.measure_wait_s():.0f} s and was ended"
                raise GraderError(f"{text}; its device may hang") from error
            self.ledger.output = self.student_process.read_output(ending=end.kind != "gated")  # it waits for an answer then
            self.ledger.notes += cut_output(self.student_process, self.exercise.limits)
        return self.ledger.build_run(end, self.clocks.spent_s)

    def build_request(self) -> PairRequest:
        """The processes that it needs."""
        limits, level = self.exercise.limits, self.options.sandbox
        return PairRequest(
            policy=confine.SandboxPolicy(memory=limits.memory, output=limits.output, level=level, readable=self.task.readable),
            files={self.filename: self.plan.source.encode()},
            trainer=TrainerSpec(
                device=self.options.device,
                backend=self.options.backend,
                one_thread=self.one_thread,
                # Nothing that an unconfined process took part in may be reused for anybody else.
                stored=level != "off",
                dataset=self.task.usual_dataset,
            ),
            like=self.exercise.id,
            alone=self.options.alone,
        )

    def _follow_run(self) -> RunEnd:
        try:
            self._wait_until_started()
            with self.clocks.measure_turn("student"):
                end = self._follow_student()
        except RunOver as over:
            end = over.end
        except TurnTimeout as late:
            # Only the student's turn can be the student's fault; every other turn that takes too long is ours.
            if late.turn != "student":
                raise
            if self.trainer.measure_wait_s() > late.limit_s / 10:  # it doesn't take what the student sends
                raise ChannelSilent from late
            # The clock of the student's turn ran, and the trainer had just been heard, so the student's code used the
            # time.
            text = f"your code ran for longer than {late.limit_s:g} s (training not counted)"
            end = RunEnd(kind="timed_out", message=text)
        except (ChannelClosed, MalformedMessage) as error:
            if self.trainer.closed:
                self._receive_from_trainer()  # whose last words say why
            end = find_lost_process_end(self.student_process, error)
        # The trained model counts even if the student's code failed afterwards, so it is measured after any end.
        self.ended = True
        self._measure_model()
        return end

    def _wait_until_started(self) -> None:
        self._show_stage("starting")
        self.hello = hello = self._receive_from_trainer(Hello)
        self.held = hello.held
        self.trainer_began = self.trainer_process.measure_memory()
        self.ledger.versions = {**hello.versions, "backend": hello.backend, "device": hello.device}
        if self.options.device == "gpu" and hello.device != "gpu":
            raise GraderError("--device gpu: the trainer finds no GPU on this machine; use --device auto or cpu")
        limits = self.exercise.limits
        self.limit_s = self.options.time_limit_s or (limits.gpu if hello.device == "gpu" else limits.cpu)
        # The trainer ends a training at its limit and reports it; this later limit only catches one that doesn't stop.
        self.clocks.limits_s["training"] = self.limit_s + MAX_OVERRUN_S
        self.preparing = Preparing(self.limit_s)
        # Until `Ready` no line of the student's has run, so whatever goes wrong is the machine's fault.
        with raise_as_grader_fault(self.student_process):
            self._receive_from_student(Ready)

    def _follow_student(self) -> RunEnd:
        """Follows the student's code until it returns or ends otherwise."""
        plan = self.plan
        # Where the file trains by itself nothing is ordered: an order's training would take the measurement's place.
        observed = observing.is_observed(self.exercise)
        asked = (Observed,) if observed else (Order, Maps)
        if observed and self.options.until == "probe":
            raise RunOver(RunEnd(kind="gated", message=UNTRAINED))
        self._show_stage("loading")
        function = self.exercise.graded_name if plan.mode == "function" else None
        self.student.send(Load(
            source=plan.source, filename=self.filename, function=function, supply=plan.supply, skipped=plan.skipped,
            tolerated=plan.tolerated, building=self.task.build_calls_message(), held=self.held,
            observed=observed, dataset=self.task.own_dataset,
        ))  # fmt: skip
        while True:
            message = self._receive_from_student(*asked, Returned)
            if isinstance(message, Observed):
                self._measure_function()
                continue
            if isinstance(message, Maps):
                trained = self.ledger.architecture if self.ledger.training is not None else None
                self.task.relay_activations(message, trained, self.student, self.trainer)
                compared = self._receive_from_trainer(Compared, Rejected)
                # The trainer compares with its own model only; a rejection means that the student's side sent something
                # else.
                if isinstance(compared, Rejected):
                    raise MalformedMessage("activations of a model of another form")
                self.ledger.record_activations(message, compared)
                continue
            if isinstance(message, Returned):
                self.ledger.returned, self.ledger.has_returned = message.value, plan.mode == "function"
                return self.ledger.build_completed_end(self.limit_s)
            self._handle_order(message)

    def _measure_function(self) -> None:
        """Has the function that trained by itself recognise images that nobody has seen before."""
        # Asked once only: a second set of images would be a second chance.
        if self.ledger.measured is not None or self.ledger.unmeasured:
            raise MalformedMessage("nothing to measure was asked for")
        with self.clocks.measure_turn("measuring"):
            self.trainer.send(Draw(dataset=self.task.dataset))
            drawn = self._receive_from_trainer(Drawn)
        self.student.send(Recognise(arrays=drawn.arrays))
        self.trainer.relay_arrays(drawn.arrays, self.student)
        guesses = self._receive_from_student(Guesses)
        if (fault := observing.find_fault(guesses, drawn)) is not None:
            self.ledger.unmeasured = fault
            return
        with self.clocks.measure_turn("measuring"):
            self.trainer.send(Tally(classes=guesses.classes))
            counted = self._receive_from_trainer(Counted)
        self.ledger.measured = observing.to_measurement(counted)
        self.ledger.add_note(observing.describe_images(counted))
