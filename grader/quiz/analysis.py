"""Item analysis of a class: how hard each question was, whether it tells strong from weak, how far scores are trusted.

The figures and their sources:

- facility: the mean share of the points (Moodle, "Quiz report statistics").
- random-guess score: the share that blind guessing earns.
- item-rest discrimination: Pearson's correlation of a question with the sum of the others (Moodle's
  "discrimination index"; Ebel & Frisbie, Essentials of Educational Measurement, 1991, ch. 13).
- point-biserial: the correlation with the whole score, the question included (Lord & Novick, 1968, ch. 15).
- discriminative efficiency: the covariance of a question with the others' sum, of the greatest that the same marks
  could have (Moodle, same page).
- upper-lower index: facility in the best 27 % less that in the weakest 27 % (Kelley, 1939, J. Educ. Psych. 30).
- alpha (Cronbach, 1951, Psychometrika 16), which is KR-20 for right-or-wrong marks (Kuder & Richardson, 1937,
  Psychometrika 2); variances with n - 1.
- SEM, the standard error of measurement: SD × √(1 - alpha).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from grader.quiz.key import Solutions, Solved
from grader.quiz.marking import earned
from grader.quiz.marksheet import Marksheet
from grader.quiz.model import Question, Quiz

Floats = NDArray[np.float64]
EXTREME = 0.27


class Distractor(Struct, frozen=True, kw_only=True):
    """How often an option was chosen: by all, by the best and by the weakest 27 %, as shares of those who were asked."""

    option: str
    text: str
    correct: bool
    share: float
    upper: float
    lower: float


class Item(Struct, frozen=True, kw_only=True):
    """One question's figures; None where there is nothing to compute from, such as a question all got right."""

    question: str
    asked: int
    answered: int
    facility: float
    guess: float | None
    spread: float | None
    item_rest: float | None
    point_biserial: float | None
    efficiency: float | None
    upper_lower: float | None
    alpha_without: float | None
    distractors: list[Distractor]


class Analysis(Struct, frozen=True, kw_only=True):
    """A class's figures; scores are shares of the points from 0 to 1."""

    quiz: str
    students: int
    mean: float
    median: float
    sd: float | None
    alpha: float | None
    alpha_name: str
    sem: float | None
    items: list[Item]


def analyse(quiz: Quiz, solutions: Solutions, sheet: Marksheet) -> Analysis:
    """Every figure from the attempts that count."""
    quiz = _drop_unasked(quiz, sheet)
    names = [question.id for question in quiz.questions]
    worth, points = tables(sheet, names)
    totals = np.nansum(points, axis=1)
    most = np.nansum(np.where(np.isnan(points), np.nan, [quiz.question(name).points for name in names]), axis=1)
    shares = totals / np.where(most > 0, most, 1)
    whole = not np.isnan(points).any()
    trust = alpha(points) if whole else None
    spread = float(np.std(shares, ddof=1)) if len(shares) > 1 else None
    values = {question.points for question in quiz.questions}
    right_or_wrong = whole and len(values) == 1 and bool(np.isin(points, (0.0, *values)).all())
    return Analysis(
        quiz=quiz.id,
        students=len(shares),
        mean=float(shares.mean()) if len(shares) else 0.0,
        median=float(np.median(shares)) if len(shares) else 0.0,
        sd=spread,
        alpha=trust,
        alpha_name="KR-20" if right_or_wrong else "alpha",
        sem=spread * float(np.sqrt(1 - trust)) if spread is not None and trust is not None else None,
        items=[_item(quiz, solutions, sheet, index, worth, points, totals, whole=whole) for index in range(len(names))],
    )


def _drop_unasked(quiz: Quiz, sheet: Marksheet) -> Quiz:
    """Without the questions that the LMS in which it was taken asked nobody."""
    if all(row.asked is None for row in sheet.kept):
        return quiz
    asked = {item.question for row in sheet.kept for item in row.marked.marks}
    return replace(quiz, questions=[question for question in quiz.questions if question.id in asked], pools=[])


def tables(sheet: Marksheet, names: Sequence[str]) -> tuple[Floats, Floats]:
    """What each answer was worth, and its points after hints.

    Returns:
        Two arrays of shape (students, questions); NaN where a student wasn't asked (pools).
    """
    place = {name: index for index, name in enumerate(names)}
    worth = np.full((len(sheet.kept), len(names)), np.nan)
    points = worth.copy()
    for row, kept in enumerate(sheet.kept):
        for item in kept.marked.marks:
            if item.question in place:
                worth[row, place[item.question]] = item.fraction
                points[row, place[item.question]] = item.points
    return worth, points


