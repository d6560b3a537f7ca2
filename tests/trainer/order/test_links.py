"""Which layer takes what from which, read from what Keras writes down."""

from __future__ import annotations

import json

import pytest

from grader.checks.structure import check_skip_connections

pytestmark = pytest.mark.keras


@pytest.fixture
def links():
    """What the trainer sees of a model, as name -> sources."""
    from grader.trainer.order import rebuild

    def look(model):
        model.compile("adam", "mse")
        return rebuild.inspect_order(
            model.to_json(), json.loads(json.dumps(model.get_compile_config())), [], 4_000_000_000
        )

    return look


def test_a_graph_tells_where_each_layer_takes_its_input_from(links):
    """An Add layer has two sources; the first layer takes the model's input."""
    import keras

    image = keras.Input((8, 8, 1), name="image")
    first = keras.layers.Conv2D(4, 3, name="first")(image)
    second = keras.layers.Conv2D(4, 3, padding="same", name="second")(first)
    found = links(keras.Model(image, keras.layers.Add(name="add")([second, first])))

    assert {layer.name: layer.sources for layer in found.layers} == {
        "first": ["image"], "second": ["first"], "add": ["first", "second"],
    }  # fmt: skip
    assert found.inputs == [[None, 8, 8, 1]]
    assert check_skip_connections(found).status == "passed"


def test_nested_models_are_looked_through(links):
    """A layer inside takes what the nested model was given, and what follows takes its last layer."""
    import keras

    inner = keras.Sequential([keras.layers.Dense(4, name="one"), keras.layers.Dense(4, name="two")], name="inner")
    given = keras.Input((4,), name="given")
    nested = keras.Model(given, keras.layers.Dense(4, name="three")(given), name="nested")
    start = keras.Input((4,), name="start")
    end = keras.layers.Add(name="add")([nested(inner(start)), start])
    found = links(keras.Model(start, end))

    assert {layer.name: layer.sources for layer in found.layers} == {
        "one": ["start"], "two": ["one"], "three": ["two"], "add": ["start", "three"],
    }  # fmt: skip


def test_a_sequence_is_a_chain(links):
    """A Sequential without an Input layer has nothing before its first layer."""
    import keras

    model = keras.Sequential([keras.layers.Dense(4, name="one"), keras.layers.Dense(2, name="two")])
    model.build((None, 3))
    found = links(model)

    assert [layer.sources for layer in found.layers][1] == ["one"]
    assert check_skip_connections(found).message == "the model has no skip connection: it has no Add layer"


def test_the_stock_resnet_has_its_sixteen_skip_connections(links):
    """Those with a convolution on the short way among them."""
    import keras

    found = links(keras.applications.ResNet50(include_top=False, weights=None, input_shape=(48, 48, 1)))

    assert check_skip_connections(found, at_least=16).status == "passed"
    assert check_skip_connections(found, at_least=17).status == "failed"
