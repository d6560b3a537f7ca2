"""The declared layers as the verdict holds them."""

import pytest

from grader.checks import loading
from grader.courses import course as courses
from grader.grading.verdicts import list_declared_layers
from grader.records.run import Architecture, ModelLayer

MODEL = Architecture(
    layers=[
        ModelLayer(kind="Flatten", name="flatten", output_shape=[None, 784]),
        ModelLayer(kind="Dense", name="dense", output_shape=[None, 64], parameters=50_240, config={"units": 64, "activation": "relu"}),
    ],
    parameters=50_240,
)


@pytest.fixture(scope="module")
def course():
    return courses.find_course()


def test_without_a_table_the_layers_stand_alone(course):
    """Kind, name, shape and parameters, in their order."""
    rows = list_declared_layers(MODEL, loading.load_exercise(course, "exercise1"))

    assert [(row.kind, row.name, row.output_shape, row.parameters, row.asked) for row in rows] == [
        ("Flatten", "flatten", [None, 784], 0, None),
        ("Dense", "dense", [None, 64], 50_240, None),
    ]


def test_with_a_table_each_layer_has_its_row(course):
    """What is asked for stands beside each layer, with how they differ; a layer that is missing has a row, too."""
    rows = list_declared_layers(MODEL, loading.load_exercise(course, "fashion_dense"))

    assert [row.kind for row in rows] == ["Flatten", "Dense", None]
    assert rows[0].fault is None
    assert "128" in rows[1].asked
    assert "64" in rows[1].fault
    assert rows[2].fault.startswith("is missing: ")


def test_nothing_was_declared(course):
    """Without a model there are no rows."""
    assert list_declared_layers(None, loading.load_exercise(course, "exercise1")) == []
