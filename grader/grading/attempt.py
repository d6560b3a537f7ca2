"""One attempt with one seed: stands between the student process and the trainer, and writes down what it sees.

Only the trainer's words become measurements; the student's side declares, answers and returns.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from msgspec import structs

from grader import checks
from grader.arrays import ArraySpec, all_held
from grader.channel import Channel, Closed, Malformed, Silent
from grader.engines import confine
from grader.engines.pair import Request
from grader.errors import GraderError
from grader.exercise import Exercise
from grader.grading import modelling
from grader.grading.clocks import Clocks, OutOfTime
from grader.grading.curves import (
    canonical_keys,
    curves,
    cuts,
    line_to_cross,
    split_cut_epoch,
    under_log_keys,
    wants_probe,
)
from grader.grading.gone import (
    Over,
    Preparing,
    before_student_code,
    cut_output,
    end_of_crash,
    exceeded,
    gone,
    outgrown,
    refused,
    too_much,
)
from grader.grading.ledger import Ledger
from grader.grading.options import Options, Stage
from grader.run import End, Probe, Run
from grader.static import Plan
from grader.verdict import CutEpoch

from grader.wire import (  # isort: skip
    Answer, Begin, Compared, Crashed, Event, Fault, Hello, Load, LocalTrouble, Maps, Measure, Measured, NeedPass, Open, Opened, Order,
    Pass, Probed, Ready, Refused, Rejected, Remark, Returned, Seen, StudentMessage, Trained, TrainerMessage,
    Unsupported, Waiting, outcomes,
)  # fmt: skip
from grader.wire import Probe as ProbeMessage

STARTUP_S = 180.0
MEASURING_S = 600.0
# The trainer keeps the limit of a training itself; one that works on for so long after it has failed.
OVERRUN_S = 600.0


class Attempt:
    """Runs one submission once.

    Args:
        exercise: its limits and checks.
        plan: what of the file is executed.
        filename: the name that the student's tracebacks show.
        seed: of the initial weights and the shuffling.
    """

    def __init__(self, exercise: Exercise, plan: Plan, filename: str, seed: int, options: Options) -> None:
        self.exercise, self.plan, self.filename, self.seed, self.options = exercise, plan, filename, seed, options
        self.ledger = Ledger(seed, exercise.dataset or "mnist")
        self.clocks = Clocks({"startup": STARTUP_S, "student": exercise.limits.student, "measuring": MEASURING_S})
        self.line = line_to_cross(exercise)
        self.epoch_started_s, self.trainer_began = 0.0, 0  # the latter in bytes of memory
        self.fitting = False
        self.owed = False  # whether the trainer is in the middle of an order, and hears nothing else
        self.rejected = False
        self.ended = False  # whether the student's run is over, however it ended
        self.stage: Stage = "starting"

    def run(self) -> Run:
        """Starts both processes, lets them talk, and ends them, whatever happens.

        Raises:
            GraderError: the trainer or the machine failed.
        """
        with contextlib.ExitStack() as stack:
            pair = self.options.start(self.request())
            stack.callback(pair.kill)
            self.student_process, self.trainer_process = pair.student, pair.trainer
            self.student = Channel(self.student_process.sock, StudentMessage, self._tick)
            self.trainer = Channel(self.trainer_process.sock, TrainerMessage, self._tick, self.options.silent_s)
            try:
                end = self._talk()
            except OutOfTime as late:
                raise GraderError(f"{late.turn} took longer than {late.limit_s:g} s on this machine") from late
            except Silent as error:
                self.trainer_process.end()
                text = f"the trainer gave no sign of work for {self.trainer.waited_s():.0f} s and was ended"
                raise GraderError(f"{text}; its device may hang") from error
            self.ledger.output = self.student_process.output(ending=end.kind != "gated")  # it waits for an answer then
            self.ledger.notes += cut_output(self.student_process, self.exercise.limits)
        return self.ledger.run(end, self.clocks.spent_s)

    def request(self) -> Request:
        """The processes that it needs."""
        limits, level = self.exercise.limits, self.options.sandbox
        return Request(
            policy=confine.Policy(memory=limits.memory, output=limits.output, level=level),
            files={self.filename: self.plan.source.encode()},
            device=self.options.device,
            backend=self.options.backend,
            one_thread="Conv" not in self.plan.source,
            stored=level != "off",
            like=self.exercise.id,
            alone=self.options.alone,
            dataset=self.exercise.dataset or "mnist",
        )

    def _talk(self) -> End:
        try:
            self._start()
            with self.clocks.of("student"):
                end = self._listen()
        except Over as over:
            end = over.end
        except OutOfTime as late:
            if late.turn != "student":
                raise
            if self.trainer.waited_s() > late.limit_s / 10:  # it doesn't take what the student sends
                raise Silent from late
            text = f"your code ran for longer than {late.limit_s:g} s (training not counted)"
            end = End(kind="timed_out", message=text)
        except (Closed, Malformed) as error:
            if self.trainer.closed:
                self._from_trainer()  # whose last words say why
            end = gone(self.student_process, error)
        self.ended = True
        self._measure()
        return end

    def _start(self) -> None:
        self._show("starting")
        hello = self._from_trainer(Hello)
        self.held = hello.held
        self.trainer_began = self.trainer_process.memory()
        self.ledger.versions = {**hello.versions, "backend": hello.backend, "device": hello.device}
        if self.options.device == "gpu" and hello.device != "gpu":
            raise GraderError("--device gpu: the trainer finds no GPU on this machine; use --device auto or cpu")
        limits = self.exercise.limits
        self.limit_s = self.options.time_limit_s or (limits.gpu if hello.device == "gpu" else limits.cpu)
        self.clocks.limits_s["training"] = self.limit_s + OVERRUN_S
        self.preparing = Preparing(self.limit_s)
        with before_student_code(self.student_process):
            self._from_student(Ready)

    def _listen(self) -> End:
        """Follows the student's code until it returns or ends otherwise."""
        plan = self.plan
        self._show("loading")
        function = self.exercise.function if plan.mode == "function" else None
        building = modelling.building(self.exercise, self.options)
        self.student.send(Load(
            source=plan.source, filename=self.filename, function=function, supply=plan.supply, skipped=plan.skipped,
            tolerated=plan.tolerated, building=building, held=self.held,
        ))  # fmt: skip
        while True:
            message = self._from_student(Order, Maps, Returned)
            if isinstance(message, Maps):
                trained = self.ledger.architecture if self.ledger.training is not None else None
                modelling.compare(message, self.exercise, trained, self.student, self.trainer)
                compared = self._from_trainer(Compared, Rejected)
                if isinstance(compared, Rejected):
                    raise Malformed("activations of a model of another form")
                self.ledger.compare(message, compared)
                continue
            if isinstance(message, Returned):
                self.ledger.returned, self.ledger.has_returned = message.value, plan.mode == "function"
                return self.ledger.completed(self.limit_s)
            self._order(message)

    def _order(self, order: Order) -> None:
        """One `fit`: look at it, try its callbacks, ask the gates, train it."""
        if self.ledger.orders and self.clocks.left_s("training") < OVERRUN_S:  # the limit ended the one before
            raise Over(self.ledger.limited(self.limit_s))
        self._bound(order.arrays, order.line)
        if not all_held(order.arrays, self.held):
            raise Malformed("an order of an array that the trainer doesn't hold")
        order, self.ledger.call = modelling.specified(order, self.exercise, self.options, len(self.ledger.orders))
        with self.clocks.of("training"):
            dataset = self.exercise.dataset or "mnist"
            memory = modelling.memory(self.exercise)
            self.trainer.send(Open(order=order, dataset=dataset, memory=memory))
            self.owed = True
            with self.clocks.of("student"):  # which may send as slowly as it likes
                self.student.relay(order.arrays, self.trainer)
            opened = self._from_trainer(Opened, Refused, Rejected)
            self.owed = False
        match opened:
            case Refused():
                raise Over(refused(opened, order.line))
            case Rejected():
                self.rejected = True
                self.student.send(opened)
            case Opened():
                self.ledger.open(order, opened)
                self._probe()
                self._gates()
                if self.options.until == "probe":
                    raise Over(End(kind="gated", message="the training has not been started"))
                self._go_on(order)

    def _bound(self, arrays: Sequence[ArraySpec], line: int | None) -> None:
        if (end := too_much(arrays, len(self.ledger.orders), self.exercise.limits, line)) is not None:
            raise Over(end)

    def _probe(self) -> None:
        if self.line is None or not wants_probe(self.exercise) or self.ledger.architecture is None:
            return
        self._show("probing")
        trials = curves(*self.line)
        shown = [[under_log_keys(logs, self.ledger.architecture) for logs in trial.logs] for trial in trials]
        self.student.send(ProbeMessage(curves=shown))
        probed: Probed = self._from_student(Probed)
        if not (probed.error or probed.inconclusive) and len(probed.stopped) != len(trials):
            raise Malformed("the probe's answer doesn't fit its curves")
        judged = not (probed.error or probed.inconclusive)
        drawn = [(trial.id, trial.due, trial.logs) for trial in trials]
        self.ledger.probe = Probe(
            outcomes=outcomes(probed, drawn) if judged else [],
            callbacks=probed.callbacks[:50],
            error=probed.error,
            error_kind=probed.error_kind,
            inconclusive=probed.inconclusive,
            line=probed.line,
        )

    def _gates(self) -> None:
        """Ends the run before the training where a gate has failed and no other `fit` could still mend it."""
        if not self.plan.single_fit and self.exercise.models is None:
            return
        failed = [result for result in checks.judge(self.ledger.so_far(), self.exercise, only_gates=True)
                  if result.status == "failed"]  # fmt: skip
        if failed:
            titles = ", ".join(result.id for result in failed)
            raise Over(End(kind="gated", message=f"the training was not started, because this failed first: {titles}"))

    def _go_on(self, order: Order) -> None:
        """Trains what was ordered; models that functions return are measured one by one, or only looked at."""
        if modelling.trains(self.exercise, self.options):
            self._train(order)
        else:
            self.student.send(Seen())
        if self.exercise.models is not None:
            self._measure()
            self.ledger.built()

    def _train(self, order: Order) -> None:
        epochs = self.ledger.begin_fit()
        with self.clocks.of("training"):
            left_s = max(0.1, self.clocks.left_s("training") - OVERRUN_S)
            self.trainer.send(Begin(seed=self.seed, limit_s=left_s, reuse=not self.options.fresh))
            self.fitting = self.owed = True
            try:
                self._follow(order, epochs)
                self.owed = False
            finally:
                self.fitting = False

    def _follow(self, order: Order, epochs: list[dict[str, float]]) -> None:
        """Hands events to the student's callbacks and their answers back, and writes the epochs down."""
        self.epoch_started_s = self.clocks.elapsed_s("training")
        cut = False
        while True:
            message = self._from_trainer(Event, NeedPass, Trained, Rejected, Refused)
            if isinstance(message, Refused):
                raise Over(refused(message, order.line))
            if isinstance(message, Event) and message.hook == "epoch_end":
                self._write_down(message, epochs, cut=cut)
            with self.clocks.of("student"):  # which may read as slowly as it likes
                self.student.send(message if not isinstance(message, Trained) else structs.replace(message, data=None))
                self.trainer.relay(getattr(message, "arrays", ()), self.student)
            match message:
                case Event():
                    with self.clocks.of("student"):
                        answer = self._from_student(Answer)
                    cut = cut or (answer.stop and cuts(message))
                    self.trainer.send(answer)
                case NeedPass():
                    with self.clocks.of("student"):
                        more = self._from_student(Pass)
                        self._bound(more.arrays, order.line)
                        self.trainer.send(more)
                        self.student.relay(more.arrays, self.trainer)
                case Trained():
                    self.ledger.end_fit(message, epochs)
                    return
                case Rejected():
                    self.rejected = True
                    self.ledger.break_off()
                    return

    def _write_down(self, event: Event, epochs: list[dict[str, float]], *, cut: bool) -> None:
        key = self.ledger.architecture.accuracy_key if self.ledger.architecture else None
        logs = canonical_keys(event.logs, key)
        if cut:
            logs, part = split_cut_epoch(logs)
            self.ledger.cut_epochs.append(CutEpoch(at=len(epochs), figures=part))
        epochs.append({"epoch": event.index, **logs})
        self.epoch_started_s = self.clocks.elapsed_s("training")

    def _measure(self) -> None:
        """After everything: what the trained model really achieves."""
        if self.owed or self.ledger.training is None or not self.ledger.measurable or self.ledger.measured is not None:
            return
        self._show("measuring")
        with self.clocks.of("measuring"):
            with contextlib.suppress(Closed):  # as is said next
                self.trainer.send(Measure())
            measured = self._from_trainer(Measured, Rejected)
            if isinstance(measured, Measured):
                self.ledger.measure(measured)
            else:
                self.ledger.unmeasured = measured.message

    # ---- hearing both sides ----

    def _from_student(self, *kinds: type) -> Any:
        """The student's next message of one of these kinds; notes are kept, ends end the run."""
        while True:
            message = self.student.receive()
            match message:
                case Remark():
                    self.ledger.remark(message.note)
                case Crashed():
                    raise Over(end_of_crash(message))
                case Unsupported():
                    raise Over(refused(message, message.line))
                case LocalTrouble() if self.rejected:
                    raise GraderError(f"the trainer rejected what plain Keras accepts: {message.message}")
                case _ if isinstance(message, kinds):
                    return message
                case _:
                    raise Malformed(f"{type(message).__name__} out of turn")

    def _from_trainer(self, *kinds: type) -> Any:
        try:
            while isinstance(message := self.trainer.receive(), Waiting):
                self.clocks.limits_s["training"] += message.seconds
        except (Closed, Malformed) as error:
            words = self.trainer_process.last_words()
            raise GraderError(f"the trainer ended unexpectedly{': ' + words if words else ''}") from error
        if isinstance(message, Fault):
            kind = "the machine has too little memory for this training" if message.out_of_memory else "the trainer failed"
            raise GraderError(f"{kind}: {message.message}")
        if not isinstance(message, kinds):
            raise GraderError(f"the trainer sent {type(message).__name__} out of turn")
        return message

    def _tick(self) -> None:
        """Called while waiting: limits and the progress line. What is over can't exceed anything any more."""
        if not self.ended and (end := exceeded(self.student_process, self.exercise.limits)) is not None:
            raise Over(end)
        if self.owed and (end := outgrown(self.trainer_process, self.trainer_began, self.exercise.limits)) is not None:
            self.trainer_process.end()
            raise Over(end)
        if self.fitting and self.clocks.turn == "training":
            if (end := self.preparing.end(self.trainer_process, self.trainer.waited_s())) is not None:
                self.trainer_process.end()
                raise Over(end)
        self.clocks.check()
        preparing = self.clocks.turn == "training" and not self.fitting
        self._show("preparing" if preparing else "training" if self.fitting else self.stage)

    def _show(self, stage: Stage) -> None:
        self.stage = stage
        line = self.line[1] if self.line else None
        self.options.progress(self.ledger.moment(stage, self.clocks, line, self.epoch_started_s, OVERRUN_S))
