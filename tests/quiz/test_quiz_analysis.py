"""Item analysis against independent computations: scipy's, and values worked out by hand."""

import numpy as np
import pytest
import scipy  # its parts are loaded where they are named, so that only one of the workers waits for them
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from quiz_samples import key_of, quiz_of

from grader.courses.yaml_tree import Percent
from grader.quiz import marksheet
from grader.quiz.analysis import (
    DistractorStatistics,
    ItemStatistics,
    build_item_analysis,
    compute_alpha,
    compute_correlation,
    compute_efficiency,
    compute_guess_share,
    find_extreme_groups,
    list_cautions,
    list_item_remarks,
)
from grader.quiz.handed_in import ResponseFile, mark_class
from grader.quiz.key import CorrectAnswer
from grader.quiz.model import AnswerOption, AuthoredAnswer, Question
from grader.quiz.responses import Responses
from grader.records.verdict import SubmissionRef

QUIZ = quiz_of()
KEY = key_of(QUIZ)
POINTS = arrays(float, st.tuples(st.integers(3, 40), st.integers(2, 8)), elements=st.sampled_from([0.0, 0.5, 1.0, 2.0]))


def sheet_of(*answers, quiz=QUIZ, solutions=KEY):
    items = [
        ResponseFile(
            responses=Responses(schema="grade-responses/1", quiz=quiz.id, student=f"s{number}", answers=given),
            source=SubmissionRef(path=f"{number}.json", sha256="0"),
        )
        for number, given in enumerate(answers)
    ]
    return marksheet.build_marksheet(quiz, solutions, mark_class(quiz, solutions, items))


@settings(max_examples=50, deadline=None)
@given(POINTS)
def test_correlations_are_scipys(points):
    """Item-rest and point-biserial correlations equal `scipy.stats.pearsonr`; None exactly where nothing varies."""
    total = points.sum(axis=1)
    for own in points.T:
        for other in (total, total - own):
            if np.ptp(own) == 0 or np.ptp(other) == 0:
                assert compute_correlation(own, other) is None
            else:
                assert compute_correlation(own, other) == pytest.approx(
                    scipy.stats.pearsonr(own, other).statistic, abs=1e-9
                )


def test_point_biserial_of_right_or_wrong_marks_is_scipys():
    """For marks of 0 and 1 it is `scipy.stats.pointbiserialr`."""
    own, total = np.array([1.0, 1, 0, 0, 1]), np.array([5.0, 4, 2, 3, 3])

    assert compute_correlation(own, total) == pytest.approx(scipy.stats.pointbiserialr(own, total).statistic)


@settings(max_examples=50, deadline=None)
@given(POINTS)
def test_alpha_is_that_of_the_covariance_matrix(points):
    """Cronbach's alpha equals k / (k - 1) × (1 - trace / sum) of the covariance matrix."""
    matrix = np.cov(points, rowvar=False)
    count = points.shape[1]
    if matrix.sum() < 1e-9:
        assert compute_alpha(points) is None
    else:
        assert compute_alpha(points) == pytest.approx(count / (count - 1) * (1 - np.trace(matrix) / matrix.sum()))


def test_kr20_by_hand():
    """Four students, three questions: KR-20 = 3/2 × (1 - 0.75 / 5/3) with variances of n - 1."""
    points = np.array([[1.0, 1, 1], [1, 1, 0], [1, 0, 0], [0, 0, 0]])

    assert compute_alpha(points) == pytest.approx(1.5 * (1 - (0.25 + 1 / 3 + 0.25) / (5 / 3)))


def test_efficiency_is_one_for_the_best_possible_order():
    """Sorted alike gives 1, sorted against each other -1 for two-point marks, a constant question None."""
    assert compute_efficiency(np.array([0.0, 0, 1, 1]), np.array([1.0, 2, 3, 4])) == pytest.approx(1)
    assert compute_efficiency(np.array([1.0, 1, 0, 0]), np.array([1.0, 2, 3, 4])) == pytest.approx(-1)
    assert compute_efficiency(np.array([1.0, 1, 1, 1]), np.array([1.0, 2, 3, 4])) is None


def test_extremes_are_the_best_and_weakest_27_percent():
    """Of 100 students 27 on each side; of 4 one; of 3 none."""
    upper, lower = find_extreme_groups(np.arange(100.0))

    assert (list(upper), list(lower)) == (list(range(73, 100)), list(range(27)))
    assert [len(side) for side in find_extreme_groups(np.arange(4.0))] == [1, 1]
    assert [len(side) for side in find_extreme_groups(np.arange(3.0))] == [0, 0]


