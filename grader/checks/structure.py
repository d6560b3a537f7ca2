"""Checks of how a declared model is made: its layer table, shapes, parameters, compile settings and connections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Literal

from grader.checks.registry import CheckOutcome, register_check, report_failure, report_pass
from grader.checks.tables import (
    ExpectedLayer,
    LayerPair,
    compare_last_layers,
    compare_layers,
    describe_first_difference,
    expand_rows,
    find_first_place,
    format_side_by_side,
)
from grader.checks.wording import escape_name, format_count, format_value
from grader.records.clues import CodePlace
from grader.records.run import Architecture, ModelLayer

# Keras takes these, in capitals too, for the longer names.
SHORT_NAMES: Mapping[str, str] = MappingProxyType({
    "mse": "meansquarederror", "mae": "meanabsoluteerror", "mape": "meanabsolutepercentageerror",
    "msle": "meansquaredlogarithmicerror", "bce": "binarycrossentropy", "kld": "kldivergence",
})  # fmt: skip


@register_check("architecture.table")
def check_layer_table(architecture: Architecture, *, rows: list[ExpectedLayer], total: int | None = None) -> CheckOutcome:
    """The model's layers are those that the exercise lists, in this order.

    Args:
        architecture: the declared model, nested models flattened.
        rows: the layers; only the options that a row names are compared. Preparing layers such as Rescaling may stand
            before them, and an activation may be a layer of its own.
        total: the parameters that the whole model must have.

    >>> model = Architecture(layers=[ModelLayer(kind="Dense", name="a", config={"units": 64})], parameters=10)
    >>> check_layer_table(model, rows=[ExpectedLayer(layer="Dense", units=128)]).message
    'layer 1 (Dense) has units 64; expected 128'
    >>> check_layer_table(model, rows=[ExpectedLayer(layer="Dense")]).status
    'passed'
    """
    compared = _judge_pairs(compare_layers(expand_rows(rows, {}), architecture.layers), architecture)
    if compared.status == "failed" or total is None:
        return compared
    counting = check_parameter_count(architecture, equal=total)
    return counting if counting.status == "failed" else compared


@register_check("architecture.ends_with")
def check_last_layers(architecture: Architecture, *, rows: list[ExpectedLayer]) -> CheckOutcome:
    """The model ends with the layers that the exercise lists.

    Args:
        architecture: the declared model, nested models flattened.
        rows: its last layers, compared as by `architecture.table`.

    >>> model = Architecture(layers=[ModelLayer(kind="Conv2D", name="a"), ModelLayer(kind="Flatten", name="b")], parameters=10)
    >>> check_last_layers(model, rows=[ExpectedLayer(layer="Flatten")]).status
    'passed'
    """
    pairs, before = compare_last_layers(expand_rows(rows, {}), architecture.layers)
    return _judge_pairs(pairs, architecture, before)


def _judge_pairs(pairs: list[LayerPair], architecture: Architecture, before: int = 0) -> CheckOutcome:
    found = describe_first_difference(pairs, before)
    if found is None:
        return report_pass(f"all {format_count(len(pairs), 'layer')} are as expected")
    rows = sum(pair.row is not None for pair in pairs)
    return report_failure(
        found,
        expected=f"the {format_count(rows, 'layer')} of the exercise",
        got=format_side_by_side(pairs),
        place=find_first_place(pairs, architecture.layers),
    )


@register_check("architecture.parameters")
def check_parameter_count(architecture: Architecture, *, equal: int) -> CheckOutcome:
    """The model has as many parameters as it should.

    Args:
        architecture: the declared model.
        equal: the total that `model.summary()` prints.

    >>> check_parameter_count(Architecture(layers=[ModelLayer(kind="Dense", name="d", parameters=1290)], parameters=1290), equal=24330).message
    'the model has 1,290 parameters; expected 24,330'
    """
    if architecture.parameters == equal:
        return report_pass(f"the model has {equal:,} parameters", got=f"{equal:,}")
    heavy = sorted((layer for layer in architecture.layers if layer.parameters), key=lambda layer: -layer.parameters)
    listed = ", ".join(f"{escape_name(layer.name)} {layer.parameters:,}" for layer in heavy[:4])
    return report_failure(
        f"the model has {architecture.parameters:,} parameters; expected {equal:,}",
        expected=f"{equal:,} parameters",
        got=f"{architecture.parameters:,}: {listed}{', ...' if len(heavy) > 4 else ''}",
        hint="`model.summary()` shows the parameters of each layer.",
    )


@register_check("architecture.size")
def check_model_size(architecture: Architecture, *, below: int) -> CheckOutcome:
    """The model has fewer parameters than the exercise allows.

    Args:
        architecture: the declared model.
        below: the number to stay under.

    >>> check_model_size(Architecture(layers=[], parameters=1_200_000), below=1_000_000).message
    'the model has 1,200,000 parameters; fewer than 1,000,000 are allowed'
    """
    number = architecture.parameters
    if number < below:
        return report_pass(f"the model has {number:,} parameters", got=f"{number:,}")
    return report_failure(
        f"the model has {number:,} parameters; fewer than {below:,} are allowed",
        expected=f"fewer than {below:,} parameters",
        got=f"{number:,}",
        hint="Most of them lie in the first Dense layer: give it fewer units, or smaller images by pooling.",
    )


@register_check("architecture.shapes")
def check_shapes(architecture: Architecture, *, input: list[int] | None = None, output: list[int] | None = None) -> CheckOutcome:  # noqa: A002 - the word that authors look for
    """The model takes and gives arrays of the right shape.

    Args:
        architecture: the declared model.
        input: the shape of one example, without the batch.
        output: the shape of its answer, without the batch.

    >>> model = Architecture(layers=[ModelLayer(kind="Dense", name="d", output_shape=[None, 9])], parameters=1)
    >>> check_shapes(model, output=[10]).message
    "the model's output shape is (9), expected (10)"
    """
    got_in = architecture.inputs[0][1:] if architecture.inputs else []
    got_out = architecture.layers[-1].output_shape[1:] if architecture.layers else []
    faults = [
        f"the model's {what} shape is {_format_shape(got)}, expected {_format_shape(wanted)}"
        for what, wanted, got in (("input", input, got_in), ("output", output, got_out))
        if wanted is not None and wanted != got
    ]
    got = f"{_format_shape(got_in)} to {_format_shape(got_out)}"
    if not faults:
        return report_pass(f"the model's shapes are {got}", got=got)
    return report_failure("; ".join(faults), expected=f"{_format_shape(input or got_in)} to {_format_shape(output or got_out)}", got=got)


def _format_shape(shape: list[int] | list[int | None]) -> str:
    return f"({', '.join(map(str, shape))})"


@register_check("architecture.compiled")
def check_compile_settings(
    architecture: Architecture,
    *,
    optimizer: str | None = None,
    loss: str | None = None,
    metrics: list[str] | None = None,
) -> CheckOutcome:
    """The model is compiled with the settings that the exercise asks for.

    Args:
        architecture: the declared model.
        optimizer: its name, such as adam; its class is the same.
        loss: its name, such as sparse_categorical_crossentropy.
        metrics: names that must be among the metrics; `accuracy` is any metric that Keras understands as such.

    >>> model = Architecture(layers=[], parameters=0, compile={"optimizer": "SGD", "loss": "mse", "metrics": []})
    >>> check_compile_settings(model, optimizer="adam").message
    'the optimizer is SGD, expected adam'
    """
    settings = architecture.compile
    faults = [
        f"the {what} is {format_value(settings.get(what)).strip(chr(39))}, expected {wanted}"
        for what, wanted in (("optimizer", optimizer), ("loss", loss))
        if wanted is not None and _normalize_setting(settings.get(what)) != _normalize_setting(wanted)
    ]
    named = {_normalize_setting(metric) for metric in settings.get("metrics", [])}
    # Keras knows the accuracy under several names; any that it takes for the accuracy will do.
    if architecture.accuracy_key is not None:
        named.add("accuracy")
    # Further metrics do no harm, so only missing ones are faults.
    missing = [metric for metric in metrics or [] if _normalize_setting(metric) not in named]
    faults += [f"{metric} is not among the metrics" for metric in missing]
    got = f"{settings.get('optimizer')}, {settings.get('loss')}, {settings.get('metrics')}"
    if not faults:
        return report_pass("the compile settings are as expected", got=escape_name(got))
    expected = ", ".join(filter(None, [optimizer, loss, *(metrics or [])]))
    return report_failure(
        "; ".join(faults),
        expected=expected,
        got=escape_name(got),
        hint=f"Write `metrics={missing}` in `compile`." if missing else None,
        place=CodePlace(name="compile"),
        # An exercise's hint is about the loss, the one setting that has to fit the data.
        beside=loss is None or _normalize_setting(settings.get("loss")) == _normalize_setting(loss),
    )


def _normalize_setting(value: object) -> str:
    """One name for all that Keras takes for the same loss, metric or optimizer: its class, its function, its short name.

    >>> {_normalize_setting(name) for name in ("MeanSquaredError", "mean_squared_error", "mse", "MSE")}
    {'meansquarederror'}
    """
    plain = str(value).replace("_", "").lower()
    return SHORT_NAMES.get(plain, plain)


@register_check("architecture.stock")
def check_application(architecture: Architecture, *, layers: list[str], total: int | None = None) -> CheckOutcome:
    """The model is built on the stock application of Keras.

    Args:
        architecture: the declared model, nested models flattened.
        layers: names that Keras gives to layers of this application, the last one at its end.
        total: the parameters of all layers up to the last of these.

    >>> check_application(Architecture(layers=[ModelLayer(kind="Add", name="add")], parameters=0), layers=["conv5_block3_add"]).message
    'the layer conv5_block3_add of the stock application is not in the model'
    """
    names = [layer.name for layer in architecture.layers]
    working = {layer.name for layer in architecture.layers if not layer.idle}
    # A stock application whose output is ignored would otherwise count as used.
    missing = [layer for layer in layers if layer not in working]
    expected = f"the layers {layers[0]} to {layers[-1]}" + (f", {total:,} parameters" if total is not None else "")
    if missing:
        message = f"the layer {missing[0]} of the stock application is not in the model"
        return report_failure(message, expected=expected, got=f"{format_count(len(names), 'layer')} under other names")
    # Any layer can be given such a name; the parameters show whether the layers are the application's own.
    number = sum(layer.parameters for layer in architecture.layers[: names.index(layers[-1]) + 1])
    if total is not None and number != total:
        message = f"the layers up to {layers[-1]} have {number:,} parameters; the stock application has {total:,}"
        hint = "How many there are depends on the images' channels: give the application `input_shape=image.shape`, and change none of its layers."
        return report_failure(message, expected=expected, got=f"{number:,}", hint=hint)
    return report_pass(f"the model holds {layers[0]} to {layers[-1]}")


@register_check("architecture.skip_connections")
def check_skip_connections(
    architecture: Architecture, *, at_least: int = 1, by: Literal["Add", "Concatenate"] = "Add"
) -> CheckOutcome:
    """The model has a skip connection, which joins a layer's input to a later output.

    Args:
        architecture: the declared model, with where each layer takes its input from.
        at_least: how many layers must join a shorter and a longer way from the same layer.
        by: the kind of layer that joins them.

    >>> layers = [ModelLayer(kind="Conv2D", name="a", sources=["x"]), ModelLayer(kind="Conv2D", name="b", parameters=9, sources=["a"])]
    >>> add = ModelLayer(kind="Add", name="add", sources=["a", "b"])
    >>> check_skip_connections(Architecture(layers=[*layers, add], parameters=9)).message
    'the model has 1 skip connection (add)'
    >>> check_skip_connections(Architecture(layers=layers, parameters=9)).message
    'the model has no skip connection: it has no Add layer'
    """
    merges = [layer for layer in architecture.layers if layer.kind == by and not layer.idle]
    ways = _find_ancestors(architecture.layers)
    # A way that differs only in layers without weights, such as an activation, skips nothing.
    weighty = {layer.name for layer in architecture.layers if layer.parameters and not layer.idle}
    found = [layer.name for layer in merges if _is_skip_connection(layer, ways, weighty)]
    if len(found) >= at_least:
        more = ", ..." if len(found) > 3 else ""
        return report_pass(
            f"the model has {format_count(len(found), 'skip connection')} ({', '.join(map(escape_name, found[:3]))}{more})"
        )
    return report_failure(
        f"the model has {format_count(len(found), 'skip connection') if found else 'no skip connection'}: "
        + ("; ".join(_explain_merge(layer) for layer in merges[:3]) or f"it has no {by} layer"),
        expected=f"at least {format_count(at_least, f'{by} layer')} that joins a layer's input to a later output",
        got=f"{format_count(len(merges), f'{by} layer')}",
        hint="Keep the tensor before the convolution in a variable of its own, and pass both to `Add()([X, X_shortcut])`.",
    )


def _explain_merge(layer: ModelLayer) -> str:
    sources = list(map(escape_name, layer.sources))
    if len(sources) < 2:
        return f"{escape_name(layer.name)} adds {sources[0] if sources else 'a tensor'} to itself"
    return f"{escape_name(layer.name)} joins {' and '.join(sources[:2])}, between which no layer is skipped"


def _find_ancestors(layers: list[ModelLayer]) -> dict[str, set[str]]:
    """For each layer all that it depends on; a layer comes after what it takes, and another round mends the rest."""
    ways: dict[str, set[str]] = {}
    for _ in range(2):
        for layer in layers:
            sources = set(layer.sources) - {layer.name}
            ways[layer.name] = sources.union(*(ways.get(source, set()) for source in sources))
    return ways


def _is_skip_connection(layer: ModelLayer, ways: dict[str, set[str]], weighty: set[str]) -> bool:
    return any(_has_unequal_ways(left, right, ways, weighty) for left, right in _list_source_pairs(layer.sources))


def _list_source_pairs(sources: list[str]) -> Iterator[tuple[str, str]]:
    yield from ((left, right) for place, left in enumerate(sources) for right in sources[place + 1 :] if left != right)


def _has_unequal_ways(left: str, right: str, ways: dict[str, set[str]], weighty: set[str]) -> bool:
    """Whether two ways from a common layer hold different numbers of layers with weights."""
    lefts, rights = ways.get(left, set()) | {left}, ways.get(right, set()) | {right}
    return bool(lefts & rights) and len((lefts - rights) & weighty) != len((rights - lefts) & weighty)
