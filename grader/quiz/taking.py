"""A quiz taken on a terminal, line by line: reads what is typed, saves every step, never tells a score on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from grader.errors import UsageError
from grader.quiz import screens, sitting
from grader.quiz.keeping import Shelf
from grader.quiz.lines import Said, understood
from grader.quiz.loading import closing
from grader.quiz.model import Quiz
from grader.quiz.sitting import Sitting, answered, flagged, hinted, moved

PROMPT = "> "


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where a quiz is taken.

    `ask` shows a prompt and returns a line, raising EOFError where there are no more; `tell` prints text.
    """

    ask: Callable[[str], str]
    tell: Callable[[str], None]
    now: Callable[[], datetime]
    width: Callable[[], int]


def open_sitting(quiz: Quiz, student: str, shelf: Shelf, now: datetime) -> tuple[Sitting, bool]:
    """The attempt to go on with, or the next one, and whether it was begun before.

    Raises:
        UsageError: no attempt is left, the quiz is closed, or it has changed since the attempt began.
    """
    attempts = shelf.attempts()
    if attempts and attempts[-1].submitted is None:
        sitting.check_fits(attempts[-1], quiz)
        return attempts[-1], True
    if len(attempts) >= quiz.attempts:
        raise UsageError(f"no attempt is left at {quiz.id}: you have handed in {len(attempts)} of {quiz.attempts}")
    closes = closing(quiz)
    if closes is not None and now >= closes:
        raise UsageError(f"{quiz.id} closed on {closes:%Y-%m-%d at %H:%M %Z}")
    return sitting.start(quiz, student, len(attempts) + 1, now), False


def take(quiz: Quiz, student: str, shelf: Shelf, desk: Desk) -> Sitting:
    """Goes through a quiz until it is handed in, put aside, or its time is up.

    Returns:
        The attempt; its `submitted` is None where it was put aside.

    Raises:
        UsageError: as `open_sitting`, or the answers can't be saved.
    """
    now, resumed = open_sitting(quiz, student, shelf, desk.now())
    shelf.save(now)
    desk.tell(screens.welcome(quiz, now, desk.width(), resumed=resumed))
    try:
        while now.submitted is None:
            if _late(now, quiz, desk):
                now = _handed_in(now, shelf, desk)
                _say("The time is up: your answers are handed in as they were.", desk)
            elif (then := _step(now, quiz, shelf, desk)) is None:
                break
            else:
                now = then
    except EOFError:
        pass
    return now


def _say(text: str, desk: Desk) -> None:
    """Tells something in lines that fit."""
    desk.tell("\n".join(screens.wrapped(text, desk.width())))


def _late(now: Sitting, quiz: Quiz, desk: Desk) -> bool:
    end = sitting.deadline(now, quiz)
    return end is not None and desk.now() >= end


def _handed_in(now: Sitting, shelf: Shelf, desk: Desk) -> Sitting:
    done = sitting.handed_in(now, desk.now())
    shelf.save(done)
    return done


def _step(now: Sitting, quiz: Quiz, shelf: Shelf, desk: Desk) -> Sitting | None:
    """One screen and the line typed at it; None to put the quiz aside."""
    if now.position >= len(now.names):
        return _review(now, quiz, shelf, desk)
    name = now.names[now.position]
    desk.tell("\n" + screens.question(quiz, now, desk.now(), desk.width()))
    return _asked(now, name, quiz, shelf, desk)


def _asked(now: Sitting, name: str, quiz: Quiz, shelf: Shelf, desk: Desk) -> Sitting | None:
    """Asks until a line leads on; what comes after the time is up isn't taken."""
    item = quiz.question(name)
    while True:
        said = understood(desk.ask(PROMPT), item, now.shown.options.get(name, []))
        if _late(now, quiz, desk):
            return now
        if said.do == "quit":
            return None
        if said.do == "hint":
            then = _hint(now, name, quiz, desk)
        elif said.do == "next" and name not in now.answers:
            _say(f"No answer yet. Type one, or {':s' if item.kind == 'text' else 's'} to skip this question.", desk)
            continue
        elif said.do == "mistake":
            _say(f"Not understood: {said.message}.", desk)
            continue
        else:
            then = _done(now, name, said)
        if then is not None:
            shelf.save(then)
            return then


def _done(now: Sitting, name: str, said: Said) -> Sitting:
    """The attempt after an answer or a move."""
    match said.do:
        case "answer":
            return moved(answered(now, name, said.given), now.position + 1)
        case "clear":
            return answered(now, name, None)
        case "back":
            return moved(now, now.position - 1)
        case "flag":
            return flagged(now, name)
        case "review":
            return moved(now, len(now.names))
    return moved(now, now.position + 1)


def _hint(now: Sitting, name: str, quiz: Quiz, desk: Desk) -> Sitting | None:
    """Opens the next hint, after its cost was shown and agreed to; None where it stays closed."""
    item = quiz.question(name)
    opened = now.hints.get(name, 0)
    if opened >= len(item.hints):
        _say("There are no more hints for this question." if item.hints else "This question has no hint.", desk)
        return None
    cost = item.hints[opened].cost
    if cost:
        text = f"This hint costs {cost:.0%} of the question's points. Open it? Type yes, or anything else to keep it closed."
        _say(text, desk)
        if desk.ask(PROMPT).strip().lower() not in ("y", "yes"):
            desk.tell("The hint stays closed.")
            return None
    return hinted(now, name)


def _review(now: Sitting, quiz: Quiz, shelf: Shelf, desk: Desk) -> Sitting | None:
    desk.tell("\n" + screens.review(quiz, now, desk.now(), desk.width()))
    while True:
        word = desk.ask(PROMPT).strip().lower().removeprefix(":")
        if _late(now, quiz, desk):
            return now
        if word in ("q", "quit"):
            return None
        if word == "submit":
            return _submit(now, shelf, desk)
        if word in ("b", "back"):
            return moved(now, len(now.names) - 1)
        if word.isascii() and word.isdigit() and 1 <= int(word[:6]) <= len(now.names):
            return moved(now, int(word[:6]) - 1)
        message = f"Not understood: type a number from 1 to {len(now.names)}, submit, or q."
        _say(message, desk)


def _submit(now: Sitting, shelf: Shelf, desk: Desk) -> Sitting:
    """Hands in, after a question where answers are missing."""
    if blank := len(now.names) - len(now.answers):
        text = f"{screens.plural(blank, 'question')} without an answer. Hand in all the same? Type yes, or anything else to go on."
        _say(text, desk)
        if desk.ask(PROMPT).strip().lower() not in ("y", "yes"):
            return now
    return _handed_in(now, shelf, desk)
