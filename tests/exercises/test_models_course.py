"""The exercises about models: their solutions and wrong answers, judged as far as that needs no training."""

from __future__ import annotations

import json
import re
import runpy
import shutil
import sys
from pathlib import Path

import pytest

from grader import checks, cli
from grader.checks.loading import load_exercise
from grader.courses.course import Course
from grader.grading import GradingOptions, grade
from grader.grading.modelling import build_calls_message, find_memory_limit
from grader.grading.proofs import find_solution, list_rejects, read_expectation
from grader.records.run import BuiltModel, Run, RunEnd

COURSE = Course(root=Path(__file__).parents[2])
RETURNING = ("baseline", "basic_cnn", "lenet5", "alexnet", "vgg16", "resnet", "resnet50", "experiments")
TRAINING = ("fashion_cnn", "mnist_two_conv", "conv_callback_fashion")
# The printed summaries of the course: parameters in all, and the shapes that layers put out.
PRINTED = {
    "baseline": (79_510, [[784], [100], [10]]),
    "lenet5": (44_164, [[24, 24, 6], [12, 12, 6], [8, 8, 16], [4, 4, 16], [256], [120], [82], [10]]),
    "resnet50": (23_601_930, None),
    "alexnet": (143_248_458, None),
    "vgg16": (134_669_092, None),
}


class Refused(Exception):
    """The function did what can't be graded."""


class Front:
    """Stands in for the line to the grader: says aloud what would be told."""

    def report_unsupported(self, message, instead=""):
        raise Refused(message)


def looked_at(exercise, path):
    """The run of a file as far as its models go, in this process."""
    from grader.student.modelling import iter_models, load_training_data
    from grader.trainer.order import rebuild

    told = build_calls_message(exercise, GradingOptions())
    images, _ = load_training_data(told)
    function = runpy.run_path(str(path))[exercise.function]
    models, first = [], None
    try:
        for returned, model in iter_models(Front(), function, told, images[0]):
            first = first or returned
            if not returned["compiled"]:
                first = returned
                break
            settings = json.loads(json.dumps(model.get_compile_config()))
            seen = rebuild.inspect_order(model.to_json(), settings, [images.shape], find_memory_limit(exercise), batch_size=1)
            models.append(BuiltModel(call=returned["call"], architecture=seen))
    except Refused as error:
        return Run(seed=7, end=RunEnd(kind="forbidden", message=str(error)))
    except Exception as error:
        return Run(seed=7, end=RunEnd(kind="crashed", message=str(error)))
    last = models[-1].architecture if models else None
    return Run(
        seed=7, end=RunEnd(kind="completed"), architecture=last, models=models or None, returned=first, has_returned=True
    )  # fmt: skip


@pytest.fixture(autouse=True)
def _fresh_keras():
    """Models of the test before are let go: some are large."""
    yield
    if (keras := sys.modules.get("keras")) is not None:
        keras.utils.clear_session()


@pytest.mark.keras
@pytest.mark.parametrize("exercise_id", RETURNING)
def test_a_wrong_answer_fails_for_its_reason_and_no_other(exercise_id):
    """The checks of the model tell them apart, without a training."""
    exercise = load_exercise(COURSE, exercise_id)
    for path in list_rejects(COURSE, exercise_id):
        expected = read_expectation(path, exercise)
        run = looked_at(exercise, path)
        failed = [result.id for result in checks.judge_run(run, exercise) if result.status == "failed"]
        assert (failed, run.end.kind) == ([expected.check] if expected.check else [], expected.end or "completed"), path


@pytest.mark.keras
@pytest.mark.parametrize("exercise_id", RETURNING)
def test_a_solution_fails_no_check_of_its_model(exercise_id):
    """Each check that rests on the model passes."""
    exercise = load_exercise(COURSE, exercise_id)
    results = checks.judge_run(looked_at(exercise, find_solution(COURSE, exercise_id)), exercise)
    untrained = [result.id for result in results if result.basis != "measured"]
    assert [result.id for result in results if result.status == "passed"] == untrained


