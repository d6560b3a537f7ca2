"""Records what one attempt has seen so far; becomes the `Run`."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from grader.checks.wording import escape_name, format_count
from grader.grading.clocks import TurnClocks
from grader.grading.lineage import Handout, Lineage, join_trainings
from grader.grading.options import RunProgress, RunStage
from grader.protocol.orders import Order, Trained
from grader.protocol.wire import MAX_NOTE_CHARS, Compared, Maps, Measured, Opened
from grader.records.run import (
    Activations,
    Architecture,
    BuiltModel,
    CallbackProbe,
    DataMatch,
    Measurement,
    Predictions,
    PreparedImages,
    Run,
    RunEnd,
)
from grader.records.verdict import CutEpoch, Note, TrainingRecord

MAX_NOTES = 200


class RunRecorder:
    """Collects; the graded training is that of the model which was trained last, over all its `fit` calls.

    Args:
        dataset: the one that the exercise asks for.
        expected: how many models the graded function is asked for; 0 where it trains by itself.
    """

    def __init__(self, seed: int, dataset: str, expected: int = 0) -> None:
        self.seed, self.dataset, self.expected = seed, dataset, expected
        self.orders: list[Order] = []
        self.lineage = Lineage(dataset)
        self.first_handout = 0  # of the fit that is on
        self.broken_off: set[int] = set()
        self.epochs: list[dict[str, float]] = []
        self.epoch_started_s = 0.0  # in training time
        self.last_epoch_s: float | None = None
        self.stopping = False  # whether a callback has ended the fit that is on
        self.cut_epochs: list[CutEpoch] = []
        self.architecture: Architecture | None = None
        self.data: DataMatch | None = None
        self.prepared: PreparedImages | None = None
        self.probe: CallbackProbe | None = None
        self.training: TrainingRecord | None = None
        self.measured: Measurement | None = None
        self.predicted: Predictions | None = None
        self.measurable = False
        self.unmeasured = ""
        self.call: dict[str, int] | None = None
        self.models: list[BuiltModel] = []
        self.activations: Activations | None = None
        self.returned: Any = None
        self.has_returned = False
        self.pixels: list[float] | None = None
        self.notes: list[Note] = []
        self.output = ""
        self.versions: dict[str, str] = {}

    def record_order(self, order: Order, opened: Opened, returned: Any = None) -> None:
        """Records a new order that the trainer has inspected, and what the function returned if that is known by it."""
        if returned is not None:
            self.returned, self.has_returned = returned, True
        # The trainer dropped this model in the middle of a fit: what it learnt is lost, so its record starts anew.
        if order.model in self.broken_off:
            self._reset_model(order.model)
        before = next((one for one in reversed(self.orders) if one.model == order.model), None)
        self.lineage.follow_origin(order, before)
        if not self.orders or self.orders[-1].model != order.model or order.origin is not None:
            # The model changed: an earlier training of this one is continued, and a measurement of the other one is
            # void.
            self.training, self.measured = self.lineage.training_of.get(order.model), None
        self.orders.append(structs.replace(order, architecture="", compile=""))  # which may be long, and aren't needed
        self.architecture = opened.architecture
        self.pixels = opened.pixels
        self._record_data(opened.data)

    def record_prepared(self, opened: Opened) -> None:
        """Records the images that a function prepared, which came as the last order's."""
        shape = next((spec.shape for spec in self.orders[-1].arrays if spec.role == "x"), [])
        black, white = opened.pixels or (None, None)
        self.prepared = PreparedImages(shape=shape, black=black, white=white)

    def begin_fit(self, now_s: float = 0.0) -> list[dict[str, float]]:
        """The list into which the epochs of this fit go; until it ends, the trainer can't measure.

        Args:
            now_s: the training time at which it begins.
        """
        self.epochs, self.cut_epochs = [], []
        self.epoch_started_s, self.last_epoch_s, self.stopping = now_s, None, False
        self.measurable = False
        self.first_handout = len(self.lineage.handouts)
        return self.epochs

    def end_epoch(self, now_s: float) -> None:
        """Notes how long an epoch took; the next one begins."""
        self.last_epoch_s, self.epoch_started_s = now_s - self.epoch_started_s, now_s

    def end_fit(self, trained: Trained, epochs: list[dict[str, float]]) -> None:
        """Joins a finished fit to the earlier ones of the same model."""
        if trained.data is not None and self.data is not None:
            self._record_data(trained.data)
        self.lineage.settle_handouts(self.first_handout, self.data)
        self._join_training(epochs, trained.stopped_by, trained.seconds, replayed=trained.replayed)
        self.measurable = True

    def record_broken_fit(self) -> None:
        """A fit broke off in the middle: the trainer has dropped its model, which begins anew if it is trained again."""
        self.broken_off.add(self.orders[-1].model)

    def _reset_model(self, model: int) -> None:
        self.broken_off.remove(model)
        self.lineage.reset_model(model)
        self.training = self.measured = None

    def _record_data(self, data: DataMatch) -> None:
        """A model is judged by the worst data that it was ever trained on, whatever was trained in between."""
        model = self.orders[-1].model
        # Otherwise a model could learn the test images first and then be fitted once to the right data.
        before = self.lineage.data_of.get(model)
        self.data = self.lineage.data_of[model] = data if before is None else before.pick_worse(data, self.dataset)

    def record_measurement(self, measured: Measured) -> None:
        """What the trained model achieves; a layer that makes no difference in it is idle.

        Without a whole epoch nothing is measured: such a model is as it was made.
        """
        if self.training is None or not self.training.whole_epochs:
            return
        self.measured = Measurement(
            train_accuracy=measured.train_accuracy,
            test_accuracy=measured.test_accuracy,
            held_out_accuracy=measured.held_out_accuracy,
            mixes=measured.mixes,
            gap=measured.gap,
            chosen=measured.chosen,
            logged=measured.logged,
            brought=measured.brought,
            errors=measured.errors,
            untrained=measured.untrained,
        )
        if measured.idle and self.architecture is not None:
            layers = [
                structs.replace(layer, idle=layer.idle or layer.name in measured.idle)
                for layer in self.architecture.layers
            ]
            self.architecture = structs.replace(self.architecture, layers=layers)
            names = ", ".join(map(escape_name, measured.idle))
            text = f"not counted: {names}. Changing its weights doesn't change the trained model's predictions"
            self.add_note(Note(line=self.orders[-1].line, message=text[:MAX_NOTE_CHARS]))

    def built(self) -> None:
        """A model that the graded function returned was looked at, and trained where that was asked for."""
        if self.call is not None and self.architecture is not None:
            self.models.append(
                BuiltModel(
                    call=self.call, architecture=self.architecture, training=self.training, measured=self.measured
                )
            )

    def record_activations(self, maps: Maps, compared: Compared) -> None:
        """Records how the activations that a function returned compare with the trainer's own."""
        self.activations = Activations(
            layers=compared.layers,
            came=len(maps.arrays),
            fault=maps.fault,
            images=compared.images,
            channel=compared.channel,
        )

    def _join_training(
        self, epochs: list[dict[str, float]], stopped_by: Any, seconds: float, *, replayed: bool = False
    ) -> None:
        self.training = self._join_record(epochs, stopped_by, seconds, replayed=replayed)
        self.lineage.training_of[self.orders[-1].model] = self.training

    def _join_record(
        self, epochs: list[dict[str, float]], stopped_by: Any, seconds: float, *, replayed: bool = False
    ) -> TrainingRecord:
        """The epochs of this fit behind those of earlier ones."""
        record = TrainingRecord(
            epochs=list(epochs),
            cut_epochs=self.cut_epochs,
            stopped_by=stopped_by,
            examples=self.data.trained_on if self.data else 0,
            seed=self.seed,
            backend=self.versions.get("backend", ""),
            device=self.versions.get("device", ""),
            seconds=round(seconds, 3),
            replayed=replayed,
        )
        return record if self.training is None else join_trainings(self.training, record)

    def note_handout(self, epochs: list[dict[str, float]]) -> None:
        """The trainer gave out weights, after these epochs of a fit that isn't over yet."""
        training = self._join_record(epochs, "epochs", 0.0) if epochs else self.training
        data = None if epochs else self.data
        self.lineage.handouts.append(Handout(model=self.orders[-1].model, training=training, data=data))

    def build_progress(
        self, stage: RunStage, clocks: TurnClocks, line: tuple[str, float] | None, limit_s: float, spare_s: float
    ) -> RunProgress:
        """Where the run stands.

        Args:
            line: the metric that has to exceed a figure, and that figure.
            limit_s: the training time that the student knows of.
            spare_s: how much longer the clock's own limit is.
        """
        fit = self.orders[-1].fit if self.orders else None
        epoch = len(self.epochs) + (fit.initial_epoch if fit else 0)
        # After a callback's word, or the last epoch, no other one begins, though the trainer still sends the weights.
        over = stage == "training" and (self.stopping or (fit is not None and epoch >= fit.epochs))
        metric, above = line or ("accuracy", None)
        return RunProgress(
            stage="finishing" if over else stage,
            epoch=epoch,
            epochs=fit.epochs if fit else None,
            metric=metric,
            accuracy=self.epochs[-1].get(metric) if self.epochs else None,
            line=above,
            epoch_s=clocks.compute_elapsed_s("training") - self.epoch_started_s,
            last_epoch_s=self.last_epoch_s,
            left_s=clocks.compute_left_s("training") - spare_s,
            limit_s=float(limit_s),  # a plain one, since a Ray worker sends it
            seed=self.seed,
            model=min(len(self.models) + 1, self.expected) or None,
            models=self.expected,
        )

    def add_note(self, note: Note) -> None:
        if len(self.notes) < MAX_NOTES and note not in self.notes:
            self.notes.append(note)

    def note_short_epoch(self) -> None:
        """The data of an epoch ran out, so its figures are those of a part of the images."""
        text = (
            "an epoch ran out of data, so its figures are of a part of the images and don't count: Keras goes on within the "
            "data where `steps_per_epoch` ends an epoch. Leave it out, or repeat the pipeline with `.repeat()`"
        )
        self.add_note(Note(line=self.orders[-1].line, message=text))

    def _note_left_out(self) -> list[Note]:
        if self.data is None or not self.data.left_out:
            return []
        images = format_count(self.data.left_out, self.data.unit)
        was = "was" if self.data.left_out == 1 else "were"
        text = f"{images} {was} left out of each epoch: the last batch is incomplete"
        return [Note(line=self.orders[-1].line, message=text)]

    def build_completed_end(self, limit_s: float) -> RunEnd:
        """Builds the end of a run whose function returned; says so if the time limit ended its training."""
        ended = self.training is not None and self.training.stopped_by == "limit"
        return self.build_time_limit_end(limit_s) if ended else RunEnd(kind="completed")

    def build_time_limit_end(self, limit_s: float) -> RunEnd:
        """The limit of all trainings together has been reached."""
        done, asked = len(self.training.epochs) if self.training else 0, self.orders[-1].fit.epochs
        return RunEnd(
            kind="timed_out",
            message=f"the training reached its limit of {limit_s:g} s after {done} of {asked} epochs; "
            "the epochs until then count",
        )

    def build_run_so_far(self) -> Run:
        """The evidence before the training, for the gates."""
        return self.build_run(RunEnd(kind="completed"), {})

    def build_run(self, end: RunEnd, spent_s: dict[Any, float]) -> Run:
        """The finished record."""
        return Run(
            seed=self.seed,
            end=end,
            architecture=self.architecture,
            data=self.data,
            prepared=self.prepared,
            probe=self.probe,
            training=self.training,
            measured=self.measured,
            predicted=self.predicted,
            unmeasured=self.unmeasured,
            models=self.models or None,
            activations=self.activations,
            returned=self.returned,
            has_returned=self.has_returned,
            fit_line=self.orders[-1].line if self.orders else None,
            fit_epochs=self.orders[-1].fit.epochs if self.orders else None,
            fit_batch_size=self.orders[-1].fit.batch_size if self.orders else None,
            pixels=self.pixels,
            notes=[*self.notes, *self._note_left_out()],
            output=self.output,
            timings={turn: round(seconds, 3) for turn, seconds in spent_s.items()},
            versions=self.versions,
        )
