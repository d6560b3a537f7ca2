"""What the model and the data tell of a training that learned too little."""

from __future__ import annotations

import pytest

from grader.checks.low_accuracy import explain_low_accuracy
from grader.records.run import Architecture, DataMatch, ModelLayer, Run, RunEnd

SPARSE = "sparse_categorical_crossentropy"


def run_of(*layers: ModelLayer, loss: str = SPARSE, preprocessing: str = "pixels / 255") -> Run:
    model = Architecture(
        layers=list(layers), parameters=1, compile={"optimizer": "Adam", "loss": loss, "metrics": ["accuracy"]}
    )
    data = DataMatch(dataset="mnist", examples=60000, trained_on=60000, preprocessing=preprocessing)
    return Run(seed=7, end=RunEnd(kind="completed"), architecture=model, data=data)


def dense(units: int, activation: str) -> ModelLayer:
    return ModelLayer(
        kind="Dense", name=f"dense_{units}", parameters=units, config={"units": units, "activation": activation}
    )


HIDDEN, LAST = dense(128, "relu"), dense(10, "softmax")


@pytest.mark.parametrize(
    ("run", "fact"),
    [
        (run_of(HIDDEN, dense(10, "relu")), "activation relu"),
        (run_of(HIDDEN, dense(10, "linear")), "`activation='softmax'`"),
        (run_of(HIDDEN, dense(1, "softmax")), "1 unit"),
        (run_of(HIDDEN, LAST, loss="mse"), "The loss is mse"),
        (run_of(HIDDEN, dense(1, "sigmoid"), loss="mse"), "`binary_crossentropy`"),
        (run_of(LAST), "no hidden layer"),
        (run_of(dense(128, "softmax"), LAST), "dense_128"),
    ],
)
def test_a_fault_of_the_model_is_named(run: Run, fact: str) -> None:
    """Each by what is wrong with it."""
    found, _ = explain_low_accuracy(run)

    assert found is not None
    assert fact in found


@pytest.mark.parametrize(
    "run",
    [
        run_of(HIDDEN, LAST),
        run_of(HIDDEN, dense(10, "sigmoid")),
        run_of(HIDDEN, dense(10, "linear"), loss="SparseCategoricalCrossentropy"),
        run_of(HIDDEN, dense(1, "sigmoid"), loss="binary_crossentropy"),
        run_of(HIDDEN, ModelLayer(kind="Activation", name="a", config={"activation": "softmax"})),
        run_of(),
        Run(seed=7, end=RunEnd(kind="completed")),
    ],
)
def test_a_model_that_may_be_right_is_left_alone(run: Run) -> None:
    """A loss that is an object may take scores; without a model nothing is known."""
    assert explain_low_accuracy(run)[0] is None


def test_how_the_images_came_is_said() -> None:
    """Pixels that weren't scaled, or twice, are seen at once."""
    assert "raw pixels" in (explain_low_accuracy(run_of(HIDDEN, LAST, preprocessing="raw pixels"))[1] or "")
