"""Whether what students hold tells the key: words in comments, ids, explanations, and the places and lengths of options."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from grader.quiz.faults import SECRET
from grader.quiz.key import Solutions
from grader.quiz.model import Question, Quiz

TELLING = re.compile(
    r"(?<![a-z])(correct|right|wrong|true|false|answer|key|solution|distractor|ok|good|bad)(?![a-z])", re.IGNORECASE
)
COMMENT = re.compile(r"(?m)(?:^|\s)#.*$")
# Below this chance a pattern is taken for one; several patterns are looked for, each in many questions.
CHANCE = 0.005
# Shorter texts stand in a quiz by accident.
LEAST_TEXT = 12


def leaks(quiz: Quiz, solutions: Solutions, text: str) -> Iterator[str]:
    """What a quiz's file gives away, one line each.

    Args:
        text: the file as students hold it.
    """
    for line, raw in enumerate(text.splitlines(), 1):
        for comment in COMMENT.findall(_unquoted(raw)):
            if found := re.search(rf"\b({'|'.join(SECRET)})\b", comment, re.IGNORECASE):
                yield f'line {line}: the comment says "{found[0]}"; remove it, students read the file'
    plain = _squeezed(text)
    for question in quiz.questions:
        yield from _told_by_ids(question)
        for said in _secrets(question, solutions):
            if len(said) >= LEAST_TEXT and _squeezed(said) in plain:
                yield f'question "{question.id}": the key\'s text "{said[:50]}" stands in the quiz'


def _unquoted(line: str) -> str:
    """A line without its quoted texts, in which # is no comment."""
    return re.sub(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'", "", line)


def _squeezed(text: str) -> str:
    return " ".join(text.split()).casefold()


def _told_by_ids(question: Question) -> Iterator[str]:
    for option in question.options:
        if found := TELLING.search(option.id.replace("_", "-")):
            yield f'question "{question.id}": the option id "{option.id}" says "{found[0]}"; ids must tell nothing'


def _secrets(question: Question, solutions: Solutions) -> Iterator[str]:
    answer = solutions[question.id].answer
    yield from (answer.explain, *answer.feedback.values())
    if question.kind in ("text", "shape"):
        yield from answer.correct


def patterns(pairs: Sequence[tuple[Quiz, Solutions]]) -> Iterator[str]:
    """What the options' places and lengths tell across quizzes, beyond chance.

    For each place, and for the longest and the shortest option, the number of questions in which the correct option is
    it, against the distribution of that number if the correct one were drawn (Poisson binomial).
    """
    questions = [
        (question, _correct_place(question, solutions))
        for quiz, solutions in pairs
        for question in quiz.questions
        if question.kind == "single"
    ]
    tests = {
        f"option {place + 1}": _at(place) for place in range(max((len(q.options) for q, _ in questions), default=0))
    }
    for name, pick in (
        {"the last option": _last, "the longest option": _longest, "the shortest option": _shortest} | tests
    ).items():
        trials = [(1 / len(q.options), found == right) for q, right in questions if (found := pick(q)) is not None]
        hits = sum(hit for _, hit in trials)
        chance = at_least(hits, [share for share, _ in trials])
        if chance < CHANCE:
            expected = sum(share for share, _ in trials)
            yield f"{name} is correct in {hits} of {len(trials)} questions, by chance in {expected:.1f}; change some of them"


def _correct_place(question: Question, solutions: Solutions) -> int:
    correct = solutions[question.id].options
    return next(index for index, option in enumerate(question.options) if option.id in correct)


def _at(place: int) -> Callable[[Question], int | None]:
    return lambda question: place if place < len(question.options) else None


def _last(question: Question) -> int | None:
    return len(question.options) - 1


def _longest(question: Question) -> int | None:
    """The place of the one longest option; None where two are as long."""
    return _extreme([len(option.text) for option in question.options])


def _shortest(question: Question) -> int | None:
    return _extreme([-len(option.text) for option in question.options])


def _extreme(sizes: Sequence[int]) -> int | None:
    most = max(sizes)
    return sizes.index(most) if sizes.count(most) == 1 else None


def at_least(hits: int, shares: Sequence[float]) -> float:
    """The chance of at least so many hits in independent trials with these chances.

    >>> at_least(2, [0.5, 0.5]), at_least(0, [0.1])
    (0.25, 1.0)
    """
    counts = [1.0]
    for share in shares:
        counts = [a * (1 - share) + b * share for a, b in zip([*counts, 0.0], [0.0, *counts], strict=True)]
    return min(1.0, sum(counts[hits:]))