def _item(
    quiz: Quiz,
    solutions: Solutions,
    sheet: Marksheet,
    index: int,
    worth: Floats,
    points: Floats,
    totals: Floats,
    *,
    whole: bool,
) -> Item:
    question = quiz.questions[index]
    asked = ~np.isnan(points[:, index])
    own, total = points[asked, index], totals[asked]
    rest = total - own
    upper, lower = extremes(total)
    given = [row.responses.answers.get(question.id) for row, was in zip(sheet.kept, asked, strict=True) if was]
    shares = worth[asked, index]
    return Item(
        question=question.id,
        asked=int(asked.sum()),
        answered=sum(value is not None for value in given),
        facility=float(shares.mean()) if len(shares) else 0.0,
        guess=guess(question, solutions[question.id]),
        spread=float(np.std(shares, ddof=1)) if len(shares) > 1 else None,
        item_rest=correlation(own, rest),
        point_biserial=correlation(own, total),
        efficiency=efficiency(own, rest),
        upper_lower=float(shares[upper].mean() - shares[lower].mean()) if len(upper) else None,
        alpha_without=alpha(np.delete(points, index, axis=1)) if whole and points.shape[1] > 2 else None,
        distractors=_distractors(question, solutions[question.id], given, upper, lower),
    )


def correlation(first: Floats, second: Floats) -> float | None:
    """Pearson's r; None where one of them doesn't vary or there are fewer than 3 pairs."""
    if len(first) < 3:
        return None
    first, second = first - first.mean(), second - second.mean()
    size = float(np.sqrt((first @ first) * (second @ second)))
    # Sums of equal decimals differ by rounding: what is smaller than that doesn't vary.
    return None if size < 1e-9 else float(np.clip(first @ second / size, -1, 1))


def efficiency(own: Floats, rest: Floats) -> float | None:
    """The covariance of a question with the others, of the greatest that the same marks could have."""
    if len(own) < 3:
        return None
    most = _covariance(np.sort(own), np.sort(rest))
    return None if most < 1e-9 else float(_covariance(own, rest) / most)


def _covariance(first: Floats, second: Floats) -> float:
    return float((first - first.mean()) @ (second - second.mean()))


def alpha(points: Floats) -> float | None:
    """Cronbach's alpha of an array (students, questions); None with fewer than 2 of either, or equal totals."""
    students, questions = points.shape
    if students < 2 or questions < 2:
        return None
    total = float(points.sum(axis=1).var(ddof=1))
    if total < 1e-9:
        return None
    return float(questions / (questions - 1) * (1 - points.var(axis=0, ddof=1).sum() / total))


def extremes(totals: Floats) -> tuple[NDArray[Any], NDArray[Any]]:
    """The places of the best and the weakest 27 %, at least one each; none where fewer than 4 were asked."""
    count = max(1, round(EXTREME * len(totals)))
    if len(totals) < 4:
        return np.array([], dtype=int), np.array([], dtype=int)
    order = np.argsort(totals, kind="stable")
    return order[-count:], order[:count]


def guess(question: Question, solved: Solved) -> float | None:
    """The expected share for someone who chooses blindly; None where an answer is typed.

    A single option is drawn, or with several correct ones each non-empty set of options with equal chance.
    """
    options = [option.id for option in question.choices]
    if not options or len(options) > 12:
        return None
    counts = range(1, len(options) + 1) if question.kind == "multiple" else (1,)
    sets = [list(chosen) for count in counts for chosen in combinations(options, count)]
    shares = [earned(question, solved, chosen) for chosen in sets]
    return float(np.mean([share if share > 0 else -question.penalty for share in shares]))


def _distractors(
    question: Question, solved: Solved, given: Sequence[Any], upper: NDArray[Any], lower: NDArray[Any]
) -> list[Distractor]:
    found = []
    for option in question.choices:
        chose = np.array([isinstance(value, list) and option.id in value for value in given], dtype=float)
        found.append(
            Distractor(
                option=option.id,
                text=option.text,
                correct=option.id in solved.options,
                share=float(chose.mean()) if len(chose) else 0.0,
                upper=float(chose[upper].mean()) if len(upper) else 0.0,
                lower=float(chose[lower].mean()) if len(lower) else 0.0,
            )
        )
    return found
