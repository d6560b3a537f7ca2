"""What one attempt has seen so far, written down as it comes; becomes the `Run`."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from grader.checks.wording import name
from grader.grading.clocks import Clocks
from grader.grading.options import Moment, Stage
from grader.run import Activations, Architecture, Built, DataMatch, End, Measurement, Probe, Run
from grader.verdict import CutEpoch, Note, TrainingRecord
from grader.wire import MAX_NOTE, Compared, Maps, Measured, Opened, Order, Trained

MAX_NOTES = 200


class Ledger:
    """Collects; the graded training is that of the model which was trained last, over all its `fit` calls.

    Args:
        dataset: the one that the exercise asks for.
    """

    def __init__(self, seed: int, dataset: str) -> None:
        self.seed, self.dataset = seed, dataset
        self.orders: list[Order] = []
        self.training_of: dict[int, TrainingRecord] = {}
        self.data_of: dict[int, DataMatch] = {}
        self.broken_off: set[int] = set()
        self.epochs: list[dict[str, float]] = []
        self.cut_epochs: list[CutEpoch] = []
        self.architecture: Architecture | None = None
        self.data: DataMatch | None = None
        self.probe: Probe | None = None
        self.training: TrainingRecord | None = None
        self.measured: Measurement | None = None
        self.measurable = False
        self.unmeasured = ""
        self.call: dict[str, int] | None = None
        self.models: list[Built] = []
        self.activations: Activations | None = None
        self.returned: Any = None
        self.has_returned = False
        self.notes: list[Note] = []
        self.output = ""
        self.versions: dict[str, str] = {}

    def open(self, order: Order, opened: Opened) -> None:
        """A new order was looked at."""
        if order.model in self.broken_off:
            self._begin_anew(order.model)
        if not self.orders or self.orders[-1].model != order.model:
            self.training, self.measured = self.training_of.get(order.model), None
        self.orders.append(structs.replace(order, architecture="", compile=""))  # which may be long, and aren't needed
        self.architecture = opened.architecture
        self._see(opened.data)

    def begin_fit(self) -> list[dict[str, float]]:
        """The list into which the epochs of this fit go; until it ends, the trainer can't measure."""
        self.epochs, self.cut_epochs = [], []
        self.measurable = False
        return self.epochs

    def end_fit(self, trained: Trained, epochs: list[dict[str, float]]) -> None:
        """A fit is over: joins it to the earlier ones of the same model."""
        if trained.data is not None and self.data is not None:
            self._see(trained.data)
        self._add(epochs, trained.stopped_by, trained.seconds, replayed=trained.replayed)
        self.measurable = True

    def break_off(self) -> None:
        """A fit broke off in the middle: the trainer has dropped its model, which begins anew if it is trained again."""
        self.broken_off.add(self.orders[-1].model)

    def _begin_anew(self, model: int) -> None:
        self.broken_off.remove(model)
        self.training_of.pop(model, None)
        self.data_of.pop(model, None)
        self.training = self.measured = None

    def _see(self, data: DataMatch) -> None:
        """A model is judged by the worst data that it was ever trained on, whatever was trained in between."""
        model = self.orders[-1].model
        before = self.data_of.get(model)
        self.data = self.data_of[model] = data if before is None else before.worse(data, self.dataset)

    def measure(self, measured: Measured) -> None:
        """What the trained model achieves; a layer that makes no difference in it is idle.

        Without a whole epoch nothing is measured: such a model is as it was made.
        """
        if self.training is None or not self.training.whole_epochs:
            return
        self.measured = Measurement(
            train_accuracy=measured.train_accuracy,
            test_accuracy=measured.test_accuracy,
            mixes=measured.mixes,
            gap=measured.gap,
        )
        if measured.idle and self.architecture is not None:
            layers = [
                structs.replace(layer, idle=layer.idle or layer.name in measured.idle)
                for layer in self.architecture.layers
            ]
            self.architecture = structs.replace(self.architecture, layers=layers)
            names = ", ".join(map(name, measured.idle))
            text = f"not counted as asked for: {names}. Changing its weights doesn't change the trained model's predictions"
            self.remark(Note(line=self.orders[-1].line, message=text[:MAX_NOTE]))

    def built(self) -> None:
        """A model that the graded function returned was looked at, and trained where that was asked for."""
        if self.call is not None and self.architecture is not None:
            self.models.append(
                Built(call=self.call, architecture=self.architecture, training=self.training, measured=self.measured)
            )

    def compare(self, maps: Maps, compared: Compared) -> None:
        """What a function gave as activations, beside the trainer's own."""
        self.activations = Activations(
            layers=compared.layers,
            came=len(maps.arrays),
            fault=maps.fault,
            images=compared.images,
            channel=compared.channel,
        )

    def _add(self, epochs: list[dict[str, float]], stopped_by: Any, seconds: float, *, replayed: bool = False) -> None:
        before = self.training
        earlier = before.epochs if before else []
        cut = [structs.replace(epoch, at=epoch.at + len(earlier)) for epoch in self.cut_epochs]
        self.training = TrainingRecord(
            epochs=[*earlier, *epochs],
            cut_epochs=[*(before.cut_epochs if before else []), *cut],
            stopped_by=stopped_by,
            examples=self.data.trained_on if self.data else 0,
            seed=self.seed,
            backend=self.versions.get("backend", ""),
            device=self.versions.get("device", ""),
            seconds=round((before.seconds if before else 0.0) + seconds, 3),
            replayed=replayed and (before is None or before.replayed),
        )
        self.training_of[self.orders[-1].model] = self.training

    def moment(self, stage: Stage, clocks: Clocks, line: float | None, since_s: float, spare_s: float) -> Moment:
        """Where the run stands.

        Args:
            since_s: training time at which the epoch began.
            spare_s: training time beyond the limit, which isn't told.
        """
        return Moment(
            stage=stage,
            epoch=len(self.epochs),
            epochs=self.orders[-1].fit.epochs if self.orders else None,
            accuracy=self.epochs[-1].get("accuracy") if self.epochs else None,
            line=line,
            epoch_s=clocks.elapsed_s("training") - since_s,
            left_s=clocks.left_s("training") - spare_s,
            seed=self.seed,
        )

    def remark(self, note: Note) -> None:
        if len(self.notes) < MAX_NOTES and note not in self.notes:
            self.notes.append(note)

    def completed(self, limit_s: float) -> End:
        """The graded function returned; a training that its limit ended is said so."""
        ended = self.training is not None and self.training.stopped_by == "limit"
        return self.limited(limit_s) if ended else End(kind="completed")

    def limited(self, limit_s: float) -> End:
        """The limit of all trainings together has been reached."""
        done, asked = len(self.training.epochs) if self.training else 0, self.orders[-1].fit.epochs
        return End(
            kind="timed_out",
            message=f"the training reached its limit of {limit_s:g} s after {done} of {asked} epochs; "
            "what was trained until then counts",
        )

    def so_far(self) -> Run:
        """The evidence before the training, for the gates."""
        return self.run(End(kind="completed"), {})

    def run(self, end: End, spent_s: dict[Any, float]) -> Run:
        """The finished record."""
        return Run(
            seed=self.seed,
            end=end,
            architecture=self.architecture,
            data=self.data,
            probe=self.probe,
            training=self.training,
            measured=self.measured,
            unmeasured=self.unmeasured,
            models=self.models or None,
            activations=self.activations,
            returned=self.returned,
            has_returned=self.has_returned,
            fit_line=self.orders[-1].line if self.orders else None,
            notes=list(self.notes),
            output=self.output,
            timings={turn: round(seconds, 3) for turn, seconds in spent_s.items()},
            versions=self.versions,
        )
