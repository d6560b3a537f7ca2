"""A quiz for practice: every answer marked at once, nothing saved, and only where the quiz allows it."""

from datetime import UTC, datetime

import pytest
from quiz_samples import EVERY_KIND, key_of, quiz_of

from grader.cli.quiz import command
from grader.errors import UsageError
from grader.quiz.practising import check_practice, practise_quiz
from grader.quiz.taking import QuizTerminal

NOW = datetime(2026, 1, 1, tzinfo=UTC)
QUIZ = quiz_of()
KEY = key_of(QUIZ)


def practise(lines, width=60):
    """What is said to these lines, piece by piece, and the count at the end."""
    left, said = list(lines), []

    def ask(_prompt):
        said.append("")
        if not left:
            raise EOFError
        return left.pop(0)

    desk = QuizTerminal(
        ask=ask, tell=lambda text: said.append(" ".join(text.split())), now=lambda: NOW, width=lambda: width
    )
    return said, practise_quiz(QUIZ, KEY, "s1", desk)


def test_each_answer_is_marked_at_once():
    """A wrong one with its feedback and without the answer, the right one with the explanation; then the next question."""
    said, count = practise(["a", "b"])

    wrong, right = (text for text in said if text.startswith(("Wrong", "Right")))
    assert "Not A." in wrong
    assert "B it is." not in wrong
    assert "B it is." in right
    assert "Question 2 of 6" in said[-2]
    assert count == (0, 1)


def test_every_kind_can_be_right_at_the_first_try():
    """Letters, numbers, words and shapes are marked as in an attempt that counts."""
    _, count = practise(["b", "ac", "1", "27.4", "ReLU", "26 x 26"])

    assert count == (6, 6)


def test_a_partly_right_answer_goes_on():
    """It isn't right yet, so the question stays."""
    quiz = quiz_of(EVERY_KIND.replace(b"kind: multiple", b"kind: multiple\n    partial: each-answer"))
    left = ["a", "ac"]
    lines = ["b", *left]

    said = []
    desk = QuizTerminal(
        ask=lambda _: lines.pop(0) if lines else "q", tell=said.append, now=lambda: NOW, width=lambda: 60
    )

    assert practise_quiz(quiz, key_of(quiz), "s1", desk) == (1, 2)
    assert any(text.startswith("Partly right") for text in said)


def test_the_answer_is_shown_to_whoever_gives_up():
    """`s` says the answer with its explanation and goes on; what was never answered isn't counted."""
    said, count = practise(["h", "x", "", ":s", "q"])

    assert any("The answer: B." in text and "B it is." in text for text in said)
    assert "This question has no hint." in said
    assert sum("Not understood" in text for text in said) == 1
    assert count == (0, 0)


@pytest.mark.parametrize(
    ("review", "closes", "allowed"),
    [
        ("always", None, True),
        ("after_close", None, False),
        ("after_close", "2025-12-31T12:00:00+00:00", True),
        ("after_close", "2026-01-02T12:00:00+00:00", False),
        ("never", "2025-12-31T12:00:00+00:00", False),
        ("", None, False),
    ],
)
def test_a_quiz_is_practised_only_where_it_may_be(review, closes, allowed):
    """Practice shows the answers, so a quiz that counts isn't open to it unless its author says so."""
    head = f"review: {{practice: {review}}}\n" if review else ""
    quiz = quiz_of(EVERY_KIND + (head + (f"closes: {closes}\n" if closes else "")).encode())

    if allowed:
        check_practice(quiz, NOW)
    else:
        with pytest.raises(UsageError, match="can't be practised"):
            check_practice(quiz, NOW)


@pytest.mark.parametrize("width", [20, 40, 80])
def test_practice_fits_the_terminal(width):
    """No line is longer than the terminal is wide."""
    said = []
    lines = ["a", "zz", "h", "b"]
    desk = QuizTerminal(
        ask=lambda _: lines.pop(0) if lines else "q", tell=said.append, now=lambda: NOW, width=lambda: width
    )

    practise_quiz(QUIZ, KEY, "s1", desk)

    assert max(len(line) for text in said for line in text.split("\n")) <= width


@pytest.mark.parametrize(
    "unused",
    [["--save", "a.yaml"], ["--marks", "m.db"], ["--csv", "m.csv"], ["--gradebook", "sqlite:///g.db"], ["--answers", "a.yaml"], ["--reveal"],
     ["--json", "-"], ["--html", "a.html"]],
)  # fmt: skip
def test_practice_refuses_what_it_would_ignore(unused):
    """Nobody is to wait for a file that practice never writes."""
    with pytest.raises(UsageError, match=f"takes no {unused[0]}"):
        command.main(["week3", "--practice", *unused], standalone_mode=False)


def test_a_sitting_refuses_what_is_for_answers_handed_in(monkeypatch):
    """`--marks` without `--answers` at a terminal would keep nothing."""
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.delenv("JPY_PARENT_PID", raising=False)
    with pytest.raises(UsageError, match="^--marks and --csv .*--answers"):
        command.main(["week3", "--csv", "m.csv", "--marks", "m.db"], standalone_mode=False)
