"""What the referee makes of replies, check by check."""

import numpy as np
import pytest

from grader.protocol.calls import AskedCheck
from grader.referee.cases import Case
from grader.referee.judging import CallReply, ReplyJudge

ASKED = [
    AskedCheck(id="values", kind="matches", random=1),
    AskedCheck(id="input", kind="leaves_input"),
    AskedCheck(id="dtype", kind="dtype"),
    AskedCheck(id="float", kind="dtype", dtype="float32"),
    AskedCheck(id="time", kind="time", cases=[{}], below_s=2.0),
]


def case(size, owner="values"):
    image = np.arange(size)
    return Case(owner=owner, arguments=(image,)).fill_expected(image * 2)


def gave(value, **more):
    return CallReply(end="gave", value=value, **more)


def judged(*pairs):
    bench = ReplyJudge("f", ["image"], ASKED, [one for one, _ in pairs])
    for one, reply in pairs:
        bench.judge_reply(one, reply)
    return bench.build_trials(reference=True)


def test_a_right_answer_satisfies_every_check():
    """Values, arguments, type and time are each counted."""
    trials = judged((case(3), gave(np.arange(3) * 2)), (case(9, "time"), gave(np.arange(9) * 2, seconds=1.5)))

    counts = {name: (trial.cases, trial.judged, trial.faulty) for name, trial in trials.items()}
    assert counts == {
        "values": (1, 1, 0),
        "input": (2, 2, 0),
        "dtype": (2, 2, 0),
        "float": (2, 2, 2),
        "time": (1, 1, 0),
    }
    assert trials["time"].slowest_s == 1.5
    assert trials["float"].failure.what == "your function gives numbers of type int64 instead of float32"


def test_an_error_has_its_explanation():
    """A package that isn't there is told as such, beside the error's own first line."""
    reply = CallReply(end="raised", message="ModuleNotFoundError: No module named 'cv2'\nmore", line=1)

    failure = judged((case(3), reply))["values"].failure

    assert (failure.what, failure.line) == ("your function raised ModuleNotFoundError: No module named 'cv2'", 1)
    assert failure.hint.startswith("The package `cv2` isn't installed on the grading machine.")


def test_the_smallest_failure_is_kept():
    """Whatever the order in which they come."""
    wrong = [(case(size), gave(np.zeros(size))) for size in (5, 2, 7)]

    trial = judged(*wrong)["values"]

    assert (trial.faulty, trial.failure.case) == (3, "image = [0, 1]")


def test_changed_arguments_are_named():
    """By the name that they have in the exercise; an index beyond them is nothing."""
    trials = judged((case(2), gave(np.array([0, 2]), changed=(0, 7))))

    assert trials["input"].failure.what == "your function changed its argument image"
    assert trials["values"].failure is None


def test_an_exception_fails_the_values_alone():
    """What was raised stands in the failure, with its line; nothing else can be judged."""
    trials = judged((case(2), CallReply(end="raised", message="IndexError: no\nmore", line=4)))

    assert (trials["values"].failure.what, trials["values"].failure.line) == ("your function raised IndexError: no", 4)
    assert [trials[name].judged for name in ("input", "dtype")] == [0, 0]


@pytest.mark.parametrize(
    ("owner", "check", "what"),
    [("values", "values", "your function did not come back within 3.0 s"), ("time", "time", "your function took more than 3.0 s")],
)
def test_a_call_that_hangs_fails_the_check_that_asked_for_it(owner, check, what):
    """And no other."""
    trials = judged((case(2, owner), CallReply(end="hung", seconds=3.0)))

    assert trials[check].failure.what == what
    assert [name for name, trial in trials.items() if trial.failure] == [check]


def test_only_a_right_answer_is_a_fast_one():
    """A quick wrong answer isn't judged for its time; a slow one fails, right or wrong."""
    wrong, right = gave(np.zeros(2)), gave(np.array([0, 2]), seconds=2.5)

    assert judged((case(2, "time"), wrong))["time"].judged == 0
    assert judged((case(2, "time"), right))["time"].failure.got == "2.5 s"


