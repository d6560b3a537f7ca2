"""What `--backend` asks for, before anything is started."""

import sys

import pytest

from grader.checks.loading import load_exercise
from grader.cli import run_command_line
from grader.courses.course import Course
from grader.engines.trainer import TrainerProcess, TrainerSpec, pick_library
from grader.errors import UsageError
from grader.grading import GradingOptions, known
from grader.submission import read_submission

MISSING = "--backend jax needs JAX, which is not installed: pip install 'keras-grade[jax]'"


@pytest.fixture
def no_jax(monkeypatch):
    """As where JAX isn't installed."""
    monkeypatch.setitem(sys.modules, "jax", None)


@pytest.mark.parametrize("args", [["exercise1", "mine.py"], ["batch", "exercise1", "all/"], ["selfcheck", "exercise1"]])
def test_a_missing_backend_is_said_before_anything_is_graded(no_jax, capsys, args):
    """One line that says what to install, and the exit code of wrong usage."""
    assert run_command_line([*args, "--backend", "jax"]) == 2
    assert capsys.readouterr().err == f"grade: {MISSING}\n"


def test_no_trainer_starts_without_its_backend(no_jax):
    """Whoever starts a trainer hears the same."""
    with pytest.raises(UsageError) as raised:
        TrainerProcess(TrainerSpec(device="cpu", backend="jax"))

    assert str(raised.value) == MISSING


def test_tensorflow_is_what_trains_by_itself(monkeypatch):
    """Whatever Keras of the caller's would take: the student's own run gives TensorFlow's figures."""
    monkeypatch.setenv("KERAS_BACKEND", "jax")

    assert pick_library("auto") == pick_library("tensorflow") == "tensorflow"


def test_an_unknown_backend_is_wrong_usage(capsys):
    """The message names what there is."""
    assert run_command_line(["exercise1", "mine.py", "--backend", "torch"]) == 2
    assert "'torch' is not one of 'auto', 'tensorflow', 'jax'" in capsys.readouterr().err


def test_a_verdict_is_recalled_only_for_its_backend(tmp_path):
    """What one backend measured is not told as another's."""
    course = Course(root=tmp_path)
    for folder in ("exercises/small", "quizzes"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "exercises/small/exercise.yaml").write_text(
        "schema: grade-exercise/1\nid: small\ntitle: Small\nfunction: train\ndataset: mnist\n"
        "checks: [{id: epochs, check: training.epochs, args: {below: 99}, points: 1}]\n"
    )
    (tmp_path / "mine.py").write_text("def train():\n    pass\n")
    spec, source = load_exercise(course, "small"), read_submission(tmp_path / "mine.py")

    keys = {
        known.make_verdict_key(course, spec, source, GradingOptions(backend=backend))
        for backend in ("auto", "tensorflow", "jax")
    }

    assert len(keys) == 3
