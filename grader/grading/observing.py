"""Exercises whose function trains by itself: what is measured of it are its answers to held-out images."""

from __future__ import annotations

from grader.courses.exercise import Exercise
from grader.protocol.wire import Counted, Drawn, Guesses
from grader.records.run import Measurement
from grader.records.verdict import Note

# Clean images are recognised a few points better than slightly changed ones; a table of images knows only the clean.
MAX_CLEAN_LEAD = 0.25


def is_observed(exercise: Exercise) -> bool:
    """Whether the function trains in the student's process."""
    return exercise.kind == "observes"


def find_fault(guesses: Guesses, drawn: Drawn) -> str | None:
    """Says why the answers can't be counted; None where they can."""
    asked = drawn.arrays[0].shape[0]
    if guesses.fault:
        return f"the returned function doesn't recognise images: {guesses.fault}"
    return None if len(guesses.classes) == asked else f"{len(guesses.classes):,} answers came for {asked:,} images"


def to_measurement(counted: Counted) -> Measurement:
    """The accuracies on changed images, which are in no table."""
    return Measurement(train_accuracy=counted.train_accuracy, test_accuracy=counted.test_accuracy)


def describe_images(counted: Counted) -> Note:
    """Tells the student how the figure came about."""
    text = (
        "the accuracy was measured on new images: test images that were moved, turned and dimmed a little, with some noise; "
        f"on unchanged ones it is {counted.clean_accuracy:.3f}"
    )
    if counted.clean_accuracy - counted.test_accuracy > MAX_CLEAN_LEAD:
        text += ". So the function knows images again, but doesn't recognise what is in them"
    return Note(line=None, message=text)
