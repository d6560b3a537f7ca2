"""One `fit` of an attempt: its order is looked at, tried and trained, and its epochs are written down."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from msgspec import structs

from grader import checks
from grader.grading.conversation import MAX_OVERRUN_S, Conversation
from grader.grading.curves import (
    build_probe_curves,
    counts_line_itself,
    is_stop_mid_epoch,
    join_probe,
    rename_for_student,
    rename_to_canonical,
    should_probe_callbacks,
    split_cut_epoch,
)
from grader.grading.gone import RunOver, build_refusal_end, find_order_limit_end
from grader.protocol.arrays import ArraySpec, is_all_held
from grader.protocol.channel import ChannelClosed, MalformedMessage
from grader.protocol.orders import Answer, Event, NeedPass, Order, Pass, Trained
from grader.protocol.wire import Begin, Measured, Open, Opened, Predicted, Probed, Refused, Rejected, Seen
from grader.protocol.wire import Probe as ProbeMessage
from grader.records.run import Predictions, RunEnd
from grader.records.verdict import CutEpoch

# How a run ends that was only to be tried; `grade watch` knows it by this.
UNTRAINED = "the training has not been started"


class FitRelay(Conversation):
    """Relays what is ordered to the trainer, and what happens there to the student's callbacks."""

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
            message = Open(order=order, dataset=self.task.dataset, memory=self.task.memory)
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
                self.ledger.predicted = Predictions(inputs=asked.values, outputs=measured.outputs, untrained=measured.untrained)
            else:
                self.ledger.unmeasured = measured.message
