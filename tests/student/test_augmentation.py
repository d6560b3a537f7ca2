"""A generator that changes images is told from one that only brings them."""

import numpy as np
import pytest

pytestmark = pytest.mark.keras


@pytest.mark.parametrize(
    ("arguments", "layers"),
    [
        ({"rotation_range": 8, "width_shift_range": 0.05, "horizontal_flip": True}, ["RandomRotation", "RandomTranslation", "RandomFlip"]),
        ({"zoom_range": 0.2, "height_shift_range": 2}, ["RandomTranslation", "RandomZoom"]),
        ({"brightness_range": (0.5, 1.0)}, ["RandomBrightness"]),
        ({"shear_range": 0.2, "vertical_flip": True, "rescale": 1 / 255}, ["RandomShear", "RandomFlip"]),
        ({"rescale": 1 / 255, "validation_split": 0.2, "featurewise_center": True}, []),
        ({}, []),
    ],
)
def test_what_changes_images_is_named_with_the_layers_that_do_the_same(arguments, layers):
    """Each argument by its name, each layer once; a generator that scales, splits or centres is no augmentation."""
    from keras.src.legacy.preprocessing.image import ImageDataGenerator

    from grader.student import augmentation

    note = augmentation.explain(ImageDataGenerator(**arguments).flow(np.zeros((4, 28, 28, 1)), np.zeros(4)))

    assert (note is None) == (not layers)
    assert note is None or f"put {', '.join(f'`{layer}`' for layer in layers)} into the model" in note
    assert note is None or all(f"{name}=..." in note for name in arguments if name != "rescale")


def test_what_is_no_generator_of_keras_s_says_nothing():
    """Arrays, iterators, objects of the student's own."""
    from grader.student import augmentation

    assert [augmentation.explain(source) for source in (np.zeros(3), iter([]), object())] == [None] * 3
