"""The references of the course against other implementations, and what the texts print."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import scipy  # its parts are loaded where they are named
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

ROOT = Path(__file__).parents[2]
SMALL = settings(max_examples=15, deadline=None)
FILTERS = [
    [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
    [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
]
COLOUR = {
    "blur": [[0.0, 0.2, 0.0], [0.2, 0.2, 0.2], [0.0, 0.2, 0.0]],
    "edge": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
    "sharpen": [[-1, -1, -1], [-1, 9, -1], [-1, -1, -1]],
    "emboss": [[-1, -1, 0], [-1, 0, 1], [0, 1, 1]],
}
KERNELS = hnp.arrays("int64", (3, 3), elements=st.integers(-9, 9))


def images(dtype, *more, least=3):
    shape = st.tuples(st.integers(least, 12), st.integers(least, 12), *map(st.just, more))
    return hnp.arrays(dtype, shape, elements=st.integers(0, 255))


def load(exercise, name):
    spec = importlib.util.spec_from_file_location(f"{exercise}_{name}", ROOT / "solutions" / exercise / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def functions(exercise, function):
    """The reference and the solution: what holds of one holds of both."""
    return [getattr(load(exercise, name), function) for name in ("reference", "solution")]


def as_in_the_course(i, kernel, weight):
    """The loops of the course's notebook, line by line."""
    i_transformed = np.copy(i)
    size_x, size_y = i.shape
    for x in range(1, size_x - 1):
        for y in range(1, size_y - 1):
            convolution = 0.0
            convolution = convolution + (i[x - 1, y - 1] * kernel[0][0])
            convolution = convolution + (i[x, y - 1] * kernel[0][1])
            convolution = convolution + (i[x + 1, y - 1] * kernel[0][2])
            convolution = convolution + (i[x - 1, y] * kernel[1][0])
            convolution = convolution + (i[x, y] * kernel[1][1])
            convolution = convolution + (i[x + 1, y] * kernel[1][2])
            convolution = convolution + (i[x - 1, y + 1] * kernel[2][0])
            convolution = convolution + (i[x, y + 1] * kernel[2][1])
            convolution = convolution + (i[x + 1, y + 1] * kernel[2][2])
            convolution = convolution * weight
            convolution = min(max(convolution, 0), 255)
            i_transformed[x, y] = convolution
    return i_transformed


def in_colours_as_in_the_course(im, kernel):
    """The loops of the course's notebook for pictures in colours, line by line."""
    im_transformed = np.copy(im)
    size_x, size_y = im.shape[:2]
    for x in range(1, size_x - 1):
        for y in range(1, size_y - 1):
            for c in range(3):
                convolution = 0.0
                k = kernel.shape[0] - 2
                for i, fs in enumerate(kernel):
                    for j, f in enumerate(fs):
                        convolution = convolution + (im[x - (i - k), y - (j - k), c] * f)
                convolution = min(max(convolution, 0), 255)
                im_transformed[x, y, c] = convolution
    return im_transformed


@SMALL
@given(images("int64"), st.sampled_from(FILTERS) | KERNELS.map(np.ndarray.tolist), st.sampled_from([1, 0.5, 0.125, 2]))
def test_convolution_is_that_of_the_course_and_of_scipy(image, kernel, weight):
    """Reference, solution, the notebook's loops and SciPy's correlation with the filter transposed agree."""
    sums = scipy.signal.correlate2d(image, np.array(kernel).T, mode="valid") * weight
    expected = image.copy()
    expected[1:-1, 1:-1] = np.clip(sums, 0, 255).astype(int)

    assert np.array_equal(expected, as_in_the_course(image, kernel, weight))
    for convolve in functions("convolution", "convolve"):
        result = convolve(image, kernel, weight)
        assert np.array_equal(expected, result)
        assert result.dtype == image.dtype


