"""Taking a quiz without a terminal: scripted lines and a clock, for every key and kind, and for the time limit."""

from datetime import UTC, datetime, timedelta

import pytest
from quiz_samples import quiz_of

from grader.errors import UsageError
from grader.quiz.model import draw_shown_order
from grader.quiz.screens import count_cells
from grader.quiz.sitting import AttemptStore
from grader.quiz.taking import QuizTerminal, take_quiz

KINDS = """\
schema: grade-quiz/1
id: kinds
title: Every kind
attempts: 2
questions:
  - {id: many, kind: multiple, prompt: Many?, penalty: 25%, options: [{id: a, text: A}, {id: b, text: B}, {id: c, text: C}]}
  - {id: yes, kind: truefalse, prompt: "True?", hints: [{text: "Look."}]}
  - {id: count, kind: numeric, prompt: How many?, unit: cm}
  - {id: name, kind: text, prompt: Which?}
  - {id: size, kind: shape, prompt: How big?}
"""
START = datetime(2026, 1, 1, tzinfo=UTC)


class Scripted:
    """A desk that types lines, and whose clock moves on by some seconds with each."""

    def __init__(self, lines, seconds=0, width=40):
        self.lines, self.seconds, self.columns, self.now, self.said = list(lines), seconds, width, START, []

    def ask_state(self, prompt):
        self.now += timedelta(seconds=self.seconds)
        if not self.lines:
            raise EOFError
        return self.lines.pop(0)

    def desk(self):
        return QuizTerminal(ask=self.ask_state, tell=self.said.append, now=lambda: self.now, width=lambda: self.columns)

    @property
    def text(self):
        return " ".join("\n".join(self.said).split())


@pytest.fixture
def shelf(tmp_path):
    return AttemptStore(folder=tmp_path)


def test_every_kind_is_answered_by_its_line(shelf):
    """Letters, numbers, words and shapes; mistakes are told with their remedy and asked again."""
    script = Scripted(
        ["ac", "2", "many", "27 cm", "relu", "26 by", "26 x 26", "submit"], seconds=1
    )  # fmt: skip
    done = take_quiz(quiz_of(KINDS), "s1", shelf, script.desk())

    assert done.answers == {"many": ["a", "c"], "yes": ["false"], "count": "27 cm", "name": "relu", "size": "26 x 26"}
    assert "Not understood: please type a number, such as 27 or 0.5." in script.text
    assert "Not understood: please type a shape, such as 5x7 or (None, 5, 7)." in script.text
    assert "a wrong answer loses 25%" in script.text
    assert done.submitted is not None


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["h"], "This question has no hint."),
        (["s", "h", "h"], "There are no more hints for this question."),
        (["s", "h"], "Hint: Look."),
        ([""], "No answer yet. Type one, or s to skip this question."),
        (["r", "4", ""], "No answer yet. Type one, or :s to skip this question."),
        ([":x"], 'Not understood: there is no command ":x".'),
        (["7"], "Not understood: please type a letter from a to c, or a number from 1 to 3."),
        (["s", "a b"], "Not understood: please choose one answer only."),
        (["r", "9"], "Not understood: type a number from 1 to 5, submit, or q."),
        (["r", "4", "x" * 2001], "Not understood: that is longer than 2,000 characters."),
        (["r", "4", "::b"], "4. :b"),
        (["a", "b", "f", "r"], "1 flagged (!)"),
        (["a", ":b", ":c", "r"], "1. (no answer)"),
        (["r", "submit", "no"], "5 questions without an answer. Hand in anyway?"),
    ],
)  # fmt: skip
def test_each_key_and_mistake_is_answered(shelf, lines, said):
    """What was typed leads to these words, in lines that fit 40 columns."""
    script = Scripted([*lines, "r", "r"])
    take_quiz(quiz_of(KINDS), "s1", shelf, script.desk())

    assert said in script.text
    assert max(count_cells(line) for text in script.said for line in text.splitlines()) <= 40


