"""The checks of a plain function say in words what the referee found."""

import pytest

from grader import checks
from grader.checks import CHECKS, behaviour
from grader.courses.exercise import CheckSpec, Exercise
from grader.courses.yaml_tree import Duration
from grader.grading.functions import keep_up_to_gate
from grader.grading.refereeing import list_behaviour_checks
from grader.protocol.calls import AskedCheck
from grader.records.run import FailedCall, FunctionTrial, Run, RunEnd

DONE = Run(seed=7, end=RunEnd(kind="completed"))
WRONG = FailedCall(what="your function gives 6 instead of 5", case="size = 28", expected="5", got="6", hint="Count again.", line=4)


def test_a_failure_shows_the_smallest_case():
    """Arguments, what came, what is right, the hint and the line."""
    outcome = behaviour.check_results(FunctionTrial(cases=9, judged=9, faulty=2, failure=WRONG))

    assert (outcome.status, outcome.expected, outcome.got, outcome.hint, outcome.line) == (
        "failed",
        "5",
        "6",
        "Count again.",
        4,
    )
    assert outcome.given == "size = 28"
    assert outcome.message == "your function gives 6 instead of 5; 2 of 9 cases fail, and the smallest is shown"


def test_a_single_case_isnt_counted():
    """And a function without arguments has no case to show."""
    failure = FailedCall(what="your function gives 6 instead of 5", case="", expected="5", got="6")

    assert (
        behaviour.check_results(FunctionTrial(cases=1, judged=1, faulty=1, failure=failure)).message
        == "your function gives 6 instead of 5"
    )


@pytest.mark.parametrize(
    ("trial", "status", "message"),
    [
        (FunctionTrial(cases=9, judged=9, reference=True), "passed", "right in 9 cases"),
        (
            FunctionTrial(cases=9, judged=9),
            "passed",
            "right in 9 cases (the fixed ones; further random cases need the course's reference)",
        ),
        (FunctionTrial(cases=9, judged=3), "skipped", "not judged: only 3 of 9 calls came back"),
        (FunctionTrial(cases=9), "skipped", "not judged: no call came back with an answer"),
    ],
)
def test_a_match_says_what_it_rests_on(trial, status, message):
    """Without a reference it rests on the fixed cases; with calls missing it isn't judged."""
    outcome = behaviour.check_results(trial)

    assert (outcome.status, outcome.message) == (status, message)


@pytest.mark.parametrize("check", [behaviour.check_results, behaviour.check_dtype])
def test_every_check_of_a_trial_fails_with_its_failure(check):
    """Whatever it looks at."""
    assert check(FunctionTrial(cases=1, judged=1, faulty=1, failure=WRONG)).status == "failed"
    assert (
        behaviour.check_input_unchanged(FunctionTrial(cases=1, judged=1, faulty=1, failure=WRONG), DONE).status
        == "failed"
    )
    assert (
        behaviour.check_duration(
            FunctionTrial(cases=1, judged=1, faulty=1, failure=WRONG), case={}, below=Duration(1)
        ).status
        == "failed"
    )


def test_what_was_never_right_has_no_time():
    """Points for speed are for right answers."""
    assert (
        behaviour.check_duration(FunctionTrial(cases=1), case={}, below=Duration(1)).message
        == "not judged: only a right answer counts here"
    )


def test_nothing_returned_is_not_judged():
    """Neither arguments nor types."""
    assert behaviour.check_input_unchanged(FunctionTrial(cases=2), DONE).status == "skipped"
    assert (
        behaviour.check_dtype(FunctionTrial(cases=2, judged=2)).message == "the type of the numbers is right in 2 calls"
    )


def test_hostile_text_is_escaped_and_cut():
    """What student code put into an error is printable and short."""
    failure = FailedCall(what="raised \x1b[31m" + "x" * 9999, case="a = 1", expected="5", got="an error")

    message = behaviour.check_results(FunctionTrial(cases=1, judged=1, faulty=1, failure=failure)).message

    assert r"raised \x1b[31mxxx" in message
    assert len(message) < 1000


def test_arguments_changed_are_told_by_the_students_process():
    """So that check rests on a report; the others on measurements."""
    assert {name: check.basis for name, check in CHECKS.items() if name.startswith("behaviour.")} == {
        "behaviour.dtype": "measured",
        "behaviour.leaves_input": "reported",
        "behaviour.matches": "measured",
        "behaviour.time": "measured",
    }


def exercise(*specs):
    return Exercise(schema="grade-exercise/1", id="x", title="X", function="f", training="none", checks=list(specs))


def test_the_referee_is_told_of_every_check_of_behaviour():
    """With the arguments as the exercise gives them."""
    given = exercise(
        CheckSpec(
            id="a", check="behaviour.matches", points=1, args={"cases": [{"n": 1}], "random": 4, "tolerance": 0.5}
        ),
        CheckSpec(id="b", check="behaviour.time", points=1, args={"case": {"n": 2}, "below": "20s"}),
        CheckSpec(id="c", check="behaviour.dtype", points=1, args={"dtype": "uint8"}),
        CheckSpec(id="d", check="returns.shape", points=1),
    )

    assert list_behaviour_checks(given) == [
        AskedCheck(id="a", kind="matches", cases=[{"n": 1}], random=4, tolerance=0.5),
        AskedCheck(id="b", kind="time", cases=[{"n": 2}], below_s=20.0),
        AskedCheck(id="c", kind="dtype", dtype="uint8"),
    ]


def test_a_gate_that_fails_leaves_the_rest_unjudged():
    """The checks after it are skipped and say what comes first."""
    given = exercise(
        CheckSpec(id="a", check="behaviour.matches", points=1, gate=True, title="It adds"),
        CheckSpec(id="b", check="behaviour.leaves_input", points=1),
    )
    trials, gate = keep_up_to_gate(
        given, {"a": FunctionTrial(cases=1, judged=1, failure=WRONG), "b": FunctionTrial(cases=1, judged=1)}
    )
    run = Run(seed=7, end=RunEnd(kind="gated", message=checks.describe_gates([gate])), trials=trials)

    results = checks.judge_run(run, given)

    assert [result.status for result in results] == ["failed", "skipped"]
    assert "“It adds”" in results[1].message
