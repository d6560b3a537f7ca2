"""Round trips: what is written in another format and read back is the same quiz, for any text."""

from hypothesis import assume, given, settings
from quiz_strategies import content, quizzes

from grader.quiz.formats import gift, gift_reader, qti12, qti12_reader
from grader.quiz.formats.draft import read_back, written
from grader.quiz.formats.losses import ExportError


@settings(max_examples=150, deadline=None)
@given(quizzes())
def test_gift_reads_back_as_it_was_written(pair):
    """Prompts, options, answers, explanations and feedback survive GIFT; points are a listed loss."""
    try:
        text = gift.render(*pair).decode()
    except ExportError:
        assume(False)
    draft = gift_reader.read(text, "x.gift")

    assert draft.lost == []
    assert content(*read_back(*written(draft, "random", "x.gift"))) == content(*pair, points=False)


@settings(max_examples=150, deadline=None)
@given(quizzes())
def test_qti12_reads_back_as_it_was_written(pair):
    """Everything but the partial credit, which is Canvas's own, survives QTI 1.2, points and ids too."""
    quiz, solutions = pair
    draft = qti12_reader.read(qti12.render(quiz, solutions), "x.zip")
    again = read_back(*written(draft, "random", "x.zip"))

    assert {text.split(": ", 1)[1] for text in draft.lost} <= {"Canvas's partial credit is taken over as net-correct"}
    assert (again[0].title, again[0].description) == (quiz.title, quiz.description)
    assert [question.id for question in again[0].questions] == [question.id for question in quiz.questions]
    assert content(*again) == content(*pair)
