"""Datasets that are tables: what their descriptions and files may say, and what an exercise on one can ask for."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from dataset_samples import pack
from msgspec import structs
from table_samples import FEATURES, write_table_course

from grader.checks.loading import load_exercise
from grader.courses.course import Course
from grader.data import load_dataset, load_held_out
from grader.engines.confine.grants import collect_grants
from grader.errors import CourseError, GraderError
from grader.protocol.table_files import TableFault, read_table
from grader.release import public
from grader.stores import installed_courses


@pytest.fixture
def course(tmp_path):
    write_table_course(tmp_path)
    return Course(root=tmp_path)


def change(course, name, old, new):
    path = course.root / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def find_faults(course):
    try:
        load_exercise(course, "prices")
    except CourseError as error:
        return [f"{each.file}:{each.line}:{each.column}: {each.message}" for each in error.problems]
    return []


def test_a_table_is_read_as_its_author_wrote_it(tmp_path):
    """Features by their names, whatever other columns there are; the secret split is for the trainer only."""
    arrays = write_table_course(tmp_path)
    source = load_exercise(Course(root=tmp_path), "prices").source

    data, secret = load_dataset(source, verify=True), load_held_out(source)

    assert [path.name for path in source.readable] == ["houses.csv", "houses_test.csv"]
    for key in ("x_train", "y_train", "x_test", "y_test"):
        assert (getattr(data, key) == arrays[key]).all()
        assert not getattr(data, key).flags.writeable
    assert (secret.images == arrays["x_held_out"]).all()
    assert (secret.labels == arrays["y_held_out"]).all()
    assert source.hide_held_out().held_out == ""


def test_the_titles_of_checks_speak_of_rows(course):
    change(course, "exercises/prices/exercise.yaml", ", share: 75%", "")

    assert (
        load_exercise(course, "prices").checks[0].title
        == "The model trains on all 600 training rows, each once and with its own label"
    )


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("task: regression", "task: ranking", "expected one of classification, binary, regression"),
        ("task: regression", "task: binary", "task: binary has two classes, got 0"),
        ("task: regression", "task: regression\nclasses: [a, b]", "a regression has none"),
        (
            "task: regression",
            "task: regression\nshape: [4]",
            'a table has "features", and neither "shape" nor "arrays"',
        ),
        ("[rooms, area, age, distance]", "[rooms, rooms]", "different names"),
        ("[rooms, area, age, distance]", "[rooms, price]", 'the label "price" is among the features'),
        ("[rooms, area, age, distance]", "[rooms, area, years]", 'it has no columns "years"'),
        ("label: price\n", "", 'a CSV file needs "label"'),
        ("train: 600", "train: 599", "houses.csv: it has 600 rows below its names; the description says 599"),
        ("houses_test.csv", "houses.csv", "the training rows are in houses.csv already"),
        ("houses_test.csv", "other.csv", "there is no file other.csv beside dataset.yaml"),
        ("keras: [houses]", "tfds: [houses]", '"tfds" is for images'),
        ("[house_prices.csv]", "[house_prices.npz]", '"house_prices.npz" is no file name such as data.csv'),
        ("features: [rooms, area, age, distance]\n", "", '"shape" is missing'),
    ],
)
def test_each_fault_of_a_description_is_told(course, old, new, fault):
    change(course, "datasets/houses/dataset.yaml", old, new)

    faults = find_faults(course)

    assert any(each.startswith("datasets/houses/dataset.yaml:") and fault in each for each in faults), faults


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("measured.reaches, args: {split: held_out, above: {accuracy: 0.9}}", "task: regression has no accuracy"),
        ("measured.reaches, args: {split: held_out}", "needs one of above: {accuracy: …} and below: {mae: …}"),
        ("measured.reaches, args: {split: held_out, below: {maee: 0.5}}", 'unknown key "maee"; did you mean "mae"?'),
        ("measured.reaches, args: {split: held_out, below: {mae: 0.5, mse: 1}}", 'needs one of "mae" and "mse"'),
        ("measured.accuracy, args: {split: test, at_least: 90%}", "use measured.reaches with below: {mae: …}"),
        ("training.reaches, args: {metric: accuracy, above: 90%}", "use measured.reaches with below: {mae: …}"),
    ],
)  # fmt: skip
def test_a_line_fits_the_task(course, line, fault):
    """What an exercise asks of a table must have a meaning for it; the error says what has one."""
    change(
        course, "exercises/prices/exercise.yaml", "measured.reaches, args: {split: held_out, below: {mae: 0.4}}", line
    )

    assert any(fault in each for each in find_faults(course)), find_faults(course)


def test_errors_are_not_of_classes(tmp_path):
    write_table_course(tmp_path, "binary")
    course = Course(root=tmp_path)
    change(course, "exercises/prices/exercise.yaml", "above: {accuracy: 0.85}", "below: {mae: 0.4}")

    assert any("of classes use above: {accuracy: …}" in each for each in find_faults(course))


@pytest.mark.parametrize("key", ["training: observed", "given: {labels: false}", "models: {calls: [{units: 3}]}"])
def test_other_kinds_of_exercise_need_images(course, key):
    change(course, "exercises/prices/exercise.yaml", "function: train\n", f"function: train\n{key}\n")

    assert any("a table" in each for each in find_faults(course)), find_faults(course)


def make_file(text, course):
    return read_table(text.encode(), load_exercise(course, "prices").source.about)


def test_a_file_may_be_written_in_several_ways(course):
    """Separated by semicolons or tabs, with a byte order mark, with empty lines, in another order of columns."""
    names = [*FEATURES, "price"]
    for sign in (",", ";", "\t"):
        text = "\ufeff" + sign.join(reversed(names)) + "\r\n\r\n" + sign.join("54321") + "\r\n"
        assert make_file(text, course) == [[1, 2, 3, 4, 5]]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", 'no columns "rooms"'),
        ("rooms,area,age,distance,price,price\n", '2 columns "price"'),
        ("rooms,area,age,distance,price\n", "0 rows"),
        ("rooms,area,age,distance,price\n1,2,3,4\n", "line 2 has 4 cells"),
        ("rooms,area,age,distance,price\n1,2,,4,5\n", "line 2 has '' as \"age\""),
        ("rooms,area,age,distance,price\n1,2,nan,4,5\n", 'as "age"'),
        ("rooms,area,age,distance,price\n1,2,1e400,4,5\n", 'as "age"'),
        ("rooms,area,age,distance,price\n1,2,\x1b[31m,4,5\n", "'\\x1b[31m' as \"age\""),
    ],
)
def test_a_cell_that_is_no_number_is_told_with_its_line(course, text, fault):
    with pytest.raises(TableFault) as told:
        make_file(text, course)

    assert fault in str(told.value)


def test_labels_of_classes_are_their_numbers(tmp_path):
    write_table_course(tmp_path, "binary")
    about = load_exercise(Course(root=tmp_path), "prices").source.about

    with pytest.raises(TableFault, match="line 2 has the label 2; classes are 0 to 1"):
        read_table(b"rooms,area,age,distance,price\n1,2,3,4,2\n", about)


def test_a_changed_file_is_never_used(course):
    """Neither by the front, which says the digest, nor by the trainer, if it changes afterwards."""
    source = load_exercise(course, "prices").source
    path = course.root / "datasets/houses/houses_test.csv"
    path.write_bytes(path.read_bytes() + b"0,1,2,3,4,5\n")

    with pytest.raises(GraderError, match="is damaged"):
        load_dataset(source)
    assert any(hashlib.sha256(path.read_bytes()).hexdigest() in each for each in find_faults(course))


def test_a_table_may_be_an_archive(tmp_path):
    """Of rows of floats, without names in the file; the secret split is one, too."""
    arrays = write_table_course(tmp_path)
    folder = tmp_path / "datasets/houses"
    data = pack(**{name: array for name, array in arrays.items() if not name.endswith("held_out")})
    (folder / "houses.npz").write_bytes(data)
    text = (folder / "dataset.yaml").read_text().partition("label:")[0]
    text += f"splits: {{train: 600, test: 200}}\nfile: houses.npz\nsha256: {hashlib.sha256(data).hexdigest()}\nnames: {{files: [houses.npz]}}\n"
    (folder / "dataset.yaml").write_text(text)
    (tmp_path / "solutions/datasets/houses/held_out.npz").write_bytes(
        pack(x=arrays["x_held_out"], y=arrays["y_held_out"])
    )

    source = load_exercise(Course(root=tmp_path), "prices").source

    assert (load_dataset(source).x_test == arrays["x_test"]).all()
    assert (load_held_out(source).labels == arrays["y_held_out"]).all()


@pytest.mark.parametrize("array", [np.full((600, 4), np.nan), np.zeros((600, 3)), np.full((600, 4), "a")])
def test_an_archive_of_something_else_is_refused(tmp_path, array):
    arrays = write_table_course(tmp_path)
    folder = tmp_path / "datasets/houses"
    data = pack(x_train=array, **{name: arrays[name] for name in ("y_train", "x_test", "y_test")})
    (folder / "houses.npz").write_bytes(data)
    text = (folder / "dataset.yaml").read_text().partition("label:")[0]
    text += f"splits: {{train: 600, test: 200}}\nfile: houses.npz\nsha256: {hashlib.sha256(data).hexdigest()}\n"
    (folder / "dataset.yaml").write_text(text)
    course = Course(root=tmp_path)
    change(course, "exercises/prices/exercise.yaml", "split: held_out", "split: test")

    with pytest.raises((CourseError, GraderError)):
        load_dataset(load_exercise(course, "prices").source)


def test_students_get_both_files_and_no_more(course):
    """A script, or the table with the secret rows, may lie beside them."""
    (course.root / "datasets/houses/all.csv").write_text("rooms,area\n")
    (course.root / "exercises/prices/stub.py").write_text("def train():\n    pass\n")
    (course.root / "exercises/prices/README.md").write_text("# Prices\n")

    files = public.collect(course, ["prices"]).files

    assert {name for name in files if name.startswith("datasets/")} == {
        "datasets/houses/dataset.yaml",
        "datasets/houses/houses.csv",
        "datasets/houses/houses_test.csv",
    }
    assert b"features: [rooms, area, age, distance]" in files["datasets/houses/dataset.yaml"]


def test_a_copy_of_the_secret_rows_leaves_nowhere(course):
    """Under another name, as a file that the README links."""
    secret = (course.solutions / "datasets/houses/held_out.csv").read_bytes()
    (course.root / "exercises/prices/more.csv").write_bytes(secret)
    (course.root / "exercises/prices/README.md").write_text("# Prices\n\n[more](more.csv)\n")

    with pytest.raises(CourseError) as told:
        public.collect(course, ["prices"])

    assert "held_out.csv" in str(told.value)


def test_of_an_installed_course_students_code_sees_the_two_files(course, tmp_path, monkeypatch):
    """Although packages are readable: no other table, which may hold the secret rows."""
    site = tmp_path / "site"
    info = site / "my_course-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "my_course").symlink_to(course.root)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: my-course\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[grade.courses]\nhouses101 = my_course\n")
    folder = course.root.resolve() / "datasets/houses"
    (folder / "all.csv").write_text("rooms\n")
    monkeypatch.syspath_prepend(str(site))
    installed_courses.find_installed_courses.cache_clear()
    try:
        hidden = collect_grants([], []).hide
    finally:
        installed_courses.find_installed_courses.cache_clear()

    assert str(folder / "all.csv") in hidden
    assert not {str(folder / name) for name in ("houses.csv", "houses_test.csv")} & set(hidden)
    assert str(course.root.resolve() / "solutions") in hidden


def test_another_column_or_file_is_other_data(course):
    """What was measured on one of them says nothing of the other."""
    about = load_exercise(course, "prices").source
    keys = {about.key}
    for change_of in (
        {"label": "area", "features": ("rooms",)},
        {"test_sha256": "0" * 64},
        {"features": ("rooms", "area")},
    ):
        keys.add(structs.replace(about, about=structs.replace(about.about, **change_of)).key)

    assert len(keys) == 4