@pytest.mark.keras
@pytest.mark.parametrize("exercise_id", PRINTED)
def test_a_solution_has_the_printed_summary(exercise_id):
    """Parameters in all, and where the course prints them the shapes of the layers."""
    parameters, shapes = PRINTED[exercise_id]
    found = looked_at(load_exercise(COURSE, exercise_id), find_solution(COURSE, exercise_id)).architecture
    assert found.parameters == parameters
    assert shapes is None or [layer.output_shape[1:] for layer in found.layers] == shapes


@pytest.mark.keras
def test_the_experiments_hold_the_model_of_24330_parameters():
    """Three convolutions of 32 filters; the text prints its summary layer by layer."""
    run = looked_at(load_exercise(COURSE, "experiments"), find_solution(COURSE, "experiments"))
    three = next(built for built in run.models if built.call == {"filters": 32, "convolutions": 3})
    assert three.architecture.parameters == 24_330
    assert [layer.parameters for layer in three.architecture.layers] == [320, 0, 9248, 0, 9248, 0, 0, 4224, 1290]
    assert len(run.models) == 12


@pytest.mark.train
@pytest.mark.parametrize("exercise_id", ["fashion_dense", "conv_callback", "lenet5"])
def test_selfcheck_holds(exercise_id, capsys):
    """With real trainings: full marks for the solution, and every wrong answer fails for its reason."""
    code = cli.run_command_line(["selfcheck", exercise_id])
    assert code == 0, capsys.readouterr().out


@pytest.mark.train
@pytest.mark.parametrize("exercise_id", TRAINING)
def test_a_solution_is_trained_once_the_gates_have_let_it_pass(exercise_id, warm):
    """These trainings take minutes; here they are only about to begin."""
    exercise = load_exercise(COURSE, exercise_id)
    verdict = grade(COURSE, exercise, find_solution(COURSE, exercise_id), GradingOptions(until="probe", start=warm))
    gates = {spec.id for spec in exercise.checks if spec.gate}
    assert {result.id for result in verdict.checks if result.status == "passed"} == gates


@pytest.mark.train
@pytest.mark.parametrize("exercise_id", ["alexnet", "resnet50", "resnet", "feature_maps"])
def test_the_real_processes_agree(exercise_id, warm):
    """A model of 143 million weights is judged in seconds, since nobody makes its weights."""
    verdict = grade(COURSE, load_exercise(COURSE, exercise_id), find_solution(COURSE, exercise_id), GradingOptions(start=warm))
    assert (verdict.status, verdict.score) == ("passed", 100)
    assert verdict.timings["total"] < 120


TABLES = """
tables:
  - title: "How many filters?"
    dataset: mnist
    fit: {epochs: 1, scale: 255, examples: 500}
    columns:
      - {title: none, call: {filters: 16, convolutions: 0}, train: 0.5}
      - {title: one, call: {filters: 4, convolutions: 1}, test: 0.25, seconds: 3}
"""


@pytest.mark.train
def test_a_table_is_trained_and_printed(tmp_path, capsys):
    """Each model of the table with its own figures, and none where the file doesn't pass."""
    shutil.copytree(COURSE.root / "exercises" / "experiments", tmp_path / "exercises" / "experiments")
    (tmp_path / "quizzes").mkdir()
    spec = tmp_path / "exercises" / "experiments" / "exercise.yaml"
    text = spec.read_text()
    spec.write_text(text[: text.index("tables:")] + TABLES.lstrip())
    solution = str(find_solution(COURSE, "experiments"))

    code = cli.run_command_line(["experiments", solution, "--course", str(tmp_path), "--table", "-q"])
    out = capsys.readouterr().out

    assert code == 0, out
    rows = out[out.index("How many filters?") :].splitlines()
    assert re.fullmatch(r"none   0\.\d{4} \(0\.5000\)   0\.\d{4}            \d+ s", rows[3]), rows
    assert re.fullmatch(r"one    0\.\d{4}            0\.\d{4} \(0\.2500\)   \d+ s \(3 s\)", rows[4]), rows

    wrong = str(COURSE.solutions / "experiments" / "rejects" / "wrong_loss.py")
    assert cli.run_command_line(["experiments", wrong, "--course", str(tmp_path), "--table", "-q"]) == 1
    assert "How many filters?" not in capsys.readouterr().out
