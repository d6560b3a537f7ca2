"""Item analysis against independent computations: scipy's, and values worked out by hand."""

import msgspec
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
    compute_share_interval,
    find_extreme_groups,
)
from grader.quiz.handed_in import ResponseFile, mark_class
from grader.quiz.item_remarks import list_cautions, list_item_remarks, sort_worst_first
from grader.quiz.key import CorrectAnswer
from grader.quiz.model import AnswerOption, AuthoredAnswer, Question
from grader.quiz.responses import Responses
from grader.records.verdict import SubmissionRef
from grader.reports.cohort import ConfidenceInterval, compute_correlation_interval

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
    fields = {"answered": fields.get("asked", 40)} | fields
    given = {"question": "q", "asked": 40, "facility": 0.5, "distractors": [], **blank, **fields}
    return ItemStatistics(
        **given
        | {
            "answered_facility": fields.get("answered_facility", given["facility"]),
            "facility_95": compute_share_interval(given["facility"], given["asked"]),
            "item_rest_95": compute_correlation_interval(given["item_rest"], given["asked"]),
        }
    )


def gravities(one):
    return [(remark.gravity, remark.text.split(" (")[0]) for remark in list_item_remarks(one)]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"item_rest": -0.46, "asked": 30}, [(1, "negative discrimination: check the key of `q`")]),
        (
            {"item_rest": -0.03, "asked": 30},
            [(4, "may tell strong from weak students or not: 30 students are too few to know")],
        ),
        ({"item_rest": -0.03, "asked": 1000}, [(2, "hardly tells strong from weak students")]),
        ({"item_rest": -0.09, "asked": 1000}, [(1, "negative discrimination: check the key of `q`")]),
        (
            {"item_rest": -0.13, "asked": 200},
            [(2, "negative discrimination, perhaps by chance: look at the key of `q`")],
        ),
        ({"item_rest": -1.0, "asked": 3}, [(4, "item-rest −1.00: too few students to say more")]),
        ({"facility": 0.2, "guess": 0.25}, [(2, "no better than guessing")]),
        ({"facility": 0.2, "guess": 0.25, "asked": 8, "answered": 8}, [(4, "as yet no better than guessing")]),
        ({"facility": 0.24, "guess": 0.25, "answered": 30, "answered_facility": 0.32}, []),
        ({"facility": 0.0, "guess": 0.25, "answered": 0, "item_rest": None}, [(3, "nobody answered it")]),
        ({"facility": 0.2, "answered": 12, "answered_facility": 0.7}, [(3, "28 of 40 gave no answer")]),
        ({"facility": 0.02, "asked": 100}, [(3, "very hard")]),
        ({"facility": 0.1}, [(4, "seems very hard")]),
        ({"facility": 0.99, "asked": 500}, [(3, "very easy")]),
        ({"facility": 0.99}, [(4, "seems very easy")]),
        ({"item_rest": 0.4}, []),
    ],
)
def test_remarks_say_what_the_figures_show(fields, said):
    """The key is doubted only where chance doesn't explain the figure; what nobody answered isn't guessing."""
    assert gravities(item(**fields)) == said


def test_an_interval_is_in_the_sentence():
    """From where to where the figure can lie, with signs that can't be taken for dashes."""
    (remark,) = list_item_remarks(item(item_rest=-0.46, asked=30))

    assert "item-rest −0.46, with 95 % certainty from −0.70 to −0.12" in remark.text


def test_intervals_are_scipys():
    """Fisher's z for a correlation, Wilson's for a share."""
    rng = np.random.default_rng(0)
    one = rng.normal(size=40)
    other = one + rng.normal(size=40)
    found, same = scipy.stats.pearsonr(one, other), compute_correlation_interval(compute_correlation(one, other), 40)
    share = scipy.stats.binomtest(7, 30).proportion_ci(method="wilson")

    assert (same.low, same.high) == pytest.approx(tuple(found.confidence_interval()), abs=1e-6)
    assert compute_share_interval(7 / 30, 30).low == pytest.approx(share.low, abs=1e-6)
    assert compute_share_interval(7 / 30, 30).high == pytest.approx(share.high, abs=1e-6)


def test_the_worst_questions_come_first():
    """A doubtful key before a useless question, before one that may be chance, before good ones in their order."""
    found = build_item_analysis(QUIZ, KEY, sheet_of({"one": ["b"]}, {}))
    items = [
        item(question="good", item_rest=0.5), item(question="chance", item_rest=0.1), item(question="fine", item_rest=0.4),
        item(question="useless", item_rest=0.01, asked=1000), item(question="key", item_rest=-0.5),
    ]  # fmt: skip
    ordered = sort_worst_first(msgspec.structs.replace(found, items=items))

    assert [one.question for one in ordered] == ["key", "useless", "chance", "good", "fine"]


def test_remarks_on_options():
    """A wrong option that draws the strong beyond chance, and one that nobody chooses, are named."""
    options = [
        DistractorStatistics(
            option=name, text=name, correct=name == "c", share=share, upper=0.5, lower=0.1,
            rest=ConfidenceInterval(low=low, high=0.5),
        )
        for name, share, low in (("a", 0.3, 0.05), ("b", 0.01, -0.2), ("c", 0.5, 0.1), ("d", 0.2, -0.1))
    ]  # fmt: skip
    said = [text for _, text in gravities(item(distractors=options))]

    assert said == ["the wrong option `a` draws strong students more than weak ones", "hardly anyone chooses `b`"]
    assert len(gravities(item(distractors=options, asked=10, answered=10))) == 1


def test_a_question_that_nobody_answered():
    """From answers to the remark: it isn't compared with guessing, and no option of it is doubted."""
    given = [{"one": ["b"], "count": "27"} if number % 2 else {"one": ["a"]} for number in range(30)]
    found = build_item_analysis(QUIZ, KEY, sheet_of(*given))
    yes = next(one for one in found.items if one.question == "yes")

    assert gravities(yes) == [(3, "nobody answered it")]