@SMALL
@given(images("uint8", 3), st.sampled_from(sorted(COLOUR)))
def test_convolution_in_colours_is_that_of_the_course_and_of_scipy(image, name):
    """Reference, solution, the notebook's loops and SciPy's convolution agree, blur within one step of brightness."""
    kernel, most = np.array(COLOUR[name]), 1 if name == "blur" else 0
    expected = image.copy()
    for channel in range(3):
        sums = scipy.ndimage.convolve(image[..., channel].astype(float), kernel)
        expected[1:-1, 1:-1, channel] = np.clip(sums, 0, 255)[1:-1, 1:-1].astype("uint8")

    others = [function(image, kernel) for function in functions("convolution_rgb", "convolve_rgb")]
    for result in [in_colours_as_in_the_course(image, kernel), *others]:
        assert abs(result.astype(int) - expected).max() <= most
        assert result.dtype == np.uint8


@SMALL
@given(images("int64", least=2))
def test_pooling_is_scipys_maximum_filter_at_every_second_place(image):
    """Whatever the size; a last row or column without a partner is left out."""
    largest = scipy.ndimage.maximum_filter(image, size=2, origin=-1)
    expected = largest[: image.shape[0] // 2 * 2 : 2, : image.shape[1] // 2 * 2 : 2]

    for max_pool in functions("pooling", "max_pool"):
        assert np.array_equal(expected, max_pool(image))


@SMALL
@given(images("int64"), KERNELS)
def test_a_feature_map_is_scipys_correlation(image, kernel):
    """Nothing is turned, and only places where the kernel fits count."""
    expected = scipy.signal.correlate2d(image, kernel, mode="valid")

    for feature_map in functions("worked_example", "feature_map"):
        assert np.array_equal(expected, feature_map(image, kernel))


def test_the_worked_example_gives_what_the_text_prints():
    """Ten on the left, zero on the right: the 4 x 4 feature map has a bright stripe."""
    image, kernel = np.array([[10, 10, 10, 0, 0, 0]] * 6), np.array([[1, 0, -1]] * 3)

    for feature_map in functions("worked_example", "feature_map"):
        assert feature_map(image, kernel).tolist() == [[0, 30, 30, 0]] * 4


@pytest.mark.parametrize(
    ("arguments", "sizes"),
    [
        ((28, 3, 2, 64, 2), [26, 13, 11, 5, 1600]),
        ((28, 3, 2, 32, 3), [26, 13, 11, 5, 3, 1, 32]),
        ((28, 5, 2, 1, 1), [24, 12, 144]),
    ],
)
def test_output_shapes_are_those_that_the_text_prints(arguments, sizes):
    """26, 13, 11, 5 and 1600 for two pairs with 64 filters; a third pair leaves a single pixel."""
    for output_shape in functions("output_shapes", "output_shape"):
        assert output_shape(*arguments) == sizes


@pytest.mark.keras
@pytest.mark.parametrize(
    "arguments", [(28, 3, 2, 64, 2), (33, 5, 3, 4, 2), (29, 1, 2, 7, 1), (40, 6, 1, 3, 2), (28, 3, 2, 9, 0)]
)
def test_output_shapes_are_those_of_keras(arguments):
    """The shapes that a Keras model with the same layers has."""
    import keras

    size, kernel, pool, filters, pairs = arguments
    layers = [keras.layers.Input((size, size, 1))]
    for _ in range(pairs):
        layers += [keras.layers.Conv2D(filters, kernel), keras.layers.MaxPooling2D(pool)]
    model = keras.Sequential([*layers, keras.layers.Flatten()])
    expected = [layer.output.shape[1] for layer in model.layers]

    for output_shape in functions("output_shapes", "output_shape"):
        assert output_shape(*arguments) == expected


@SMALL
@given(hnp.arrays("uint8", hnp.array_shapes(min_dims=4, max_dims=4, max_side=5)), st.integers(0, 4))
def test_padding_is_numpys(images, pad):
    """As the text writes it, with `np.pad`."""
    expected = np.pad(images, ((0, 0), (pad, pad), (pad, pad), (0, 0)))

    for pad_images in functions("pad_images", "pad_images"):
        result = pad_images(images, pad)
        assert np.array_equal(expected, result)
        assert result.dtype == images.dtype
