"""A marked attempt as a verdict: one check per question, showing no more than the quiz's review policy allows.

The basis of a point is `static`: the student's file was read and compared with the key, nothing was run. Where costed
hints were on offer it is `reported`: how many were opened is the student's own word.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from grader.quiz.key import AnswerKey, CorrectAnswer
from grader.quiz.loading import hash_quiz, parse_closing_time
from grader.quiz.marking import MarkedAttempt, QuestionMark
from grader.quiz.model import CHOICE_KINDS, Question, Quiz, ReviewTime
from grader.quiz.responses import GivenAnswer, Responses
from grader.quiz.rich_text import convert_to_plain
from grader.records.verdict import Basis, CheckResult, CheckStatus, Note, SubmissionRef, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewScope:
    """Which parts of a marked attempt a report may show besides the answers."""

    score: bool
    correct: bool
    feedback: bool


FULL_REVIEW = ReviewScope(score=True, correct=True, feedback=True)


def find_review_scope(quiz: Quiz, now: datetime) -> ReviewScope:
    """What the review policy allows at a time; `after_close` without a closing time is never."""
    closes = parse_closing_time(quiz)
    closed = closes is not None and now >= closes

    def is_allowed(when: ReviewTime) -> bool:
        return when == "after_submit" or (when == "after_close" and closed)

    review = quiz.review
    return ReviewScope(
        score=is_allowed(review.score), correct=is_allowed(review.correct), feedback=is_allowed(review.feedback)
    )


def build_quiz_verdict(
    quiz: Quiz,
    solutions: AnswerKey,
    marked: MarkedAttempt,
    responses: Responses,
    source: SubmissionRef,
    seen: ReviewScope,
) -> Verdict:
    """The verdict on one attempt."""
    checks = [
        build_check_result(quiz.find_question(item.question), solutions[item.question], item, seen)
        for item in marked.marks
    ]
    return Verdict(
        exercise=quiz.id,
        title=quiz.title,
        submission=source,
        status="passed" if marked.passed else "failed",
        score=marked.score,
        max_score=marked.max_score,
        end="completed",
        checks=checks,
        notes=list(_collect_notes(quiz, marked, responses)),
    )


STATUS_BY_OUTCOME: dict[str, CheckStatus] = {
    "right": "passed",
    "partly": "failed",
    "wrong": "failed",
    "unanswered": "skipped",
}


def build_check_result(question: Question, solved: CorrectAnswer, item: QuestionMark, seen: ReviewScope) -> CheckResult:
    """One question's outcome as a check."""
    basis: Basis = "reported" if any(hint.cost for hint in question.hints) else "static"
    return CheckResult(
        id=question.id,
        title=" ".join(convert_to_plain(question.prompt).split()),
        status=STATUS_BY_OUTCOME[item.outcome],
        points=item.points,
        max_points=item.max_points,
        basis=basis,
        message=_describe_outcome(question, solved, item, seen),
        expected=format_correct_answer(question, solved) if seen.correct and item.outcome != "right" else None,
        got=format_given_answer(question, item.given) if item.given is not None else None,
    )


OUTCOME_TEXTS = {"right": "right", "partly": "partly right", "wrong": "wrong", "unanswered": "not answered"}


def _describe_outcome(question: Question, solved: CorrectAnswer, item: QuestionMark, seen: ReviewScope) -> str:
    said = OUTCOME_TEXTS[item.outcome]
    if item.outcome == "wrong" and question.penalty:
        said += f", which loses {question.penalty:.0%} of the points"
    if cost := sum(hint.cost for hint in question.hints[: item.hints]):
        said += f"; {item.hints} hint{'s' * (item.hints > 1)} opened, at {cost:.0%} of the points"
    remarks = collect_feedback(solved, item.given) if seen.feedback else []
    if seen.correct and solved.answer.explain:
        remarks.append(solved.answer.explain)
    return f"{said}: {' '.join(remarks)}" if remarks else said


def collect_feedback(solved: CorrectAnswer, given: GivenAnswer) -> list[str]:
    """What the key says of the options that were chosen."""
    chosen = given if isinstance(given, list) else []
    return [solved.answer.feedback[name] for name in chosen if name in solved.answer.feedback]


def format_given_answer(question: Question, given: GivenAnswer) -> str:
    """An answer as a person reads it."""
    if given is None:
        return ""
    if isinstance(given, str):
        return given
    return "; ".join(convert_to_plain(question.find_option(name).text) for name in given)


def format_correct_answer(question: Question, solved: CorrectAnswer) -> str:
    """The correct answer as a person reads it."""
    answer = solved.answer
    if question.kind in CHOICE_KINDS:
        return "; ".join(convert_to_plain(option.text) for option in question.choices if option.id in solved.options)
    if answer.range is not None:
        return f"from {answer.range[0]} to {answer.range[1]}"
    spread = f" (± {answer.tolerance})" if answer.tolerance else ""
    return " or ".join(answer.correct) + spread


def _collect_notes(quiz: Quiz, marked: MarkedAttempt, responses: Responses) -> list[Note]:
    found = []
    if responses.quiz_digest is not None and responses.quiz_digest != hash_quiz(quiz):
        found.append("these answers are for another version of the quiz")
    if sum(item.points for item in marked.marks) < 0:
        found.append("wrong answers lost more points than right ones earned; a total below 0 counts as 0")
    if responses.attempt > quiz.attempts:
        found.append(f"attempt {responses.attempt}, where the quiz allows {quiz.attempts}")
    return [Note(line=None, message=message) for message in found]
