"""Checks of what was trained on and of the training as the trainer measured it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from msgspec import structs

from grader.checks.lines import Line
from grader.checks.low_accuracy import explain_slow_training
from grader.checks.measured import BROUGHT
from grader.checks.registry import CheckOutcome, register_check, report_failure, report_pass, report_undecided
from grader.checks.row_words import describe_foreign_rows, describe_row_remedy, describe_sequence_remedy
from grader.checks.wording import format_count, format_epoch, format_figure, format_figure_against
from grader.courses.datasets import load_embedded_descriptions
from grader.courses.yaml_tree import Percent
from grader.records.clues import Symptom
from grader.records.run import DataMatch, Measurement, Run, tolerated_gap
from grader.records.verdict import TrainingRecord

# What `validation_split` and `steps_per_epoch` may hold back, and what a last incomplete batch may add.
MIN_TRAINED_SHARE = 2 / 3
MAX_TRAINED_SHARE = 1.05
WHOLE = Percent(1.0)


@register_check("training.data")
def check_training_data(
    data: DataMatch,
    dataset: str | None,
    training: TrainingRecord | None = None,
    measured: Measurement | None = None,
    *,
    split: Literal["train", "test"],
    examples: int,
    at_least: int | None = None,
    share: Percent = WHOLE,
) -> CheckOutcome:
    """The model trains on the whole dataset, each image (of a table: each row) once and with its own label.

    Args:
        data: how the ordered arrays compare with the canonical dataset; any order and preprocessing is fine.
        dataset: the exercise's dataset.
        training: as far as it came; without a whole epoch, data that was only given to `fit` earns nothing.
        measured: what the trained model does with the images that an epoch left out, which must be left out by chance.
        split: the split to train on.
        examples: the number of its images or rows.
        at_least: how many of them an epoch must have, where it may take a part with `steps_per_epoch`.
        share: the share of them that is enough, where a file may keep some for tests of its own.

    >>> part = DataMatch(dataset="mnist", examples=6000, trained_on=6000, train=6000)
    >>> check_training_data(part, "mnist", split="train", examples=60000).message
    'trained on 6,000 of the 60,000 training images'
    """
    kind, total = ("training" if split == "train" else "test"), examples
    if at_least is not None:  # then an epoch may also bring an image twice
        examples = min(examples, max(at_least, data.train + data.held_back + data.left_out))
        data = structs.replace(data, repeated=0, trained_on=min(data.trained_on, examples))
    faults = list(_find_faults(data, dataset, split, kind, examples, share))
    if measured is not None and measured.chosen is not None:
        wrong, count = measured.chosen
        faults.append(f"of the {format_count(count, data.unit)} left out of an epoch the model gets {wrong:,} wrong: they are chosen, not by chance")
    # The right data alone proves nothing: points are for training on it.
    if not faults and training is not None and not training.whole_epochs:
        return _nothing_whole(training)
    if not faults:
        what = _describe_kept(data, kind, total, whole=share == WHOLE and at_least is None)
        return report_pass(f"trained on {what}", got=data.preprocessing or None)
    wanted = f"all {examples:,} {kind} {data.unit}s of {_find_title(dataset)}, with their labels"
    return _report_faults(faults, data, wanted, _describe_remedy(data, dataset, split))


def _report_faults(faults: list[str], data: DataMatch, wanted: str, remedy: str | None) -> CheckOutcome:
    return report_failure(
        "; ".join(faults),
        expected=wanted,
        got=f"{format_count(data.examples, 'example')}, {format_count(data.trained_on, 'example')} in an epoch",
        hint=remedy,
        symptom=Symptom.FOREIGN_DATA if data.dataset is None else None,
        # An exercise's hint is about the number of images, the commonest fault.
        beside=remedy is not None,
    )


def _describe_kept(data: DataMatch, kind: str, total: int, *, whole: bool) -> str:
    """What a right training had of `total` examples; where it needs the whole, the rest was held back."""
    given = data.train + data.left_out
    if kind == "test" or given >= total:
        return f"all {total:,} {kind} {data.unit}s"
    rest = f", with {data.held_back:,} held back for validation" if data.held_back or whole else f" of {total:,}"
    return f"{given:,} {kind} {data.unit}s{rest}"


def _describe_remedy(data: DataMatch, dataset: str | None, split: str) -> str | None:
    """What to change first."""
    if _has_several(data):
        return f"Give the model one input and one output, and call `fit` with the {data.unit}s and their labels: `fit(x, y)`."
    if data.kind != "image":
        return describe_row_remedy(data) if data.kind == "row" else describe_sequence_remedy(data)
    if data.dataset is None and data.examples == 1:
        return "The first axis counts the images; a channel is added as the last: `np.expand_dims(images, axis=-1)`."
    # Mostly unknown images mean that something changed all of them, which is what augmentation does.
    if data.dataset is None or data.unknown > data.examples / 2:
        return (
            "Were they changed by augmentation (turned, shifted, mirrored)? Give `fit` the images themselves, and put "
            "`RandomRotation`, `RandomTranslation` or `RandomFlip` layers into the model."
        )
    if data.dataset != dataset and data.dataset is not None and dataset in load_embedded_descriptions():
        return f"Load the images with `tf.keras.datasets.{dataset}.load_data()`."
    if data.labels_wrong:
        known = load_embedded_descriptions().get(dataset or "")
        numbers = f" 0 to {len(known.classes) - 1}" if known is not None else ""
        return (
            f"Labels are the class numbers{numbers}: divide only the images by 255, and keep the labels in the order of "
            "their images."
        )
    if data.telling:
        return "Leave `shuffle=False` out of `fit`; a pipeline shuffles with `.shuffle(60000)`."
    if data.repeated:
        return "Give each image once in an epoch; in a pipeline put `.shuffle(60000)` before `.repeat()`, or leave `.repeat()` out."
    if split == "train" and data.test:
        return "Train with the training images and labels; the test set is for `evaluate`."
    return None


def _find_faults(
    data: DataMatch, dataset: str | None, split: str, kind: str, examples: int, share: float = 1.0
) -> Iterator[str]:
    unit = data.unit
    wanted, other = (data.train, data.test) if split == "train" else (data.test, data.train)
    # Of another dataset nothing else is worth saying, so this fault stands alone.
    if data.dataset is None or data.dataset != dataset:
        yield _describe_foreign_data(data, dataset)
        return
    if other and not wanted:
        yield f"trained on the {'test' if split == 'train' else 'training'} set ({format_count(other, unit)}), not on the {kind} {unit}s"
        return
    # An epoch that leaves out an incomplete batch goes through the dataset all the same.
    if split == "train":
        wanted += data.left_out
    held_back = data.held_back if split == "train" else 0
    # Images held back for validation count as given, up to the share that `validation_split` may sensibly take.
    if wanted + held_back < share * examples or held_back > (1 - MIN_TRAINED_SHARE) * examples:
        yield f"trained on {wanted:,} of the {examples:,} {kind} {unit}s"
    if other:
        yield f"{format_count(other, unit)} of the {'test' if split == 'train' else 'training'} set among them"
    if data.unknown:
        yield f"{format_count(data.unknown, unit)} that the dataset doesn't have"
    if data.repeated:
        yield f"{format_count(data.repeated, unit)} given more than once"
    if data.labels_wrong:
        first = ", ".join(map(str, data.wrong_labels_at[:3]))
        yield f"labels differ from the dataset at {format_count(data.labels_wrong, 'place')} (first: {first})"
    if data.telling:
        yield f"the {unit}s are ordered by label (for example sorted by class) and are not shuffled"
    yield from _find_held_back(data, wanted + held_back, examples)


def _find_held_back(data: DataMatch, wanted: int, examples: int) -> Iterator[str]:
    if wanted >= examples and data.trained_on < MIN_TRAINED_SHARE * examples:
        yield f"an epoch saw only {data.trained_on:,} of the {examples:,} {data.unit}s (at most a third may be held back)"
    # Repeated images explain a long epoch already, and are reported by themselves.
    if not data.repeated and data.trained_on > MAX_TRAINED_SHARE * examples:
        yield f"an epoch saw {data.trained_on:,} examples, more than the {examples:,} {data.unit}s there are"


def _has_several(data: DataMatch) -> bool:
    return data.dataset is None and (data.inputs, data.outputs) != (1, 1)


def _find_title(dataset: str | None) -> str:
    """A dataset in words: an embedded one's title, or the name that the course gives it."""
    known = load_embedded_descriptions().get(dataset or "")
    return known.title if known is not None else dataset or "the dataset"


