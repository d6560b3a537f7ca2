"""The options of an imported quiz: their places don't tell the key, and each import gives the same order."""

import re

import pytest

from grader.quiz.formats import gift_reader
from grader.quiz.formats.draft import DraftOption, DraftQuestion, QuizDraft, read_rendered, render_draft
from grader.quiz.formats.option_order import shuffle_options
from grader.quiz.secrecy import find_key_patterns, is_place_telling

RIGHT_FIRST = "\n\n".join(
    f"::Q{n}::Question {n}?{{\n=alpha {n}\n~bravo {n}\n~charlie {n}\n~delta {n}\n}}" for n in range(8)
)


def shuffled(text, quiz_id="x", *, always=True):
    return shuffle_options(gift_reader.read_gift(text, "x.gift"), quiz_id, always=always)


@pytest.mark.parametrize("quiz_id", [f"quiz{n}" for n in range(20)])
def test_right_answers_first_become_a_quiz_that_tells_nothing(quiz_id):
    """GIFT's habit, in quizzes of twenty names: none has the right options in one place, and all texts are there."""
    draft, count = shuffled(RIGHT_FIRST, quiz_id)
    quiz, solutions = read_rendered(*render_draft(draft, "x", "x.gift"))

    assert count == 8
    assert not [fault for fault in find_key_patterns([(quiz, solutions)]) if re.match(r"option \d|the last", fault)]
    for n, question in enumerate(quiz.questions):
        assert {option.text for option in question.options} == {
            f"{word} {n}" for word in ("alpha", "bravo", "charlie", "delta")
        }
        (right,) = solutions[question.id].options
        assert question.find_option(right).text == f"alpha {n}"


def test_the_order_is_remembered_and_says_nothing_of_the_files():
    """The same texts give the same order, in whatever order the file has them."""
    backwards = re.sub(r"(=alpha \d)\n(.*)\n(.*)\n(.*)\n", r"\4\n\3\n\2\n\1\n", RIGHT_FIRST)
    orders = [
        [[o.text for o in q.options] for q in shuffled(text)[0].questions]
        for text in (RIGHT_FIRST, RIGHT_FIRST, backwards)
    ]

    assert orders[0] == orders[1] == orders[2]
    assert any(order[0] != f"alpha {n}" for n, order in enumerate(orders[0]))


def test_options_about_others_keep_their_place():
    """ "All of the above" stays last and pinned; where an option names others by letter, nothing moves."""
    draft, count = shuffled("Q {=all of the above ~b ~c ~d}\n\nR {=both A and B ~y ~z ~x ~w}\n\nS {T}")

    assert (count, draft.questions[0].options[-1]) == (1, DraftOption(text="all of the above", right=True, pinned=True))
    assert [option.text for option in draft.questions[1].options] == ["both A and B", "y", "z", "x", "w"]
    assert "pinned: true" in render_draft(draft, "x", "x")[0].replace("'", "")


def test_an_order_that_means_something_stays_unless_it_tells_the_key():
    """What Canvas shows in a fixed order is taken over so; right answers always first are not."""

    def draft(places):
        return QuizDraft(title="t", questions=[
            DraftQuestion(kind="single", prompt=f"Q{n}", options=[DraftOption(text=f"{n} {i}", right=i == place) for i in range(4)])
            for n, place in enumerate(places)
        ])  # fmt: skip

    assert shuffle_options(draft([0, 3, 1, 2, 0, 3, 1, 2]), "x", always=False)[1] == 0
    assert shuffle_options(draft([0] * 8), "x", always=False)[1] == 8
    assert shuffle_options(draft([3] * 8), "x", always=False)[1] == 8


def test_places_are_judged_by_chance():
    """Eight of eight can't be chance, two of two can; yes and no have no place that counts for others."""
    assert is_place_telling([(4, 0)] * 8)
    assert is_place_telling([(4, 3), (5, 4), (3, 2), (4, 3)] * 2)
    assert not is_place_telling([(4, 0)] * 2)
    assert not is_place_telling([])
