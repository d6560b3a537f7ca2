"""A quiz for practice: each answer is marked at once, with what the key says of it; nothing is saved, and nothing counts."""

from __future__ import annotations

from datetime import datetime

from grader.errors import UsageError
from grader.quiz import screens, sitting, verdicts
from grader.quiz.key import AnswerKey
from grader.quiz.lines import ParsedLine, parse_line
from grader.quiz.loading import parse_closing_time
from grader.quiz.marking import mark_answer
from grader.quiz.model import Question, Quiz
from grader.quiz.responses import GivenAnswer
from grader.quiz.rich_text import convert_to_plain
from grader.quiz.sitting import Sitting
from grader.quiz.taking import PROMPT, QuizTerminal

# No attempt has this number, so that practice shows another order than the attempts that count.
PRACTICE_ATTEMPT = 0


def check_practice(quiz: Quiz, now: datetime) -> None:
    """Raises: UsageError: the quiz can't be practised at this time, since that shows its answers."""
    closes = parse_closing_time(quiz)
    if quiz.review.practice == "always" or (
        quiz.review.practice == "after_close" and closes is not None and now >= closes
    ):
        return
    later = quiz.review.practice == "after_close" and closes is not None
    when = f"before it closes, on {closes:%Y-%m-%d at %H:%M %Z}" if later else "in this course"
    raise UsageError(f"{quiz.id} can't be practised {when}; `grade quiz {quiz.id}` takes it")


def practise_quiz(quiz: Quiz, solutions: AnswerKey, student: str, desk: QuizTerminal) -> tuple[int, int]:
    """Goes through the questions until the last, or until the student stops.

    Returns:
        How many were right at the first try, and how many were answered.
    """
    now = sitting.start_sitting(quiz, student, PRACTICE_ATTEMPT, desk.now())
    _tell(f"{quiz.title}\nPractice: each answer is marked at once. Nothing is saved, and nothing counts.", desk)
    right = tried = 0
    try:
        while now.position < len(now.names):
            outcomes = _practise_question(now, quiz, solutions, desk)
            tried, right = tried + bool(outcomes), right + (outcomes[:1] == ["right"])
            now = sitting.move_to(now, now.position + 1)
    # `q`, or a terminal that was closed.
    except EOFError:
        pass
    return right, tried


def _practise_question(now: Sitting, quiz: Quiz, solutions: AnswerKey, desk: QuizTerminal) -> list[str]:
    """Asks one question until it is right or given up; returns the outcome of each answer."""
    item = quiz.find_question(now.names[now.position])
    outcomes: list[str] = []
    desk.tell("\n" + _render_question(now, item, desk.width()))
    while True:
        said = parse_line(desk.ask(PROMPT), item, now.shown.options.get(item.id, []))
        match said.do:
            case "quit":
                raise EOFError
            case "answer":
                outcomes.append(_tell_outcome(item, solutions, said.given, desk))
                if outcomes[-1] == "right":
                    return outcomes
            case "skip":
                solved = solutions[item.id]
                _tell(
                    " ".join(
                        [f"The answer: {verdicts.format_correct_answer(item, solved)}.", solved.answer.explain]
                    ).strip(),
                    desk,
                )
                return outcomes
            case "hint":
                now = _open_hint(now, item, desk)
            case _:
                _tell(_describe_mistake(said, item), desk)


def _tell_outcome(item: Question, solutions: AnswerKey, given: GivenAnswer, desk: QuizTerminal) -> str:
    """Says whether an answer is right and what the key says of it. The explanation would give the answer away before."""
    solved = solutions[item.id]
    outcome = mark_answer(item, solved, given).outcome
    remarks = verdicts.collect_feedback(solved, given)
    ending = (
        [solved.answer.explain] if outcome == "right" else [f"Try again; {screens.format_key('s', item)} shows the answer."]
    )
    said = verdicts.OUTCOME_TEXTS[outcome].capitalize()
    _tell(" ".join(text for text in [f"{said}.", *remarks, *ending] if text), desk)
    return outcome


def _open_hint(now: Sitting, item: Question, desk: QuizTerminal) -> Sitting:
    """Shows the next hint: in practice it costs nothing."""
    opened = now.hints.get(item.id, 0)
    if opened >= len(item.hints):
        _tell("There are no more hints for this question." if item.hints else "This question has no hint.", desk)
        return now
    _tell(f"Hint: {item.hints[opened].text}", desk)
    return sitting.open_hint(now, item.id)


def _render_question(now: Sitting, item: Question, width: int) -> str:
    place = f"Question {now.position + 1} of {len(now.names)}"
    return screens.join_blocks(
        screens.wrap_text(place, width),
        screens.wrap_text(convert_to_plain(item.prompt), width),
        screens.render_options(item, now, width),
        screens.wrap_text(f"{screens.describe_answer_form(item)}; {_describe_keys(item)}", width),
    )


def _describe_mistake(said: ParsedLine, item: Question) -> str:
    problem = f"Not understood: {said.message}" if said.do == "mistake" else "This does nothing in practice"
    return f"{problem}. {_describe_keys(item).capitalize()}."


def _describe_keys(item: Question) -> str:
    hint = f"{screens.format_key('h', item)} hint; " if item.hints else ""
    return f"{hint}{screens.format_key('s', item)} show the answer and go on; {screens.format_key('q', item)} quit"


def _tell(text: str, desk: QuizTerminal) -> None:
    desk.tell("\n".join(screens.wrap_text(text, desk.width())))