def _describe_foreign_data(data: DataMatch, dataset: str | None) -> str:
    wanted = _find_title(dataset)
    if _has_several(data):
        given = f"{format_count(data.inputs, 'array')} of examples and {format_count(data.outputs, 'array')} of labels"
        return f"`fit` was given {given}; only a training with one of each can be compared with {wanted}"
    if data.dataset is None and data.kind != "image":
        return describe_foreign_rows(data, wanted)
    if data.dataset is None:
        if data.examples == 1:
            return f"`fit` was given 1 example, not the images of {wanted}: {data.preprocessing}"
        return f"the {format_count(data.examples, 'example')} in the training are not {data.unit}s of {wanted}"
    return f"trained on {_find_title(data.dataset)} instead of {wanted}"


@register_check("training.reaches")
def check_reached_line(
    training: TrainingRecord,
    measured: Measurement | None = None,
    *,
    metric: Literal["accuracy", "val_accuracy"],
    above: Percent,
    or_equal: bool = False,
) -> CheckOutcome:
    """The training gets above the threshold.

    Args:
        training: the epochs as the trainer logged them.
        measured: what the trained model does afterwards, which has to agree with what was logged.
        metric: the figure to look at, as Keras logs it at the end of each epoch.
        above: the line; a figure equal to it is not above it,
        or_equal: unless this is set.

    >>> record = TrainingRecord(epochs=[{"epoch": 0, "accuracy": 0.9912}], stopped_by="epochs", examples=9, seed=7)
    >>> check_reached_line(record, metric="accuracy", above=0.998).message
    'the highest accuracy was 0.9912, in epoch 1 of 1; that is not above 0.998'
    """
    line = Line(value=above, or_equal=or_equal)
    figures = [logs[metric] for logs in training.epochs if metric in logs]
    if not figures:
        return _judge_without_metric(training, metric, line)
    best = max(range(len(figures)), key=figures.__getitem__)
    first = next((index for index, value in enumerate(figures) if line.is_crossed(value)), None)
    # Logs can be inflated, for example by a layer that mixes a batch; the trained model on its own can't.
    if first is not None and measured is not None and (doubt := _doubt(measured)):
        return report_failure(doubt, expected=f"{metric} {line.beyond}, also when the trained model is measured", got=format_figure_against(figures[best], above))
    if first is not None:
        return report_pass(
            f"{metric} reached {format_figure_against(figures[first], above)} in {format_epoch(first)}, {line.beyond}",
            got=format_figure_against(figures[best], above),
        )
    stopped = "; the time limit ended the training there" if training.stopped_by == "limit" else ""
    return report_failure(
        f"the highest {metric} was {format_figure_against(figures[best], above)}, in {format_epoch(best)} of {len(figures)}; "
        f"that is not {line.beyond}{stopped}",
        expected=f"{metric} {line.beyond}",
        got=format_figure_against(figures[best], above),
        hint=explain_slow_training(figures),
        symptom=Symptom.LOW_ACCURACY,
    )


