"""Checks of how a declared model is made: its layer table, shapes, parameters, compile settings and connections."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from grader.checks.registry import Outcome, check, failed, passed
from grader.checks.tables import Pair, Row, compare, compare_ends, difference, side_by_side, spread
from grader.checks.wording import counted, name, shown
from grader.run import Architecture, Layer


@check("architecture.table")
def table(architecture: Architecture, *, rows: list[Row], total: int | None = None) -> Outcome:
    """The model's layers are those that the exercise lists, in this order.

    Args:
        architecture: the declared model, nested models flattened.
        rows: the layers; only the options that a row names are compared. Preparing layers such as Rescaling may stand
            before them, and an activation may be a layer of its own.
        total: the parameters that the whole model must have.

    >>> model = Architecture(layers=[Layer(kind="Dense", name="a", config={"units": 64})], parameters=10)
    >>> table(model, rows=[Row(layer="Dense", units=128)]).message
    'layer 1 (Dense) has units 64; 128 is asked for'
    >>> table(model, rows=[Row(layer="Dense")]).status
    'passed'
    """
    compared = _compared(compare(spread(rows, {}), architecture.layers))
    if compared.status == "failed" or total is None:
        return compared
    counting = parameters(architecture, equal=total)
    return counting if counting.status == "failed" else compared


@check("architecture.ends_with")
def ends_with(architecture: Architecture, *, rows: list[Row]) -> Outcome:
    """The model ends with the layers that the exercise lists.

    Args:
        architecture: the declared model, nested models flattened.
        rows: its last layers, compared as by `architecture.table`.

    >>> model = Architecture(layers=[Layer(kind="Conv2D", name="a"), Layer(kind="Flatten", name="b")], parameters=10)
    >>> ends_with(model, rows=[Row(layer="Flatten")]).status
    'passed'
    """
    return _compared(*compare_ends(spread(rows, {}), architecture.layers))


def _compared(pairs: list[Pair], before: int = 0) -> Outcome:
    found = difference(pairs, before)
    if found is None:
        return passed(f"all {counted(len(pairs), 'layer')} are as asked for")
    return failed(found, expected=f"the {counted(sum(pair.row is not None for pair in pairs), 'layer')} of the exercise",
                  got=side_by_side(pairs))  # fmt: skip


@check("architecture.parameters")
def parameters(architecture: Architecture, *, equal: int) -> Outcome:
    """The model has as many parameters as it should.

    Args:
        architecture: the declared model.
        equal: the total that `model.summary()` prints.

    >>> parameters(Architecture(layers=[Layer(kind="Dense", name="d", parameters=1290)], parameters=1290), equal=24330).message
    'the model has 1,290 parameters; 24,330 are asked for'
    """
    if architecture.parameters == equal:
        return passed(f"the model has {equal:,} parameters", got=f"{equal:,}")
    heavy = sorted((layer for layer in architecture.layers if layer.parameters), key=lambda layer: -layer.parameters)
    listed = ", ".join(f"{name(layer.name)} {layer.parameters:,}" for layer in heavy[:4])
    return failed(
        f"the model has {architecture.parameters:,} parameters; {equal:,} are asked for",
        expected=f"{equal:,} parameters",
        got=f"{architecture.parameters:,}: {listed}{', ...' if len(heavy) > 4 else ''}",
        hint="`model.summary()` shows the parameters of each layer.",
    )


@check("architecture.shapes")
def shapes(architecture: Architecture, *, input: list[int] | None = None, output: list[int] | None = None) -> Outcome:  # noqa: A002 - the word that authors look for
    """The model takes and gives arrays of the right shape.

    Args:
        architecture: the declared model.
        input: the shape of one example, without the batch.
        output: the shape of its answer, without the batch.

    >>> model = Architecture(layers=[Layer(kind="Dense", name="d", output_shape=[None, 9])], parameters=1)
    >>> shapes(model, output=[10]).message
    'the model puts out (9) for one example; (10) is asked for'
    """
    got_in = architecture.inputs[0][1:] if architecture.inputs else []
    got_out = architecture.layers[-1].output_shape[1:] if architecture.layers else []
    faults = [
        f"the model {verb} {_shape(got)} for one example; {_shape(wanted)} is asked for"
        for verb, wanted, got in (("takes", input, got_in), ("puts out", output, got_out))
        if wanted is not None and wanted != got
    ]
    got = f"{_shape(got_in)} to {_shape(got_out)}"
    if not faults:
        return passed(f"the model turns {got}", got=got)
    return failed("; ".join(faults), expected=f"{_shape(input or got_in)} to {_shape(output or got_out)}", got=got)


def _shape(shape: list[int] | list[int | None]) -> str:
    return f"({', '.join(map(str, shape))})"


@check("architecture.compiled")
def compiled(
    architecture: Architecture,
    *,
    optimizer: str | None = None,
    loss: str | None = None,
    metrics: list[str] | None = None,
) -> Outcome:
    """The model is compiled with the settings that the exercise asks for.

    Args:
        architecture: the declared model.
        optimizer: its name, such as adam; its class is the same.
        loss: its name, such as sparse_categorical_crossentropy.
        metrics: names that must be among the metrics; `accuracy` is any metric that Keras understands as such.

    >>> model = Architecture(layers=[], parameters=0, compile={"optimizer": "SGD", "loss": "mse", "metrics": []})
    >>> compiled(model, optimizer="adam").message
    'the optimizer is SGD; adam is asked for'
    """
    settings = architecture.compile
    faults = [
        f"the {what} is {shown(settings.get(what)).strip(chr(39))}; {wanted} is asked for"
        for what, wanted in (("optimizer", optimizer), ("loss", loss))
        if wanted is not None and _snake(settings.get(what)) != _snake(wanted)
    ]
    named = {_snake(metric) for metric in settings.get("metrics", [])}
    if architecture.accuracy_key is not None:
        named.add("accuracy")
    faults += [f"{metric} is not among the metrics" for metric in metrics or [] if _snake(metric) not in named]
    got = f"{settings.get('optimizer')}, {settings.get('loss')}, {settings.get('metrics')}"
    if not faults:
        return passed("the compile settings are as asked for", got=name(got))
    expected = ", ".join(filter(None, [optimizer, loss, *(metrics or [])]))
    return failed("; ".join(faults), expected=expected, got=name(got))


def _snake(value: object) -> str:
    """`SparseCategoricalCrossentropy` and `sparse_categorical_crossentropy` as one name."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", str(value)).lower()


