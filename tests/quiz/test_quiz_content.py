"""The course's two quizzes: word for word as the course printed them, with keys, hints and feedback for all."""

import re
from pathlib import Path

import pytest

from grader.courses.course import Course
from grader.quiz import key, loading

REPOSITORY = Path(__file__).resolve().parents[2]
PRINTED = Path(__file__).with_name("data") / "quiz_lists.rst"
COURSE = Course(root=REPOSITORY)
WEEK3 = {
    "conv-what": "A technique to isolate features in images",
    "pool-what": "A technique to reduce the information in an image while maintaining features",
    "conv-how": "They isolate features in images",
    "conv-out": "26x26",
    "pool-out": "13x13",
    "conv-speed": (
        "It depends on many factors. It might make your training faster or slower, and a poorly designed "
        "Convolutional layer may even be less efficient than a plain DNN!"
    ),
}
WEEK2 = {
    "dataset-name": "Fashion MNIST",
    "image-form": "28x28 Greyscale",
    "image-count": "70,000",
    "output-neurons": "There are 10 different labels",
    "relu": "It only returns x if x is greater than zero",
    "train-test": "To test a network with previously unseen data",
    "epoch-method": "on_epoch_end",
    "fit-parameter": "callbacks=",
}


def printed(number):
    """The questions of one of the two printed lists: (prompt, options)."""
    part = re.split(r"(?m)^Quiz: .*$", PRINTED.read_text(encoding="utf-8"))[number + 1]
    blocks = re.split(r"\s*\*\*Question \d+\*\*\s*", part)[1:]
    lines = [[line.strip() for line in block.splitlines() if line.strip()] for block in blocks]
    return [(block[0], [re.sub(r"^\\\[　\\\] ", "", line) for line in block[1:]]) for block in lines]


@pytest.mark.parametrize(("quiz_id", "number", "count"), [("week2", 0, 8), ("week3", 1, 6)])
def test_the_questions_are_the_printed_ones(quiz_id, number, count):
    """Every prompt and option stands as it was printed, in its order."""
    quiz = loading.load_quiz(COURSE, quiz_id)

    assert len(quiz.questions) == count
    assert [(q.prompt, [o.text for o in q.options]) for q in quiz.questions] == printed(number)


@pytest.mark.parametrize(("quiz_id", "expected"), [("week2", WEEK2), ("week3", WEEK3)])
def test_the_keys_name_the_right_options(quiz_id, expected):
    """Week 3's answers are the printed ones; week 2's follow from the course's texts."""
    quiz = loading.load_quiz(COURSE, quiz_id)
    solutions = key.load_key(COURSE, quiz)

    correct = {
        name: [quiz.find_question(name).find_option(o).text for o in solved.options]
        for name, solved in solutions.items()
    }
    assert {name: [text] for name, text in expected.items()} == correct


@pytest.mark.parametrize("quiz_id", ["week2", "week3"])
def test_every_question_helps(quiz_id):
    """Each has a hint, an explanation, and feedback for each of its options."""
    quiz = loading.load_quiz(COURSE, quiz_id)
    solutions = key.load_key(COURSE, quiz)

    for question in quiz.questions:
        assert question.hints
        assert solutions[question.id].answer.explain
        assert solutions[question.id].answer.feedback.keys() == {option.id for option in question.options}
