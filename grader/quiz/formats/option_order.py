"""The order of an imported quiz's options: where the file's own order tells the key, one that is drawn once and kept."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import msgspec
from msgspec import structs

from grader.quiz.formats.draft import DraftOption, DraftQuestion, QuizDraft
from grader.quiz.secrecy import is_place_telling

MAX_DRAWS = 50
# "All of the above", "None of these": last, wherever the others are.
SUMMARY_OPTION = re.compile(
    r"(?i)\b(all|none|both|neither|any|some|each)\b.{0,20}\b(above|these|those|them|options|answers)\b|\babove\b"
)
# "A and C", "options 1 and 2": what they mean depends on the order.
LETTER_OPTION = re.compile(
    r"\b[A-Ha-h]\)? ?(and|or|&|,|\+) ?\(?[A-Ha-h]\b|(?i:\b(options?|answers?|choices?) \(?[a-h1-8]\b)"
)


def shuffle_options(draft: QuizDraft, quiz_id: str, *, always: bool) -> tuple[QuizDraft, int]:
    """The draft with its options in a drawn order, and in how many questions.

    The draw rests on the texts alone, so a second import gives the same order and the order says nothing of the file's.

    Args:
        always: the file's order means nothing, as in GIFT; otherwise only an order that tells the key is changed.
    """
    movable = [index for index, question in enumerate(draft.questions) if _may_move(question)]
    if not movable or not (always or _tells_key(draft.questions)):
        return draft, 0
    for draw in range(MAX_DRAWS):
        questions = list(draft.questions)
        for index in movable:
            questions[index] = _shuffle(questions[index], quiz_id, draw)
        # A draw may by chance put the right ones into one place, too.
        if not _tells_key(questions):
            break
    return structs.replace(draft, questions=questions), len(movable)


def _may_move(question: DraftQuestion) -> bool:
    chosen = question.kind in ("single", "multiple") and len(question.options) > 1
    return chosen and not any(LETTER_OPTION.search(option.text) for option in question.options)


def _shuffle(question: DraftQuestion, quiz_id: str, draw: int) -> DraftQuestion:
    last = [structs.replace(option, pinned=True) for option in question.options if SUMMARY_OPTION.search(option.text)]
    free = [option for option in question.options if not SUMMARY_OPTION.search(option.text)]
    free.sort(key=lambda option: _rank(option, question, quiz_id, draw))
    return structs.replace(question, options=[*free, *last])


def _rank(option: DraftOption, question: DraftQuestion, quiz_id: str, draw: int) -> bytes:
    return hashlib.sha256(msgspec.json.encode([quiz_id, draw, question.title, question.prompt, option.text])).digest()


def _tells_key(questions: Sequence[DraftQuestion]) -> bool:
    """Whether the right options of single-choice questions are in one place more often than chance allows."""
    single = [
        question for question in questions if question.kind == "single" and any(each.right for each in question.options)
    ]
    places = [next(index for index, option in enumerate(question.options) if option.right) for question in single]
    return is_place_telling([(len(question.options), place) for question, place in zip(single, places, strict=True)])
