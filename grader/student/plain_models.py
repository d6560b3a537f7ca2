"""Finds the model of Keras's own classes that a student's model amounts to: what an order can describe."""

from __future__ import annotations

import linecache
import traceback
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras.src.models.functional import Functional

from grader.student.front import Front
from grader.student.tracing import IDLE, Tracer, Untraceable, find_first_line, holds_code, is_all_kerass, is_kerass

# What a student's class may have of its own without changing what Keras does.
HARMLESS = frozenset({
    "__init__", "__module__", "__doc__", "__annotations__", "__annotate_func__", "__annotations_cache__", "__firstlineno__",
    "__static_attributes__", "__repr__", "__str__", "__classcell__", "__orig_bases__", "__parameters__",
})  # fmt: skip
# What it may have in addition where its `call()` is traced: what an order reads is the outcome of these.
FOLLOWED = frozenset({
    "call", "build", "get_config", "from_config", "compute_output_shape", "summary", "compile", "fit", "evaluate", "predict",
    "get_build_config", "build_from_config", "build_graph", "plot_model",
})  # fmt: skip
FOLLOW = "use Keras's layers and keras.ops only"


def to_plain_model(model: Any, x: Any, shapes: Sequence[tuple[int | None, ...]], tracer: Tracer, front: Front) -> Any:
    """A model of Keras's own classes with the layers and weights of the student's; the same one where it is such a model.

    Args:
        x: what `fit` was given.
        shapes: the shapes of the arrays that are fed, batch axis first.

    Raises:
        Untraceable: no such model is the same as the student's.
        Exception: what the student's own `call()` raises in plain Keras, too.
    """
    _refuse_own_schedule(model, front)
    own = _list_own_names(type(model))
    if is_all_kerass(model):
        return model
    if (changed := sorted(name for name in own if name not in HARMLESS | FOLLOWED)) and not is_kerass(type(model)):
        name = next((name for name in ("train_step", "compute_loss") if name in changed), changed[0])
        line = find_first_line(type(model), name)
        raise Untraceable(f"its {name}() changes what fit() does", f"leave {name}() out: fit() trains the model", line)
    if own <= HARMLESS and isinstance(model, (keras.Sequential, Functional)):
        plain = _to_base(model)
        if is_all_kerass(plain):
            return plain
    return _trace(model, x, shapes, tracer, front)


def _list_own_names(kind: type) -> set[str]:
    """What a student's class and its bases define in place of Keras's; new names can't change what Keras does."""
    own = [
        owner
        for owner in kind.__mro__
        if not is_kerass(owner) and owner is not object and issubclass(owner, keras.layers.Layer)
    ]
    return {
        name for owner in own for name in vars(owner) if hasattr(keras.Sequential, name) or hasattr(Functional, name)
    }


def _to_base(model: Any) -> Any:
    """The same layers in one of Keras's own models."""
    if isinstance(model, keras.Sequential):
        return keras.Sequential(list(model._layers), name=model.name)
    return keras.Model(model._inputs_struct, model._outputs_struct, name=model.name)


def _trace(model: Any, x: Any, shapes: Sequence[tuple[int | None, ...]], tracer: Tracer, front: Front) -> Any:
    try:
        traced = tracer.trace_model(model, _make_inputs(model, x, shapes))
    except Untraceable as why:
        raise Untraceable(why.what, why.instead, why.line or find_first_line(type(model))) from None
    except Exception as error:
        _call_plainly(model, x, shapes)
        raise _explain(error, front.filename) from error
    for name in traced.idle:
        front.send_remark(IDLE.format(name))
    return traced.model


def _make_inputs(model: Any, x: Any, shapes: Sequence[tuple[int | None, ...]]) -> Any:
    """Symbolic tensors for what is fed, or for what the model says it takes."""
    if isinstance(model, Functional):
        return keras.tree.map_structure(
            lambda tensor: keras.Input(batch_shape=tensor.shape, dtype=tensor.dtype, name=tensor.name),
            model._inputs_struct,
        )
    names = sorted(x) if isinstance(x, dict) else [None] * len(shapes)
    made = [keras.Input(shape[1:], name=name) for name, shape in zip(names, shapes, strict=True)]
    return dict(zip(names, made, strict=True)) if isinstance(x, dict) else made if len(made) > 1 else made[0]


def _call_plainly(model: Any, x: Any, shapes: Sequence[tuple[int | None, ...]]) -> None:
    """Calls the model as plain Keras does; what this raises is the student's own error."""
    given = [np.zeros((2, *(size or 1 for size in shape[1:])), "float32") for shape in shapes]
    model(dict(zip(sorted(x), given, strict=True)) if isinstance(x, dict) else given if len(given) > 1 else given[0])


def _explain(error: Exception, filename: str) -> Untraceable:
    """Names the operation and the line at which the trace ended."""
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == filename]
    if not own:
        return Untraceable(f"its call() can't be followed: {_shorten(error)}", FOLLOW)
    frame, notes = own[-1], getattr(error, "__notes__", [])
    line = linecache.getline(filename, frame.lineno or 0)
    code = line[frame.colno : frame.end_colno] if frame.lineno == frame.end_lineno else line
    return Untraceable(
        f"`{code.strip()[:200]}` in its {frame.name}() can't be followed ({_shorten(error)})",
        notes[0] if notes else FOLLOW,
        frame.lineno,
    )


def _shorten(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".split("\n")[0][:300]


def _refuse_own_schedule(model: Any, front: Front) -> None:
    """Reports a learning rate that changes by a class of the student's, before Keras asks for methods that would not help."""
    rate = getattr(getattr(model, "optimizer", None), "_learning_rate", None)
    if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule) and not is_kerass(type(rate)):
        what = f"the learning rate comes from your own class {type(rate).__name__}, which the trainer never runs"
        front.report_unsupported(what, "use one of keras.optimizers.schedules, or the callback keras.callbacks.LearningRateScheduler")


def describe_own(model: Any) -> str:
    """Says what of a model isn't Keras's own."""
    if not is_kerass(type(model)):
        return f"the model is of your own class {type(model).__name__}"
    own = [layer for layer in model._flatten_layers() if holds_code(layer)]
    kinds = sorted({type(layer).__name__ for layer in own if not is_kerass(type(layer))})
    return f"the model has a layer of your own class {', '.join(kinds[:5])}" if kinds else f"the model has the Lambda layer {own[0].name!r}"


def write_statistics(written: dict[str, Any], model: Any) -> None:
    """`Normalization.adapt()` keeps its statistics as weights; the order has none, so they go into the config."""
    adapted = find_adapted_layers(model)
    for entry in written["config"]["layers"]:
        if (layer := adapted.get(entry["config"].get("name"))) is not None:
            for name in ("mean", "variance"):
                # The stored weights are broadcast to the input; the config wants them in the shape of the
                # statistics.
                values = np.asarray(getattr(layer, name)).reshape(layer._mean_and_var_shape)
                entry["config"][name] = values.tolist()


def find_adapted_layers(model: Any) -> dict[str, Any]:
    """The `Normalization` layers that `adapt()` has given statistics, by name."""
    kinds = [layer for layer in model.layers if isinstance(layer, keras.layers.Normalization)]
    return {layer.name: layer for layer in kinds if layer.input_mean is None and layer.built}
