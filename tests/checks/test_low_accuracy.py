"""What the model and the data tell of a training that learned too little."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from grader.checks.low_accuracy import explain_low_accuracy
from grader.records.run import Architecture, Measurement, ModelLayer, Run, RunEnd
from grader.records.verdict import TrainingRecord

SPARSE = "sparse_categorical_crossentropy"


def run_of(*layers: ModelLayer, loss: str = SPARSE, optimizer: str = "Adam", rate: float = 0.001, **facts: Any) -> Run:
    model = Architecture(
        layers=list(layers),
        parameters=1,
        compile={"optimizer": optimizer, "learning_rate": rate, "loss": loss, "metrics": ["accuracy"]},
    )
    known = {"pixels": [0.0, 1.0], "fit_epochs": 9, "training": trained(9)} | facts
    return Run(seed=7, end=RunEnd(kind="completed"), architecture=model, **known)


def trained(epochs: int, stopped_by: Literal["callback", "epochs"] = "epochs") -> TrainingRecord:
    logs = [{"epoch": float(index), "accuracy": 0.5} for index in range(epochs)]
    return TrainingRecord(epochs=logs, stopped_by=stopped_by, examples=60000, seed=7)


def dense(units: int, activation: str) -> ModelLayer:
    return ModelLayer(
        kind="Dense", name=f"dense_{units}", parameters=units, config={"units": units, "activation": activation}
    )


HIDDEN, LAST = dense(128, "relu"), dense(10, "softmax")
RESCALING = ModelLayer(kind="Rescaling", name="rescaling")
LEAKY = ModelLayer(kind="LeakyReLU", name="leaky")


def conv(filters: int) -> ModelLayer:
    return ModelLayer(kind="Conv2D", name="conv", parameters=filters, config={"filters": filters, "activation": "relu"})


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
        (run_of(HIDDEN, dense(1, "softmax"), loss="binary_crossentropy"), "`activation='sigmoid'`"),
        (run_of(HIDDEN, dense(1, "linear"), loss="binary_crossentropy"), "`activation='sigmoid'`"),
        (run_of(dense(128, "linear"), LAST), "dense_128 has no activation"),
        (run_of(dense(19, "relu"), LAST), "only 19 units"),
        (run_of(conv(1), HIDDEN, LAST), "only 1 filter:"),
        (run_of(HIDDEN, LAST, pixels=[0.0, 255.0]), "/ 255.0"),
        (run_of(HIDDEN, LAST, pixels=[255.0, 0.0]), "/ 255.0"),
        (run_of(HIDDEN, LAST, pixels=[0.0, 1 / 255]), "only once"),
        (run_of(HIDDEN, LAST, rate=0.5), "0.5 is too large for Adam"),
        (run_of(HIDDEN, LAST, rate=10.0, optimizer="SGD"), "10 is too large for SGD"),
        (run_of(HIDDEN, LAST, rate=1e-6), "1e-06 is very small"),
        (run_of(HIDDEN, LAST, rate=0.01, optimizer="SGD"), "SGD learns slowly"),
        (run_of(HIDDEN, LAST, fit_batch_size=60000), "`batch_size=60000`"),
        (run_of(HIDDEN, LAST, fit_epochs=2, training=trained(2)), "for 2 epochs only"),
    ],
)
def test_a_fault_of_the_model_is_named(run: Run, fact: str) -> None:
    """Each by what is wrong with it."""
    found = explain_low_accuracy(run)

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
        run_of(dense(20, "relu"), LAST),
        run_of(dense(128, "linear"), LEAKY, LAST),
        run_of(RESCALING, HIDDEN, LAST, pixels=[0.0, 255.0]),
        run_of(HIDDEN, LAST, pixels=[-1.0, 1.0]),
        run_of(HIDDEN, LAST, pixels=None),
        run_of(HIDDEN, LAST, rate=0.02),
        run_of(HIDDEN, LAST, rate=0.1, optimizer="Lookahead"),
        run_of(HIDDEN, LAST, fit_batch_size=512),
        run_of(HIDDEN, LAST, fit_epochs=2, training=trained(1, "callback")),
        Run(seed=7, end=RunEnd(kind="completed")),
    ],
)
def test_a_model_that_may_be_right_is_left_alone(run: Run) -> None:
    """A loss that is an object may take scores; without a model nothing is known."""
    assert explain_low_accuracy(run) is None


def test_the_epochs_that_are_allowed_are_said() -> None:
    """Half of them is few; nearly all of them isn't the fault."""
    assert "`epochs=9`" in (explain_low_accuracy(run_of(HIDDEN, LAST, fit_epochs=4), 9) or "")
    assert explain_low_accuracy(run_of(HIDDEN, LAST, fit_epochs=5), 9) is None


def test_what_is_surer_comes_first() -> None:
    """Of several faults the one without which the others don't show."""
    run = run_of(dense(4, "relu"), dense(10, "relu"), pixels=[0.0, 255.0], optimizer="SGD", fit_epochs=1)
    assert "activation relu" in (explain_low_accuracy(run, 9) or "")
    better = run_of(dense(4, "relu"), LAST, pixels=[0.0, 255.0], optimizer="SGD", fit_epochs=1)
    assert "255" in (explain_low_accuracy(better, 9) or "")


@pytest.mark.parametrize(
    ("reported", "measured", "fact"),
    [
        ([0.1, 0.11], 0.1, "apply_gradients"),
        ([0.8, 0.83], 0.12, "`predict`"),
        ([0.8, 0.83], 0.7, None),
        ([0.3], 0.25, None),
        ([], 0.1, None),
        (["0.8"], 0.1, None),
        ("0.8", 0.1, None),
    ],
)
def test_a_loop_of_the_file_s_own_is_compared_with_what_it_returns(reported: object, measured: float, fact: str | None) -> None:
    """A network that learns, and answers that are wrong all the same, lead to the function that gives them."""
    found = Measurement(train_accuracy=measured, test_accuracy=measured)
    run = Run(seed=7, end=RunEnd(kind="completed"), returned=[{"type": "function"}, reported], measured=found)
    said = explain_low_accuracy(run)
    assert fact in said if fact and said else said is None
