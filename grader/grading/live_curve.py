"""The curve of a training that is still running, gathered from its progress: what a notebook and a page draw."""

from __future__ import annotations

import itertools

from grader.grading.options import RunProgress
from grader.records.verdict import LineToCross, TrainingRecord


class LiveCurve:
    """Gathers the accuracy of each epoch that has ended; begins anew with each attempt and each model."""

    def __init__(self) -> None:
        self._accuracies: dict[int, float] = {}
        self._training: tuple[int | None, int | None] = (None, None)
        self._metric = "accuracy"
        self._above: float | None = None

    def note_moment(self, moment: RunProgress) -> None:
        """Called with each progress report of the run."""
        if (moment.seed, moment.model) != self._training:  # another attempt
            self._training, self._accuracies = (moment.seed, moment.model), {}
        # The accuracy is that of the last epoch that has ended.
        if moment.stage == "training" and moment.epoch and moment.accuracy is not None:
            self._accuracies[moment.epoch - 1], self._metric = moment.accuracy, moment.metric
        self._above = moment.line

    def build_record(self) -> TrainingRecord:
        """The training so far."""
        # Only epochs from the first on, without a gap, make a curve.
        known = itertools.takewhile(lambda epoch: epoch in self._accuracies, itertools.count())
        epochs = [{"epoch": float(epoch), self._metric: self._accuracies[epoch]} for epoch in known]
        return TrainingRecord(epochs=epochs, stopped_by="limit", examples=0, seed=0)

    def find_line(self) -> LineToCross | None:
        """The line that the accuracy has to cross, where there is one."""
        return None if self._above is None else LineToCross(metric=self._metric, above=self._above)
