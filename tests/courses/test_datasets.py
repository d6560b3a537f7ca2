"""Datasets of a course's own: what their descriptions may say, and that each fault is told at its place."""

import hashlib
import os
import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest
from dataset_samples import pack, write_course, write_dataset
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.batch.ray.messages import build_worker_setup
from grader.batch.ray.messages import write_course as write_worker_course
from grader.checks.loading import load_exercise
from grader.courses.course import Course, find_course
from grader.courses.datasets import list_dataset_ids, load_embedded_descriptions, load_own_dataset
from grader.data import load_dataset, load_embedded, load_held_out
from grader.engines.confine.grants import collect_grants
from grader.errors import CourseError, GraderError, UsageError
from grader.gradebook.entries import decode_specification, encode_specification, hash_specification
from grader.grading.known import make_verdict_key
from grader.grading.options import GradingOptions
from grader.protocol.datasets import DatasetDescription
from grader.release import public
from grader.release.written import DATASET
from grader.stores import installed_courses
from grader.submission import read_submission

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def course(tmp_path):
    write_course(tmp_path)
    return Course(root=tmp_path)


def describe(course, old, new):
    """Changes the description."""
    path = course.root / "datasets/shapes/dataset.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def find_faults(course):
    try:
        load_exercise(course, "outlines")
    except CourseError as error:
        return [f"{each.file}:{each.line}:{each.column}: {each.message}" for each in error.problems]
    return []


def test_a_course_brings_its_own(course):
    """It stands beside the embedded ones; the exercise knows where it lies, and where the secret split lies."""
    source = load_exercise(course, "outlines").source

    assert list_dataset_ids(course) == ["fashion_mnist", "mnist", "shapes"]
    assert (source.about.title, source.about.shape, source.about.splits.test) == ("Circles and squares", (16, 16), 100)
    assert source.path == (course.root / "datasets/shapes/shapes.npz").resolve()
    assert source.held_out == str((course.solutions / "datasets/shapes/held_out.npz").resolve())
    assert source.hide_held_out() == msgspec.structs.replace(source, held_out="", held_out_sha256="")


def test_the_front_and_the_trainer_read_the_same_of_the_embedded_ones():
    """By two readers, one of which tells the faults, and one of which starts quickly."""
    assert {name: source.about for name, source in load_embedded().items()} == dict(load_embedded_descriptions())


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("id: shapes", "id: shape", '2:5: the id "shape" differs from the folder\'s name "shapes"'),
        ("title: Circles and squares", "title: ' '", '3:8: "title" is empty'),
        ("[16, 16]", "[16]", "1:1: shape must be [height, width] or [height, width, 3], got [16]"),
        ("[16, 16]", "[16, 16, 2]", "1:1: shape must be [height, width] or [height, width, 3], got [16, 16, 2]"),
        ("[16, 16]", "[16, 0]", '5:13: expected a whole number from 1 to 4096, got "0"'),
        ("[circle, square]", "[circle]", "1:1: classes must be 2 to 256 names, got 1"),
        ("[circle, square]", "[circle, circle]", "6:10: two classes have the same name"),
        (
            "train: 400",
            "train: 10000000",
            "8:7: shapes.npz: x_train has the shape (400, 16, 16); the description says (10000000, 16, 16)",
        ),
        ("train: 400", "train: 1", '7:17: expected a whole number from 2 to 10000000, got "1"'),
        ("train: 400", "trian: 400", '7:10: unknown key "trian"; did you mean "train"?'),
        ("file: shapes.npz", "file: ../../solutions/datasets/shapes/held_out.npz", "8:7: "),
        ("file: shapes.npz", "file: other.npz", "8:7: there is no file other.npz beside dataset.yaml"),
        ("sha256: ", "sha256: 0000", "9:9: "),
        ("keras: [shapes]", "keras: [mnist]", '10:17: "mnist" is the name of an embedded dataset'),
        ("keras: [shapes]", "keras: [a-b]", '10:17: "a-b" is no name in Python'),
        ("files: [shapes.npz]", "files: [/etc/passwd]", '10:50: "/etc/passwd" is no file name such as data.npz'),
    ],
)
def test_each_fault_is_told_at_its_place(course, old, new, fault):
    """With line and column of the description, when the exercise is loaded."""
    describe(course, old, new)

    faults = find_faults(course)

    assert any(each.startswith(f"datasets/shapes/dataset.yaml:{fault}") for each in faults), faults


