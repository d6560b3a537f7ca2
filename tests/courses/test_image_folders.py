"""Image folders as their authors lay them: each fault is told at its place, and no more leaves or is seen than the images."""

import shutil

import pytest
from dataset_samples import write_image_course
from PIL import Image

from grader.batch.ray.messages import build_worker_setup
from grader.checks.loading import load_exercise
from grader.courses.course import Course
from grader.data import load_dataset
from grader.engines.confine import grants
from grader.errors import CourseError, GraderError
from grader.grading.modelling import make_task
from grader.grading.options import GradingOptions
from grader.protocol.image_trees import read_image_header
from grader.release import public


@pytest.fixture
def course(tmp_path):
    write_image_course(tmp_path)
    return Course(root=tmp_path)


@pytest.fixture
def folder(course):
    return course.root / "datasets" / "figures"


def find_faults(course):
    try:
        load_exercise(course, "outlines")
    except CourseError as error:
        return [f"{each.file}:{each.line}:{each.column}: {each.message}" for each in error.problems]
    return []


def describe(folder, old, new):
    path = folder / "dataset.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_the_folders_hold(course, folder):
    """The course is sound, and the student's process may read two folders."""
    exercise = load_exercise(course, "outlines")

    assert find_faults(course) == []
    assert make_task(exercise, GradingOptions()).readable == (folder / "train", folder / "test")


def _change_one(folder):
    Image.new("RGB", (16, 16), "red").save(folder / "train/circle/c00.png")


def _resize_one(folder):
    Image.new("RGB", (17, 16)).save(folder / "train/circle/c00.png")


FAULTS = {
    "another size": (_resize_one, "5:8: train/circle/c00.png has 16 × 17 pixels, and the description says 16 × 16"),
    "another image": (_change_one, "8:9: the images are others; if they are the ones that you mean, write sha256: "),
    "no image": (lambda at: (at / "test/square/s00.png").write_bytes(b"GIF89a"), "5:8: test/square/s00.png is no PNG or JPEG"),
    "one too few": (lambda at: (at / "train/circle/c00.png").unlink(), "7:17: there are 23 images in the folders of train/, not 24"),
    "another class": (lambda at: (at / "train/star").mkdir(), "6:10: the folder train/star/ is none of the classes"),
    "no class": (lambda at: shutil.rmtree(at / "test/square"), "6:10: the folder test/square/ has no images"),
    "no split": (lambda at: shutil.rmtree(at / "test"), "6:10: there is no folder test/ beside the description"),
    "a link": (
        lambda at: ((at / "train/circle/c00.png").unlink(), (at / "train/circle/c00.png").symlink_to("/etc/passwd")),
        "7:17: there are 23 images",
    ),
    "a linked class": (
        lambda at: ((at / "test/square").rename(at / "kept"), (at / "test/square").symlink_to(at / "kept")),
        "6:10: the folder test/square/ has no images in PNG or JPEG, or is a link",
    ),
    "the wrong order": (lambda at: describe(at, "[circle, square]", "[square, circle]"), "6:10: of image folders the classes stand"),
    "a name with a slash": (lambda at: describe(at, "[train-figures]", "[a/b]"), '9:63: "a/b" is no name of a folder'),
    "a zip's name": (lambda at: describe(at, "[train-figures]", "[a.zip]"), '9:63: "a.zip" is no name of a folder'),
    "a name twice": (lambda at: describe(at, "[train-figures]", "[figures]"), '9:63: "figures" is the name of another folder'),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_have_their_places(course, folder, fault):
    """In the description, which is what an author mends."""
    spoil, words = FAULTS[fault]
    spoil(folder)

    found = find_faults(course)

    assert any(f"datasets/figures/dataset.yaml:{words}" in each for each in found), found


def test_images_that_change_afterwards_are_refused(course, folder):
    """By whoever decodes them: the digest is the description's."""
    source = load_exercise(course, "outlines").source
    _change_one(folder)

    with pytest.raises(GraderError, match='the images of the dataset "figures" have changed'):
        load_dataset(source)


def test_what_leaves_are_the_images(course, folder):
    """A release and a cluster's worker get them, and not the script beside them."""
    (folder / "draw.py").write_text("draws")
    (folder / "train/circle/.hidden.png").write_bytes(b"x")
    names = {
        path.relative_to(course.root).as_posix() for path in folder.rglob("*.*") if path.suffix in (".png", ".jpg")
    }
    names -= {"datasets/figures/train/circle/.hidden.png"}

    released = public.collect(course).files
    sent = build_worker_setup(course, [load_exercise(course, "outlines")]).files

    assert len(names) == 32
    assert {name for name in released if name.startswith("datasets/")} == names | {"datasets/figures/dataset.yaml"}
    assert names < set(sent)


def test_in_an_installed_course_the_images_alone_are_seen(course, folder):
    """All else of the course's package is hidden."""
    (folder / "draw.py").write_text("draws")

    hidden = {path.relative_to(course.root).as_posix() for path in grants._iter_secrets(course.root)}

    assert {"exercises", "quizzes", "datasets/figures/draw.py", "datasets/figures/dataset.yaml"} == hidden


@pytest.mark.parametrize(
    "data", [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8", b"\xff\xd8\xff\xe0\x00", b"\xff\xd8\xff\xc0\x00\x04ab", b"BM6"]
)
def test_broken_headers_are_none(data):
    """Whatever ends too early, or is another kind of file."""
    assert read_image_header(data) is None
