"""What a trained model really achieves: accuracies on the canonical splits, and layers that make no difference."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from grader.data import Dataset, HeldOutSplit
from grader.protocol.datasets import DatasetDescription
from grader.protocol.wire import Measured
from grader.records.run import Architecture
from grader.trainer.match.comparison import is_signed
from grader.trainer.match.passes import Passes, find_chosen_images
from grader.trainer.training.feeding import Array

# Examples at a time: as many as take about so many bytes on their way through the model.
PORTION_SIZES = (2000, 1000, 500, 200, 100, 50, 20, 10, 5)
MAX_PORTION_BYTES = 1_000_000_000
BYTES_PER_VALUE = 4
HALF_SURE = 0.5
HALF = ("float16", "bfloat16")
# A model that guesses may well depend on nothing; of one that knows the digits every layer is worth a look.
MIN_ACCURACY = 0.5
MAX_LAYERS = 12
MAX_LAYER_WEIGHTS = 50_000_000
RANDOM_WEIGHT_SCALES = (1.0, 0.03)


def find_pixel_ends(transform: Callable[[Array], Array], shape: Sequence[int]) -> list[float] | None:
    """What a black and a white pixel become by a preprocessing of images of that shape; None where that isn't one number each."""
    black, white = transform(np.stack([np.zeros(shape, np.uint8), np.full(shape, 255, np.uint8)]))
    ends = [float(black.flat[0]), float(white.flat[0])]
    same = (black == black.flat[0]).all() and (white == white.flat[0]).all() and all(map(math.isfinite, ends))
    return ends if same else None


def pick_portion_size(architecture: Architecture) -> int:
    """How many examples to give to a model at a time."""
    values = sum(math.prod(side or 1 for side in layer.output_shape[1:]) for layer in architecture.layers)
    return next((count for count in PORTION_SIZES if count * values * BYTES_PER_VALUE <= MAX_PORTION_BYTES), 1)


def measure_accuracies(
    model: Any, dataset: Dataset, transform: Callable[[Array], Array], count: int = PORTION_SIZES[0], held_out: HeldOutSplit | None = None,
    threshold: float = HALF_SURE,
) -> Measured:
    """Accuracy (argmax against the canonical label) on both splits.

    Args:
        transform: the preprocessing that the ordered arrays show, from uint8 images to float32 (n, …).
        count: examples at a time.
        held_out: the secret split, where the course has one.
        threshold: where one score tells two classes apart.

    Raises:
        ValueError: the model doesn't give one score per class.
    """

    def measure_split(images: Array, labels: Array) -> float:
        return int(find_right(model, images, labels, transform, dataset.class_count, count, threshold).sum()) / len(images)

    return Measured(
        train_accuracy=measure_split(dataset.x_train, dataset.y_train),
        test_accuracy=measure_split(dataset.x_test, dataset.y_test),
        held_out_accuracy=None if held_out is None else measure_split(held_out.images, held_out.labels),
    )


def predict_values(model: Any, values: list[float]) -> list[float]:
    """What the model says to each of some numbers. Raises: ValueError: it takes no numbers, or gives several for one."""
    if len(model.inputs) != 1 or any(side not in (None, 1) for side in model.input_shape):
        raise ValueError(f"the model takes examples of shape {model.input_shape[1:]}, not single numbers")
    given = np.asarray(values, np.float32).reshape(-1, *[1] * (len(model.input_shape) - 1))
    outputs = np.asarray(model.predict(given, verbose=0)).reshape(-1)
    if len(outputs) != len(values):
        raise ValueError(f"the model gives {outputs.size} numbers for {len(values)}")
    return [float(output) for output in outputs]


def pick_threshold(about: DatasetDescription, labels: Sequence[Array]) -> float:
    """Where one score tells two classes apart: between the two labels that the model was trained on, 0 and 1 or -1 and 1."""
    return 0.0 if about.takes_signed_labels and len(labels) == 1 and is_signed(labels[0]) else HALF_SURE


def in_single_precision(model: Any) -> Any:
    """The same model, where it computes in half precision one that computes in float32, which a CPU does much faster."""
    if not any(layer.compute_dtype in HALF for layer in model._flatten_layers()):
        return model
    made = keras.models.model_from_json(json.dumps(_single(json.loads(model.to_json()))))
    if not made.built:
        made.build(model.input_shape)
    made.set_weights(model.get_weights())
    return made


