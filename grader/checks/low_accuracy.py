"""What a run itself tells of a training that learned too little: the model's last layer, its loss, the pixels.

Like the clues of a text this changes words only, never a verdict.
"""

from __future__ import annotations

from collections.abc import Iterator

from grader.checks.wording import escape_name, format_count
from grader.records.run import Architecture, ModelLayer, Run

# Losses in this spelling want probabilities; as objects they may be told to take other scores.
CLASS_LOSSES = ("sparse_categorical_crossentropy", "categorical_crossentropy")
GUESSING_ACCURACY = 0.2
FEW_EPOCHS = 2  # epochs after which hardly any training is at its end
SCORES = (None, "linear", "relu", "tanh")
# Layers that may bring raw pixels into a good range.
SCALING_KINDS = ("Rescaling", "Normalization", "BatchNormalization", "LayerNormalization")
ACTIVATION_KINDS = ("Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax")
MAX_PIXEL_SPAN = 20.0  # between black and white; the usual ways of scaling give 1 to 4
MIN_PIXEL_SPAN = 0.05
# The usual rates of these are about 0.001; SGD without momentum needs ten times that and more.
ADAPTIVE_OPTIMIZERS = ("Adam", "RMSprop", "Nadam", "Adamax", "AdamW", "Lion")
SLOW_OPTIMIZERS = ("SGD", "Adagrad", "Adadelta", "Ftrl")
MAX_ADAPTIVE_RATE, MIN_ADAPTIVE_RATE = 0.02, 1e-4
MAX_SGD_RATE = 0.5
LARGE_BATCH = 1024
MAX_LOST_ACCURACY = 0.4  # of clothes that a network which learns recognises about twice as well
FEW_UNITS = 20
FEW_FILTERS = 4


def explain_slow_training(figures: list[float]) -> str | None:
    """What the figures of a training that stayed below the line tell of it."""
    if max(figures) < GUESSING_ACCURACY:
        return (
            "That is hardly better than guessing: do the loss, the labels and the last layer fit together? "
            "`sparse_categorical_crossentropy` wants probabilities, from a last layer with `activation='softmax'`."
        )
    if len(figures) > FEW_EPOCHS and figures[-1] == max(figures):
        return "It was still rising at the end: the optimizer 'adam', or a wider layer, gets there in fewer epochs."
    return None


def explain_low_accuracy(run: Run, most_epochs: int | None = None) -> str | None:
    """What explains it, the surest first; None where nothing of what is known does.

    Args:
        run: with the model, the images and the training.
        most_epochs: how many the exercise allows.
    """
    return next(_find_faults(run, most_epochs), None)


def _find_faults(run: Run, most_epochs: int | None) -> Iterator[str]:
    model = run.architecture
    if model is None:
        yield from _find_loop_faults(run)
        return
    layers = [layer for layer in model.layers if layer.parameters or "activation" in layer.config]
    yield from _find_output_faults(model, layers)
    yield from _find_softmax_within(layers[:-1])
    yield from _find_pixel_faults(run, model)
    yield from _find_rate_faults(model)
    if layers and layers[-1].kind == "Dense":
        yield from _find_weak_layers(model, layers[:-1])
    yield from _find_slow_steps(run, model)
    yield from _find_few_epochs(run, most_epochs)


def _find_loop_faults(run: Run) -> Iterator[str]:
    """Of a training loop of the file's own only what it reports is known, which is good enough for a hint."""
    figures = run.returned[1] if isinstance(run.returned, list) and len(run.returned) == 2 else None
    last = figures[-1] if isinstance(figures, list) and figures else None
    measured = run.measured.test_accuracy if run.measured is not None else None
    if not isinstance(last, float) or measured is None or measured > MAX_LOST_ACCURACY:
        return
    if last <= GUESSING_ACCURACY:
        yield (
            f"Your loop reports the accuracy {last:.2f}, which is hardly better than guessing: the weights don't change, or in a few steps "
            "only. Does each batch get a step, and does it call `optimizer.apply_gradients(zip(gradients, model.trainable_variables))`?"
        )
    if last > 2 * measured:
        yield (
            f"Your loop reports the accuracy {last:.2f}, so the network learns, but `predict` gives other answers: scale its images "
            "as in the training, and return the likeliest class of each image, `np.argmax(scores, axis=1)`."
        )


