"""A quiz taken on a terminal, line by line: reads what is typed, saves every step, and shows no score before the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from grader.errors import UsageError
from grader.quiz import screens, sitting
from grader.quiz.lines import ParsedLine, parse_line
from grader.quiz.loading import parse_closing_time
from grader.quiz.model import Quiz
from grader.quiz.sitting import AttemptKeeper, AttemptStore, Sitting, change_flag, move_to, open_hint, record_answer

PROMPT = "> "


@dataclass(frozen=True, slots=True, kw_only=True)
class QuizTerminal:
    """Where a quiz is taken.

    `ask` shows a prompt and returns a line, raising EOFError where there are no more; `tell` prints text.
    """

    ask: Callable[[str], str]
    tell: Callable[[str], None]
    now: Callable[[], datetime]
    width: Callable[[], int]


def open_sitting(quiz: Quiz, student: str, shelf: AttemptKeeper, now: datetime) -> tuple[Sitting, bool]:
    """The attempt to go on with, or the next one, and whether it was begun before.

    Raises:
        UsageError: no attempt is left, the quiz is closed, or it has changed since the attempt began.
    """
    attempts = shelf.list_attempts()
    # Before the check of the closing time: an attempt in progress must still be handed in.
    if attempts and attempts[-1].submitted is None:
        sitting.check_fits(attempts[-1], quiz)
        return attempts[-1], True
    if len(attempts) >= quiz.attempts:
        raise UsageError(f"no attempts left for {quiz.id}: you have handed in {len(attempts)} of {quiz.attempts}")
    closes = parse_closing_time(quiz)
    if closes is not None and now >= closes:
        raise UsageError(f"{quiz.id} closed on {closes:%Y-%m-%d at %H:%M %Z}")
    return sitting.start_sitting(quiz, student, len(attempts) + 1, now), False


def take_quiz(quiz: Quiz, student: str, shelf: AttemptStore, desk: QuizTerminal) -> Sitting:
    """Goes through a quiz until it is handed in, put aside, or its time is up.

    Returns:
        The attempt; its `submitted` is None where it was put aside. The last one, where the student wants no other.

    Raises:
        UsageError: as `open_sitting`, or the answers can't be saved.
    """
    before = shelf.list_attempts()
    # A new attempt uses one up, and whoever only wants to see the last one types the same command.
    if before and before[-1].submitted is not None and len(before) < quiz.attempts and not _wants_another(quiz, len(before), desk):
        return before[-1]
    now, resumed = open_sitting(quiz, student, shelf, desk.now())
    shelf.save_attempt(now)
    desk.tell(screens.render_welcome(quiz, now, desk.width(), resumed=resumed))
    try:
        while now.submitted is None:
            if _is_late(now, quiz, desk):
                now = _submit_and_save(now, shelf, desk)
                _tell_wrapped("Time is up: your answers are handed in as they are.", desk)
            elif (then := _show_screen(now, quiz, shelf, desk)) is None:
                break
            else:
                now = then
    # The terminal was closed: every step is saved, so this is the same as putting the quiz aside.
    except EOFError:
        pass
    return now


def _wants_another(quiz: Quiz, done: int, desk: QuizTerminal) -> bool:
    """Asks whether a further attempt shall begin."""
    text = f"You have handed in attempt {done} of {quiz.attempts}. Start attempt {done + 1}? Type yes, or anything else to see attempt {done} again."
    _tell_wrapped(text, desk)
    try:
        return desk.ask(PROMPT).strip().lower() in ("y", "yes")
    except EOFError:
        return False


def _tell_wrapped(text: str, desk: QuizTerminal) -> None:
    """Prints a text in lines that fit."""
    desk.tell("\n".join(screens.wrap_text(text, desk.width())))


def _is_late(now: Sitting, quiz: Quiz, desk: QuizTerminal) -> bool:
    end = sitting.find_end_time(now, quiz)
    return end is not None and desk.now() >= end


def _submit_and_save(now: Sitting, shelf: AttemptStore, desk: QuizTerminal) -> Sitting:
    done = sitting.submit_sitting(now, desk.now())
    shelf.save_attempt(done)
    return done


def _show_screen(now: Sitting, quiz: Quiz, shelf: AttemptStore, desk: QuizTerminal) -> Sitting | None:
    """One screen and the line typed at it; None to put the quiz aside."""
    if now.position >= len(now.names):
        return _show_review(now, quiz, shelf, desk)
    name = now.names[now.position]
    desk.tell("\n" + screens.render_question(quiz, now, desk.now(), desk.width()))
    return _ask_question(now, name, quiz, shelf, desk)


def _ask_question(now: Sitting, name: str, quiz: Quiz, shelf: AttemptStore, desk: QuizTerminal) -> Sitting | None:
    """Asks until a line leads on; what comes after the time is up isn't taken."""
    item = quiz.find_question(name)
    while True:
        said = parse_line(desk.ask(PROMPT), item, now.shown.options.get(name, []))
        if _is_late(now, quiz, desk):
            return now
        if said.do == "quit":
            return None
        if said.do == "hint":
            then = _open_next_hint(now, name, quiz, desk)
        elif said.do == "next" and name not in now.answers:
            _tell_wrapped(
                f"No answer yet. Type one, or {':s' if item.kind == 'text' else 's'} to skip this question.", desk
            )
            continue
        elif said.do == "mistake":
            _tell_wrapped(f"Not understood: {said.message}.", desk)
            continue
        else:
            then = _apply_line(now, name, said)
        if then is not None:
            shelf.save_attempt(then)
            return then


