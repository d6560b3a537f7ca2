"""What a run itself tells of a training that learned too little: the model's last layer, its loss, the pixels.

Like the clues of a text this changes words only, never a verdict.
"""

from __future__ import annotations

from collections.abc import Iterator

from grader.checks.wording import escape_name
from grader.records.run import Architecture, ModelLayer, Run
from grader.records.verdict import TrainingRecord

# Losses in this spelling want probabilities; as objects they may be told to take other scores.
CLASS_LOSSES = ("sparse_categorical_crossentropy", "categorical_crossentropy")
GUESSING_ACCURACY = 0.2
FEW_EPOCHS = 2  # epochs after which hardly any training is at its end
SCORES = (None, "linear", "relu", "tanh")


def explain_slow_training(figures: list[float], training: TrainingRecord) -> str | None:
    """What the figures of a training that stayed below the line tell of it."""
    if max(figures) < GUESSING_ACCURACY:
        return (
            "That is hardly better than guessing: do the loss, the labels and the last layer fit together? "
            "`sparse_categorical_crossentropy` wants probabilities, from a last layer with `activation='softmax'`."
        )
    if len(figures) <= FEW_EPOCHS and figures[-1] == max(figures) and training.stopped_by == "epochs":
        return "Give `fit` more epochs, with `epochs=`, as many as the exercise allows; the callback ends the training in time."
    if len(figures) > FEW_EPOCHS and figures[-1] == max(figures):
        return "It was still rising at the end: the optimizer 'adam', or a wider layer, gets there in fewer epochs."
    return None


def explain_low_accuracy(run: Run) -> tuple[str | None, str | None]:
    """What in the model explains it, the surest first, and how the images came; None for what isn't known."""
    found = next(_find_model_faults(run.architecture), None) if run.architecture is not None else None
    words = run.data.preprocessing if run.data is not None else ""
    return found, f"The images that `fit` was given: {escape_name(words)}." if words else None


def _find_model_faults(model: Architecture) -> Iterator[str]:
    layers = [layer for layer in model.layers if layer.parameters or "activation" in layer.config]
    loss, last = str(model.compile.get("loss")), layers[-1] if layers else None
    if last is None or last.kind != "Dense":
        return
    shown = escape_name(str(last.config.get("activation")))
    if loss in CLASS_LOSSES and last.config.get("activation") in SCORES:
        yield f"The last layer has the activation {shown}, and the loss wants probabilities: write `activation='softmax'` there."
    if loss in CLASS_LOSSES and last.config.get("units") == 1:
        yield "The last layer has 1 unit. It needs one for each class: for the classes 0 to 9 it is `Dense(10, activation='softmax')`."
    if "crossentropy" not in loss.lower():
        meant = "binary_crossentropy" if last.config.get("units") == 1 else "sparse_categorical_crossentropy"
        yield f"The loss is {escape_name(loss)}. For labels that are class numbers it is `{meant}`."
    yield from _find_hidden_faults(layers[:-1])


def _find_hidden_faults(layers: list[ModelLayer]) -> Iterator[str]:
    if not layers:
        yield "The model has no hidden layer: put a `Dense` layer with `activation='relu'` between `Flatten` and the last one."
    for layer in layers:
        if layer.config.get("activation") == "softmax":
            yield f"The layer {escape_name(layer.name)} has the activation softmax, which belongs to the last layer: write `activation='relu'` there."
