"""How a declared model is made, judged without building one."""

from __future__ import annotations

import re

import pytest

from grader.checks import convert_arguments, structure
from grader.checks.loading import load_exercise
from grader.checks.tables import ExpectedLayer, compare_layers, expand_rows, format_side_by_side
from grader.courses.course import Course
from grader.courses.exercise import CheckSpec
from grader.errors import CourseError
from grader.records.run import Architecture, ModelLayer

SPEC = """
schema: grade-exercise/1
id: small
title: Small
function: f
dataset: mnist
checks:
  - {{id: table, check: architecture.table, points: 1, args: {{rows: {rows}}}}}
"""


def layer(kind, name=None, shape=(), parameters=0, sources=(), **config):
    return ModelLayer(
        kind=kind, name=name or kind.lower(), output_shape=[None, *shape], parameters=parameters,
        config=config, sources=list(sources),
    )  # fmt: skip


def model(*layers, **settings):
    return Architecture(layers=list(layers), parameters=sum(one.parameters for one in layers), **settings)


LENET = [
    ExpectedLayer(layer="Conv2D", filters=6, kernel_size=5, activation="relu"),
    ExpectedLayer(layer="AveragePooling2D", pool_size=2),
    ExpectedLayer(layer="Flatten"),
    ExpectedLayer(layer="Dense", units=82, activation="relu"),
]
RIGHT = [
    layer("Conv2D", filters=6, kernel_size=[5, 5], activation="relu", padding="valid"),
    layer("AveragePooling2D", pool_size=[2, 2]),
    layer("Flatten"),
    layer("Dense", units=82, activation="relu"),
]


def changed(place, **config):
    one = RIGHT[place]
    return [*RIGHT[:place], layer(one.kind, **{**one.config, **config}), *RIGHT[place + 1 :]]


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (changed(0, filters=16), "layer 1 (Conv2D) has filters 16; expected 6"),
        (changed(0, kernel_size=[3, 3]), "layer 1 (Conv2D) has kernel_size 3x3; expected 5x5"),
        (changed(3, activation="linear"), "layer 4 (Dense) has activation linear; expected relu"),
        (RIGHT[:2] + RIGHT[3:], "layer 3 is missing: Flatten"),
        ([*RIGHT, layer("Dropout", rate=0.5)], "layer 5 is not expected: Dropout 0.5"),
        (
            [RIGHT[0], layer("MaxPooling2D", pool_size=[2, 2]), *RIGHT[2:]],
            "layer 2 is MaxPooling2D 2x2; expected AveragePooling2D 2x2",
        ),
        ([], "layer 1 is missing: Conv2D 6 5x5 relu (and 3 more differences)"),
    ],
)
def test_the_first_difference_is_told_in_a_sentence(layers, message):
    """Which layer, what it is, what it should be, and how many more differ."""
    outcome = structure.check_layer_table(model(*layers), rows=LENET)
    assert (outcome.status, outcome.message) == ("failed", message)


@pytest.mark.parametrize(
    "layers",
    [
        RIGHT,
        [layer("Rescaling", scale=0.004), layer("Reshape"), *RIGHT],
        [
            *RIGHT[:3],
            layer("Dense", units=82, activation="linear"),
            layer("Activation", "a", activation="relu", sources=["dense"]),
        ],
        [*RIGHT[:3], layer("Dense", units=82, activation="linear"), layer("ReLU", sources=["dense"])],
    ],
)
def test_what_comes_to_the_same_passes(layers):
    """Images may be prepared inside the model, and an activation may be a layer of its own."""
    assert structure.check_layer_table(model(*layers), rows=LENET).status == "passed"


def test_arithmetic_before_the_first_layer_prepares_images():
    """`images / 255.0` in a model is what a Rescaling layer would be; later on it is a part of the network."""
    before = [layer(kind, sources=["x"]) for kind in ("Cast", "ExpandDims", "TrueDivide", "Divide", "Subtract", "Multiply", "Add")]
    assert structure.check_layer_table(model(*before, *RIGHT), rows=LENET).status == "passed"
    late = [*RIGHT[:1], layer("Multiply", sources=["conv2d"]), *RIGHT[1:]]
    assert structure.check_layer_table(model(*late), rows=LENET).message == "layer 2 is not expected: Multiply"


