"""Matches the columns of an LMS's table to questions: by their words, else by their order and their answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from grader.quiz.model import CHOICE_KINDS, Question, Quiz

LEAST = 0.5  # of a column's answers must be possible ones
SHORTEST = 20  # letters of a cut text that still tell a question
Fits = Callable[[Question, str], bool]


def align_columns(
    quiz: Quiz, texts: Sequence[str], given: Sequence[Sequence[str]], fits: Fits
) -> list[str | None] | None:
    """Returns the question of each column, None for a column without one; None if several matchings fit equally well.

    Args:
        texts: each column's words, or nothing.
        given: each column's answers.
        fits: whether a question can be answered so.
    """
    by_words = [find_by_words(quiz, text) for text in texts]
    # With words on every column a guess by place could only contradict them.
    if all(texts):
        return by_words
    left = [question for question in quiz.questions if question.id not in by_words]
    open_ = [index for index, name in enumerate(by_words) if name is None and not texts[index]]
    scores = [[_score(question, given[index], fits) for question in left] for index in open_]
    # As many columns as questions, in a possible order: the LMS has kept the quiz's order.
    if len(open_) == len(left) and all(scores[index][index] for index in range(len(left))):
        places: list[int | None] = list(range(len(left)))
    else:
        best = _find_best(scores, len(left))
        if best is None:
            return None
        places = best
    found = list(by_words)
    for index, place in zip(open_, places, strict=True):
        found[index] = None if place is None else left[place].id
    return found


def find_by_words(quiz: Quiz, text: str) -> str | None:
    """The question with these words, or that they are the beginning of; None where there is none, or several."""
    wanted = _fold(text)
    prompts = {question.id: _fold(question.prompt) for question in quiz.questions}
    same = [name for name, prompt in prompts.items() if prompt == wanted and wanted]
    cut = [
        name
        for name, prompt in prompts.items()
        if len(wanted) >= SHORTEST and (prompt.startswith(wanted) or wanted.startswith(prompt))
    ]
    # The exact words count before a cut text that might fit several questions.
    found = same or cut
    return found[0] if len(found) == 1 else None


def _fold(text: str) -> str:
    """Letters and digits: LMSs differ in blanks, dashes and markup."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _score(question: Question, given: Sequence[str], fits: Fits) -> float:
    """How well a column's answers are answers to a question; 0 where they can't be."""
    if not given:
        # A column without answers fits any question, but less well than any answer would.
        return 0.1
    share = sum(fits(question, text) for text in given) / len(given)
    if share < LEAST:
        return 0.0
    # An option's text is strong evidence, a number less, and a free text fits any text question.
    return share * (2.0 if question.kind in CHOICE_KINDS else 1.5 if question.kind == "numeric" else 0.5)


def _find_best(scores: Sequence[Sequence[float]], questions: int) -> list[int | None] | None:
    """The columns' questions in their order, of the greatest sum; None where two ways reach it."""
    # best[column][question]: sum, number of ways, and whether the column takes that question, for what is left from there.
    best = [[(0.0, 1)] * (questions + 1) for _ in range(len(scores) + 1)]
    for column in range(len(scores) - 1, -1, -1):
        for question in range(questions - 1, -1, -1):
            best[column][question] = _join(best, scores, column, question)
    # Two ways of the same sum: a guess would give students marks for other questions.
    if best[0][0][1] > 1:
        return None
    places: list[int | None] = []
    question = 0
    for column in range(len(scores)):
        taking = [
            (scores[column][place] + best[column + 1][place + 1][0], place)
            for place in range(question, questions)
            if scores[column][place]
        ]
        top = max(taking, default=(0.0, 0))
        if taking and top[0] > best[column + 1][question][0] + 1e-9:
            places.append(top[1])
            question = top[1] + 1
        else:
            places.append(None)
    return places


def _join(
    best: Sequence[Sequence[tuple[float, int]]], scores: Sequence[Sequence[float]], column: int, question: int
) -> tuple[float, int]:
    """Without this column, or without this question, or with both together; ways are counted once."""
    without = best[column + 1][question]
    ways = [without] + [
        (round(scores[column][place] + best[column + 1][place + 1][0], 9), best[column + 1][place + 1][1])
        for place in range(question, len(best[column]) - 1)
        if scores[column][place]
    ]
    top = max(value for value, _ in ways)
    # Sums of floats that should be equal differ by rounding.
    return top, sum(count for value, count in ways if abs(value - top) < 1e-9)
