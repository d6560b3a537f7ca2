"""Checks whether a student's files reveal the key: by comments, ids, explanations, or options' places and lengths."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from grader.quiz.faults import SECRET_FIELDS
from grader.quiz.key import AnswerKey
from grader.quiz.model import Question, Quiz

TELLING_WORDS = re.compile(
    r"(?<![a-z])(correct|right|wrong|true|false|answer|key|solution|distractor|ok|good|bad)(?![a-z])", re.IGNORECASE
)
COMMENT_PATTERN = re.compile(r"(?m)(?:^|\s)#.*$")
# Below this chance a pattern is taken for one; several patterns are looked for, each in many questions.
MAX_CHANCE = 0.005
# Shorter texts stand in a quiz by accident.
MIN_SECRET_LENGTH = 12


def find_leaks(quiz: Quiz, solutions: AnswerKey, text: str) -> Iterator[str]:
    """What a quiz's file gives away, one line each.

    Args:
        text: the file as students hold it.
    """
    for line, raw in enumerate(text.splitlines(), 1):
        for comment in COMMENT_PATTERN.findall(_strip_quoted(raw)):
            if found := re.search(rf"\b({'|'.join(SECRET_FIELDS)})\b", comment, re.IGNORECASE):
                yield f'line {line}: the comment says "{found[0]}"; remove it, students read the file'
    plain = _normalize_spaces(text)
    for question in quiz.questions:
        yield from _find_telling_ids(question)
        for said in _list_secrets(question, solutions):
            if len(said) >= MIN_SECRET_LENGTH and _normalize_spaces(said) in plain:
                yield f'question "{question.id}": the key\'s text "{said[:50]}" stands in the quiz'


def _strip_quoted(line: str) -> str:
    """A line without its quoted texts, in which # is no comment."""
    return re.sub(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'", "", line)


def _normalize_spaces(text: str) -> str:
    return " ".join(text.split()).casefold()


def _find_telling_ids(question: Question) -> Iterator[str]:
    for option in question.options:
        # An underscore is a word character, so `right_1` wouldn't match otherwise.
        if found := TELLING_WORDS.search(option.id.replace("_", "-")):
            yield f'question "{question.id}": the option id "{option.id}" says "{found[0]}"; ids must tell nothing'


def _list_secrets(question: Question, solutions: AnswerKey) -> Iterator[str]:
    answer = solutions[question.id].answer
    yield from (answer.explain, *answer.feedback.values())
    if question.kind in ("text", "shape"):
        yield from answer.correct


def find_key_patterns(pairs: Sequence[tuple[Quiz, AnswerKey]]) -> Iterator[str]:
    """Finds what the options' places and lengths reveal across quizzes, beyond chance.

    For each place, and for the longest and the shortest option, the number of questions in which the correct option is
    it, against the distribution of that number if the correct one were drawn (Poisson binomial).
    """
    questions = [
        (question, _find_correct_place(question, solutions))
        for quiz, solutions in pairs
        for question in quiz.questions
        if question.kind == "single"
    ]
    tests = {
        f"option {place + 1}": _make_place_guess(place)
        for place in range(max((len(q.options) for q, _ in questions), default=0))
    }
    for name, pick in (
        {"the last option": _guess_last, "the longest option": _guess_longest, "the shortest option": _guess_shortest}
        | tests
    ).items():
        # A question where the guess names no option, as with two equally long ones, tells nothing.
        trials = [(1 / len(q.options), found == right) for q, right in questions if (found := pick(q)) is not None]
        hits = sum(hit for _, hit in trials)
        chance = compute_chance_of_hits(hits, [share for share, _ in trials])
        if chance < MAX_CHANCE:
            expected = sum(share for share, _ in trials)
            yield f"{name} is correct in {hits} of {len(trials)} questions, by chance in {expected:.1f}; change some of them"


def _find_correct_place(question: Question, solutions: AnswerKey) -> int:
    correct = solutions[question.id].options
    return next(index for index, option in enumerate(question.options) if option.id in correct)


def _make_place_guess(place: int) -> Callable[[Question], int | None]:
    return lambda question: place if place < len(question.options) else None


def is_place_telling(places: Sequence[tuple[int, int]]) -> bool:
    """Whether the correct options are in one place, or last, more often than chance allows.

    Args:
        places: of each question, how many options it has and where the correct one is.
    """
    guesses = [[place] * len(places) for place in range(max((count for count, _ in places), default=0))]
    guesses.append([count - 1 for count, _ in places])
    for guess in guesses:
        trials = [
            (1 / count, place == right) for (count, right), place in zip(places, guess, strict=True) if place < count
        ]
        if compute_chance_of_hits(sum(hit for _, hit in trials), [share for share, _ in trials]) < MAX_CHANCE:
            return True
    return False


def _guess_last(question: Question) -> int | None:
    return len(question.options) - 1


def _guess_longest(question: Question) -> int | None:
    """The place of the one longest option; None where two are as long."""
    return _find_unique_maximum([len(option.text) for option in question.options])


def _guess_shortest(question: Question) -> int | None:
    return _find_unique_maximum([-len(option.text) for option in question.options])


def _find_unique_maximum(sizes: Sequence[int]) -> int | None:
    most = max(sizes)
    return sizes.index(most) if sizes.count(most) == 1 else None


def compute_chance_of_hits(hits: int, shares: Sequence[float]) -> float:
    """The chance of at least so many hits in independent trials with these chances.

    >>> compute_chance_of_hits(2, [0.5, 0.5]), compute_chance_of_hits(0, [0.1])
    (0.25, 1.0)
    """
    counts = [1.0]
    for share in shares:
        # The distribution after one more question, from the one before.
        counts = [a * (1 - share) + b * share for a, b in zip([*counts, 0.0], [0.0, *counts], strict=True)]
    return min(1.0, sum(counts[hits:]))
