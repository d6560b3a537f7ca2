"""The verdicts on an exercise's parts become one, and a fault of one part stays with it."""

from __future__ import annotations

import pytest

from grader.courses.exercise import CheckSpec, Exercise, GivenData, ModelCalls, Part
from grader.grading.parts import join_verdicts
from grader.records.verdict import CheckResult, GradingEnvironment, Note, SubmissionRef, TrainingRecord, Verdict

PARTS = [
    Part(id="build", function="build", models=ModelCalls(calls=[{}], train="never")),
    Part(id="stop", callback="Stop"),
    Part(id="train", function="train", given=GivenData()),
]
CHECKS = [
    CheckSpec(id="epochs", check="training.epochs", part="train", points=50, args={"below": 9}),
    CheckSpec(id="model", check="returns.model", part="build", points=20),
    CheckSpec(
        id="line", check="callback.stops_when", part="stop", points=30, args={"metric": "accuracy", "above": 0.9}
    ),
]
WHOLE = Exercise(schema="grade-exercise/1", id="e", title="E", dataset="mnist", parts=PARTS, checks=CHECKS)


def verdict(name, points, most, *, end="completed", status=None, **more):
    result = CheckResult(
        id=name,
        title=name,
        status="passed" if points else "failed",
        points=points,
        max_points=most,
        basis="measured",
        message="",
    )
    return Verdict(
        exercise="e",
        submission=SubmissionRef(path="f.py", sha256="0"),
        status=status or ("passed" if points else "failed"),
        score=points,
        max_score=most,
        end=end,
        checks=[result],
        **more,
    )


def join(build=20, stop=30, train=50, **more):
    given = {name: more.pop(name, {}) for name in ("of_build", "of_stop", "of_train")}
    return join_verdicts(
        WHOLE,
        [
            verdict("model", build, 20, **given["of_build"]),
            verdict("line", stop, 30, **given["of_stop"]),
            verdict("epochs", train, 50, **given["of_train"]),
        ],
    )


def test_each_part_is_an_exercise_of_its_own_kind():
    """With its own checks, and with what it is called with."""
    parts = WHOLE.split_parts()
    assert [part.kind for part in parts] == ["builds", "stops", "fits"]
    assert [[spec.id for spec in part.checks] for part in parts] == [["model"], ["line"], ["epochs"]]
    assert [(part.graded_name, part.argument_count) for part in parts] == [("build", 0), ("Stop", 0), ("train", 2)]


def test_points_and_checks_of_all_parts_count():
    """In the exercise's order; all of them make a pass, one that fails doesn't."""
    all_right = join()
    assert (all_right.status, all_right.score, all_right.max_score) == ("passed", 100, 100)
    assert [result.id for result in all_right.checks] == ["epochs", "model", "line"]

    one_wrong = join(stop=0)
    assert (one_wrong.status, one_wrong.score, one_wrong.end) == ("failed", 70, "completed")


def test_sums_of_points_are_rounded_alike():
    """0.1 + 0.2 + 0.3 isn't 0.6, and a solution has to have all points there are."""
    whole = join_verdicts(WHOLE, [verdict("model", 0.2, 0.2), verdict("line", 0.3, 0.3), verdict("epochs", 0.1, 0.1)])
    assert (whole.score, whole.max_score) == (0.6, 0.6)


def test_the_line_is_that_of_the_end_that_is_told():
    """Not of another part, which was never run."""
    whole = join(
        build=0,
        stop=0,
        of_build={"end": "not_started", "end_message": "there is no build()", "end_line": 3},
        of_stop={"end": "crashed", "end_message": "ValueError: no", "end_line": 20},
    )
    assert (whole.end, whole.end_line) == ("crashed", 20)


def test_the_environment_is_that_of_a_part_with_a_trainer():
    """A last part that was never run, or calls a plain function, has none of Keras."""
    bare, trained = (GradingEnvironment(python="3", keras=keras, tensorflow=keras, backend=backend, cpu="x", gpu=None)
                     for keras, backend in ((None, None), ("3", "tensorflow")))  # fmt: skip
    assert join(of_build={"environment": trained}, of_train={"environment": bare}).environment == trained
    assert join(of_train={"environment": bare}).environment == bare


def test_a_part_that_ends_otherwise_is_named_and_costs_only_its_own_points():
    """What happened to one part says nothing about the others."""
    crashed = join(build=0, of_build={"end": "crashed", "end_message": "ValueError: no"})
    assert (crashed.end, crashed.score, crashed.end_message) == ("crashed", 80, "build: ValueError: no")

    missing = join(stop=0, of_stop={"end": "not_started", "end_message": "there is no class Stop", "end_codes": ["S102"]})
    assert (missing.end, missing.end_message) == ("completed", "there is no class Stop")
    assert missing.end_codes == ["S102"]


def test_a_file_that_can_not_be_read_is_told_once():
    """The same finding of each part."""
    end = {"end": "not_started", "end_message": "line 1: [S101] a syntax error", "end_line": 1}
    unread = join(build=0, stop=0, train=0, of_build=end, of_stop=end, of_train=end)
    assert (unread.end, unread.end_message, unread.end_line) == ("not_started", "line 1: [S101] a syntax error", 1)


@pytest.mark.parametrize("stop", [0, 30])
def test_a_fault_of_the_grader_in_one_part_is_no_failure(stop):
    """Nor a pass, since that part wasn't judged."""
    assert join(stop=stop, of_stop={"status": "error"}).status == "error"


def test_what_the_parts_showed_is_kept_once():
    """Trainings of all parts; layers and values of those that are about the file's own model; every note once."""
    note = Note(line=3, message="old name")
    record = TrainingRecord(epochs=[{"epoch": 0}], stopped_by="epochs", examples=9, seed=7)
    whole = join(
        of_build={"notes": [note], "returned": "model", "stdout": "a"},
        of_stop={"notes": [note], "returned": "nothing of the file's"},
        of_train={"training": [record], "timings": {"total": 1.5}, "stdout": "ab"},
    )
    assert (whole.notes, whole.training, whole.returned, whole.stdout) == ([note], [record], "model", "ab")
    assert whole.timings == {"total": 1.5}
