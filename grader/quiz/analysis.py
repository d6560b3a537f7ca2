"""Item analysis: how the questions of a quiz did in a class, each figure with how sure it is."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from grader.quiz.key import AnswerKey, CorrectAnswer
from grader.quiz.marking import compute_answer_share
from grader.quiz.marksheet import Marksheet
from grader.quiz.model import Question, Quiz
from grader.reports.cohort import Z_95, ConfidenceInterval, compute_correlation_interval

Floats = NDArray[np.float64]
EXTREME_SHARE = 0.27
MAX_GUESSED_OPTIONS = 12


class DistractorStatistics(Struct, frozen=True, kw_only=True):
    """How often an option was chosen: by all, by the best and by the weakest 27 %, as shares of those who were asked.

    `rest` is the correlation of choosing it with the points for the other questions.
    """

    option: str
    text: str
    correct: bool
    share: float
    upper: float
    lower: float
    rest: ConfidenceInterval | None = None


class ItemStatistics(Struct, frozen=True, kw_only=True):
    """One question's figures; None where there is nothing to compute from, such as a question all got right.

    Args:
        facility: the mean share of the points; no answer counts as 0.
        answered_facility: the same among those who gave an answer.
        facility_95: where the facility of more such students would be, with a certainty of 95 %; `item_rest_95` alike.
    """

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
    distractors: list[DistractorStatistics]
    answered_facility: float | None = None
    facility_95: ConfidenceInterval | None = None
    item_rest_95: ConfidenceInterval | None = None


class ItemAnalysis(Struct, frozen=True, kw_only=True):
    """A class's figures; scores are shares of the points from 0 to 1."""

    quiz: str
    students: int
    mean: float
    median: float
    sd: float | None
    alpha: float | None
    alpha_name: str
    sem: float | None
    items: list[ItemStatistics]


def build_item_analysis(quiz: Quiz, solutions: AnswerKey, sheet: Marksheet) -> ItemAnalysis:
    """Every figure from the attempts that count."""
    quiz = _drop_unasked(quiz, sheet)
    names = [question.id for question in quiz.questions]
    worth, points = build_score_tables(sheet, names)
    totals = np.nansum(points, axis=1)
    most = np.nansum(np.where(np.isnan(points), np.nan, [quiz.find_question(name).points for name in names]), axis=1)
    shares = totals / np.where(most > 0, most, 1)
    # With pools students differ in their questions, and a reliability over all of them means nothing.
    whole = not np.isnan(points).any()
    trust = compute_alpha(points) if whole else None
    spread = float(np.std(shares, ddof=1)) if len(shares) > 1 else None
    values = {question.points for question in quiz.questions}
    # KR-20 is alpha for items that are right or wrong and worth the same.
    right_or_wrong = whole and len(values) == 1 and bool(np.isin(points, (0.0, *values)).all())
    return ItemAnalysis(
        quiz=quiz.id,
        students=len(shares),
        mean=float(shares.mean()) if len(shares) else 0.0,
        median=float(np.median(shares)) if len(shares) else 0.0,
        sd=spread,
        alpha=trust,
        alpha_name="KR-20" if right_or_wrong else "alpha",
        sem=spread * float(np.sqrt(1 - trust)) if spread is not None and trust is not None else None,
        items=[
            _build_item_statistics(quiz, solutions, sheet, index, worth, points, totals, whole=whole)
            for index in range(len(names))
        ],
    )


def _drop_unasked(quiz: Quiz, sheet: Marksheet) -> Quiz:
    """Drops the questions that the LMS asked no student."""
    if all(row.asked is None for row in sheet.kept):
        return quiz
    asked = {item.question for row in sheet.kept for item in row.marked.marks}
    return replace(quiz, questions=[question for question in quiz.questions if question.id in asked], pools=[])


def build_score_tables(sheet: Marksheet, names: Sequence[str]) -> tuple[Floats, Floats]:
    """What each answer was worth, and its points after hints.

    Returns:
        Two arrays of shape (students, questions); NaN where a student wasn't asked (pools).
    """
    place = {name: index for index, name in enumerate(names)}
    # NaN where nobody was asked: zero would count as a wrong answer.
    worth = np.full((len(sheet.kept), len(names)), np.nan)
    points = worth.copy()
    for row, kept in enumerate(sheet.kept):
        for item in kept.marked.marks:
            if item.question in place:
                worth[row, place[item.question]] = item.fraction
                points[row, place[item.question]] = item.points
    return worth, points


