"""One attempt with one seed: relays messages between the student process and the trainer, and records them.

Only the trainer's words become measurements; the student's side declares, answers and returns.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from msgspec import structs

from grader import checks
from grader.courses.exercise import Exercise
from grader.engines import confine
from grader.engines.pair import PairRequest
from grader.engines.trainer import TrainerSpec
from grader.errors import GraderError
from grader.grading import cards, modelling, observing
from grader.grading.clocks import TurnClocks, TurnTimeout
from grader.grading.curves import (
    build_probe_curves,
    counts_line_itself,
    find_line_to_cross,
    is_stop_mid_epoch,
    join_probe,
    rename_for_student,
    rename_to_canonical,
    should_probe_callbacks,
    split_cut_epoch,
)
from grader.grading.gone import (
    Preparing,
    RunOver,
    build_refusal_end,
    cut_output,
    end_of_crash,
    find_lost_process_end,
    find_order_limit_end,
    find_student_limit_end,
    find_trainer_memory_end,
    raise_as_grader_fault,
)
from grader.grading.ledger import RunRecorder
from grader.grading.options import GradingOptions, RunStage
from grader.protocol.arrays import ArraySpec, is_all_held
from grader.protocol.channel import Channel, ChannelClosed, ChannelSilent, MalformedMessage
from grader.protocol.orders import Answer, Event, NeedPass, Order, Pass, Trained
from grader.protocol.wire import (  # fmt: skip
    Begin,
    Compared,
    Counted,
    Crashed,
    Draw,
    Drawn,
    Fault,
    Guesses,
    Hello,
    Load,
    LocalTrouble,
    Maps,
    Measured,
    NeedsThreads,
    Observed,
    Open,
    Opened,
    Predicted,
    Probed,
    Ready,
    Recognise,
    Refused,
    Rejected,
    Remark,
    Returned,
    Seen,
    StudentMessage,
    Tally,
    TrainerMessage,
    Unsupported,
    Waiting,
)
from grader.protocol.wire import Probe as ProbeMessage
from grader.records.run import Predictions, Run, RunEnd
from grader.records.verdict import CutEpoch, Note
from grader.static import ExecutionPlan, mentions_convolutions

# How a run ends that was only to be tried; `grade watch` knows it by this.
UNTRAINED = "the training has not been started"
MAX_STARTUP_S = 180.0
MAX_MEASURING_S = 600.0
# The trainer keeps the limit of a training itself; one that works on for so long after it has failed.
MAX_OVERRUN_S = 600.0


class WrongTrainer(Exception):
    """The model needs a trainer of another kind than the one that was asked for."""


class TrainingAttempt:
    """Runs one submission once.

    Args:
        exercise: its limits and checks.
        plan: what of the file is executed.
        filename: the name that the student's tracebacks show.
        seed: of the initial weights and the shuffling.
    """

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
        self.fitting = False
        self.owed = False  # whether the trainer is in the middle of an order, and hears nothing else
        self.rejected = False
        self.ended = False  # whether the student's run is over, however it ended
        self.stage: RunStage = "starting"

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

    def _handle_order(self, order: Order) -> None:
        """One `fit`: look at it, try its callbacks, ask the gates, train it."""
        if self.ledger.orders and self.clocks.compute_left_s("training") < MAX_OVERRUN_S:  # the limit ended the one before
            raise RunOver(self.ledger.build_time_limit_end(self.limit_s))
        self._check_size(order.arrays, order.line)
        # A name of an array that was never offered could only be a guess at another submission's data.
        if not is_all_held(order.arrays, self.held):
            raise MalformedMessage("an order of an array that the trainer doesn't hold")
        order, self.ledger.call = self.task.apply_settings(order, len(self.ledger.orders))
        with self.clocks.measure_turn("training"):
            message = Open(order=order, dataset=self.task.dataset, memory=self.task.memory, pixels=self.task.prepares)
            self.trainer.send(message)
            self.owed = True
            with self.clocks.measure_turn("student"):  # which may send as slowly as it likes
                self.student.relay_arrays(order.arrays, self.trainer)
            opened = self._receive_from_trainer(Opened, Refused, Rejected)
            self.owed = False
        match opened:
            case Refused():
                raise RunOver(build_refusal_end(opened, order.line))
            case Rejected():
                self.rejected = True
                self.student.send(opened)
            case Opened():
                self.ledger.record_order(order, opened, self.task.describe_return(order, self.ledger.call))
                if self.task.prepares:
                    self.ledger.record_prepared(opened)
                self._probe_callbacks()
                self._check_gates()
                if self.options.until == "probe":
                    raise RunOver(RunEnd(kind="gated", message=UNTRAINED))
                self._train_or_skip(order)

    def _check_size(self, arrays: Sequence[ArraySpec], line: int | None) -> None:
        if (end := find_order_limit_end(arrays, len(self.ledger.orders), self.exercise.limits, line)) is not None:
            raise RunOver(end)

    def _probe_callbacks(self) -> None:
        if self.line is None or not should_probe_callbacks(self.exercise) or self.ledger.architecture is None:
            return
        self._show_stage("probing")
        trials = build_probe_curves(*self.line, or_equal=counts_line_itself(self.exercise))
        shown = [[rename_for_student(logs, self.ledger.architecture) for logs in trial.logs] for trial in trials]
        self.student.send(ProbeMessage(curves=shown))
        probed: Probed = self._receive_from_student(Probed)
        self.ledger.probe = join_probe(probed, trials)

    def _check_gates(self) -> None:
        """Ends the run before the training where a gate has failed and no other `fit` could still mend it."""
        # With several `fit` calls a later one may still satisfy the gate, so the training can't be refused yet.
        if not self.plan.single_fit and not self.task.collects:
            return
        failed = [result for result in checks.judge_run(self.ledger.build_run_so_far(), self.exercise, only_gates=True)
                  if result.status == "failed"]  # fmt: skip
        if failed:
            raise RunOver(RunEnd(kind="gated", message=checks.describe_gates([result.title for result in failed])))

    def _train_or_skip(self, order: Order) -> None:
        """Trains what was ordered; models that functions return are measured one by one, or only looked at."""
        if self.task.trains:
            self._train_model(order)
        else:
            self.student.send(Seen())
        if self.task.collects:
            self._measure_model()
            self.ledger.built()

    def _train_model(self, order: Order) -> None:
        epochs = self.ledger.begin_fit(self.clocks.compute_elapsed_s("training"))
        with self.clocks.measure_turn("training"):
            # The clock's limit includes the overrun; the trainer may use only what is left of the student's own limit.
            left_s = max(0.1, self.clocks.compute_left_s("training") - MAX_OVERRUN_S)
            self.trainer.send(Begin(seed=self.seed, limit_s=left_s, reuse=not self.options.fresh))
            self.fitting = self.owed = True
            try:
                self._relay_training(order, epochs)
                self.owed = False
            # `_check_limits` must not blame a training that an exception has ended.
            finally:
                self.fitting, self.stage = False, "returning"

    def _relay_training(self, order: Order, epochs: list[dict[str, float]]) -> None:
        """Hands events to the student's callbacks and their answers back, and writes the epochs down."""
        cut = False
        while True:
            message = self._receive_from_trainer(Event, NeedPass, Trained, Rejected, Refused)
            if isinstance(message, Refused):
                raise RunOver(build_refusal_end(message, order.line))
            if isinstance(message, Event) and message.hook == "epoch_end":
                self._record_epoch(message, epochs, cut=cut or message.ran_out)
            with self.clocks.measure_turn("student"):  # which may read as slowly as it likes
                # How well the data matched is evidence; the student's process must not see it.
                self.student.send(message if not isinstance(message, Trained) else structs.replace(message, data=None))
                self.trainer.relay_arrays(getattr(message, "arrays", ()), self.student)
            match message:
                case Event():
                    if message.arrays:
                        self.ledger.note_handout(epochs)
                    with self.clocks.measure_turn("student"):
                        answer = self._receive_from_student(Answer)
                    # Figures of an epoch that was stopped in its middle average fewer examples and may look better than
                    # they are.
                    cut = cut or (answer.stop and is_stop_mid_epoch(message))
                    self.ledger.stopping = self.ledger.stopping or answer.stop
                    self.trainer.send(answer)
                case NeedPass():
                    with self.clocks.measure_turn("student"):
                        more = self._receive_from_student(Pass)
                        self._check_size(more.arrays, order.line)
                        self.trainer.send(more)
                        self.student.relay_arrays(more.arrays, self.trainer)
                case Trained():
                    self.ledger.end_fit(message, epochs)
                    if message.arrays:
                        self.ledger.note_handout([])
                    return
                case Rejected():
                    self.rejected = True
                    self.ledger.record_broken_fit()
                    return

    def _record_epoch(self, event: Event, epochs: list[dict[str, float]], *, cut: bool) -> None:
        key = self.ledger.architecture.accuracy_key if self.ledger.architecture else None
        logs = rename_to_canonical(event.logs, key)
        if cut:
            logs, part = split_cut_epoch(logs)
            self.ledger.cut_epochs.append(CutEpoch(at=len(epochs), figures=part))
        if event.ran_out:
            self.ledger.note_short_epoch()
        epochs.append({"epoch": event.index, **logs})
        self.ledger.end_epoch(self.clocks.compute_elapsed_s("training"))

    def _measure_model(self) -> None:
        """After everything: what the trained model really achieves."""
        # In the middle of an order the trainer answers nothing else, and a broken-off model can't be measured.
        if self.owed or self.ledger.training is None or not self.ledger.measurable or self.ledger.measured is not None:
            return
        self._show_stage("measuring")
        asked = self.task.build_measurement()
        with self.clocks.measure_turn("measuring"):
            with contextlib.suppress(ChannelClosed):  # as is said next
                self.trainer.send(asked)
            measured = self._receive_from_trainer(Measured, Predicted, Rejected)
            if isinstance(measured, Measured):
                self.ledger.record_measurement(measured)
            elif isinstance(measured, Predicted):
                self.ledger.predicted = Predictions(inputs=asked.values, outputs=measured.outputs)
            else:
                self.ledger.unmeasured = measured.message

    # ---- hearing both sides ----

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
            raise GraderError(f"the trainer ended unexpectedly{': ' + words if words else ''}") from error
        # A trainer's fault is never charged to the student, running out of memory included: limits are judged before.
        if isinstance(message, Fault):
            cards.raise_if_full(self.options, self.hello, message)
            kind = "the machine has too little memory for this training" if message.out_of_memory else "the trainer failed"
            raise GraderError(f"{kind}: {message.message}")
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