@pytest.mark.parametrize(
    ("kind", "name"), [("Relu", "relu"), ("Tanh", "tanh"), ("LeakyRelu", "leaky_relu"), ("Silu", "swish"), ("Softmax", "softmax")]
)
def test_an_activation_may_be_a_function_that_is_called(kind, name):
    """`tf.nn.relu(dense(x))` is the layer with that activation, under any of its names."""
    layers = [layer("Dense", units=82, activation="linear"), layer(kind, sources=["dense"])]
    assert structure.check_layer_table(model(*layers), rows=[ExpectedLayer(layer="Dense", activation=name)]).status == "passed"
    assert structure.check_layer_table(model(*layers), rows=[ExpectedLayer(layer="Dense", activation="elu")]).status == "failed"


def test_an_activation_that_is_asked_for_is_a_layer():
    """A table that lists Activation isn't met by an option of the layer before it."""
    rows = [ExpectedLayer(layer="Add"), ExpectedLayer(layer="Activation", activation="relu")]
    layers = [layer("Add"), layer("Activation", activation="relu", sources=["add"])]
    assert structure.check_layer_table(model(*layers), rows=rows).status == "passed"
    assert structure.check_layer_table(model(layers[0]), rows=rows).message == "layer 2 is missing: Activation relu"


@pytest.mark.parametrize("kind", ["LeakyReLU", "ELU", "PReLU", "Softmax"])
def test_an_activation_of_ones_own_choice_may_be_a_layer(kind):
    """Where a row names none, each will do; where it names one, another is told as what it is."""
    layers = [layer("Dense", units=82, activation="linear"), layer(kind, sources=["dense"])]
    assert structure.check_layer_table(model(*layers), rows=[ExpectedLayer(layer="Dense", units=82)]).status == "passed"
    wrong = structure.check_layer_table(model(*layers), rows=[ExpectedLayer(layer="Dense", units=82, activation="relu")])
    assert re.fullmatch(r"layer 1 \(Dense\) has activation (leaky_relu|elu|prelu|softmax); expected relu", wrong.message)


END = [ExpectedLayer(layer="Activation", activation="relu"), ExpectedLayer(layer="Flatten"), ExpectedLayer(layer="Dense", units=10, activation="softmax")]


@pytest.mark.parametrize("first", [layer("Activation", "r", activation="relu"), layer("ReLU", "r")])
@pytest.mark.parametrize(
    "last",
    [
        [layer("Dense", units=10, activation="softmax")],
        [layer("Dense", units=10, activation="linear"), layer("Activation", "a", activation="softmax", sources=["dense"])],
        [layer("Dense", units=10, activation="linear"), layer("Softmax", sources=["dense"])],
    ],
)
def test_a_models_end_may_have_its_activations_as_layers(first, last):
    """As in a whole table; expected and an Activation that may be a layer ReLU."""
    found = model(layer("Add", sources=["x", "y"]), first, layer("Flatten"), *last)
    assert structure.check_last_layers(found, rows=END).status == "passed"


def test_shapes_and_parameters_of_the_summary_are_compared():
    """An exercise can ask for the columns that `model.summary()` prints."""
    rows = [ExpectedLayer(layer="Conv2D", output=[26, 26, 64], parameters=640)]
    good = layer("Conv2D", shape=(26, 26, 64), parameters=640)
    same = layer("Conv2D", shape=(28, 28, 64), parameters=640)
    heavy = layer("Conv2D", shape=(26, 26, 64), parameters=1792)

    assert structure.check_layer_table(model(good), rows=rows).status == "passed"
    padded = structure.check_layer_table(model(same), rows=rows)
    assert padded.message == "layer 1 (Conv2D) has output shape (28, 28, 64); expected (26, 26, 64)"
    assert "! Conv2D (26, 26, 64) | Conv2D (28, 28, 64)" in padded.got
    found = structure.check_layer_table(model(heavy), rows=rows).message
    assert found == "layer 1 (Conv2D) has 1,792 parameters; expected 640"


def test_a_long_table_is_shown_around_the_first_difference():
    """Seven rows are enough to see where one is, and fit into every report."""
    rows = [ExpectedLayer(layer="Dense", units=number) for number in range(30)]
    layers = [layer("Dense", f"d{number}", units=number + (number == 20)) for number in range(30)]
    shown = format_side_by_side(compare_layers(rows, layers))
    assert shown.splitlines()[0] == "  asked for | your model"
    assert shown.splitlines()[1] == "  (18 layers before)"
    assert "! Dense 20  | Dense 21" in shown
    assert shown.splitlines()[-1] == "  (5 layers after)"
    assert len(shown) <= 600


