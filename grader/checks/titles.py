"""What a check is called in reports: a sentence with the exercise's own numbers. Judges nothing."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from grader.checks.catalogue import CHECKS, convert_arguments
from grader.checks.measured import ERROR_WORDS, SPLIT_WORDS, AccuracyLine, ErrorLine
from grader.checks.wording import exact
from grader.courses.exercise import CheckSpec
from grader.messages.text import join_words

METRIC_TITLES = {"accuracy": "accuracy", "val_accuracy": "validation accuracy"}
MAX_NAMED_KINDS = 4


def find_title(spec: CheckSpec) -> str:
    """The title that the exercise gives, else one made from the check's arguments, else the check's own.

    >>> find_title(CheckSpec(id="e", check="training.epochs", points=1, args={"below": 10}))
    'Fewer than 10 epochs'
    >>> find_title(CheckSpec(id="e", check="training.epochs", points=1, args={"below": 10}, title="Quick"))
    'Quick'
    """
    if spec.title:
        return spec.title
    write = TITLE_WRITERS.get(spec.check)
    return (write(**convert_arguments(spec)) if write is not None else "") or CHECKS[spec.check].title


def _name_line(*, metric: str, above: float, or_equal: bool = False) -> str:
    title = "Validation accuracy" if metric == "val_accuracy" else "Training accuracy"
    return f"{title} {'reaches' if or_equal else 'gets above'} {_format_percent(above)}"


def _name_stop(*, metric: str, above: float, or_equal: bool = False) -> str:
    amount = f"{'at least' if or_equal else 'more than'} {_format_percent(above)} {METRIC_TITLES[metric]}"
    return f"The callback stops after the first epoch with {amount}"


def _name_data(*, split: str, examples: int, at_least: int | None = None, share: float = 1.0) -> str:
    kind = "training" if split == "train" else "test"
    if share < 1 or at_least is not None:
        least = f"{_format_percent(share)} of the {examples:,}" if at_least is None else f"{at_least:,}"
        return f"The model trains on at least {least} {kind} images, each with its own label"
    return f"The model trains on all {examples:,} {kind} images, each once and with its own label"


def _name_epochs(*, below: int) -> str:
    return f"Fewer than {below} epochs"


def _name_accuracy(*, split: str, at_least: float) -> str:
    kind = {"train": "training", "held_out": "held-out"}.get(split, split)
    return f"At least {_format_percent(at_least)} of the {kind} images are right"


def _name_measured_line(*, split: str, above: AccuracyLine | None = None, below: ErrorLine | None = None) -> str:
    kind = SPLIT_WORDS[split]
    if below is not None:
        return f"The {ERROR_WORDS[below.metric]} on the {kind} rows is below {exact(below.value)}"
    return f"More than {_format_percent(above.accuracy)} of the {kind} examples are right" if above is not None else ""


def _name_counts(**counts: int) -> str:
    asked = [f"{number} {kind}" for kind, number in counts.items() if number]
    ruled_out = [kind for kind, number in counts.items() if not number]
    if asked:
        return f"The model has exactly {join_words(asked)}"
    more = f" and {len(ruled_out) - MAX_NAMED_KINDS} other kinds" if len(ruled_out) > MAX_NAMED_KINDS else ""
    return f"The model has no {', '.join(ruled_out[:MAX_NAMED_KINDS])}{more}"


def _name_shapes(*, input: list[int] | None = None, output: list[int] | None = None) -> str:  # noqa: A002 - as in YAML
    named = [f"{what} shape {_format_shape(shape)}" for what, shape in (("input", input), ("output", output)) if shape]
    return f"The model has {' and '.join(named)}" if named else ""


def _name_parameters(*, equal: int) -> str:
    return f"The model has {equal:,} parameters"


def _name_settings(*, optimizer: str | None = None, loss: str | None = None, metrics: list[str] | None = None) -> str:
    named = [name for name in (optimizer, loss, *(metrics or [])) if name]
    return f"The model is compiled with {join_words(named)}" if named else ""


def _name_merges(*, at_least: int = 1, by: str = "Add") -> str:
    start = "The model has a skip connection" if at_least == 1 else f"The model has {at_least} skip connections"
    return f"{start}: {by} joins a layer's input to a later output"


def _name_type(*, dtype: str | None = None) -> str:
    return f"The result has the type {dtype}" if dtype else ""


def _name_time(*, below: float, **_: Any) -> str:
    return f"A call takes less than {below:g} s"


def _format_percent(share: float) -> str:
    """A share as people say it.

    >>> _format_percent(0.99), _format_percent(0.998)
    ('99 %', '99.8 %')
    """
    return f"{exact(100 * share)} %"


def _format_shape(shape: list[int]) -> str:
    """A shape as Python writes it.

    >>> _format_shape([28, 28, 1]), _format_shape([10])
    ('(28, 28, 1)', '(10,)')
    """
    return str(tuple(shape))


TITLE_WRITERS: MappingProxyType[str, Callable[..., str]] = MappingProxyType({
    "training.reaches": _name_line,
    "training.data": _name_data,
    "training.epochs": _name_epochs,
    "measured.accuracy": _name_accuracy,
    "measured.reaches": _name_measured_line,
    "callback.stops_when": _name_stop,
    "architecture.layers": _name_counts,
    "architecture.shapes": _name_shapes,
    "architecture.parameters": _name_parameters,
    "architecture.compiled": _name_settings,
    "architecture.skip_connections": _name_merges,
    "behaviour.dtype": _name_type,
    "behaviour.time": _name_time,
})