def _apply_line(now: Sitting, name: str, said: ParsedLine) -> Sitting:
    """The attempt after an answer or a move."""
    match said.do:
        case "answer":
            return move_to(record_answer(now, name, said.given), now.position + 1)
        case "clear":
            return record_answer(now, name, None)
        case "back":
            return move_to(now, now.position - 1)
        case "flag":
            return change_flag(now, name)
        case "review":
            return move_to(now, len(now.names))
    return move_to(now, now.position + 1)


def _open_next_hint(now: Sitting, name: str, quiz: Quiz, desk: QuizTerminal) -> Sitting | None:
    """Opens the next hint, after its cost was shown and agreed to; None where it stays closed."""
    item = quiz.find_question(name)
    opened = now.hints.get(name, 0)
    if opened >= len(item.hints):
        _tell_wrapped(
            "There are no more hints for this question." if item.hints else "This question has no hint.", desk
        )
        return None
    cost = item.hints[opened].cost
    if cost:
        text = f"This hint costs {cost:.0%} of the question's points. Open it? Type yes, or anything else to keep it closed."
        _tell_wrapped(text, desk)
        if desk.ask(PROMPT).strip().lower() not in ("y", "yes"):
            desk.tell("The hint stays closed.")
            return None
    return open_hint(now, name)


def _show_review(now: Sitting, quiz: Quiz, shelf: AttemptStore, desk: QuizTerminal) -> Sitting | None:
    desk.tell("\n" + screens.render_review(quiz, now, desk.now(), desk.width()))
    while True:
        word = desk.ask(PROMPT).strip().lower().removeprefix(":")
        if _is_late(now, quiz, desk):
            return now
        if word in ("q", "quit"):
            return None
        if word == "submit":
            return _submit_after_asking(now, shelf, desk)
        if word in ("b", "back"):
            return move_to(now, len(now.names) - 1)
        if word.isascii() and word.isdigit() and 1 <= int(word[:6]) <= len(now.names):
            return move_to(now, int(word[:6]) - 1)
        message = f"Not understood: type a number from 1 to {len(now.names)}, submit, or q."
        _tell_wrapped(message, desk)


def _submit_after_asking(now: Sitting, shelf: AttemptStore, desk: QuizTerminal) -> Sitting:
    """Hands in, after a question where answers are missing."""
    # Handing in can't be undone.
    if blank := len(now.names) - len(now.answers):
        text = f"{screens.format_count(blank, 'question')} without an answer. Hand in anyway? Type yes, or anything else to go on."
        _tell_wrapped(text, desk)
        if desk.ask(PROMPT).strip().lower() not in ("y", "yes"):
            return now
    return _submit_and_save(now, shelf, desk)
