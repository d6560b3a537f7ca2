"""What a verdict says of a run's end, beside the run's own words."""

import pytest

from grader import static, submission
from grader.checks import loading
from grader.courses import course as courses
from grader.grading.verdicts import LARGE_MODEL, build_verdict
from grader.records.run import Run, RunEnd


def build_message(tmp_path, exercise_id, text="def f(image):\n    return image\n", **end):
    """The end's words in the verdict on a file that ended so."""
    (tmp_path / "a.py").write_text(text)
    exercise = loading.load_exercise(courses.find_course(), exercise_id)
    source = submission.read_submission(tmp_path / "a.py")
    return build_verdict(
        exercise, source, static.inspect_submission(source, None, None), [Run(seed=7, end=RunEnd(**end))], None, {}
    ).end_message


@pytest.mark.parametrize(("exercise_id", "told"), [("vgg16", True), ("exercise1", False)])
def test_a_model_that_is_too_large_is_said_to_be(tmp_path, exercise_id, told):
    """Where the exercise asks for a model, not for a training on arrays."""
    assert (
        LARGE_MODEL
        in build_message(tmp_path, exercise_id, kind="out_of_memory", message="your code used more than 3 GB")
    ) is told


def test_a_gate_is_no_words_about_an_end(tmp_path):
    """The check that failed says it; a second sentence between the open places and that check would only be in the way."""
    assert build_message(tmp_path, "exercise1", kind="gated", message="first get “a” right") == ""


def test_a_shape_that_counts_the_images_is_named_where_the_memory_ends(tmp_path):
    """In the second line, with its place."""
    text = "def train_mnist():\n    return Input(shape=(60000, 28, 28))\n"
    said = build_message(tmp_path, "exercise1", text, kind="out_of_memory", message="your code used more than 4 GB").split("\n")

    assert (said[1].startswith("line 2: "), "60000" in said[1]) == (True, True)