def _build_item_statistics(
    quiz: Quiz,
    solutions: AnswerKey,
    sheet: Marksheet,
    index: int,
    worth: Floats,
    points: Floats,
    totals: Floats,
    *,
    whole: bool,
) -> ItemStatistics:
    question = quiz.questions[index]
    asked = ~np.isnan(points[:, index])
    own, total = points[asked, index], totals[asked]
    # Correlated with the rest, not with the total, in which the question itself would inflate the figure.
    rest = total - own
    upper, lower = find_extreme_groups(total)
    given = [row.responses.answers.get(question.id) for row, was in zip(sheet.kept, asked, strict=True) if was]
    shares = worth[asked, index]
    answered = shares[[value is not None for value in given]]
    item_rest = compute_correlation(own, rest)
    return ItemStatistics(
        question=question.id,
        asked=int(asked.sum()),
        answered=len(answered),
        facility=float(shares.mean()) if len(shares) else 0.0,
        guess=compute_guess_share(question, solutions[question.id]),
        spread=float(np.std(shares, ddof=1)) if len(shares) > 1 else None,
        item_rest=item_rest,
        point_biserial=compute_correlation(own, total),
        efficiency=compute_efficiency(own, rest),
        upper_lower=float(shares[upper].mean() - shares[lower].mean()) if len(upper) else None,
        alpha_without=compute_alpha(np.delete(points, index, axis=1)) if whole and points.shape[1] > 2 else None,
        distractors=_build_distractors(question, solutions[question.id], given, upper, lower, rest),
        answered_facility=float(answered.mean()) if len(answered) else None,
        facility_95=compute_share_interval(float(shares.mean()), len(shares)) if len(shares) else None,
        item_rest_95=compute_correlation_interval(item_rest, len(own)),
    )


def compute_correlation(first: Floats, second: Floats) -> float | None:
    """Pearson's r; None where one of them doesn't vary or there are fewer than 3 pairs."""
    if len(first) < 3:
        return None
    first, second = first - first.mean(), second - second.mean()
    size = float(np.sqrt((first @ first) * (second @ second)))
    # Sums of equal decimals differ by rounding: what is smaller than that doesn't vary.
    return None if size < 1e-9 else float(np.clip(first @ second / size, -1, 1))


def compute_share_interval(share: float, count: int) -> ConfidenceInterval:
    """Wilson's interval of 95 %: exact enough for shares of right answers, a little wide for partial credit.

    >>> round(compute_share_interval(0.0, 30).high, 2)
    0.11
    """
    share, extra = min(1.0, max(0.0, share)), Z_95**2 / count
    middle = (share + extra / 2) / (1 + extra)
    half = float(np.sqrt(share * (1 - share) * Z_95**2 / count + extra**2 / 4)) / (1 + extra)
    return ConfidenceInterval(low=max(0.0, middle - half), high=min(1.0, middle + half))


def compute_efficiency(own: Floats, rest: Floats) -> float | None:
    """The covariance of a question with the others, of the greatest that the same marks could have."""
    if len(own) < 3:
        return None
    # Sorted, the same marks agree as well as they can: Moodle's "discriminative efficiency".
    most = _compute_covariance(np.sort(own), np.sort(rest))
    return None if most < 1e-9 else float(_compute_covariance(own, rest) / most)


def _compute_covariance(first: Floats, second: Floats) -> float:
    return float((first - first.mean()) @ (second - second.mean()))


def compute_alpha(points: Floats) -> float | None:
    """Cronbach's alpha of an array (students, questions); None with fewer than 2 of either, or equal totals."""
    students, questions = points.shape
    if students < 2 or questions < 2:
        return None
    total = float(points.sum(axis=1).var(ddof=1))
    if total < 1e-9:
        return None
    return float(questions / (questions - 1) * (1 - points.var(axis=0, ddof=1).sum() / total))


def find_extreme_groups(totals: Floats) -> tuple[NDArray[Any], NDArray[Any]]:
    """The places of the best and the weakest 27 %, at least one each; none where fewer than 4 were asked."""
    count = max(1, round(EXTREME_SHARE * len(totals)))
    if len(totals) < 4:
        return np.array([], dtype=int), np.array([], dtype=int)
    # Stable, so that equal totals give the same groups on every machine.
    order = np.argsort(totals, kind="stable")
    return order[-count:], order[:count]


def compute_guess_share(question: Question, solved: CorrectAnswer) -> float | None:
    """The expected share for someone who chooses blindly; None where an answer is typed.

    A single option is drawn, or with several correct ones each non-empty set of options with equal chance.
    """
    options = [option.id for option in question.choices]
    # All sets of more options would take too long to go through.
    if not options or len(options) > MAX_GUESSED_OPTIONS:
        return None
    counts = range(1, len(options) + 1) if question.kind == "multiple" else (1,)
    sets = [list(chosen) for count in counts for chosen in combinations(options, count)]
    shares = [compute_answer_share(question, solved, chosen) for chosen in sets]
    # Guessing pays the penalty of wrong answers, too.
    return float(np.mean([share if share > 0 else -question.penalty for share in shares]))


def _build_distractors(
    question: Question,
    solved: CorrectAnswer,
    given: Sequence[Any],
    upper: NDArray[Any],
    lower: NDArray[Any],
    rest: Floats,
) -> list[DistractorStatistics]:
    found = []
    for option in question.choices:
        chose = np.array([isinstance(value, list) and option.id in value for value in given], dtype=float)
        found.append(
            DistractorStatistics(
                option=option.id,
                text=option.text,
                correct=option.id in solved.options,
                share=float(chose.mean()) if len(chose) else 0.0,
                upper=float(chose[upper].mean()) if len(upper) else 0.0,
                lower=float(chose[lower].mean()) if len(lower) else 0.0,
                rest=compute_correlation_interval(compute_correlation(chose, rest), len(chose)),
            )
        )
    return found
