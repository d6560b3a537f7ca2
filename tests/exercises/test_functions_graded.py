"""Plain functions through the whole grader: the course's own, and answers that try what they can."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grader.checks.loading import load_exercise
from grader.courses.course import Course
from grader.errors import CourseError
from grader.grading import GradingOptions, grade
from grader.grading.proofs import lint_exercise, prove_answers
from grader.grading.refereeing import update_case_file

pytestmark = pytest.mark.train
ROOT = Path(__file__).parents[2]
FUNCTIONS = ["convolution", "convolution_rgb", "output_shapes", "pad_images", "pooling", "worked_example"]
RIGHT = "    return image[: image.shape[0] // 2 * 2, : image.shape[1] // 2 * 2].reshape(image.shape[0] // 2, 2, -1, 2).max((1, 3))\n"


def graded(tmp_path, text, exercise_id="pooling", course=None):
    course = course or Course(root=ROOT)
    path = tmp_path / "answer.py"
    path.write_text(text)
    return grade(course, load_exercise(course, exercise_id), path, GradingOptions())


def result(verdict, check_id):
    return next(each for each in verdict.checks if each.id == check_id)


@pytest.mark.parametrize("exercise_id", FUNCTIONS)
def test_every_promise_of_the_course_holds(exercise_id):
    """The stub fails clearly, the solution earns full marks, each wrong answer fails for its reason and no other."""
    course = Course(root=ROOT)
    exercise = load_exercise(course, exercise_id)

    proofs = list(lint_exercise(course, exercise))
    proofs += prove_answers(course, exercise, lambda path: grade(course, exercise, path, GradingOptions()))

    assert [f"{proof.what}: {proof.fault}" for proof in proofs if proof.fault] == []


def test_an_import_inside_the_function_costs_the_call_no_time(tmp_path):
    """TensorFlow takes longer than a call may; what isn't there is told by the call that needs it."""
    body = "    import tensorflow as tf, no_such_thing\n    from no_other import thing\n"
    verdict = graded(tmp_path, f"def max_pool(image):\n    import numpy, tensorflow as tf\n{RIGHT}\ndef spare():\n{body}")

    assert (verdict.status, verdict.notes) == ("passed", [])
    assert "ModuleNotFoundError" in result(graded(tmp_path, f"def max_pool(image):\n{body}"), "even-sizes").message


TENSORS = {
    "eager": "tf.reduce_max(tf.reshape(image[: rows * 2, : columns * 2], (rows, 2, columns, 2)), (1, 3))",
    "variable": "tf.Variable(tf.reduce_max(tf.reshape(image[: rows * 2, : columns * 2], (rows, 2, columns, 2)), (1, 3)))",
}


@pytest.mark.parametrize("kind", TENSORS)
def test_a_tensor_counts_as_the_array_that_it_holds(tmp_path, kind):
    """With a note that says so; a wrong one is wrong at its place."""
    head = "import tensorflow as tf\ndef max_pool(image):\n    rows, columns = image.shape[0] // 2, image.shape[1] // 2\n"
    right = graded(tmp_path, f"{head}    return {TENSORS[kind]}\n")
    wrong = graded(tmp_path, f"{head}    return {TENSORS[kind]} + 1\n")

    assert right.status == "passed"
    assert [note.message for note in right.notes if "its numbers were taken as a NumPy array" in note.message]
    assert "at [0, 0] your function gives" in result(wrong, "even-sizes").message


HOSTILE_ARRAYS = {
    "raises": "    def __array__(self, *_, **__): raise SystemExit",
    "another object": "    def __array__(self, *_, **__): return self",
    "objects": "    def __array__(self, *_, **__): return np.array([self], object)",
    "masked": "    pass\n    def __new__(cls): return np.ma.masked_array([[1, 2]], [[True, False]])",
}


@pytest.mark.parametrize("body", HOSTILE_ARRAYS.values(), ids=HOSTILE_ARRAYS)
def test_what_only_looks_like_an_array_is_no_answer(tmp_path, body):
    """Nor does it end the grading."""
    text = f"import numpy as np\nclass Box:\n{body}\ndef max_pool(image):\n    return Box()\n"
    verdict = graded(tmp_path, text)

    assert (verdict.status, verdict.end, verdict.score) == ("failed", "completed", 0.0)
    assert "an object of class" in result(verdict, "even-sizes").message


@pytest.mark.parametrize("load", ["tf.keras.datasets.mnist.load_data()", "tf.keras.datasets.mnist.load_data(path='mnist.npz')"])
def test_the_datasets_are_there_for_plain_functions(tmp_path, load):
    """Whatever `path=` says: many files try their function on a real image first."""
    text = f"import tensorflow as tf\n(x, y), _ = {load}\nassert x.shape == (60000, 28, 28)\ndef max_pool(image):\n{RIGHT}"

    assert graded(tmp_path, text).status == "passed"