def _single(node: Any) -> Any:
    """A configuration with float32 in the place of half precision, which stands under `dtype`, alone or as a policy."""
    if isinstance(node, list):
        return [_single(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("class_name") == "DTypePolicy" and node["config"]["name"].removeprefix("mixed_") in HALF:
        return {**node, "config": {**node["config"], "name": "float32"}}
    return {
        word: "float32" if word == "dtype" and isinstance(value, str) and value.removeprefix("mixed_") in HALF else _single(value)
        for word, value in node.items()
    }


def predict_scores(model: Any, examples: Array) -> Array:
    """A model's scores for some examples."""
    return flat_scores(model.predict_on_batch(examples))


def flat_scores(outputs: Any) -> Array:
    """A model's only output, which may have a name, and come in a dict or list."""
    while isinstance(outputs, (dict, list, tuple)) and len(outputs) == 1:
        (outputs,) = outputs.values() if isinstance(outputs, dict) else outputs
    return np.asarray(outputs)


def pick_classes(scores: Array, threshold: float = HALF_SURE) -> Array:
    """The likeliest class of each example; of one score for two classes, 1 above a half, as Keras's accuracy has it."""
    return scores.argmax(axis=1) if scores.shape[1] > 1 else (scores[:, 0] > threshold).astype(np.int64)


def measure_as_trained(model: Any, examples: Array, labels: Array, batch: int) -> float:
    """The accuracy on images of the training in batches of its size, the way a training step sees them.

    Dropout, noise and augmentation act, and BatchNormalization uses the batch; the model is as it was afterwards.
    """
    variables = model.non_trainable_variables
    kept = [np.array(variable) for variable in variables]
    right = 0
    try:
        for start in range(0, len(examples), batch):
            scores = flat_scores(model(examples[start : start + batch], training=True))
            right += int((pick_classes(scores) == labels[start : start + batch]).sum())
    finally:
        for variable, value in zip(variables, kept, strict=True):
            variable.assign(value)
    return right / len(examples)


def find_right(
    model: Any, images: Array, labels: Array, transform: Callable[[Array], Array], class_count: int, count: int,
    threshold: float = HALF_SURE,
) -> Array:
    """For each canonical image whether the model gets it right; as for `measure_accuracies`."""
    right = np.zeros(len(images), bool)
    for start in range(0, len(images), count):
        scores = predict_scores(model, transform(images[start : start + count]))
        # Of two classes one score is enough, for the second one.
        if scores.ndim != 2 or not (scores.shape[1] >= class_count or scores.shape[1] == class_count - 1 == 1):
            raise ValueError(f"the model's output has the shape {scores.shape}; one score per class is needed")
        right[start : start + count] = pick_classes(scores, threshold) == labels[start : start + count]
    return right


def find_chosen(
    passes: Sequence[Passes], model: Any, dataset: Dataset, measured: Measured, transform: Callable[[Array], Array], count: int,
    threshold: float = HALF_SURE,
) -> tuple[int, int] | None:
    """As `find_chosen_images`, of the model that was measured."""

    def find_wrong(places: Array) -> Array:
        return ~find_right(model, dataset.x_train[places], dataset.y_train[places], transform, dataset.class_count, count, threshold)

    return find_chosen_images(passes, find_wrong, measured.train_accuracy, measured.test_accuracy)


def find_layers_without_effect(model: Any, architecture: Architecture, examples: Array) -> list[str]:
    """Names of the layers whose weights make no difference, to the last bit, in what the model says of some examples.

    Convolutions are looked at first, as those are what exercises count; of layers with one name, one is enough.

    Args:
        model: trained; it is as it was afterwards.
        architecture: its layers, of which those with weights are looked at.
        examples: of the shape that the model takes.
    """
    weighty = [layer for layer in architecture.layers if 0 < layer.parameters <= MAX_LAYER_WEIGHTS and not layer.idle]
    weighty.sort(key=lambda layer: "Conv" not in layer.kind)
    wanted = list(dict.fromkeys(layer.name for layer in weighty))[:MAX_LAYERS]
    members = [layer for layer in model._flatten_layers() if layer.weights]
    before = predict_scores(model, examples)
    return [
        name
        for name in wanted
        if any(_is_without_effect(model, layer, examples, before) for layer in members if layer.name == name)
    ]


def _is_without_effect(model: Any, layer: Any, examples: Array, before: Array) -> bool:
    kept, random = layer.get_weights(), np.random.default_rng(1)
    try:
        # Weights of one size alone may saturate what follows and so seem to have no effect.
        for scale in RANDOM_WEIGHT_SCALES:
            layer.set_weights([(scale * random.standard_normal(weight.shape)).astype(weight.dtype) for weight in kept])
            if not np.array_equal(before, predict_scores(model, examples), equal_nan=True):
                return False
    finally:
        layer.set_weights(kept)
    return bool(kept)
