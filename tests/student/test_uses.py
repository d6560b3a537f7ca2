"""What the runtime does with a graded name, and what it orders of it; the trainer's answers to that, without a trainer."""

import keras
import numpy as np
import pytest
from dataset_samples import write_course

from grader.courses.course import Course
from grader.courses.datasets import load_own_dataset
from grader.data import load_dataset
from grader.protocol.wire import Building
from grader.student.modelling import USES, load_training_data
from grader.trainer.training.measuring import find_pixel_ends, predict_values

pytestmark = pytest.mark.keras
IMAGES = Building(dataset="mnist", use="prepare", channel=False, train=True)


class Ended(BaseException):
    pass


class Front:
    def report_unsupported(self, *told):
        raise Ended(told)


@pytest.fixture
def orders(monkeypatch):
    """The calls of `fit`, which trains nothing."""
    made = []
    monkeypatch.setattr(keras.Model, "fit", lambda self, *args, **kwargs: made.append((self, args, kwargs)))
    return made


def test_images_to_prepare_come_the_other_way_round(orders):
    """With their labels in the same order, so that a function's own images are found out."""
    seen = []
    told = USES["prepare"](Front(), lambda images: seen.append(images) or images[..., None] / 255.0, IMAGES)
    assert told == {"array": True, "shape": [60000, 28, 28, 1], "returned": "float64", "ordered": True}
    ((model, (prepared, labels), _),) = orders
    data = load_dataset("mnist")
    assert (seen[0] == data.x_train[::-1]).all()
    assert (labels == data.y_train[::-1]).all()
    assert (model.input_shape, prepared.shape) == ((None, 28, 28, 1), (60000, 28, 28, 1))


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, {"array": False, "returned": None}),
        ([1, 2], {"array": False, "returned": [1, 2]}),
        (np.zeros((9, 28, 28)), {"array": True, "shape": [9, 28, 28], "returned": "float64", "ordered": False}),
        (np.zeros(60000), {"array": True, "shape": [60000], "returned": "float64", "ordered": False}),
        (np.array(["a"] * 60000)[:, None], {"array": True, "shape": [60000, 1], "returned": "str32", "ordered": False}),
    ],
)
def test_what_is_no_array_of_images_is_told_and_not_ordered(orders, value, told):
    """So that the check says what came."""
    assert USES["prepare"](Front(), lambda _: value, IMAGES) == told
    assert orders == []


def test_tensors_are_arrays(orders):
    """Files return them as often."""
    told = USES["prepare"](Front(), keras.ops.convert_to_tensor, IMAGES)
    assert (told["array"], told["shape"], len(orders)) == (True, [60000, 28, 28], 1)


def test_a_callback_is_made_and_given_to_a_fit(orders):
    """Of a class, by a function, or an object as it is."""

    class Stop(keras.callbacks.Callback):
        pass

    building = Building(dataset="mnist", use="stop")
    one = Stop()
    for made in (Stop, lambda: Stop(), one):
        USES["stop"](Front(), made, building)
    given = [kwargs["callbacks"][0] for _, _, kwargs in orders]
    assert [type(callback) for callback in given] == [Stop] * 3
    assert given[2] is one


@pytest.mark.parametrize("use", ["prepare", "stop"])
def test_a_training_inside_ends_the_run(orders, use):
    """Its order would be taken for the runtime's; afterwards `fit` is what it was."""
    model = keras.Sequential([keras.layers.Dense(1)])

    def trains(*_):
        model.fit(None)

    with pytest.raises(Ended):
        USES[use](Front(), trains, IMAGES)
    assert orders == []
    model.fit(None)
    assert len(orders) == 1


def test_numbers_and_images_are_given_as_the_exercise_says():
    """A plain list; and scaled images, float32, with or without a channel."""
    assert USES["predict"](Front(), lambda values: values, Building(dataset="mnist", use="predict", values=[7.0])) == [7.0]
    scaled = Building(dataset="mnist", use="fit", scale=255.0, channel=False, train=True)
    images, labels = USES["fit"](Front(), lambda x, y: (x, y), scaled)
    assert (images.shape, images.dtype, images.max(), labels.shape) == ((60000, 28, 28), "float32", 1.0, (60000,))


@pytest.mark.parametrize(
    ("transform", "ends"),
    [
        (lambda images: images / np.float32(255), [0.0, 1.0]),
        (lambda images: 1 - images / np.float32(255), [1.0, 0.0]),
        (lambda images: np.pad(images, ((0, 0), (1, 1), (1, 1))), None),
        (lambda images: images / np.float32(0), None),
    ],
)
@pytest.mark.filterwarnings("ignore:.*encountered")
def test_what_black_and_white_become(transform, ends):
    """One number each, or nothing."""
    assert find_pixel_ends(transform, (28, 28)) == ends


def test_a_model_is_asked_for_single_numbers_only():
    """One that takes or gives anything else says so."""
    line = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="ones")])
    assert predict_values(line, [7.0, 1.0]) == [7.0, 1.0]
    for inputs, outputs in ((2, 1), (1, 2)):
        with pytest.raises(ValueError, match="the model"):
            predict_values(keras.Sequential([keras.Input((inputs,)), keras.layers.Dense(outputs)]), [7.0])


@pytest.mark.parametrize(("channels", "asked", "shape"), [(1, True, (18, 18, 1)), (1, False, (18, 18)), (3, True, (18, 18, 3))])
def test_what_a_function_is_given_of_an_own_dataset(tmp_path, channels, asked, shape):
    """Images of its own shape with their frame; colours get no further axis."""
    write_course(tmp_path, channels)
    source = load_own_dataset(Course(root=tmp_path), "shapes")

    images, labels = load_training_data(Building(dataset=source, pad=1, channel=asked, train=True))

    assert (images.shape, labels.shape) == ((400, *shape), (400,))
