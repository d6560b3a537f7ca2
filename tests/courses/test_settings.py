from pathlib import Path

import pytest

from grader import static, submission
from grader.checks import loading
from grader.courses import settings
from grader.courses.course import Course
from grader.errors import CourseError
from grader.grading import inspect_file
from grader.records.verdict import Note

ROOT = Path(__file__).resolve().parents[2]
OLD = "import tensorflow as tf\n\ndef train_mnist():\n    h = tf.train.AdamOptimizer()\n    return h.history['acc']\n"


@pytest.fixture
def course(tmp_path):
    for name in ("exercises", "quizzes"):
        (tmp_path / name).symlink_to(ROOT / name)
    return Course(root=tmp_path)


def report_under(course, tmp_path, text, source=OLD):
    (tmp_path / "course.yaml").write_text(text)
    (tmp_path / "file.py").write_text(source)
    return inspect_file(course, loading.load_exercise(course, "exercise1"), submission.read_submission(tmp_path / "file.py"))


def test_a_course_without_the_file_accepts_tf_1(course):
    """Nothing has to be written for the default."""
    assert settings.load_settings(course).dialect == "accept"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("dialect: warn\n", 'course.yaml:1:1: "schema" is missing: write `schema: grade-course/1`'),
        ("schema: grade-course/1\ndialect: deny\n", 'course.yaml:2:10: expected one of accept, warn, reject, got "deny"'),
        ("schema: grade-course/1\ndialekt: warn\n", 'course.yaml:2:1: unknown key "dialekt"; did you mean "dialect"?'),
        ("schema: grade-course/2\n", 'course.yaml:1:9: expected grade-course/1, got "grade-course/2"'),
        ("- accept\n", "course.yaml:1:1: expected a mapping (key: value)"),
    ],
)  # fmt: skip
def test_a_fault_in_the_file_is_told_with_its_place(course, tmp_path, text, said):
    """Line and column, and what may stand there."""
    (tmp_path / "course.yaml").write_text(text)

    with pytest.raises(CourseError) as caught:
        settings.load_settings(course)
    assert said in str(caught.value)


def test_accept_notes_tf_1_names(course, tmp_path):
    """A note has no mark of a warning, and the file may be run."""
    report = report_under(course, tmp_path, "schema: grade-course/1\ndialect: accept\n")

    assert report.findings == []
    assert Note(line=4, message="`tf.train.AdamOptimizer` is TF 1; in TF 2 write `tf.keras.optimizers.Adam`") in report.notes


def test_warn_marks_the_notes(course, tmp_path):
    """Each TF 1 name becomes a warning; the file may be run, other notes are as before."""
    report = report_under(course, tmp_path, "schema: grade-course/1\ndialect: warn\n")
    told = [note.message.split(":")[0] for note in report.notes if "TF 1" in note.message]

    assert report.findings == []
    assert report.plan is not None
    assert told == ["warning", "warning"]


def test_reject_refuses_the_file_with_each_place(course, tmp_path):
    """Every TF 1 name is a finding with its line; the last one says what the course asks for."""
    report = report_under(course, tmp_path, "schema: grade-course/1\ndialect: reject\n")

    assert [finding.line for finding in report.findings] == [4, 5]
    assert report.plan is None
    assert report.findings[-1].hint == "This course takes TensorFlow 2 only: change the lines that are named."
    assert [note for note in report.notes if "TF 1" in note.message] == []


def test_reject_names_twenty_places_and_counts_the_rest(course, tmp_path):
    """A file full of TF 1 names doesn't drown the report."""
    source = "import tensorflow as tf\ndef train_mnist():\n" + "    tf.Session()\n" * 25 + "    return 1\n"
    report = report_under(course, tmp_path, "schema: grade-course/1\ndialect: reject\n", source)

    assert len(report.findings) == 20
    assert report.findings[-1].hint.startswith("There are 5 more such places.")


@pytest.mark.parametrize("policy", ["accept", "warn", "reject"])
def test_a_tf_2_file_is_the_same_under_each_policy(course, tmp_path, policy):
    """Only TF 1 names are the policy's business."""
    source = "import tensorflow as tf\ndef train_mnist():\n    return tf.keras.Sequential()\n"
    report = report_under(course, tmp_path, f"schema: grade-course/1\ndialect: {policy}\n", source)

    assert report == static.inspect_submission(submission.read_submission(tmp_path / "file.py"), "train_mnist", None)