def test_types_of_older_numpy_are_known(tmp_path):
    """`np.int` was `int`, here as in the exercises that train."""
    text = f"import numpy as np\ndef max_pool(image):\n{RIGHT.rstrip()}.astype(np.int)\n"
    assert graded(tmp_path, text).status == "passed"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("    return None", "gives nothing (None) instead of an array of numbers"),
        ("    return (x for x in [1])", "gives an object of class generator"),
        ("    return np.zeros((6000, 6000)) + image[0, 0]", "gives an array of shape (6000, 6000) instead of (1, 1)"),
        ("    return np.zeros((1, 1), complex)", "gives an array of complex128"),
        (
            "    class Yes(np.ndarray):\n        __eq__ = lambda *_: True\n    return (image[:1, :1] * 0 + 1.0).view(Yes)",
            "at [0, 0] your function gives 1.0 instead of 4",
        ),
        ("    raise ValueError('\\x1b[31m' + 'x' * 100000)", r"raised ValueError: \x1b[31mxxx"),
        ("    import sys; sys.exit(3)", "raised SystemExit: 3"),
        ("    return image[9, 9]", "raised IndexError"),
    ],
)
def test_a_strange_answer_has_its_message(tmp_path, body, message):
    """Objects, foreign types, exceptions and sheer size are told with the smallest case."""
    verdict = graded(tmp_path, f"import numpy as np\ndef max_pool(image):\n{body}\n")

    found = result(verdict, "even-sizes")
    assert (verdict.status, found.status) == ("failed", "failed")
    assert message in found.message
    assert "5 of 5 cases fail" in found.message
    assert found.given == "image = [[1, 2],\n         [3, 4]]"


@pytest.mark.parametrize(
    ("body", "end", "message"),
    [
        ("    import os; os._exit(0)", "crashed", "your code ended the process (exit code 0)"),
        ("    import os; os.write(int(os.environ['GRADE_FD']), b'hello'); os._exit(0)", "forbidden", "interfered"),
    ],
)
def test_an_answer_that_ends_the_run_says_how(tmp_path, body, end, message):
    """No check is judged, and the end is named."""
    verdict = graded(tmp_path, f"def max_pool(image):\n{body}\n")

    assert (verdict.status, verdict.end, verdict.score) == ("failed", end, 0)
    assert message in verdict.end_message
    assert {each.status for each in verdict.checks} == {"skipped"}


def test_a_file_that_fails_while_loading_is_told_by_its_line(tmp_path):
    """The function is never called."""
    verdict = graded(tmp_path, f"SIZE = 1 // 0\ndef max_pool(image):\n    SIZE\n{RIGHT}")

    assert (verdict.end, "ZeroDivisionError" in verdict.end_message) == ("crashed", True)
    assert result(verdict, "even-sizes").message.startswith("not judged: your code stopped with an error")


def test_the_answers_are_nowhere_to_be_read(tmp_path):
    """Neither the reference nor the shipped cases can be opened, and TensorFlow isn't even loaded."""
    places = [ROOT / "solutions" / "pooling" / "reference.py", ROOT / "exercises" / "pooling" / "cases.npz"]
    body = f"""import os, sys
def max_pool(image):
    for path in {[str(place) for place in places]}:
        try:
            open(path, "rb")
            raise RuntimeError("readable: " + path)
        except OSError:
            pass
    if {{"tensorflow", "keras"}} & set(sys.modules):
        raise RuntimeError("TensorFlow is loaded")
{RIGHT}"""

    assert graded(tmp_path, body).status == "passed"


def test_a_student_without_solutions_is_judged_by_the_shipped_cases(tmp_path):
    """As from the wheel; the checks say so."""
    course = Course(root=tmp_path / "course")
    shutil.copytree(ROOT / "exercises" / "pooling", course.root / "exercises" / "pooling")
    (course.root / "quizzes").mkdir()

    right = graded(tmp_path, f"def max_pool(image):\n{RIGHT}", course=course)
    wrong = graded(tmp_path, "def max_pool(image):\n    return image[::2, ::2]\n", course=course)

    assert (right.status, wrong.status) == ("passed", "failed")
    assert "the fixed ones; further random cases need the course's reference" in result(right, "odd-sizes").message


def test_cases_that_were_made_from_another_exercise_are_the_courses_fault(tmp_path):
    """The message names the file and the command that makes it anew."""
    course = Course(root=tmp_path / "course")
    folder = course.root / "exercises" / "pooling"
    shutil.copytree(ROOT / "exercises" / "pooling", folder)
    spec = folder / "exercise.yaml"
    spec.write_text(spec.read_text().replace("random: 30", "random: 31"))

    with pytest.raises(CourseError, match=r"exercises/pooling/cases.npz:1:1: .*grade selfcheck --write-cases"):
        graded(tmp_path, f"def max_pool(image):\n{RIGHT}", course=course)


def test_a_broken_reference_is_the_courses_fault(tmp_path):
    """It is named with its folder."""
    course = Course(root=tmp_path / "course")
    shutil.copytree(ROOT / "exercises" / "pooling", course.root / "exercises" / "pooling")
    (course.solutions / "pooling").mkdir(parents=True)
    (course.solutions / "pooling" / "reference.py").write_text("def max_pool(image): return 1 / 0")

    with pytest.raises(CourseError, match=r"solutions/pooling/reference.py:1:1: it fails .ZeroDivisionError"):
        update_case_file(course, load_exercise(course, "pooling"), write=False)


def test_the_same_file_earns_the_same_twice(tmp_path):
    """Random cases follow from the seed."""
    text = "def max_pool(image):\n    return image[::2, ::2][: image.shape[0] // 2, : image.shape[1] // 2]\n"
    first, second = (graded(tmp_path, text) for _ in range(2))

    assert first.checks == second.checks


def test_a_picture_is_drawn_of_what_the_function_makes(tmp_path):
    """A PNG of some size, beside the usual verdict; only Matplotlib's own process imports it."""
    path = tmp_path / "pooled.png"
    command = [sys.executable, "-c", "import sys; from grader.cli import main; main()", "pooling"]
    command += [
        str(ROOT / "solutions/pooling/solution.py"),
        "--picture",
        str(path),
        "--json",
        "-",
        "--course",
        str(ROOT),
    ]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert json.loads(done.stdout)["status"] == "passed"
    assert path.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert path.stat().st_size > 5000
