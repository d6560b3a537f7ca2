"""Archives of sequences: what is read of them, and what is told of those that are none."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from sequence_samples import LENGTH, pack_archive, pack_lists, write_sequences

from grader.courses.course import Course
from grader.courses.datasets import load_own_dataset
from grader.data import load_dataset, load_held_out
from grader.errors import CourseError, GraderError


def rewrite(root, change, length=None):
    """Writes the dataset, with another archive, whose digest the description has."""
    arrays = {key: array for key, array in write_sequences(root, length).items() if "held_out" not in key}
    path = root / "datasets" / "reviews" / "reviews.npz"
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_bytes(pack_archive(**arrays | change(arrays)))
    description = path.with_name("dataset.yaml")
    description.write_text(description.read_text().replace(before, hashlib.sha256(path.read_bytes()).hexdigest()))
    return load_own_dataset(Course(root=root), "reviews")


@pytest.mark.parametrize("length", [None, LENGTH])
def test_sequences_and_their_secret_split_are_read(tmp_path, length):
    """As lists, or padded to one length; labels are whole numbers."""
    arrays = write_sequences(tmp_path, length)
    source = load_own_dataset(Course(root=tmp_path), "reviews")

    data, held_out = load_dataset(source, verify=True), load_held_out(source)

    for key, found in (("x_train", data.x_train), ("x_test", data.x_test), ("x_held_out", held_out.images)):
        assert [list(numbers) for numbers in found] == [list(numbers) for numbers in arrays[key]]
    assert np.array_equal(held_out.labels, arrays["y_held_out"])


@pytest.mark.parametrize("kind", ["arrays", "numpy's numbers", "an empty one"])
def test_lists_may_be_arrays_and_empty(tmp_path, kind):
    """As NumPy pickles them."""

    def change(arrays):
        given = arrays["x_train"].copy()
        given[:] = [np.array(numbers) if kind == "arrays" else [np.int64(number) for number in numbers] for numbers in given]
        given[0] = given[0] if kind != "an empty one" else []
        return {"x_train": given}

    data = load_dataset(rewrite(tmp_path, change))

    assert len(data.x_train[0]) > 0 or kind == "an empty one"
    assert data.x_train[1].dtype == np.int32


WRONG = {
    "negative": lambda x: [[-1, 2]],
    "too large": lambda x: [[2**24]],
    "fractions": lambda x: [[0.5, 1.0]],
    "words": lambda x: [["a", "b"]],
    "nested": lambda x: [[[1], [2]]],
    "no list": lambda x: [7],
}


@pytest.mark.parametrize("kind", WRONG)
def test_other_lists_are_refused(tmp_path, kind):
    """Told with their number."""

    def change(arrays):
        given = arrays["x_train"].copy()
        given[:1] = pack_lists(WRONG[kind](None), None)
        return {"x_train": given}

    with pytest.raises(GraderError, match=r"x_train\[0\]"):
        load_dataset(rewrite(tmp_path, change))


class Runs:
    """Pickled, it names a function to call."""

    def __reduce__(self):
        return print, ("this ran",)


def test_a_pickle_that_calls_something_is_refused(tmp_path, capsys):
    """Nothing of it is run."""

    def change(arrays):
        given = arrays["x_train"].copy()
        given[0] = Runs()
        return {"x_train": given}

    with pytest.raises(GraderError, match=r"print.*only lists of whole numbers"):
        load_dataset(rewrite(tmp_path, change))
    assert "this ran" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "length", "fault"),
    [
        (lambda arrays: {"notes": np.zeros(3)}, None, "it also holds notes.npy"),
        (lambda arrays: {"x_train": np.zeros((600, 9), int)}, None, "expected lists"),
        (lambda arrays: {"x_train": arrays["x_train"].astype(float)}, LENGTH, "expected whole numbers"),
        (lambda arrays: {"x_train": arrays["x_train"][:, 1:]}, LENGTH, "the description says (600, 24)"),
    ],
)  # fmt: skip
def test_an_archive_of_another_form_is_told_when_the_course_is_read(tmp_path, change, length, fault):
    """From the headers alone."""
    with pytest.raises(CourseError) as told:
        rewrite(tmp_path, change, length)

    assert fault in str(told.value)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("task: sequences\n", "task: sequences\nshape: [3, 3]\n", 'neither "shape"'),
        ("keras: [reviews]", "tfds: [reviews]", '"tfds" is for images'),
        ("task: sequences\n", "length: 9\nshape: [3, 3]\n", "are for task: sequences"),
        ("example: review", "example: My Review", "a word in small letters"),
        ("classes: [bad, good]\n", "", "classes must be"),
        ("file: reviews.npz\n", "", '"file" is missing'),
    ],
)  # fmt: skip
def test_faults_of_a_description_are_told(tmp_path, old, new, fault):
    """With what is missing or too much."""
    write_sequences(tmp_path)
    path = tmp_path / "datasets" / "reviews" / "dataset.yaml"
    path.write_text(path.read_text().replace(old, new))

    with pytest.raises(CourseError) as told:
        load_own_dataset(Course(root=tmp_path), "reviews")

    assert fault in str(told.value)


def test_other_classes_are_another_dataset(tmp_path):
    """What is measured of one isn't the other's."""
    write_sequences(tmp_path)
    path = tmp_path / "datasets" / "reviews" / "dataset.yaml"
    before = load_own_dataset(Course(root=tmp_path), "reviews").key
    path.write_text(path.read_text().replace("[bad, good]", "[bad, good, better]"))

    assert load_own_dataset(Course(root=tmp_path), "reviews").key != before


def test_labels_of_two_classes_may_be_signed(tmp_path):
    """Students get them as the file has them; the trainer has classes."""
    source = rewrite(tmp_path, lambda arrays: {key: 2 * arrays[key] - 1 for key in ("y_train", "y_test")})

    assert set(load_dataset(source).y_train.tolist()) == {-1, 1}
    assert set(load_dataset(source, verify=True).y_test.tolist()) == {0, 1}


def test_other_labels_are_refused(tmp_path):
    """-1 beside 0 and 1."""
    source = rewrite(tmp_path, lambda arrays: {"y_train": np.where(np.arange(600) == 3, -1, arrays["y_train"])})

    with pytest.raises(GraderError, match="y_train holds"):
        load_dataset(source)
