"""A quiz that was read from another format, on its way to our two files; every reader makes one of these."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import yaml
from msgspec import Struct, field

from grader.errors import CourseError, UsageError
from grader.quiz import key as keys
from grader.quiz import loading
from grader.quiz.key import AnswerKey
from grader.quiz.lines import format_letter
from grader.quiz.model import PartialCredit, QuestionKind, Quiz


class QuizImportError(UsageError):
    """A file can't become a quiz; the message lists every reason."""


class Skipped(Exception):
    """A question that isn't taken over; the message says why."""


def refuse_picture(name: str) -> None:
    """For prompts and options. Raises: Skipped: what they say is in the picture."""
    raise Skipped(f'the picture "{name[:60]}" is part of it')


class DraftOption(Struct, kw_only=True, frozen=True):
    text: str
    right: bool = False
    feedback: str = ""
    id: str = ""
    pinned: bool = False


class DraftQuestion(Struct, kw_only=True, frozen=True):
    """One question with its answer; `title` becomes its id where that is possible."""

    kind: QuestionKind
    prompt: str
    title: str = ""
    points: float = 1.0
    partial: PartialCredit = "off"
    options: list[DraftOption] = field(default_factory=list)
    correct: list[str] = field(default_factory=list)
    tolerance: str = ""
    range: list[str] = field(default_factory=list)
    case: bool = False
    explain: str = ""
    pool: str = ""


class QuizDraft(Struct, kw_only=True, frozen=True):
    """A quiz; `pools` says how many questions are picked of each, `lost` what the file said beyond that."""

    title: str
    questions: list[DraftQuestion]
    description: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    pools: dict[str, int] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)


def is_true_false(options: Sequence[DraftOption]) -> bool:
    """Whether two options are just true and false."""
    return sorted(option.text.strip().lower() for option in options) == ["false", "true"]


def build_number_fields(
    intervals: Iterable[tuple[str, str]], ranges: Sequence[tuple[str, str]]
) -> dict[str, Any] | None:
    """The answer's fields for numbers with their spread, or one range; None where no answer of ours says that."""
    found = list(intervals)
    spreads = {spread for _, spread in found}
    # Our key holds either one range, or numbers that share one tolerance.
    if len(ranges) == 1 and not found:
        return {"range": list(ranges[0])}
    if ranges or len(spreads) != 1:
        return None
    spread = spreads.pop()
    return {"correct": [number for number, _ in found], "tolerance": "" if spread in ("", "0") else spread}


def make_question_ids(titles: Sequence[str]) -> list[str]:
    """An id for each question: from its title where that gives one, else its number; none twice."""
    found: list[str] = []
    for number, title in enumerate(titles, 1):
        # Cut to 36 characters, which leaves room for a number.
        plain = re.sub(r"[^A-Za-z0-9_]+", "-", title.strip()).strip("-_")[:36].strip("-_")
        # The title itself if it is a good id; then without what ids can't hold; a number if nothing is left.
        wanted = (
            title
            if loading.ID_PATTERN.fullmatch(title)
            else plain
            if loading.ID_PATTERN.fullmatch(plain)
            else f"q{number}"
        )
        name, count = wanted, 2
        while name in found:
            name, count = f"{wanted[:36]}-{count}", count + 1
        found.append(name)
    return found


def render_draft(draft: QuizDraft, quiz_id: str, source: str) -> tuple[str, str]:
    """The quiz and its key as the texts of our two files.

    Raises:
        QuizImportError: what was read breaks a rule of our quizzes; the faults name the question ids.
    """
    if not draft.questions:
        raise QuizImportError(
            f"{source}: no question that can be taken over" + "".join(f"\n{text}" for text in draft.lost)
        )
    ids = make_question_ids([question.title for question in draft.questions])
    quiz_text = _render_yaml(_build_quiz(draft, quiz_id, ids))
    try:
        # Read back by our own reader, so that an import can't write a quiz that `grade` then refuses.
        quiz = loading.load_quiz_bytes(quiz_text.encode(), f"{source} as quizzes/{quiz_id}.yaml")
        key_text = _render_yaml(_build_key(draft, quiz, ids))
        keys.load_key_bytes(key_text.encode(), quiz, f"{source} as solutions/quizzes/{quiz_id}.yaml")
    except CourseError as error:
        raise QuizImportError(f"{error}\n{source}: correct these in the file and import it again") from error
    return quiz_text, key_text


