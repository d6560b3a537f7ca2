"""Marking: exact for every kind of question, with partial credit, penalties and hints."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from quiz_samples import EVERY_ANSWER, key_of, quiz_of

from grader.courses.yaml_tree import Percent
from grader.quiz.key import CorrectAnswer
from grader.quiz.marking import mark_answer, mark_attempt
from grader.quiz.model import AnswerOption, AuthoredAnswer, Question, QuestionHint
from grader.quiz.responses import Responses, read_responses

QUIZ = quiz_of()
KEY = key_of(QUIZ)


def marked(**answers):
    return mark_attempt(QUIZ, KEY, Responses(schema="grade-responses/1", quiz="kinds", answers=answers))


def outcome(name, given):
    return mark_answer(QUIZ.find_question(name), KEY[name], given).outcome


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("one", [["b"]], [["a"], ["c"]]),
        ("many", [["a", "c"]], [["a"], ["a", "b", "c"], ["b"]]),
        ("yes", [["true"]], [["false"]]),
        (
            "count",
            ["27", "26.5", "27.5", " 27 ", "2.7e1", "27,0"],
            ["26.49", "28", "twenty", "nan", "inf", "-27", "27 27"],
        ),
        ("name", ["relu", "ReLU", " Rectified  Linear\tUnit.", "ｒｅｌｕ"], ["re lu", "elu", "."]),
        (
            "size",
            [
                "26x26",
                "(26, 26)",
                "[26,26]",
                "26 × 26",
                "26X26",
                "26 by 26",
                "26 26",
                "(26, 26,)",
                "(None, 26, 26)",
                "? x 26 x 26",
                "[(None, 26, 26)]",
                "TensorShape([None, 26, 26])",
                "shape=(26, 26)",
                "$26 \\times 26$",
                "26*26.",
                "（26，26）",
                "-1 26 26",
                "{26; 26}",
            ],
            [
                "26",
                "26x26x1",
                "(26",
                "None, 26",
                "x",
                "26 26 26",
                "2626",
                "26.26",
                "(26, 26",
                "26,,26",
                "26-26",
                "32x26x26",
                "None, None, 26, 26",
                "(26), (26)",
                "26x26 or 24x24",
                "()",
            ],
        ),
    ],
)
def test_each_kind_takes_its_answers(name, right, wrong):
    """Every way to write the right answer counts, and nothing else does."""
    assert [outcome(name, answer) for answer in right] == ["right"] * len(right)
    assert [outcome(name, answer) for answer in wrong] == ["wrong"] * len(wrong)


def test_the_score_is_the_sum_of_the_points():
    """Unanswered questions earn nothing and are told apart from wrong ones."""
    result = marked(one=["b"], count="27", size="1x1")

    assert (result.score, result.max_score, result.passed) == (3.0, 10.0, False)
    assert [item.outcome for item in result.marks] == [
        "right",
        "unanswered",
        "unanswered",
        "right",
        "unanswered",
        "wrong",
    ]


@pytest.mark.parametrize("key", ["26x26x64", "(None, 26, 26, 64)", "26 26 64", "? × 26 × 26 × 64"])
@pytest.mark.parametrize("answer", ["(None, 26, 26, 64)", "26 26 64", "26 × 26 × 64", "[26, 26, 64]", "26x26x64"])
def test_a_shape_is_the_same_in_every_spelling(key, answer):
    """With or without the batch, on either side."""
    solutions = key_of(QUIZ, EVERY_ANSWER.replace("size: {correct: [26x26]}", f"size: {{correct: ['{key}']}}"))

    assert mark_answer(QUIZ.find_question("size"), solutions["size"], answer).outcome == "right"


@pytest.mark.parametrize(
    ("written", "outcome"),
    [
        ("size: [26, 26]", "right"), ("size: [26x26]", "right"), ("size: (None, 26, 26)", "right"), ("size: 26 26", "right"),
        ("size: [26, 24]", "wrong"), ("size: [26, 26, 26]", "wrong"),
        ("count: [27]", "right"), ("count: 27", "right"), ("count: '27,0'", "right"), ("name: [relu]", "right"), ("name: relu", "right"),
    ],
)  # fmt: skip
def test_typed_answers_in_a_response_file(written, outcome):
    """A scalar, as the page on quizzes says; a list where YAML or a habit makes one of it."""
    text = f"schema: grade-responses/1\nquiz: kinds\nanswers:\n  {written}\n"
    given = read_responses(text.encode(), QUIZ, "a.yaml")

    name = written.partition(":")[0]
    assert {item.question: item.outcome for item in mark_attempt(QUIZ, KEY, given).marks}[name] == outcome


def question(**fields):
    options = [AnswerOption(id=name, text=name) for name in "abcd"]
    return Question(**{"id": "q", "kind": "multiple", "prompt": "?", "options": options, "points": 4.0, **fields})


SOLVED = CorrectAnswer(answer=AuthoredAnswer(correct=["a", "b"]), options=frozenset("ab"))


@pytest.mark.parametrize(
    ("partial", "given", "points"),
    [
        ("off", "ab", 4), ("off", "a", 0), ("off", "abc", 0),
        ("net-correct", "ab", 4), ("net-correct", "a", 2), ("net-correct", "abc", 2), ("net-correct", "ac", 0),
        ("net-correct", "cd", 0), ("net-correct", "abcd", 0),
        ("coverage", "ab", 4), ("coverage", "a", 2), ("coverage", "ac", 1), ("coverage", "abcd", 2), ("coverage", "cd", 0),
        ("each-answer", "ab", 4), ("each-answer", "a", 3), ("each-answer", "ac", 2), ("each-answer", "cd", 0),
        ("each-answer", "abcd", 2),
    ],
)  # fmt: skip
def test_partial_credit_follows_its_formula(partial, given, points):
    """Each mode against values worked out by hand, of 4 points with a and b correct."""
    assert mark_answer(question(partial=partial), SOLVED, list(given)).points == points


def test_a_penalty_is_for_a_wrong_answer_only():
    """No answer loses nothing; a partly right one neither."""
    item = question(penalty=Percent(0.25), partial="net-correct")

    assert [mark_answer(item, SOLVED, given).points for given in (["c"], None, ["a"])] == [-1.0, 0.0, 2.0]


def test_hints_cost_their_share_and_never_more_than_was_earned():
    """Two hints at 25 % and 50 %: a right answer keeps what is left, a wrong one loses nothing more."""
    item = question(
        hints=[QuestionHint(text="1", cost=Percent(0.25)), QuestionHint(text="2", cost=Percent(0.5))],
        partial="net-correct",
    )

    assert [mark_answer(item, SOLVED, ["a", "b"], hints=count).points for count in (0, 1, 2)] == [4.0, 3.0, 1.0]
    assert mark_answer(item, SOLVED, ["a"], hints=2).points == 0.0
    assert mark_answer(item, SOLVED, ["c"], hints=2).points == 0.0


@given(st.sets(st.sampled_from("abcd"), min_size=1), st.sampled_from(["off", "net-correct", "coverage", "each-answer"]))
def test_full_marks_only_for_the_whole_answer(chosen, partial):
    """Whatever the mode, a fraction lies from 0 to 1 and is 1 only for the correct options exactly."""
    item = mark_answer(question(partial=partial), SOLVED, sorted(chosen))

    assert 0 <= item.fraction <= 1
    assert (item.fraction == 1) == (chosen == {"a", "b"})


def test_a_total_below_zero_counts_as_zero():
    """Penalties take from other questions, never below nothing in all."""
    quiz = quiz_of(
        "schema: grade-quiz/1\nid: q\ntitle: T\nquestions:\n"
        "  - {id: a, kind: truefalse, prompt: A?, penalty: 100%}\n  - {id: b, kind: truefalse, prompt: B?, penalty: 50%}\n"
    )
    solutions = key_of(
        quiz,
        "schema: grade-key/1\nquiz: q\nquiz_digest: DIGEST\nanswers: {a: {correct: [true]}, b: {correct: [true]}}\n",
    )
    given = Responses(schema="grade-responses/1", quiz="q", answers={"a": ["false"], "b": ["true"]})

    assert mark_attempt(quiz, solutions, given).score == 0.0
