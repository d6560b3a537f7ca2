"""How many points a script has: as many as a file with the graded function, of the checks that a script can answer."""

import pytest

from grader import static, submission
from grader.checks import loading
from grader.courses import course as courses
from grader.grading.verdicts import build_verdict
from grader.records.run import Run, RunEnd
from grader.records.verdict import TrainingRecord

SCRIPT = "import tensorflow as tf\n(x, y), _ = tf.keras.datasets.mnist.load_data()\nmodel = tf.keras.Sequential()\nmodel.fit(x, y)\n"


@pytest.fixture
def verdict(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    exercise = loading.load_exercise(courses.find_course(), "exercise1")
    source = submission.read_submission(tmp_path / "script.py")
    report = static.inspect_submission(source, exercise.function, None)
    training = TrainingRecord(epochs=[{"epoch": 0, "accuracy": 0.999}], stopped_by="callback", examples=60000, seed=7)
    return build_verdict(exercise, source, report, [Run(seed=7, end=RunEnd(kind="completed"), training=training)], None, {})


def test_a_scripts_total_is_that_of_the_exercise(verdict):
    """What rests on a returned value has no points, and the other checks share them: one column, one maximum."""
    open_ = [check for check in verdict.checks if check.max_points == 0]

    assert verdict.max_score == 100.0
    assert open_
    assert all(check.status == "skipped" for check in open_)
    assert sum(check.max_points for check in verdict.checks) == pytest.approx(100.0, abs=1e-6)


def test_a_check_that_a_script_passes_has_its_part_of_them(verdict):
    """In the proportion of the exercise, and the score is the sum."""
    earned = {check.id: check.points for check in verdict.checks if check.status == "passed"}
    exercise = loading.load_exercise(courses.find_course(), "exercise1")
    asked = sum(spec.points for spec in exercise.checks if spec.id not in {check.id for check in verdict.checks if check.max_points == 0})
    points = {spec.id: spec.points for spec in exercise.checks}

    assert earned
    assert earned == pytest.approx({name: points[name] * 100.0 / asked for name in earned})
    assert verdict.score == pytest.approx(sum(earned.values()), abs=1e-6)
