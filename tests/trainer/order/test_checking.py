from __future__ import annotations

import contextlib
import copy
import json
from typing import Any

import pytest
from allow_samples import ADAM, COMPILE, Json, call, function, functional, keras_input, layer, node, sequential, tensor
from hypothesis import given
from hypothesis import strategies as st

from grader.trainer.order.checking import MAX_ACTING, OrderRefused, check_config, parse_model_json

DENSE = layer("Dense", units=10, activation="softmax")
CODE = "the trainer never runs a submission's own code"


def accept(model: Json, compile_config: Json = COMPILE) -> None:
    """Through text and back, as an order travels."""
    check_config(parse_model_json(json.dumps(model)), parse_model_json(json.dumps(compile_config)))


def refusal(model: Json, compile_config: Json = COMPILE) -> str:
    with pytest.raises(OrderRefused) as caught:
        accept(model, compile_config)
    assert caught.value.instead
    return str(caught.value)


def dense(**config: Any) -> Json:
    return sequential(layer("Dense", **{"units": 10, **config}))


def in_initializer(kind: str, module: str = "keras.initializers", **config: Any) -> Json:
    return dense(kernel_initializer={"module": module, "class_name": kind, "config": config, "registered_name": None})


GRAPH = functional(
    "out",
    keras_input(),
    node(DENSE, "one", call(tensor("inputs"))),
    node(layer("Add", "keras.src.ops.numpy"), "plus", call(tensor("one"), 1.0)),
    node(DENSE, "out", call(tensor("plus"), training=None, mask=None)),
)
ACCEPTED = {
    "sequential": dense(),
    "functional": GRAPH,
    "nested": sequential(sequential(DENSE), DENSE),
    "nested functional": sequential(GRAPH, DENSE),
    "wrapper": sequential(layer("Bidirectional", layer=layer("LSTM", units=4), backward_layer=None)),
    "cells": sequential(layer("RNN", cell=layer("StackedRNNCells", cells=[layer("GRUCell", units=3)]))),
    "activation layer": dense(activation=layer("LeakyReLU", negative_slope=0.1)),
    "keras function": dense(activation=function("gelu")),
    "tf.nn.softmax": dense(activation=function("softmax_v2")),
    "tf initializer": dense(
        kernel_initializer={
            "module": "tensorflow.python.ops.init_ops_v2",
            "class_name": "RandomNormal",
            "config": {"mean": 0, "stddev": 1, "seed": None},
            "registered_name": "RandomNormal",
        }
    ),
    "policy": dense(dtype=layer("DTypePolicy", "keras") | {"config": {"name": "mixed_float16"}}),
    "seed": in_initializer("GlorotUniform", seed=2**40),
    "scalar constant": in_initializer("Constant", value=0.1),
    "regularizer": dense(kernel_regularizer=layer("L2", "keras.regularizers", l2=0.01)),
    "per-pixel statistics": sequential(layer("Normalization", mean=[[0.5] * 28] * 28, variance=[[1.0] * 28] * 28)),
    "attention": sequential(
        layer("MultiHeadAttention") | {"build_config": {"shapes_dict": {"query_shape": [None, 28, 28]}}}
    ),
    "saved shapes": sequential(DENSE | {"build_config": {"input_shape": [None, 2_000_000_000]}}),
    "compiled": dense() | {"compile_config": {"optimizer": layer("Evil", "os")}},
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepted(name: str) -> None:
    """Built-in objects with plain values can be ordered."""
    accept(ACCEPTED[name])


COMPILES = {
    "objects": {
        "optimizer": ADAM | {"config": {"learning_rate": layer("ExponentialDecay", "keras.optimizers.schedules")}},
        "loss": layer("SparseCategoricalCrossentropy", "keras.losses", from_logits=True, dtype="float32"),
        "metrics": [layer("SparseCategoricalAccuracy", "keras.metrics", dtype="float32"), "acc"],
    },
    "functions": {"loss": function("mean_squared_error"), "metrics": [function("categorical_accuracy")]},
    "per output": {"loss": {"a": "mse", "b": None}, "metrics": [["accuracy"], []], "loss_weights": {"a": 0.5}},
    "loss scale": {"optimizer": layer("LossScaleOptimizer", "keras.optimizers", inner_optimizer=ADAM)},
    "plain": {"run_eagerly": False, "jit_compile": "auto", "steps_per_execution": 1, "weighted_metrics": None},
}


@pytest.mark.parametrize("name", COMPILES)
def test_accepted_compile(name: str) -> None:
    """Built-in losses, metrics, optimizers and schedules can be ordered."""
    accept(dense(), COMPILES[name])


def policy(**config: Any) -> Json:
    return {"module": "keras", "class_name": "DTypePolicy", "config": config, "registered_name": None}


REFUSED = {
    "lambda layer": (
        sequential(layer("Lambda", function={"class_name": "__lambda__", "config": {"value": ["4wEA"]}})),
        'the layer "lambda" (Lambda) contains code; use Rescaling, Reshape or Activation',
    ),
    "foreign layer": (sequential(layer("TFSMLayer", filepath="/tmp/x")), '"tfsmlayer" (TFSMLayer) contains a model from'),
    "layer that reads files": (
        sequential(layer("TextVectorization", vocabulary="/etc/shadow")),
        "\"textvectorization\" (TextVectorization) can't be used here; use Keras's layers for numbers and images",
    ),
    "operation": (functional("x", keras_input(), node(layer("Conv", "keras.src.ops.nn"), "x")), '"x" (Conv) can\'t be'),
    "own layer": (sequential(layer("Mine", "__main__")), "(Mine) is not one of Keras's built-in layers; " + CODE),
    "builtins": (sequential(layer("eval", "builtins")), "(eval) is not one of Keras's built-in layers"),
    "os": (sequential(layer("system", "os")), "(system) is not one of Keras's built-in layers"),
    "dotted class": (
        sequential(layer("layers.Dense", "keras")),
        "(layers.Dense) is not one of Keras's built-in layers",
    ),
    "internal module": (
        sequential(layer("Lambda2", "keras.src.layers.core.lambda_layer")),
        "(Lambda2) is not one of Keras's built-in layers",
    ),
    "initializer as layer": (sequential(layer("Zeros", "keras.initializers")), "(Zeros) is not one of Keras's"),
    "model class": (layer("Model", "keras", layers=[]), 'the model is of the class "Model"; use keras.Sequential'),
    "registered class": (
        sequential(DENSE | {"registered_name": "Custom>Dense"}),
        'a layer is an object of the class "Dense", a registered class of its own',
    ),
    "shared object": (sequential(DENSE | {"shared_object_id": 1}), 'with the unknown part "shared_object_id"'),
    "legacy form": (
        sequential({"class_name": "Dense", "config": {}}),
        'a layer is an object of the class "Dense", not',
    ),
    "text as layer": (sequential("Dense"), 'a layer is "Dense", not a Keras object'),  # type: ignore[arg-type]
    "config is text": (sequential(DENSE | {"config": "x"}), "not a built-in Keras object"),
    "no layers": (layer("Sequential", "keras"), 'the model "sequential" has no list of layers'),
    "odd part": (
        layer("Sequential", "keras", layers=[], inputs=1),
        'the model "sequential" has the unknown part "inputs"',
    ),
    "typespec": (dense(units={"class_name": "__typespec__", "config": []}), 'units of the layer "dense" (Dense) is an'),
    "numpy": (dense(units={"class_name": "__numpy__", "config": {"value": [1]}}), 'an object of the class "__numpy__"'),
    "bytes": (dense(units={"class_name": "__bytes__", "config": {"value": "x"}}), 'an object of the class "__bytes__"'),
    "lambda activation": (dense(activation={"value": ["4wEA"]}), 'activation of the layer "dense" (Dense) is a lambda'),
    "own activation": (
        dense(activation=function("my_relu")),
        'the activation of the layer "dense" (Dense) is the function "my_relu", not one of Keras\'s; ' + CODE,
    ),
    "function elsewhere": (dense(activation=function("relu", "os")), 'is the function "relu", not one of Keras\'s'),
    "function without text": (dense(activation=function(["relu"])), "is the function (list), not one of Keras's"),
    "layer for an activation": (
        dense(activation=layer("Conv2D", filters=8)),
        'the activation of the layer "dense" (Dense) is a layer of the class "Conv2D"; give the model that layer by itself',
    ),
    "activation object": (
        dense(activation=layer("Zeros", "keras.initializers")),
        'is of the class "Zeros"; use one of',
    ),
    "own initializer": (
        in_initializer("Mine", "__main__"),
        'the initializer of the layer "dense" (Dense) is of the class',
    ),
    "array constant": (in_initializer("Constant", value=[[1.0, 2.0]]), "is a Constant of more than one number"),
    "nested object": (
        in_initializer("Zeros", seed=DENSE),
        'seed of the initializer of the layer "dense" (Dense) is an',
    ),
    "dtype": (dense(dtype="int4_float8"), 'the layer "dense" (Dense) has the dtype "int4_float8"; use "float32"'),
    "dtype map": (
        dense(dtype=layer("DTypePolicyMap", "keras")),
        'has the dtype an object of the class "DTypePolicyMap"',
    ),
    "quantized policy": (dense(dtype=policy(name="float32", mode="int8")), "has the dtype an object of the class"),
    "weights": (sequential(layer("Bidirectional", weights=[1.0])), "is given weights; training starts from fresh weights"),
    "unrolled": (sequential(layer("LSTM", unroll=True)), "is unrolled; leave unroll=True out: the result is the same"),
    "unrolled cell": (sequential(layer("Bidirectional", layer=layer("LSTM", unroll=1))), "is unrolled"),
    "saved shapes": (
        sequential(layer("MultiHeadAttention") | {"build_config": {"input_shape": [None, 4]}}),
        "has saved shapes that are not in the form that Keras 3 writes",
    ),
    "objects as shapes": (
        sequential(layer("MultiHeadAttention") | {"build_config": {"shapes_dict": {"query_shape": DENSE}}}),
        'query_shape of the layer "multiheadattention" (MultiHeadAttention) is an object of the class "Dense"',
    ),
    "huge": (dense(units=10**12), 'units of the layer "dense" (Dense) is 1000000000000; use a plain value of ordinary'),
    "infinite": (dense(units=float("inf")), 'units of the layer "dense" (Dense) is inf; use a plain value'),
    "long text": (dense(note="x" * 300), 'note of the layer "dense" (Dense) is "xxxx'),
    "control characters": (dense(note="\x1b[31m"), r'note of the layer "dense" (Dense) is "\u001b[31m"'),
    "hostile key": (dense(**{"\x1b[2J": 10**12}), r'"\u001b[2J" of the layer "dense" (Dense) is 1000000000000'),
    "hostile name": (sequential(layer("Dense", name="\n::error::", unroll=1)), r'the layer "\n::error::" (Dense) is'),
    "hostile class": (sequential(layer("\x1b]0;", "x")), r"(\u001b]0;) is not one of Keras's built-in layers"),
    "weights as list": (dense(note=[0.1] * 100), "holds 100 values (at most 64); weights can't be handed to the trainer"),
    "weights as nested list": (dense(note=[[0.1] * 50] * 50), "holds 2,500 values (at most 64)"),
    "weights as statistics": (
        sequential(layer("Normalization", mean=[0.1] * 2000)),
        "holds 2,000 values (at most 1,024)",
    ),
    "deep list": (dense(note=[[[[[[[1]]]]]]]), 'note of the layer "dense" (Dense) is nested too deeply'),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    """Each thing that can't be ordered is refused before anything is built, by name."""
    model, message = REFUSED[name]

    assert message in refusal(model)


REFUSED_COMPILES = {
    "own optimizer": (
        {"optimizer": layer("Mine", "__main__")},
        'the optimizer is of the class "Mine"; use one of keras.o',
    ),
    "wrong kind": ({"optimizer": DENSE}, 'the optimizer is of the class "Dense"; use one of keras.optimizers'),
    "own loss": (
        {"loss": function("my_loss")},
        f'the loss is the function "my_loss", not one of Keras\'s; {CODE}; use one of keras.losses',
    ),
    "lambda loss": ({"loss": {"class_name": "__lambda__", "config": {"value": [""]}}}, "the loss is a lambda"),
    "own metric": ({"metrics": [function("accuracy2")]}, 'the metric is the function "accuracy2"'),
    "another class called accuracy": (
        {"metrics": [layer("Mean", "keras.metrics") | {"config": {"name": "accuracy"}}]},
        'the metric is of the class "Mean"; use one of keras.metrics',
    ),
    "many thresholds": (
        {"metrics": [layer("AUC", "keras.metrics", num_thresholds=10**9)]},
        "num_thresholds of the metric is 1,000,000,000 (at most 1,000)",
    ),
    "own schedule": (
        {"optimizer": ADAM | {"config": {"learning_rate": layer("Mine", "__main__")}}},
        'the schedule is of the class "Mine"; use one of keras.optimizers.schedules',
    ),
    "object in optimizer": (
        {"optimizer": ADAM | {"config": {"beta_1": DENSE}}},
        "beta_1 of the optimizer is an object",
    ),
    "inner optimizer": (
        {"optimizer": layer("LossScaleOptimizer", "keras.optimizers", inner_optimizer=DENSE)},
        'the optimizer in the optimizer is of the class "Dense"',
    ),
    "unknown argument": ({"custom_objects": {}}, 'compile() got the argument "custom_objects"; leave it out'),
    "object as argument": ({"jit_compile": DENSE}, "an argument of compile() is an object of the class"),
    "deep": ({"metrics": [[[["accuracy"]]]]}, "compile() was given lists that are too long or nested too deeply"),
    "long": ({"metrics": ["accuracy"] * 100}, "compile() was given lists that are too long or nested too deeply"),
}


@pytest.mark.parametrize("name", REFUSED_COMPILES)
def test_refused_compile(name: str) -> None:
    """Losses, metrics and optimizers of the submission's own are refused, by name."""
    compile_config, message = REFUSED_COMPILES[name]

    assert message in refusal(dense(), compile_config)


def graph(*calls: Any, **changes: Any) -> Json:
    model = functional("out", keras_input(), node(DENSE, "out", *calls))
    model["config"] |= changes
    return model


REFUSED_GRAPHS = {
    "legacy call": (graph([["inputs", 0, 0, {}]]), 'a call of "out" is not in the form that Keras 3 writes'),
    "part too many": (graph({**call(), "x": 1}), 'a call of "out" is not in the form that Keras 3 writes'),
    "object in a call": (graph(call(DENSE)), 'a call of "out" takes an object of the class "Dense"; use a plain number'),
    "code in a call": (
        graph(call(tensor("inputs"), mask={"class_name": "__lambda__", "config": {"value": []}})),
        'a call of "out" takes an object of the class "__lambda__"',
    ),
    "large array": (
        graph(call({"class_name": "__numpy__", "config": {"value": [0.5] * 100, "dtype": "float32"}})),
        'a call of "out" holds 100 values (at most 64)',
    ),
    "array of objects": (
        graph(call({"class_name": "__numpy__", "config": {"value": [0], "dtype": "object"}})),
        'a call of "out" has the dtype "object"',
    ),
    "from nowhere": (graph(call(tensor("inputs", node=-1))), "a tensor of the model comes from nowhere"),
    "tensor with less": (
        graph(call({"class_name": "__keras_tensor__", "config": {"shape": [1]}})),
        'a call of "out" takes a tensor that is not in the form that Keras 3 writes; connect it to an Input',
    ),
    "deep call": (graph(call([[[[[[1]]]]]])), 'a call of "out" has arguments that are too many or nested too deeply'),
    "no outputs": (graph(call(tensor("inputs")), output_layers=[]), "the model's inputs or outputs are not in the form"),
    "same name twice": (
        functional("out", keras_input(), node(DENSE, "out"), node(DENSE, "out", call(tensor("inputs")))),
        'the layer "out" has no name or no calls of its own in the model',
    ),
    "a call that leads nowhere": (
        functional(
            "out",
            keras_input(),
            node(layer("Dense", units=2_000_000_000), "huge", call(tensor("inputs"))),
            node(DENSE, "out", call(tensor("inputs")), call(tensor("huge"))),
        ),
        'the layer "huge" has a call with no way to the model\'s output; leave it out',
    ),
    "unconnected": (
        functional("out", keras_input(), node(layer("Dense", units=2_000_000_000), "huge", call(tensor("inputs"))),
                   node(DENSE, "out", call(tensor("inputs")))),
        'the layer "huge" has a call with no way to the model\'s output; leave it out',
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED_GRAPHS)
def test_refused_graph(name: str) -> None:
    """Calls in a Functional model hold tensors of the graph and plain values only."""
    model, message = REFUSED_GRAPHS[name]

    assert message in refusal(model)


def test_sequential_may_not_carry_a_graph() -> None:
    """What belongs to the other kind of model is refused, not skipped."""
    model = sequential(DENSE)
    model["config"]["output_layers"] = ["x", 0, 0]

    assert 'has the unknown part "output_layers"' in refusal(model)


def test_calls_that_double() -> None:
    """A small file whose nested models call each other twice can't make the trainer build for ever."""
    model = GRAPH
    for _ in range(11):
        model = functional(
            "again",
            keras_input(),
            node(model, "again", call(tensor("inputs")), call(tensor("again"))),
            number=2,
        )

    assert refusal(model) == "the model calls its layers 10,239 times (at most 3,000); make the model smaller"


def test_layers_in_reverse() -> None:
    """Layers in reverse order, over which Keras would go again and again, are refused."""
    chain = [node(DENSE, f"l{i}", call(tensor(f"l{i - 1}" if i else "inputs"))) for i in range(100)]
    accept(functional("l99", keras_input(), *chain))

    message = "the layers are not in the order in which Keras 3 writes them; let Keras write the model down"
    assert message == refusal(functional("l99", keras_input(), *reversed(chain)))


def test_deep_nesting() -> None:
    """Models inside models stop somewhere."""
    model = dense()
    for _ in range(20):
        model = sequential(model)

    assert refusal(model) == "models are nested more than 12 deep; make the model simpler"


def test_many_layers() -> None:
    """The number of layers is bounded."""
    assert refusal(sequential(*[DENSE] * 1001)) == "the model has more than 1,000 layers; make the model smaller"


def test_many_loops() -> None:
    """Layers with loops in them take long to compile, so there may be fewer of them."""
    lstm = layer("LSTM", units=4, return_sequences=True)
    accept(sequential(*[lstm] * 150))

    assert (
        refusal(sequential(*[lstm] * 151))
        == "the model calls its layers 3,020 times (at most 3,000); make the model smaller"
    )


def test_long_sequences_inside() -> None:
    """A nested sequence, which Keras builds again for each of its layers, must be shorter."""
    accept(sequential(*[DENSE] * 300))

    message = 'the model "sequential" and its like have too many layers in a row; put them into the outer model'
    assert message == refusal(sequential(sequential(*[DENSE] * 300)))


def test_many_numbers() -> None:
    """Weights can't be spread over many short lists."""
    many = sequential(*[layer("Dense", **{f"k{i}": [0.5] * 8 for i in range(150)})] * 50)

    assert refusal(many) == "the model's description holds too many numbers; weights can't be handed to the trainer"


def test_templates_in_statistics() -> None:
    """One Normalization layer may know every pixel's mean; ten of them could be a trained classifier."""
    statistics = [[0.5] * 28] * 28
    many = sequential(*[layer("Normalization", mean=statistics, variance=statistics)] * 2)

    assert (
        refusal(many)
        == "the model's description holds 3,136 numbers that act on the images; weights can't be handed to the trainer"
    )


@pytest.mark.parametrize("scale", [0.5, [0.5]])
def test_the_budget_of_numbers(scale: Any) -> None:
    """One budget for all, in lists or alone."""
    accept(sequential(*[layer("Rescaling", scale=scale, offset=0.0)] * MAX_ACTING))

    message = "the model's description holds 65 numbers that act on the images; weights can't be handed to the trainer"
    assert refusal(sequential(*[layer("Rescaling", scale=scale, offset=0.0)] * 65)) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 100_000, "the model's description can't be read"),
        ("{", "the model's description can't be read: Expecting property name"),
        ("[]", "the model's description is a list, not an object"),
        (" " * 5_000_000, "the model's description has 5,000,000 characters (at most 4,000,000)"),
    ],
)
def test_unreadable(text: str, message: str) -> None:
    """Text that isn't a bounded JSON object is refused, never a fault of the trainer."""
    with pytest.raises(OrderRefused) as caught:
        parse_model_json(text)

    assert message in str(caught.value)


def test_dropped_parts() -> None:
    """Saved shapes and compile settings inside the architecture never reach Keras."""
    model = sequential(DENSE | {"build_config": {"a": 1}, "compile_config": {"b": 1}})

    assert sequential(DENSE) == parse_model_json(json.dumps(model))


KEYS = [
    "module", "class_name", "config", "registered_name", "name", "inbound_nodes", "layers", "loss", "metrics", "dtype",
    "optimizer", "args", "kwargs", "activation", "kernel_initializer", "layer", "keras_history", "shape", "value",
]  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["Dense", "keras"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=3), inner),
    max_leaves=8,
)


@given(data=st.data())
def test_any_json(data: st.DataObject) -> None:
    """Whatever stands anywhere in a configuration, the answer is yes or a refusal, never another error."""
    model = copy.deepcopy(data.draw(st.sampled_from([ACCEPTED["functional"], ACCEPTED["cells"], ACCEPTED["seed"]])))
    place: Any = model
    while isinstance(place, (dict, list)) and place:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if not isinstance(place[key], (dict, list)) or data.draw(st.booleans()):
            place[key] = data.draw(VALUES)
            break
        place = place[key]

    with contextlib.suppress(OrderRefused):
        accept(model, data.draw(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=3)))