def test_groups_and_arguments_make_the_rows_of_a_call():
    """`=filters` is what the function was called with; a group comes as often as it says."""
    table = [ExpectedLayer(times="=convolutions", rows=[ExpectedLayer(layer="Conv2D", filters="=filters")]), ExpectedLayer(layer="Flatten")]
    rows = expand_rows(table, {"filters": 16, "convolutions": 2})
    assert [(row.layer, row.filters) for row in rows] == [("Conv2D", 16), ("Conv2D", 16), ("Flatten", None)]


def test_a_name_that_is_no_argument_is_a_fault_of_the_table():
    """The message lists the arguments that there are."""
    with pytest.raises(ValueError, match='"=width" names no argument; the function is called with filters'):
        expand_rows([ExpectedLayer(layer="Dense", units="=width")], {"filters": 1})


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("[{layer: Conv2d}]", 'there is no layer "Conv2d"; did you mean "Conv2D"?'),
        ("[{times: 2}]", "a row names either a layer, or rows and how many times they come"),
        ("[{layer: Conv2D, filter: 3}]", 'unknown key "filter"; did you mean "filters"?'),
        ("[{layer: Conv2D, padding: full}]", 'expected one of valid, same, got "full"'),
    ],
)
def test_a_typo_in_a_table_is_an_error_of_the_course(tmp_path, rows, message):
    """With its line, when the exercise is loaded."""
    folder = tmp_path / "exercises" / "small"
    folder.mkdir(parents=True)
    (folder / "exercise.yaml").write_text(SPEC.format(rows=rows))
    with pytest.raises(CourseError) as caught:
        load_exercise(Course(root=tmp_path), "small")
    assert "exercises/small/exercise.yaml:8:" in str(caught.value)
    assert message in str(caught.value)


def test_the_rows_of_an_exercise_get_their_types():
    """What was plain YAML is compared as rows, groups among them."""
    args = {"rows": [{"times": 2, "rows": [{"layer": "Dense", "units": "=units"}]}, {"layer": "Flatten"}]}
    found = convert_arguments(CheckSpec(id="table", check="architecture.table", points=1, args=args))
    assert [row.units for row in expand_rows(found["rows"], {"units": 3})] == [3, 3, None]


def test_a_models_end_is_compared_alone():
    """What comes before may be anything."""
    rows = [ExpectedLayer(layer="Dropout", rate=0.5), ExpectedLayer(layer="Dense", units=10)]
    good = model(*RIGHT, layer("Dropout", rate=0.5), layer("Dense", "out", units=10))
    assert structure.check_last_layers(good, rows=rows).status == "passed"
    wrong = structure.check_last_layers(model(*RIGHT, layer("Dense", "out", units=10)), rows=rows)
    assert wrong.message == "layer 5 is missing: Dropout 0.5"


@pytest.mark.parametrize(
    ("end", "message"),
    [
        ([layer("Flatten"), layer("Dense", units=10)], "layer 6 is missing: Dropout 0.5"),
        ([layer("Flatten"), layer("Dropout", rate=0.5)], "layer 7 is missing: Dense 10"),
        ([layer("Flatten")], "layer 6 is missing: Dropout 0.5 (and 1 more difference)"),
        ([layer("Flatten"), layer("Dropout", rate=0.5), layer("ReLU"), layer("Dense", units=10)],
         "layer 7 is not expected: ReLU"),
        ([layer("Flatten"), layer("Dropout", rate=0.2), layer("Dense", units=10)],
         "layer 6 (Dropout) has rate 0.2; expected 0.5"),
    ],
)  # fmt: skip
def test_what_is_missing_near_the_end_or_too_much_is_one_difference(end, message):
    """The layers before and after it are told to be right."""
    rows = [ExpectedLayer(layer="Flatten"), ExpectedLayer(layer="Dropout", rate=0.5), ExpectedLayer(layer="Dense", units=10)]
    found = structure.check_last_layers(model(*RIGHT, *end), rows=rows)
    assert (found.status, found.message) == ("failed", message)