def test_another_file_is_told_with_its_digest(course):
    """So that the author can write it down, if that is the file that is meant."""
    data = pack(x_train=[1])
    (course.root / "datasets/shapes/shapes.npz").write_bytes(data)

    [fault] = find_faults(course)

    assert fault.endswith(f"write sha256: {hashlib.sha256(data).hexdigest()}")


def test_a_file_is_hashed_once(course, monkeypatch):
    """Until it changes; one that has just changed is hashed each time."""
    archive, hashed = course.root / "datasets/shapes/shapes.npz", []
    plain = hashlib.file_digest
    monkeypatch.setattr(hashlib, "file_digest", lambda file, kind: hashed.append(file.name) or plain(file, kind))
    os.utime(archive, (1e9, 1e9))
    for _ in range(3):
        load_own_dataset(course, "shapes")
    assert hashed.count(str(archive)) == 1

    archive.write_bytes(archive.read_bytes() + b"more")
    with pytest.raises(CourseError, match="is another file"):
        load_own_dataset(course, "shapes")


def test_a_link_is_no_file(course):
    """What it leads to may be anything, such as the secret split."""
    path = course.root / "datasets/shapes/shapes.npz"
    path.rename(course.root / "elsewhere.npz")
    path.symlink_to(course.root / "elsewhere.npz")

    [fault] = find_faults(course)

    assert "there is no file shapes.npz" in fault


def test_an_unknown_dataset_is_told_in_the_exercise(course):
    """With those that there are."""
    path = course.root / "exercises/outlines/exercise.yaml"
    path.write_text(path.read_text().replace("dataset: shapes", "dataset: shape"))

    assert find_faults(course) == [
        'exercises/outlines/exercise.yaml:5:10: no dataset "shape" (there are: fashion_mnist, mnist, shapes); did you mean "shapes"?'
    ]


@pytest.mark.parametrize("key", ["source", "training"])
def test_what_an_own_dataset_cant_be_used_for(course, key):
    """Where it lies is no key of the file; a file that trains by itself is measured on the embedded ones only."""
    path = course.root / "exercises/outlines/exercise.yaml"
    path.write_text(path.read_text() + ("source: {}\n" if key == "source" else "training: observed\n"))

    words = 'unknown key "source"' if key == "source" else "training: observed needs an embedded dataset"
    assert any(words in fault for fault in find_faults(course))


@QUICK
@given(st.data())
def test_whatever_a_description_holds_is_loaded_or_refused(course, data):
    """Lines swapped, cut and filled with anything: never another error."""
    path = course.root / "datasets/shapes/dataset.yaml"
    lines = write_dataset(course.root) and path.read_text().splitlines()
    place = data.draw(st.integers(0, len(lines) - 1))
    key = lines[place].partition(":")[0]
    value = data.draw(
        st.sampled_from(["", "-1", "[]", "{}", "[[1]]", "nan", "9" * 400, "\u202e", "[a, a]", "null", "x" * 300])
        | st.text(max_size=8)
    )
    lines[place] = data.draw(st.sampled_from([f"{key}: {value}", value, f"{key}: [{value}, 3]"]))
    path.write_bytes("\n".join(lines).encode("utf-8", "replace"))

    for fault in find_faults(course):
        assert int(fault.split(":")[1]) >= 1


