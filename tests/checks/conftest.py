"""Runs and exercises built by hand: no check test trains anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from grader.courses.exercise import CheckSpec, Exercise
from grader.records.run import Architecture, CallbackProbe, DataMatch, Measurement, ModelLayer, Run, RunEnd
from grader.records.verdict import TrainingRecord


@pytest.fixture
def exercise() -> Callable[..., Exercise]:
    """Makes an exercise with the given checks (`CheckSpec` fields without points)."""

    def make(*specs: dict[str, Any]) -> Exercise:
        checks = [CheckSpec(**{"id": spec["check"], "points": 10, **spec}) for spec in specs]
        return Exercise(schema="grade-exercise/1", id="e", title="E", dataset="mnist", checks=checks)

    return make


@pytest.fixture
def good_run() -> Run:
    """A run in which everything went well."""
    return Run(
        seed=7,
        end=RunEnd(kind="completed"),
        architecture=Architecture(
            layers=[
                ModelLayer(kind=kind, name=kind.lower()) for kind in ("Conv2D", "MaxPooling2D", "Flatten", "Dense")
            ],
            parameters=1000,
        ),
        data=DataMatch(dataset="mnist", examples=60000, trained_on=60000, train=60000),
        probe=CallbackProbe(callbacks=["Stop"], inconclusive="no curves here"),
        training=TrainingRecord(
            epochs=[{"epoch": 0, "accuracy": 0.95}, {"epoch": 1, "accuracy": 0.9991}],
            stopped_by="callback",
            examples=60000,
            seed=7,
        ),
        measured=Measurement(train_accuracy=0.9995, test_accuracy=0.986),
        returned=[[0, 1], 0.9991],
        has_returned=True,
        fit_line=40,
    )
