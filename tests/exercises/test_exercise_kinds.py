"""What can't work is told when a course is loaded: keys without effect, and `def` lines that don't fit the call."""

import shutil
from pathlib import Path

import pytest

from grader.checks import CHECKS
from grader.checks.registry import EVIDENCE_BASES
from grader.courses.course import Course
from grader.errors import CourseError
from grader.checks.loading import load_exercise
from grader.courses.exercise import Exercise, Limits
from grader.checks.exercise_kinds import EVIDENCE as OF_KINDS
from grader.checks.exercise_kinds import KEYS, LIMITS, RETURNS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def course(tmp_path):
    """Copies an exercise with its solution, and changes the texts of its files."""

    def make(name, *changes, file="exercises/{}/exercise.yaml"):
        for folder in ("exercises", "solutions"):
            shutil.copytree(ROOT / folder / name, tmp_path / folder / name, dirs_exist_ok=True)
        path = tmp_path / file.format(name)
        text = path.read_text()
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path.write_text(text)
        return Course(root=tmp_path)

    return make


def faults(course, name):
    """The places and messages of the problems."""
    with pytest.raises(CourseError) as told:
        load_exercise(course, name)
    return [(problem.file.rpartition("/")[2], problem.line, problem.column, problem.message) for problem in told.value.problems]


@pytest.mark.parametrize(
    ("name", "key", "line", "starts"),
    [
        ("exercise1", "arguments: {x_train: {}, y_train: {}}", 2, '"arguments" has no effect: the function of this exercise trains'),
        ("exercise1", "picture: []", 2, '"picture" has no effect'),
        ("exercise1", "tables: []", 2, '"tables" has no effect'),
        ("pooling", "dataset: mnist", 2, '"dataset" has no effect: an exercise whose checks are behaviour… calls'),
        ("pooling", "attempts: 3", 2, '"attempts" has no effect'),
        ("basic_cnn", "arguments: {image: {}}", 2, '"arguments" has no effect: an exercise with "models" takes the model'),
        ("custom_loop", "attempts: 3", 2, '"attempts" has no effect: with training: observed the file trains by itself'),
        ("custom_loop", "tables: []", 2, '"tables" has no effect: with training: observed'),
        ("feature_maps", "tables: []", 2, '"tables" has no effect: an exercise with models: {shown: …}'),
    ],
)
def test_a_key_that_this_kind_does_not_use(course, name, key, line, starts):
    """Told at its line, with what the exercise does instead."""
    made = course(name, ("schema: grade-exercise/1\n", f"schema: grade-exercise/1\n{key}\n"))

    found = faults(made, name)
    assert [(each[0], each[1], each[2]) for each in found] == [("exercise.yaml", line, 1)]
    assert found[0][3].startswith(starts)


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("exercise1", "limits: {gpu: 3min", "limits: {call: 2s, gpu: 3min", 'limits: "call" has no effect'),
        ("pooling", "limits: {", "limits: {gpu: 3min, ", 'limits: "gpu" has no effect'),
        ("basic_cnn", "  image: {}\n", "  image: {}\n  train: never\n", '"fit" has no effect: train: never'),
        ("feature_maps", "  fit: {", "  train: never\n  fit: {", '"train: never" has no effect: activations are of'),
    ],
)
def test_a_part_that_has_no_effect(course, name, old, new, said):
    """Below `limits` and `models` likewise."""
    assert any(message.startswith(said) for *_, message in faults(course(name, (old, new)), name))


@pytest.mark.parametrize(
    ("name", "check", "said"),
    [
        ("exercise1", "{id: x, check: returns.model, points: 0}", "returns.model can't be judged: the function of this exercise"),
        ("exercise1", "{id: x, check: activations.values, points: 0}", "activations.values can't be judged"),
        ("basic_cnn", "{id: x, check: returns.shape, points: 0}", "returns.shape can't be judged"),
        ("basic_cnn", "{id: x, check: callback.stops_when, args: {metric: accuracy, above: 0.9}, points: 0}", "callback.stops_when can't"),
        ("pooling", "{id: x, check: training.epochs, args: {below: 3}, points: 0}", "training.epochs can't be judged"),
        ("feature_maps", "{id: x, check: returns.model, points: 0}", "returns.model can't be judged"),
        ("custom_loop", "{id: x, check: training.epochs, args: {below: 3}, points: 0}", "training.epochs can't be judged: with training"),
        ("exercise1", "{id: x, check: returns.curve, args: {fewer_than: 9}, points: 0}", "returns.curve can't be judged"),
        ("experiments", "{id: x, check: training.epochs, args: {below: 3}, points: 0}", "training.epochs can't be judged: train: never"),
    ],
)
def test_a_check_that_has_nothing_to_judge(course, name, check, said):
    """It would be skipped for every student, whatever they write."""
    found = faults(course(name, ("checks:\n", f"checks:\n  - {check}\n")), name)

    assert len(found) == 1
    assert found[0][3].startswith(said)
    assert found[0][2] == check.index("check: ") + 5 + len("check: ")