BAD_ARRAYS = {
    "labels": ({"y_train": [2] * 400}, None),
    "floats": ({"x_test": [[[0.5] * 16] * 16] * 100}, "x_test holds <f8; expected uint8, from 0 to 255"),
    "float labels": ({"y_test": [0.0] * 100}, "y_test holds <f8; expected whole numbers, such as int64"),
    "too few": ({"y_test": [0] * 99}, "y_test has the shape (99,); the description says (100,)"),
    "missing": ({"y_test": None}, "there is no array y_test in it"),
    "objects": ({"y_test": np.array([None] * 100)}, "y_test holds |O; expected whole numbers"),
}


@pytest.mark.parametrize("kind", BAD_ARRAYS)
def test_other_arrays_than_the_description_says(course, tmp_path, kind):
    """The author is told, with the file's and the array's name; values are looked at by the trainer."""
    change, words = BAD_ARRAYS[kind]
    arrays = {key: value for key, value in write_dataset(tmp_path).items() if "held_out" not in key}
    data = pack(**{key: array for key, array in {**arrays, **change}.items() if array is not None})
    path = tmp_path / "datasets/shapes/shapes.npz"
    describe(course, hashlib.sha256(path.read_bytes()).hexdigest(), hashlib.sha256(data).hexdigest())
    path.write_bytes(data)

    if words is None:
        with pytest.raises(GraderError, match="shapes.npz: y_train holds labels that aren't whole numbers from 0 to 1"):
            load_dataset(load_own_dataset(course, "shapes"), verify=True)
    else:
        assert [fault for fault in find_faults(course) if f"8:7: shapes.npz: {words}" in fault]


def test_a_file_that_changed_meanwhile_is_not_used(course):
    """Neither the public one nor the secret one."""
    source = load_own_dataset(course, "shapes")
    assert len(load_held_out(source).labels) == 120
    assert load_held_out(source.hide_held_out()) is None
    source.path.write_bytes(pack(x_train=[1]))
    (course.solutions / "datasets/shapes/held_out.npz").write_bytes(pack(x=[1]))

    for read in (load_dataset, load_held_out):
        with pytest.raises(GraderError, match="is damaged"):
            read(source)


def test_another_dataset_is_another_verdict(course, tmp_path):
    """A stored verdict is kept for the same data only, the secret part included, and wherever it lies."""
    answer = tmp_path / "answer.py"
    answer.write_text("x = 1")

    def make_key():
        return make_verdict_key(course, load_exercise(course, "outlines"), read_submission(answer), GradingOptions())

    first = make_key()
    assert make_key() == first
    write_course(tmp_path / "elsewhere")
    there = Course(root=tmp_path / "elsewhere")
    assert make_verdict_key(there, load_exercise(there, "outlines"), read_submission(answer), GradingOptions()) == first
    (course.solutions / "datasets/shapes/held_out.npz").write_bytes(b"another")
    second = make_key()
    write_dataset(course.root, seed=6)
    assert len({first, second, make_key()}) == 3


def test_the_dataset_leaves_the_course_without_its_secret(course):
    """The description, written from a list of keys, and the one file that it names."""
    folder = course.root / "datasets/shapes"
    describe(course, "schema:", "# canary-comment\nschema:")
    (folder / "held_out.npz").write_bytes((course.solutions / "datasets/shapes/held_out.npz").read_bytes())
    (folder / "notes.txt").write_text("canary-notes")

    files = public.collect(course).files

    assert {name for name in files if name.startswith("datasets/")} == {
        "datasets/shapes/dataset.yaml",
        "datasets/shapes/shapes.npz",
    }
    assert b"canary" not in files["datasets/shapes/dataset.yaml"]


def test_a_description_leaves_the_course_whole():
    """A key that were left out would make the students' copy another dataset."""
    assert set(DATASET) == set(DatasetDescription.__struct_fields__)


