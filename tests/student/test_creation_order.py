"""The layers of an order stand as they were made, since each draws its first weights' seed then."""

import json

import pytest

pytestmark = pytest.mark.keras


@pytest.fixture
def sorted_names(monkeypatch):
    """Builds a model while layers are watched; gives the names in its order as it is sent, nested ones in a list."""
    import keras

    from grader.student.creation_order import CreationOrder

    order = CreationOrder()
    monkeypatch.setattr(keras.layers.Layer, "__new__", staticmethod(keras.layers.Layer.__new__))
    order.watch_layers()

    def names(entry):
        inner = entry["config"].get("layers")
        return entry["config"].get("name") if inner is None else [names(each) for each in inner]

    def run(build):
        model = build(keras, keras.layers)
        written = json.loads(model.to_json())
        order.sort_layers(written, model)
        assert keras.models.model_from_json(json.dumps(written)).count_params() == model.count_params()
        return names(written)

    return run


def test_a_graph_of_layers_made_in_another_order(sorted_names):
    """What draws no seed stays where it was."""

    def build(keras, layers):
        last, first = layers.Dense(3, name="made_first"), layers.Dense(4, name="made_second")
        inputs = keras.Input((2,), name="inputs")
        return keras.Model(inputs, last(keras.ops.relu(first(inputs))))

    inputs, first, _, second = sorted_names(build)
    assert [inputs, first, second] == ["inputs", "made_first", "made_second"]


def test_models_within_a_model(sorted_names):
    """A model counts by the first layer that was made for it; a sequence keeps its own order."""

    def build(keras, layers):
        late = [layers.Dense(2, name="b"), layers.Dense(2, name="a")]
        inner_inputs = keras.Input((2,), name="inner")
        y, x = layers.Dense(2, name="y"), layers.Dense(2, name="x")
        inner = keras.Model(inner_inputs, y(x(inner_inputs)))
        row = keras.Sequential([keras.Input((2,), name="row"), late[1], late[0]])
        inputs = keras.Input((2,), name="inputs")
        return keras.Model(inputs, row(inner(inputs)))

    assert sorted_names(build) == ["inputs", ["row", "a", "b"], ["inner", "y", "x"]]


def test_layers_of_a_class_keep_its_own_arguments(sorted_names):
    """Watching changes nothing in what Keras knows of a class of one's own."""

    def build(keras, layers):
        class Own(layers.Layer):
            pass

        class Twice(keras.Operation):
            def call(self, x):
                return 2 * x

        assert Own(name="own", dtype="float32").get_config()["name"] == "own"
        assert Twice(name="twice").get_config()["name"] == "twice"
        return keras.Sequential([keras.Input((2,)), layers.Dense(1, name="d")])

    assert sorted_names(build)[-1] == "d"


def test_a_layer_with_a_hash_of_its_own(sorted_names):
    """It may need what the layer's `__init__` hasn't set yet."""

    def build(keras, layers):
        class Own(layers.Layer):
            def __init__(self, units):
                super().__init__()
                self.units = units

            def __hash__(self):
                return hash(self.units)

        assert hash(Own(3)) == hash(3)
        return keras.Sequential([keras.Input((2,)), layers.Dense(1, name="d")])

    assert sorted_names(build)[-1] == "d"
