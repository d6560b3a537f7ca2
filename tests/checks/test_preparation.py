"""What a function made of the images that it was given."""

import pytest
from msgspec import structs

from grader.checks.preparation import check_prepared_images, check_returned_array
from grader.records.run import DataMatch, PreparedImages

SHAPE = [60000, 28, 28, 1]
WHOLE = DataMatch(dataset="mnist", examples=60000, trained_on=60000, train=60000)
RIGHT = PreparedImages(shape=SHAPE, black=0.0, white=1.0)


@pytest.mark.parametrize(
    ("returned", "status"),
    [
        ({"array": True, "shape": SHAPE, "returned": "float32"}, "passed"),
        ({"array": True, "shape": SHAPE[:3], "returned": "float32"}, "failed"),
        ({"array": False, "returned": None}, "failed"),
        ({"array": True, "shape": "(60000, 28, 28, 1)", "returned": "float32"}, "failed"),
        ({"array": 1, "returned": 1}, "failed"),
        ("nonsense", "skipped"),
    ],
)
def test_an_array_of_the_right_shape_is_returned(returned, status):
    """The note comes from the student's process, and may be anything."""
    assert check_returned_array(returned, shape=SHAPE).status == status


@pytest.mark.parametrize(
    ("data", "prepared", "got"),
    [
        ({"labels_wrong": 54000}, {}, "54,000 images in a wrong place"),
        ({"dataset": None, "unknown": 60000}, {}, "60,000 images that can't be recognised"),
        ({"test": 10}, {}, "10 images of the test set"),
        ({"repeated": 1}, {}, "1 image given more than once"),
        ({"dataset": "fashion_mnist"}, {}, "images of another dataset"),
        ({}, {"black": None}, ""),
        ({}, {"white": 255.0}, "pixels from 0 to 255"),
        ({}, {"black": 1.0, "white": 0.0}, "pixels from 1 to 0"),
        ({}, {"white": 1.0001}, "pixels from 0 to 1.0001"),
    ],
)
def test_the_images_are_those_given_with_pixels_from_0_to_1(data, prepared, got):
    """Any other change fails, with what came."""
    outcome = check_prepared_images(structs.replace(RIGHT, **prepared), structs.replace(WHOLE, **data), "mnist")
    assert (outcome.status, outcome.got) == ("failed", got)


def test_a_rounding_of_the_last_digit_is_no_fault():
    """255 * (1 / 255) isn't exactly 1 in every type."""
    assert check_prepared_images(structs.replace(RIGHT, white=0.9999999), WHOLE, "mnist").status == "passed"