def read_rendered(quiz_text: str, key_text: str) -> tuple[Quiz, AnswerKey]:
    """What `render_draft` wrote, as a quiz and its answers."""
    quiz = loading.load_quiz_bytes(quiz_text.encode())
    return quiz, keys.load_key_bytes(key_text.encode(), quiz)


def _build_quiz(draft: QuizDraft, quiz_id: str, ids: Sequence[str]) -> dict[str, Any]:
    head: dict[str, Any] = {"schema": "grade-quiz/1", "id": quiz_id, "title": " ".join(draft.title.split()) or quiz_id}
    if draft.description:
        head["description"] = draft.description
    pairs = list(zip(ids, draft.questions, strict=True))
    pools = [
        {"id": pool, "pick": str(pick), "questions": [name for name, question in pairs if question.pool == pool]}
        for pool, pick in draft.pools.items()
        if pick < sum(question.pool == pool for question in draft.questions)  # else all of it is asked
    ]
    questions = [_build_question(name, question) for name, question in pairs]
    return {**head, **draft.settings, "questions": questions, **({"pools": pools} if pools else {})}


def _build_question(name: str, question: DraftQuestion) -> dict[str, Any]:
    found: dict[str, Any] = {"id": name, "kind": question.kind, "prompt": question.prompt}
    if question.points != 1:
        found["points"] = f"{question.points:g}"
    if question.partial != "off":
        found["partial"] = question.partial
    if question.options and question.kind != "truefalse":
        found["options"] = [
            {"id": name, "text": option.text} | ({"pinned": "true"} if option.pinned else {})
            for name, option in zip(make_option_ids(question), question.options, strict=True)
        ]
    return found


def make_option_ids(question: DraftQuestion) -> list[str]:
    """The ids that the file gives where it gives good ones, else letters; never ones that tell what is right."""
    if question.kind == "truefalse":
        # For true and false the ids are fixed.
        return [option.text.strip().lower() for option in question.options]
    own = [option.id for option in question.options]
    if all(loading.ID_PATTERN.fullmatch(name) for name in own) and len(set(own)) == len(own):
        return own
    # Ids from elsewhere, such as "correct_1", could tell the answer.
    return [format_letter(index) if index < 26 else f"o{index}" for index in range(len(own))]


def _build_key(draft: QuizDraft, quiz: Quiz, ids: Sequence[str]) -> dict[str, Any]:
    answers = {name: _build_answer(question) for name, question in zip(ids, draft.questions, strict=True)}
    return {"schema": "grade-key/1", "quiz": quiz.id, "quiz_digest": loading.hash_quiz(quiz), "answers": answers}


def _build_answer(question: DraftQuestion) -> dict[str, Any]:
    if question.options:
        pairs = list(zip(make_option_ids(question), question.options, strict=True))
        said = {name: option.feedback for name, option in pairs if option.feedback}
        found: dict[str, Any] = {"correct": [name for name, option in pairs if option.right]}
        extra = {"explain": question.explain, "feedback": said}
    else:
        found = {"range": question.range} if question.range else {"correct": question.correct}
        extra = {"tolerance": question.tolerance, "case": "true" if question.case else "", "explain": question.explain}
    # Empty fields are left out, as an author would.
    return found | {name: value for name, value in extra.items() if value}


def _render_yaml(content: dict[str, Any]) -> str:
    """YAML that reads back as the same texts; every scalar is a text here."""
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)
