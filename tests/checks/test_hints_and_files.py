"""No hint asks for what the file has already: every hint against the file, or the training, that triggers it."""

import itertools
import re
from pathlib import Path

import pytest

from grader import static, submission
from grader.checks import loading
from grader.checks.training import check_reached_line
from grader.courses.course import Course
from grader.courses.exercise import find_exercise_text
from grader.grading.curves import rename_to_canonical
from grader.records.verdict import TrainingRecord
from grader.trainer.order.log_keys import find_accuracy_key, list_log_keys

ROOT = Path(__file__).resolve().parents[2]
STUDENTS = [
    path
    for path in sorted((ROOT / "tests/fixtures/students").glob("*.py"))
    if path.read_bytes().startswith(b"# exercise: ") and b"# expect: not_started" in path.read_bytes()
]
# What a hint asks for: code in backticks, or a line to write.
ASKED = re.compile(r"`([^`]*[=(\[.][^`]*)`|\b(def \w+\(\):)")
METRICS = ([], ["accuracy"], ["acc"], ["mse"], ["accuracy", "mse"], ["binary_accuracy"], ["sparse_categorical_accuracy"])
OUTPUTS = ([(None, 10)], [(None, 1)], [(None, 7, 10)], [(None, 10), (None, 10)], [])
LABELS = ((60,), (60, 1), (60, 10), None)


def squeeze(text):
    return re.sub(r"[\s\"']", "", text)


def find_asked(hint):
    return [squeeze(code or line) for code, line in ASKED.findall(hint or "")]


@pytest.mark.parametrize("path", STUDENTS, ids=lambda path: path.stem)
def test_no_finding_of_the_text_asks_for_a_line_that_is_there(path):
    """Of every file of the fixtures that is refused by its text."""
    course, name = Course(root=ROOT), path.read_text(encoding="utf-8", errors="replace").split("\n")[0].removeprefix("# exercise: ")
    stub = find_exercise_text(course, name, "stub.py").read_text(encoding="utf-8")
    source = submission.read_submission(path)
    function = loading.load_exercise(course, name).function
    lines = {squeeze(line) for line in source.source.splitlines()}
    for finding in static.inspect_submission(source, function, stub).findings:
        # As a whole line at the margin: the same line inside a class is what the hint speaks of.
        assert not [asked for asked in find_asked(finding.hint) if asked in lines and finding.code != "S107"]


@pytest.mark.parametrize("metric", ["accuracy", "val_accuracy"])
@pytest.mark.parametrize("validated", [False, True])
def test_no_training_is_asked_for_a_metric_or_data_that_it_has(metric, validated):
    """Every combination of metrics, outputs and labels, named as the trainer names them."""
    asked_for = set()
    for metrics, outputs, labels in itertools.product(METRICS, OUTPUTS, LABELS):
        config = {"metrics": list(metrics), "weighted_metrics": None}
        keys = list_log_keys(config, ["out"])
        logs = dict.fromkeys([*keys, *(f"val_{key}" for key in keys if validated)], 0.5)
        logs = rename_to_canonical(logs, find_accuracy_key(config, outputs, labels))
        record = TrainingRecord(epochs=[{"epoch": 0, **logs}], stopped_by="epochs", examples=60, seed=7)
        asked = find_asked(check_reached_line(record, metric=metric, above=0.9).hint)
        asked_for.update(asked)
        assert not ("metrics=[accuracy]" in asked and {"accuracy", "acc"} & set(metrics)), (metrics, outputs, labels)
        assert not ("validation_data=" in asked and validated)

    assert "metrics=[accuracy]" in asked_for


def test_what_is_missing_is_asked_for_and_nothing_else():
    """A metric without validation, validation without a metric, neither."""

    def hint(*keys):
        record = TrainingRecord(epochs=[{"epoch": 0, **dict.fromkeys(keys, 0.5)}], stopped_by="epochs", examples=60, seed=7)
        return check_reached_line(record, metric="val_accuracy", above=0.9).hint

    assert "compile" not in hint("loss", "accuracy")
    assert "validation_data" not in hint("loss", "val_loss")
    assert "compile" in hint("loss")
    assert "validation_data" in hint("loss")