def _doubt(measured: Measurement) -> str:
    """Why a logged accuracy isn't the model's; empty where nothing is the matter."""
    if measured.mixes:
        return "the model's answer for one image depends on the other images in its batch, so the logged accuracy doesn't count"
    if measured.brought:
        return BROUGHT
    if measured.gap > tolerated_gap(measured.logged):
        return (
            f"the logged accuracy of {format_figure(measured.logged)} is {format_figure(measured.gap)} higher than the accuracy that "
            "the model had at the end of that epoch on the same images"
        )
    return ""


def _judge_without_metric(training: TrainingRecord, metric: str, line: Line) -> CheckOutcome:
    # The metric was logged, only not for a whole epoch: asking for `metrics=` would send the student the wrong way.
    if (part := next((cut.figures[metric] for cut in reversed(training.cut_epochs) if metric in cut.figures), None)) is not None:
        return report_failure(
            f"the callback ended the epoch early, so {metric} covers only a part of the images",
            expected=f"{metric} {line.beyond} at the end of an epoch",
            got=f"{metric} {format_figure(part)} after a part of the images",
            hint="Stop in `on_epoch_end`; in `on_train_batch_end` and `on_epoch_begin` the epoch isn't over.",
        )
    if not training.epochs:
        return _nothing_whole(training)
    logged = training.epochs[0]
    # Keras logs an accuracy, though not that of this model's classes: to ask for it again would help nobody.
    if any(other in logged for other in (f"{metric} (another metric)", metric.replace("accuracy", "acc"))):
        return report_failure(
            f"the {metric} that was logged is not the share of examples that the model recognises",
            expected=f"{metric} {line.beyond}, of a model with one score for each class",
            got="another figure of that name",
            hint="End the model with one score for each class, and leave out other metrics of this name.",
        )
    return report_failure(
        f"the training logged no {metric}",
        expected=f"{metric} {line.beyond}",
        got=f"only {', '.join(sorted(set(logged) - {'epoch'})) or 'nothing'}",
        hint=f"Ask for it with {' and '.join(_list_missing(metric, logged))}.",
    )