@pytest.mark.parametrize(
    ("kind", "partial", "penalty", "expected"),
    [
        ("single", "off", 0, 1 / 4), ("single", "off", 1 / 3, 1 / 4 - 3 / 4 / 3), ("multiple", "off", 0, 1 / 15),
        ("truefalse", "off", 0, 1 / 2), ("numeric", "off", 0, None),
    ],
)  # fmt: skip
def test_guessing_scores(kind, partial, penalty, expected):
    """One of four options 25 %, less what wrong answers lose; one of 15 sets of four options; true or false 50 %."""
    options = [AnswerOption(id=name, text=name) for name in "abcd"] if kind in ("single", "multiple") else []
    question = Question(id="q", kind=kind, prompt="?", options=options, partial=partial, penalty=Percent(penalty))
    solved = CorrectAnswer(answer=AuthoredAnswer(), options=frozenset(["true" if kind == "truefalse" else "a"]))

    assert compute_guess_share(question, solved) == (None if expected is None else pytest.approx(expected, abs=1e-9))


def test_a_class_by_hand():
    """Facility, answered, distractors and SEM of four students at two questions that differ."""
    found = build_item_analysis(
        QUIZ, KEY, sheet_of({"one": ["b"], "yes": ["true"]}, {"one": ["a"], "yes": ["true"]}, {"one": ["c"]}, {})
    )
    one = found.items[0]

    assert (one.asked, one.answered, one.facility) == (4, 3, 0.25)
    assert [(option.option, option.share, option.correct) for option in one.distractors] == [
        ("a", 0.25, False), ("b", 0.25, True), ("c", 0.25, False),
    ]  # fmt: skip
    assert (found.mean, found.median, found.alpha_name) == (pytest.approx(0.075), pytest.approx(0.05), "alpha")
    assert found.sem == pytest.approx(found.sd * np.sqrt(1 - found.alpha))


POOL = (
    "schema: grade-quiz/1\nid: p\ntitle: P\nquestions:\n"
    + "".join(f"  - {{id: q{number}, kind: truefalse, prompt: Q{number}?}}\n" for number in range(4))
    + "pools: [{id: some, pick: 2, questions: [q0, q1, q2]}]\n"
)
POOL_KEY = "schema: grade-key/1\nquiz: p\nquiz_digest: DIGEST\nanswers:\n" + "".join(
    f"  q{number}: {{correct: [true]}}\n" for number in range(4)
)


def test_pools_are_analysed_by_who_was_asked():
    """A question counts those who were drawn it; there is no alpha over different questions, and that is said."""
    quiz = quiz_of(POOL)
    solutions = key_of(quiz, POOL_KEY)
    found = build_item_analysis(quiz, solutions, sheet_of(*[{"q3": ["true"]}] * 40, quiz=quiz, solutions=solutions))

    asked = [item.asked for item in found.items]
    assert (sum(asked[:3]), asked[3], found.alpha) == (80, 40, None)
    assert all(0 < count < 40 for count in asked[:3])
    said = list(list_cautions(found))
    assert "no reliability: the questions differ between students, or all scores are equal" in said
    assert any(text.endswith("students were asked q0") for text in said)


def test_few_students_and_few_questions_are_warned_of():
    """With 4 students at 6 questions both warnings stand."""
    said = list(
        list_cautions(
            build_item_analysis(
                QUIZ, KEY, sheet_of({"one": ["b"]}, {"yes": ["true"]}, {}, {"one": ["b"], "yes": ["true"]})
            )
        )
    )

    assert said[0] == "only 4 students: with fewer than 30 these figures can be chance"
    assert said[1] == "only 6 questions: with fewer than 10, alpha is low however good they are"


def item(**fields):
    blank = dict.fromkeys(
        ("guess", "spread", "item_rest", "point_biserial", "efficiency", "upper_lower", "alpha_without")
    )
    return ItemStatistics(
        **{"question": "q", "asked": 40, "answered": 40, "facility": 0.5, "distractors": [], **blank, **fields}
    )


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"item_rest": -0.1}, ["negative discrimination: check the key of `q`"]),
        ({"item_rest": 0.1}, ["hardly tells strong from weak students (0.10; 0.2 or more is usable)"]),
        ({"facility": 0.2, "guess": 0.25}, ["no better than guessing (20%, guessing gives 25%)"]),
        ({"facility": 0.1}, ["very hard (10%)"]),
        ({"facility": 0.99}, ["very easy (99%)"]),
        ({"item_rest": 0.4}, []),
    ],
)
def test_remarks_have_thresholds(fields, said):
    """Each figure beyond its threshold gives one sentence; good ones give none."""
    assert list(list_item_remarks(item(**fields))) == said


def test_remarks_on_options():
    """A wrong option that draws the strong, and one that nobody chooses, are named."""
    options = [
        DistractorStatistics(option="a", text="A", correct=False, share=0.3, upper=0.5, lower=0.1),
        DistractorStatistics(option="b", text="B", correct=False, share=0.01, upper=0.0, lower=0.0),
        DistractorStatistics(option="c", text="C", correct=True, share=0.69, upper=0.5, lower=0.9),
    ]

    assert list(list_item_remarks(item(distractors=options))) == [
        "the wrong option `a` draws strong students more than weak ones", "hardly anyone chooses `b`",
    ]  # fmt: skip