def _find_output_faults(model: Architecture, layers: list[ModelLayer]) -> Iterator[str]:
    loss, last = str(model.compile.get("loss")), layers[-1] if layers else None
    if last is None or last.kind != "Dense":
        return
    shown = escape_name(str(last.config.get("activation")))
    if loss in CLASS_LOSSES and last.config.get("activation") in SCORES:
        yield f"The last layer has the activation {shown}, and the loss wants probabilities: write `activation='softmax'` there."
    if loss in CLASS_LOSSES and last.config.get("units") == 1:
        yield "The last layer has 1 unit. It needs one for each class: for the classes 0 to 9 it is `Dense(10, activation='softmax')`."
    # Of a single probability softmax makes 1, whatever the image.
    if last.config.get("units") == 1 and last.config.get("activation") == "softmax":
        yield "The last layer is softmax over 1 unit, which is always 1: write `activation='sigmoid'` there."
    if loss.startswith("binary_crossentropy") and last.config.get("units") == 1 and last.config.get("activation") in SCORES:
        yield f"The last layer has the activation {shown}, and the loss wants a probability: write `activation='sigmoid'` there."
    if "crossentropy" not in loss.lower():
        meant = "binary_crossentropy" if last.config.get("units") == 1 else "sparse_categorical_crossentropy"
        yield f"The loss is {escape_name(loss)}. For labels that are class numbers it is `{meant}`."


def _find_softmax_within(layers: list[ModelLayer]) -> Iterator[str]:
    for layer in layers:
        if layer.config.get("activation") == "softmax":
            yield f"The layer {escape_name(layer.name)} has the activation softmax, which belongs to the last layer: write `activation='relu'` there."


def _find_pixel_faults(run: Run, model: Architecture) -> Iterator[str]:
    if run.pixels is None or any(layer.kind in SCALING_KINDS for layer in model.layers):
        return
    black, white = run.pixels
    ends = f"In the images that `fit` was given, black is {black:.4g} and white {white:.4g}"
    if abs(white - black) > MAX_PIXEL_SPAN:
        yield f"{ends}: scale the pixels to 0..1, `images = images / 255.0`."
    elif abs(white - black) < MIN_PIXEL_SPAN:
        yield f"{ends}, which is very little: divide the pixels by 255.0 only once."


def _find_rate_faults(model: Architecture) -> Iterator[str]:
    optimizer, rate = model.compile.get("optimizer"), model.compile.get("learning_rate")
    if not isinstance(rate, float):
        return
    most = MAX_ADAPTIVE_RATE if optimizer in ADAPTIVE_OPTIMIZERS else MAX_SGD_RATE
    if rate > most:
        yield f"The learning rate {rate:g} is too large for {escape_name(str(optimizer))}: write `optimizer='adam'`, which takes 0.001."
    if rate < MIN_ADAPTIVE_RATE:
        yield f"The learning rate {rate:g} is very small: write `optimizer='adam'`, which takes 0.001."


def _find_few_epochs(run: Run, most: int | None) -> Iterator[str]:
    training, asked = run.training, run.fit_epochs
    if training is None or asked is None or training.stopped_by != "epochs" or not training.epochs:
        return
    if (most is not None and 2 * asked <= most) or (most is None and asked <= FEW_EPOCHS):
        room = f"up to {most} are allowed, `epochs={most}`" if most is not None else "give it more, with `epochs=`"
        yield f"`fit` was asked for {format_count(asked, 'epoch')} only; {room}."


def _find_slow_steps(run: Run, model: Architecture) -> Iterator[str]:
    if run.fit_batch_size is not None and run.fit_batch_size >= LARGE_BATCH:
        yield (
            f"With `batch_size={run.fit_batch_size}` an epoch has few steps, so the network learns little in it: leave `batch_size` out, "
            "which gives 32."
        )
    optimizer = model.compile.get("optimizer")
    if optimizer in SLOW_OPTIMIZERS:
        yield f"The optimizer {escape_name(str(optimizer))} learns slowly here: write `optimizer='adam'`."


def _find_weak_layers(model: Architecture, hidden: list[ModelLayer]) -> Iterator[str]:
    if not hidden:
        yield "The model has no hidden layer: put a `Dense` layer with `activation='relu'` between `Flatten` and the last one."
    if not any(layer.kind in ACTIVATION_KINDS for layer in model.layers):
        for layer in hidden:
            if layer.config.get("activation") == "linear":
                yield f"The layer {escape_name(layer.name)} has no activation: write `activation='relu'` there."
    for layer in hidden:
        units, filters = layer.config.get("units"), layer.config.get("filters")
        if layer.kind == "Dense" and isinstance(units, int) and units < FEW_UNITS:
            yield f"The layer {escape_name(layer.name)} has only {format_count(units, 'unit')}: give it 128 or more."
        if layer.kind == "Conv2D" and isinstance(filters, int) and filters <= FEW_FILTERS:
            yield f"The layer {escape_name(layer.name)} has only {format_count(filters, 'filter')}: give it 32 or more."