def _list_missing(metric: str, logged: Mapping[str, float]) -> Iterator[str]:
    """What a file has to add for a metric to be logged, of which it may have one already."""
    if metric.startswith("val_") and not any(name.startswith("val_") for name in logged):
        yield "`validation_data=` in `fit`"
    if not any(name.removeprefix("val_").startswith("acc") for name in logged):
        yield "`metrics=['accuracy']` in `compile`"


def _nothing_whole(training: TrainingRecord) -> CheckOutcome:
    """The outcome where no epoch came to its end."""
    if training.stopped_by == "limit":
        return report_undecided("not judged: the time limit came before the end of the first epoch")
    return report_failure(
        "the training ended before its first epoch",
        expected="a whole epoch",
        got="0 whole epochs",
        hint="Give `fit` a number of epochs above `initial_epoch`: `epochs=...`; stop in `on_epoch_end`.",
    )


@register_check("training.epochs")
def check_epoch_count(training: TrainingRecord, *, below: int) -> CheckOutcome:
    """The training ends in fewer epochs than the exercise allows.

    Args:
        training: the epochs as the trainer ran them.
        below: the number of epochs to stay under.

    >>> record = TrainingRecord(epochs=[{"epoch": i} for i in range(20)], stopped_by="epochs", examples=9, seed=7)
    >>> check_epoch_count(record, below=20).message
    'the training ran for 20 epochs; fewer than 20 are allowed'
    """
    number = len(training.epochs)
    if not training.whole_epochs:
        return _nothing_whole(training)
    if number >= below:
        return report_failure(
            f"the training ran for {format_count(number, 'epoch')}; fewer than {below} are allowed",
            expected=f"fewer than {below} epochs",
            got=str(number),
        )
    if training.stopped_by == "limit":
        return report_undecided(f"not judged: the time limit ended the training after {format_count(number, 'epoch')}")
    return report_pass(f"the training ended after {format_count(number, 'epoch')}", got=str(number))


@register_check("training.asks_for")
def check_asked_epochs(run: Run, training: TrainingRecord, *, epochs: int) -> CheckOutcome:
    """The call of `fit` asks for as many epochs as the exercise says.

    Args:
        run: the order of the last `fit`.
        training: which it began.
        epochs: the number that has to stand there; the callback ends the training before.

    >>> from grader.records.run import RunEnd
    >>> record = TrainingRecord(epochs=[{"epoch": 0}], stopped_by="callback", examples=9, seed=7)
    >>> check_asked_epochs(Run(seed=7, end=RunEnd(kind="completed"), fit_epochs=12), record, epochs=10).message
    '`fit` was asked for 12 epochs; expected 10'
    """
    del training
    if run.fit_epochs == epochs:
        return report_pass(f"`fit` was asked for {format_count(epochs, 'epoch')}", got=str(epochs))
    return report_failure(
        f"`fit` was asked for {format_count(run.fit_epochs or 0, 'epoch')}; expected {epochs}",
        expected=f"epochs={epochs}",
        got=f"epochs={run.fit_epochs}",
        hint=f"Write `epochs={epochs}` in the call of `fit`; the callback ends the training in time.",
    )