@pytest.mark.parametrize(
    ("name", "old", "new", "place", "said"),
    [
        ("basic_cnn", "def basic_cnn(image):", "def basic_cnn():", "models",
         "the function is called with 1 (image), but {0}:7 has `def basic_cnn()`; make them agree"),
        ("basic_cnn", "def basic_cnn(image):", "def basic_cnn(image, units):", "models", "is called with 1 (image), but {0}:7 has"),
        ("exercise1", "def train_mnist():", "def train_mnist(x_train, y_train):", "function: ",
         "the function is called without arguments, but {0}:"),
        ("exercise1", "def train_mnist():", "def train_mnist(*, epochs):", "function: ", "is called without arguments"),
        ("pooling", "def max_pool(", "def max_pool(more, ", "arguments", "the function is called with "),
        ("house_prices", "def house_model(y_new):", "def house_model():", "given", "the function is called with 1 (values), but {0}:"),
        ("feature_maps", "def activations(model, images):", "def activations(images, model):", "models",
         "the arguments are given in the order model, images, but {0}:"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("file", ["solutions/{}/solution.py", "exercises/{}/stub.py"])
def test_a_def_line_that_does_not_fit_the_call(course, name, old, new, place, said, file):
    """Told at the YAML that makes the call, with the place of the `def` line; for the solution and for the stub."""
    made = course(name, (old, new), file=file)
    lines = (made.root / "exercises" / name / "exercise.yaml").read_text().splitlines()

    found = [each for each in faults(made, name) if each[0] == "exercise.yaml"]
    assert len(found) == 1
    assert lines[found[0][1] - 1].startswith(place)
    assert said.format(file.format(name)).partition(":7")[0] in found[0][3]


def test_the_stub_has_the_solutions_line(course):
    """Both fit the call, and still a student who keeps the stub's line would have another than the author's."""
    made = course("basic_cnn", ("def basic_cnn(image):", "def basic_cnn(picture, units=3):"), file="exercises/{}/stub.py")

    assert [(file, message.partition(";")[0]) for file, *_, message in faults(made, "basic_cnn")] == [
        ("stub.py", "has `def basic_cnn(picture, units=3)`, and the solution `def basic_cnn(image)`")]  # fmt: skip


@pytest.mark.parametrize(
    "line",
    ["def basic_cnn(image: 'Array') -> 'Model':", "def basic_cnn(image, *, units=3):", "def basic_cnn(*images):", "def basic_cnn(x):"],
)
def test_what_fits_is_no_fault(course, line):
    """Annotations, defaults, stars, and another name for the only argument."""
    for file in ("solutions/{}/solution.py", "exercises/{}/stub.py"):
        made = course("basic_cnn", ("def basic_cnn(image):", line), file=file)
        (made.root / "keep").write_text((made.root / file.format("basic_cnn")).read_text())
        for other in ("solutions", "exercises"):
            name = "solution.py" if other == "solutions" else "stub.py"
            path = made.root / other / "basic_cnn" / name
            path.write_text(path.read_text().replace("def basic_cnn(image):", line))
    assert load_exercise(made, "basic_cnn").id == "basic_cnn"


@pytest.mark.parametrize("text", ["def basic_cnn(", "basic_cnn = lambda: 0", "@wrapped\ndef basic_cnn():\n    pass", "\0", ""])
def test_what_cannot_be_told_is_left_to_selfcheck(course, text):
    """A file that isn't Python, or a function that is no plain `def`, is no fault here."""
    made = course("basic_cnn")
    for path in (made.solutions / "basic_cnn" / "solution.py", made.root / "exercises" / "basic_cnn" / "stub.py"):
        path.write_text(text)

    assert load_exercise(made, "basic_cnn").id == "basic_cnn"


def test_a_student_who_writes_into_the_stub_breaks_no_course(course):
    """Where there are no solutions, nothing is compared: the stub may be the student's own by now."""
    made = course("basic_cnn", ("def basic_cnn(image):", "def my_cnn():"), file="exercises/{}/stub.py")
    shutil.rmtree(made.solutions)

    assert load_exercise(made, "basic_cnn").id == "basic_cnn"


def test_the_tables_name_what_there_is():
    """Every key, limit, evidence and check in them exists."""
    assert set(KEYS) <= set(Exercise.__struct_fields__)
    assert set(LIMITS) <= set(Limits.__struct_fields__)
    assert set(OF_KINDS) <= set(EVIDENCE_BASES)
    assert set(RETURNS) <= set(CHECKS)