@check("architecture.stock")
def stock(architecture: Architecture, *, layers: list[str], total: int | None = None) -> Outcome:
    """The model is built on the stock application of Keras.

    Args:
        architecture: the declared model, nested models flattened.
        layers: names that Keras gives to layers of this application, the last one at its end.
        total: the parameters of all layers up to the last of these.

    >>> stock(Architecture(layers=[Layer(kind="Add", name="add")], parameters=0), layers=["conv5_block3_add"]).message
    'the layer conv5_block3_add of the stock application is not in the model'
    """
    names = [layer.name for layer in architecture.layers]
    working = {layer.name for layer in architecture.layers if not layer.idle}
    missing = [layer for layer in layers if layer not in working]
    expected = f"the layers {layers[0]} to {layers[-1]}" + (f", {total:,} parameters" if total is not None else "")
    if missing:
        message = f"the layer {missing[0]} of the stock application is not in the model"
        return failed(message, expected=expected, got=f"{counted(len(names), 'layer')} under other names")
    number = sum(layer.parameters for layer in architecture.layers[: names.index(layers[-1]) + 1])
    if total is not None and number != total:
        message = f"the layers up to {layers[-1]} have {number:,} parameters; the stock application has {total:,}"
        return failed(message, expected=expected, got=f"{number:,}")
    return passed(f"the model holds {layers[0]} to {layers[-1]}")


@check("architecture.skip_connections")
def skip_connections(
    architecture: Architecture, *, at_least: int = 1, by: Literal["Add", "Concatenate"] = "Add"
) -> Outcome:
    """The model has a skip connection: what a layer was given comes in again after it.

    Args:
        architecture: the declared model, with where each layer takes its input from.
        at_least: how many layers must join a shorter and a longer way from the same layer.
        by: the kind of layer that joins them.

    >>> layers = [Layer(kind="Conv2D", name="a", sources=["x"]), Layer(kind="Conv2D", name="b", parameters=9, sources=["a"])]
    >>> add = Layer(kind="Add", name="add", sources=["a", "b"])
    >>> skip_connections(Architecture(layers=[*layers, add], parameters=9)).message
    'the model has 1 skip connection (add)'
    >>> skip_connections(Architecture(layers=layers, parameters=9)).message
    'the model has no skip connection: it has no Add layer'
    """
    merges = [layer for layer in architecture.layers if layer.kind == by and not layer.idle]
    ways = _ancestors(architecture.layers)
    weighty = {layer.name for layer in architecture.layers if layer.parameters and not layer.idle}
    found = [layer.name for layer in merges if _skips(layer, ways, weighty)]
    if len(found) >= at_least:
        more = ", ..." if len(found) > 3 else ""
        return passed(
            f"the model has {counted(len(found), 'skip connection')} ({', '.join(map(name, found[:3]))}{more})"
        )
    return failed(
        f"the model has {counted(len(found), 'skip connection') if found else 'no skip connection'}: "
        + ("; ".join(_why(layer) for layer in merges[:3]) or f"it has no {by} layer"),
        expected=f"at least {counted(at_least, f'{by} layer')} of a layer's output and of what comes later",
        got=f"{counted(len(merges), f'{by} layer')}",
        hint="Keep the tensor before the convolution under a name of its own and give both to `Add()([X, X_shortcut])`.",
    )


def _why(layer: Layer) -> str:
    sources = list(map(name, layer.sources))
    if len(sources) < 2:
        return f"{name(layer.name)} adds {sources[0] if sources else 'a tensor'} to itself"
    return f"{name(layer.name)} joins {' and '.join(sources[:2])}, between which no layer is skipped"


def _ancestors(layers: list[Layer]) -> dict[str, set[str]]:
    """For each layer all that it depends on; a layer comes after what it takes, and another round mends the rest."""
    ways: dict[str, set[str]] = {}
    for _ in range(2):
        for layer in layers:
            sources = set(layer.sources) - {layer.name}
            ways[layer.name] = sources.union(*(ways.get(source, set()) for source in sources))
    return ways


def _skips(layer: Layer, ways: dict[str, set[str]], weighty: set[str]) -> bool:
    return any(_differ(left, right, ways, weighty) for left, right in _pairs(layer.sources))


def _pairs(sources: list[str]) -> Iterator[tuple[str, str]]:
    yield from ((left, right) for place, left in enumerate(sources) for right in sources[place + 1 :] if left != right)


def _differ(left: str, right: str, ways: dict[str, set[str]], weighty: set[str]) -> bool:
    """Whether two ways from a common layer hold different numbers of layers with weights."""
    lefts, rights = ways.get(left, set()) | {left}, ways.get(right, set()) | {right}
    return bool(lefts & rights) and len((lefts - rights) & weighty) != len((rights - lefts) & weighty)