def test_a_wrong_value_out_of_a_changed_argument_is_blamed_on_the_change():
    """What is read from the array that is written into goes wrong; the check's own hint would send elsewhere."""
    failure = judged((case(3), gave(np.zeros(3), changed=(0,))))["values"].failure

    assert (failure.what, failure.beside) == ("your function writes into its argument image", True)
    assert failure.hint == "Start from a copy, `result = image.copy()`, and change only that."


@pytest.mark.parametrize(
    ("reply", "beside"),
    [
        (gave(np.zeros(3)), False),
        (gave(None), True),
        (gave([0, 2, 4]), True),
        (CallReply(end="raised", message="IndexError: index 3 is out of bounds"), False),
        (CallReply(end="raised", message="NameError: name 'pooled' is not defined"), True),
    ],
)
def test_only_a_wrong_answer_of_the_right_form_is_what_a_check_asks_about(reply, beside):
    """And only that can be explained by a slip in the text."""
    failure = judged((case(3), reply))["values"].failure

    assert (failure.beside, failure.wrong) == (beside, not beside and reply.end == "gave")


def test_a_check_can_look_at_some_items_of_a_list():
    """Others are another check's, also where they are missing; its own must be there."""
    asked = [AskedCheck(id=name, kind="matches", cases=[{}], places=[place]) for name, place in (("first", 0), ("second", 1))]
    made = [Case(owner=one.id, arguments=(28,)).fill_expected([26, 13, 169]) for one in asked]

    def faulty(value):
        bench = ReplyJudge("f", ["size"], asked, made)
        for one in made:
            bench.judge_reply(one, gave(value))
        return [name for name, trial in bench.build_trials(reference=True).items() if trial.failure]

    assert faulty([26, 12, 144]) == ["second"]
    assert faulty([24, 13]) == ["first"]
    assert faulty([26]) == ["second"]
    assert faulty([26, 13]) == []


def judge_results(function, *images, right):
    """What is said of a function's results on some images."""
    made = [Case(owner="values", arguments=(image,)).fill_expected(right(image)) for image in images]
    return judged(*((one, gave(function(one.arguments[0].copy()))) for one in made))["values"].failure


def test_what_no_loop_has_reached_is_told():
    """Wherever it is wrong, the result is as it came: the fault isn't in the sum. Once may be by chance."""

    def double_inside(image):
        image[:-1, :-1] *= 2
        return image

    small, large = np.arange(1, 10).reshape(3, 3), np.arange(1, 21).reshape(4, 5)
    said = judge_results(double_inside, small, large, right=lambda image: image * 2)

    assert "loops reach it" in said.hint
    assert not said.beside
    assert judge_results(double_inside, small, right=lambda image: image * 2).hint is None
    assert judge_results(lambda image: image * 3, small, large, right=lambda image: image * 2).hint is None


@pytest.mark.parametrize(("shape", "named"), [((4, 4), True), ((3, 3), False)])
def test_a_shape_that_came_from_an_argument_is_named(shape, named):
    """A result as large as the image says where its shape comes from; another wrong shape doesn't."""
    said = judge_results(lambda _: np.zeros(shape), np.zeros((4, 4)), right=lambda _: np.zeros((2, 2)))

    assert ("`image`" in said.what) == named


def test_a_wrong_shape_of_a_function_without_arguments_is_told():
    """There is no argument that it could come from."""
    made = Case(owner="values", arguments=()).fill_expected(np.zeros((2, 2)))
    bench = ReplyJudge("f", [], ASKED, [made])
    bench.judge_reply(made, gave(np.zeros((4, 4))))

    failure = bench.build_trials(reference=True)["values"].failure
    assert failure.what == "your function gives an array of shape (4, 4) instead of (2, 2)"