def test_the_time_limit_hands_in_what_is_there(shelf):
    """After 60 of 60 seconds the answers so far are handed in; the line that came too late isn't taken."""
    quiz = quiz_of(KINDS.replace("attempts: 2\n", "time_limit: 60s\n"))
    script = Scripted(["a", "a", "27", "relu"], seconds=25)
    done = take_quiz(quiz, "s1", shelf, script.desk())

    assert done.answers == {"many": ["a"], "yes": ["true"]}
    assert done.submitted == START + timedelta(seconds=75)
    assert "35 seconds left" in script.text
    assert "Time is up: your answers are handed in as they are." in script.text


def test_a_closed_quiz_is_refused(shelf):
    """After closing no attempt begins."""
    quiz = quiz_of(KINDS.replace("attempts: 2\n", "closes: 2025-12-31T00:00:00+00:00\n"))

    with pytest.raises(UsageError, match=r"kinds closed on 2025-12-31 at 00:00 UTC"):
        take_quiz(quiz, "s1", shelf, Scripted([]).desk())


def test_a_quiz_that_changed_meanwhile_is_not_gone_on_with(shelf):
    """Other options than those that were shown would mix up the answers."""
    take_quiz(quiz_of(KINDS), "s1", shelf, Scripted(["a", "q"]).desk())

    with pytest.raises(
        UsageError, match='the quiz has changed since attempt 1 began: question "many" has changed'
    ):
        take_quiz(quiz_of(KINDS.replace("{id: c, text: C}", "{id: d, text: D}")), "s1", shelf, Scripted([]).desk())


def test_attempts_that_cannot_be_read_or_written_are_told(tmp_path):
    """A damaged file is named with what to do, and so is a folder that takes none."""
    (tmp_path / "attempt-1.json").write_text("{")
    with pytest.raises(UsageError, match="can't be read .*; move it away to start this attempt again"):
        take_quiz(quiz_of(KINDS), "s1", AttemptStore(folder=tmp_path), Scripted([]).desk())
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="your answers can't be saved in .*: Not a directory"):
        take_quiz(quiz_of(KINDS), "s1", AttemptStore(folder=tmp_path / "file"), Scripted([]).desk())


def test_shuffles_are_stable_and_differ_between_students():
    """The same student sees the same order again; of twenty students several see others; a pinned option stays."""
    quiz = quiz_of(
        KINDS.replace("attempts: 2", "shuffle: {questions: true, options: true}").replace(
            "text: C}", "text: C, pinned: true}"
        )
    )
    orders = [draw_shown_order(quiz, f"s{number}", 1) for number in range(20)]

    assert orders == [draw_shown_order(quiz, f"s{number}", 1) for number in range(20)]
    assert len({tuple(order.questions) for order in orders}) > 10
    assert {tuple(order.options["many"]) for order in orders} == {("a", "b", "c"), ("b", "a", "c")}
    assert {tuple(order.options["yes"]) for order in orders} == {("true", "false")}


@pytest.mark.parametrize(("word", "attempts"), [("yes", 2), ("no", 1), (None, 1)])
def test_a_second_attempt_is_asked_for(shelf, word, attempts):
    """It uses one up: only a clear yes begins it, anything else shows what was handed in; a closed terminal is no yes."""
    quiz = quiz_of(KINDS)
    first = take_quiz(quiz, "s1", shelf, Scripted(["r", "submit", "yes"]).desk())
    script = Scripted([word, "q"] if word else [])

    again = take_quiz(quiz, "s1", shelf, script.desk())

    assert "You have handed in attempt 1 of 2. Start attempt 2?" in script.text
    assert (len(shelf.list_attempts()), again.attempt) == (attempts, attempts)
    assert (again == first) == (attempts == 1)


def test_an_attempt_in_progress_is_continued_without_a_question(shelf):
    """Nothing is used up by it."""
    quiz = quiz_of(KINDS)
    take_quiz(quiz, "s1", shelf, Scripted(["a", "q"]).desk())
    script = Scripted(["q"])

    assert take_quiz(quiz, "s1", shelf, script.desk()).attempt == 1
    assert "Resuming: 1 of 5 answered." in script.text
    assert "Start attempt" not in script.text
