"""Round trips: what is written in another format and read back is the same quiz, for any text."""

import pytest
from hypothesis import given, settings
from quiz_strategies import content, quizzes

from grader.quiz.formats import gift, gift_reader, qti12, qti12_reader
from grader.quiz.formats.draft import read_rendered, render_draft
from grader.quiz.formats.losses import QuizExportError

QUICK = settings(max_examples=25, deadline=None)
THOROUGH = settings(max_examples=300, deadline=None)


@QUICK
@given(quizzes())
def test_gift_reads_back_as_it_was_written(pair):
    """Prompts, options, answers, explanations and feedback survive GIFT; points are a listed loss."""
    through_gift(pair)


@QUICK
@given(quizzes())
def test_qti12_reads_back_as_it_was_written(pair):
    """Everything but the partial credit, which is Canvas's own, survives QTI 1.2, points and ids too."""
    through_qti12(pair)


@pytest.mark.train
@THOROUGH
@given(quizzes())
def test_both_read_back_for_many_quizzes(pair):
    """As above, for ten times as many."""
    through_gift(pair)
    through_qti12(pair)


def through_gift(pair):
    quiz, solutions = pair
    typed = [
        text for question in quiz.questions if question.kind == "text" for text in solutions[question.id].answer.correct
    ]
    if any("->" in text for text in typed):
        with pytest.raises(QuizExportError, match='accepts ".*", which GIFT reads as a pair to match'):
            gift.render(*pair)
        return
    draft = gift_reader.read_gift(gift.render(*pair).decode(), "x.gift")

    assert draft.lost == []
    assert content(*read_rendered(*render_draft(draft, "random", "x.gift"))) == content(*pair, points=False)


def through_qti12(pair):
    quiz, solutions = pair
    draft = qti12_reader.read_qti12(qti12.render(quiz, solutions), "x.zip")
    again = read_rendered(*render_draft(draft, "random", "x.zip"))

    assert {text.rsplit(": ", 1)[1] for text in draft.lost} <= {"Canvas's partial credit is taken over as net-correct"}
    assert (again[0].title, again[0].description) == (quiz.title, quiz.description)
    assert [question.id for question in again[0].questions] == [question.id for question in quiz.questions]
    assert content(*again) == content(*pair)