def test_a_model_shorter_than_the_end_that_is_asked_for_lacks_the_rest():
    """Also one without any layer."""
    rows = [ExpectedLayer(layer="Flatten"), ExpectedLayer(layer="Dense", units=10)]
    assert structure.check_last_layers(model(layer("Flatten")), rows=rows).message == "layer 2 is missing: Dense 10"
    assert structure.check_last_layers(model(), rows=rows).message == "layer 1 is missing: Flatten (and 1 more difference)"


def test_parameters_are_counted_in_all():
    """The heaviest layers are named, so that the wrong one is found."""
    found = model(layer("Dense", "hidden", parameters=100480), layer("Dense", "out", parameters=1290))
    assert structure.check_parameter_count(found, equal=101770).status == "passed"
    wrong = structure.check_parameter_count(found, equal=24330)
    assert wrong.message == "the model has 101,770 parameters; expected 24,330"
    assert wrong.got == "101,770: hidden 100,480, out 1,290"


def test_shapes_of_a_whole_model():
    """What one example looks like going in and coming out."""
    found = model(layer("Dense", shape=(10,)), inputs=[[None, 28, 28, 1]])
    assert structure.check_shapes(found, input=[28, 28, 1], output=[10]).status == "passed"
    wrong = structure.check_shapes(found, input=[28, 28], output=[100])
    assert wrong.message == (
        "the model's input shape is (28, 28, 1), expected (28, 28); "
        "the model's output shape is (10), expected (100)"
    )
    assert (wrong.expected, wrong.got) == ("(28, 28) to (100)", "(28, 28, 1) to (10)")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"optimizer": "SGD"}, "the optimizer is SGD, expected adam"),
        ({"loss": "CategoricalCrossentropy"},
         "the loss is CategoricalCrossentropy, expected sparse_categorical_crossentropy"),
        ({"metrics": []}, "accuracy is not among the metrics"),
    ],
)  # fmt: skip
def test_wrong_compile_settings_are_named(settings, message):
    """One sentence for each."""
    right = {"optimizer": "Adam", "loss": "SparseCategoricalCrossentropy", "metrics": ["accuracy"]}
    asked = {"optimizer": "adam", "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}
    assert structure.check_compile_settings(model(compile=right), **asked).status == "passed"
    assert structure.check_compile_settings(model(compile={**right, **settings}), **asked).message == message


@pytest.mark.parametrize("written", ["mse", "MSE", "mean_squared_error", "MeanSquaredError"])
@pytest.mark.parametrize("asked", ["mse", "mean_squared_error", "MeanSquaredError"])
def test_all_names_of_a_loss_are_one_setting(written, asked):
    """A course may ask for any of the names that Keras has for it, and a student may write any other."""
    found = model(compile={"optimizer": "SGD", "loss": written, "metrics": [written]})
    assert structure.check_compile_settings(found, optimizer="sgd", loss=asked, metrics=[asked]).status == "passed"
    assert structure.check_compile_settings(found, loss="mean_absolute_error").status == "failed"
    assert structure.check_compile_settings(found, metrics=["mae"]).status == "failed"


@pytest.mark.parametrize(("asked", "written"), [("adamw", "AdamW"), ("bce", "binary_crossentropy"), ("kl_divergence", "KLDivergence")])
def test_words_of_a_class_need_no_marks_between(asked, written):
    """`adamw` is how Keras itself spells `AdamW`."""
    found = model(compile={"optimizer": written, "loss": written, "metrics": []})
    assert structure.check_compile_settings(found, optimizer=asked, loss=asked).status == "passed"


def test_an_accuracy_under_another_name_counts():
    """Keras takes `SparseCategoricalAccuracy` for the accuracy here, so the exercise does."""
    found = model(compile={"metrics": ["SparseCategoricalAccuracy"]}, accuracy_key="sparse_categorical_accuracy")
    assert structure.check_compile_settings(found, metrics=["accuracy"]).status == "passed"


def test_a_stock_application_is_known_by_its_layers():
    """A look-alike built by hand has other names."""
    found = model(layer("Conv2D", "conv1_conv"), layer("Add", "conv5_block3_add"))
    assert structure.check_application(found, layers=["conv1_conv", "conv5_block3_add"]).status == "passed"
    wrong = structure.check_application(model(layer("Conv2D")), layers=["conv1_conv"])
    assert wrong.message == "the layer conv1_conv of the stock application is not in the model"


def test_a_larger_application_has_the_same_names():
    """So the parameters up to the last name are counted; what is put on top doesn't matter."""
    found = model(layer("Conv2D", "conv1_conv", parameters=9), layer("Add", "end"), layer("Dense", parameters=99))
    assert structure.check_application(found, layers=["conv1_conv", "end"], total=9).status == "passed"
    wrong = structure.check_application(found, layers=["conv1_conv", "end"], total=7)
    assert wrong.message == "the layers up to end have 9 parameters; the stock application has 7"


def test_a_table_can_ask_for_the_total():
    """Layers that agree with their rows may still have weights that no row names."""
    found = model(layer("Dense", parameters=90))
    assert structure.check_layer_table(found, rows=[ExpectedLayer(layer="Dense")], total=90).status == "passed"
    wrong = structure.check_layer_table(found, rows=[ExpectedLayer(layer="Dense")], total=100)
    assert wrong.message == "the model has 90 parameters; expected 100"


def graph(**sources):
    """Layers `a`, `b` … with where each takes its input from; `add…` joins and has no weights."""
    kinds = {
        name: "Add" if name.startswith("add") else "Flatten" if name.startswith("flat") else "Conv2D"
        for name in sources
    }
    return model(
        *(
            layer(kinds[name], name, parameters=9 * (kinds[name] == "Conv2D"), sources=given)
            for name, given in sources.items()
        )
    )


@pytest.mark.parametrize(
    ("found", "passes"),
    [
        (graph(a=["input"], b=["a"], add=["a", "b"]), True),
        (graph(a=["input"], add=["input", "a"]), True),
        (graph(a=["input"], b=["a"], c=["b"], d=["a"], add=["c", "d"]), True),
        (graph(a=["input"], b=["input"], add=["a", "b"]), False),
        (graph(a=["input"], flat=["a"], add=["a", "flat"]), False),
        (graph(a=["input"], add=["a"]), False),
        (graph(a=["input"], b=["a"]), False),
    ],
)
def test_a_skip_connection_joins_a_short_and_a_long_way(found, passes):
    """Two branches of the same length, or a way without weights, are none."""
    assert structure.check_skip_connections(found).status == ("passed" if passes else "failed")


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (graph(a=["input"], b=["a"]), "the model has no skip connection: it has no Add layer"),
        (graph(a=["input"], add=["a"]), "the model has no skip connection: add adds a to itself"),
        (graph(a=["input"], b=["input"], add=["a", "b"]),
         "the model has no skip connection: add joins a and b, between which no layer is skipped"),
    ],
)  # fmt: skip
def test_a_missing_skip_connection_says_what_is_there(found, message):
    """The learner sees which tensors the Add layer joins."""
    assert structure.check_skip_connections(found).message == message