def test_a_secret_that_lies_among_the_public_arrays_stays(course):
    """Under another name, inside the archive that students get."""
    arrays = write_dataset(course.root)
    path = course.root / "datasets/shapes/shapes.npz"
    old = hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_bytes(pack(**arrays, extra=arrays["x_held_out"]))
    describe(course, old, hashlib.sha256(path.read_bytes()).hexdigest())

    with pytest.raises(CourseError, match=r"it also holds extra\.npy, x_held_out\.npy, .*students get the whole file"):
        public.collect(course)


@pytest.fixture
def installed(course, tmp_path, monkeypatch):
    """The course as an installed package."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "my_course").symlink_to(course.root)
    info = site / "my_course-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: my-course\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[grade.courses]\nshapes101 = my_course\nbroken = no_such_package.at.all\n")
    (course.root / "__init__.py").write_text("raise RuntimeError('a course is never imported')")
    monkeypatch.syspath_prepend(str(site))
    installed_courses.find_installed_courses.cache_clear()
    yield course
    installed_courses.find_installed_courses.cache_clear()


def test_a_course_can_be_a_package(installed):
    """Found by its entry point's name, never imported; what isn't known is told with what is."""
    assert find_course(Path("shapes101")).root == installed.root.resolve()
    with pytest.raises(UsageError, match="installed courses: shapes101"):
        find_course(Path("shapes102"))


def test_students_code_sees_nothing_of_an_installed_course_but_its_archives(installed):
    """Although packages are readable: not even the script that drew a dataset, which could draw the secret part again."""
    root = installed.root.resolve()
    (root / "datasets/shapes/draw.py").write_text("")
    hidden = collect_grants([root / "datasets/shapes/shapes.npz"], []).hide

    assert {str(root / name) for name in ("solutions", "exercises", "quizzes", "__init__.py")} <= set(hidden)
    assert str(root / "datasets/shapes/draw.py") in hidden
    assert not any(path.endswith(".npz") or path == str(root / "datasets") for path in hidden)


def test_the_gradebook_knows_the_data_and_not_its_place(course, tmp_path):
    """The same course in another folder has the same specification; other data is another one."""
    first = load_exercise(course, "outlines")
    write_course(tmp_path / "other")
    second = load_exercise(Course(root=tmp_path / "other"), "outlines")
    write_dataset(tmp_path / "other", seed=6)
    third = load_exercise(Course(root=tmp_path / "other"), "outlines")

    assert hash_specification(first) == hash_specification(second) != hash_specification(third)
    assert decode_specification(encode_specification(first)).source.key == first.source.key
    assert str(tmp_path).encode() not in encode_specification(first)


def test_a_node_of_a_cluster_gets_the_data(course, tmp_path):
    """The public file and the secret one; the exercise can be loaded there."""
    exercise = load_exercise(course, "outlines")
    for place in (course.root, course.solutions):
        (place / "datasets/shapes/draw.py").write_text("the images are drawn here")

    there = write_worker_course(build_worker_setup(course, [exercise]), tmp_path / "node")

    source = load_exercise(there, "outlines").source
    assert source.key == exercise.source.key
    assert source.folder == str((tmp_path / "node/datasets/shapes").resolve())
    assert source.held_out.startswith(str((tmp_path / "node").resolve()))
    sent = {path.name for path in (tmp_path / "node").glob("**/datasets/shapes/*")}
    assert sent == {"dataset.yaml", "shapes.npz", "held_out.npz"}


def test_a_check_of_held_out_images_needs_some(course):
    """The author is told; a student's copy of the course has none, and measures on the test images."""
    secret = course.solutions / "datasets/shapes/held_out.npz"
    secret.unlink()
    assert find_faults(course) == ["exercises/outlines/exercise.yaml:10:58: there is no solutions/datasets/shapes/held_out.npz"]

    shutil.rmtree(course.solutions)
    assert find_faults(course) == []

    path = course.root / "exercises/outlines/exercise.yaml"
    path.write_text(path.read_text().replace("dataset: shapes", "dataset: mnist"))
    assert any("an embedded dataset has no held-out images" in fault for fault in find_faults(course))
