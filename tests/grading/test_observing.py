"""What a function that trained by itself says of held-out images."""

import pytest

from grader.grading import observing
from grader.protocol.arrays import ArraySpec
from grader.protocol.wire import Counted, Drawn, Guesses

DRAWN = Drawn(arrays=[ArraySpec(dtype="uint8", shape=[3, 28, 28])])


@pytest.mark.parametrize(
    ("guesses", "fault"),
    [(Guesses(classes=[1, 2, -1]), None), (Guesses(classes=[1, 2]), "2 answers came for 3 images"),
     (Guesses(classes=[1, 2, 3], fault="it is no function"), "recognise images: it is no function")],
)  # fmt: skip
def test_only_one_answer_per_image_is_counted(guesses, fault):
    """Everything else can't be measured, and says why."""
    found = observing.find_fault(guesses, DRAWN)
    assert found is None if fault is None else fault in found


@pytest.mark.parametrize(("clean", "told"), [(0.9, False), (1.0, True)])
def test_a_table_is_told_as_what_it_is(clean, told):
    """Where only unchanged images are known, the note says so; the figure is that of the changed ones."""
    counted = Counted(test_accuracy=0.7, train_accuracy=0.72, clean_accuracy=clean)
    assert ("knows images again" in observing.describe_images(counted).message) is told
    assert observing.to_measurement(counted).test_accuracy == 0.7