BLOCKS = [[layer("Conv2D", filters=filters), layer("Conv2D", filters=filters), layer("MaxPooling2D")] for filters in (8, 16, 32)]
BLOCK_ROWS = [ExpectedLayer(layer=one.kind, filters=one.config.get("filters")) for block in BLOCKS for one in block]


@pytest.mark.parametrize("missing", range(3))
def test_a_block_that_is_missing_is_shown_as_one(missing):
    """Where it is missing, though all blocks have layers of the same kinds."""
    kept = [one for block in BLOCKS if block is not BLOCKS[missing] for one in block]

    found = structure.check_layer_table(model(*kept), rows=BLOCK_ROWS)

    assert found.message == f"layer {3 * missing + 1} is missing: Conv2D {(8, 16, 32)[missing]} (and 2 more differences)"


@pytest.mark.parametrize("block", range(3))
def test_of_layers_alike_the_last_is_missing(block):
    """Everything else stays beside its row."""
    kept = [one for number, each in enumerate(BLOCKS) for one in (each[1:] if number == block else each)]

    found = structure.check_layer_table(model(*kept), rows=BLOCK_ROWS)

    assert found.message == f"layer {3 * block + 2} is missing: Conv2D {(8, 16, 32)[block]}"


def test_a_layer_at_the_wrong_place_is_missing_and_too_much():
    """The rest is right."""
    rows = [ExpectedLayer(layer=kind) for kind in ("Conv2D", "MaxPooling2D", "Flatten", "Dense")]

    found = structure.check_layer_table(model(layer("Conv2D"), layer("Flatten"), layer("MaxPooling2D"), layer("Dense")), rows=rows)

    assert found.message == "layer 2 is missing: MaxPooling2D (and 1 more difference)"
