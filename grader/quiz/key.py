"""Reads `grade-key/1` files against the quiz that they are for, and holds the answers ready for marking."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from msgspec import UNSET

from grader.courses.course import Course
from grader.courses.yaml_nodes import Problems, YamlNode
from grader.courses.yaml_tree import convert_node, decode_yaml, format_suggestion, parse_yaml, read_text
from grader.quiz.faults import QuizFaults
from grader.quiz.loading import check_printable, hash_quiz
from grader.quiz.model import CHOICE_KINDS, AuthoredAnswer, Question, Quiz, QuizKey
from grader.quiz.values import Interval, build_interval, normalize_text, parse_range, parse_shape

TensorShape = tuple[int | None, ...]
BARE_SIZE = re.compile(r"\d+|none", re.ASCII | re.IGNORECASE)
# Fields of an answer that only some kinds of question have.
KINDS_BY_FIELD = {"tolerance": ("numeric",), "range": ("numeric",), "case": ("text",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectAnswer:
    """One question's answer in the form that marking compares with; the fields of other kinds are empty."""

    answer: AuthoredAnswer
    options: frozenset[str] = frozenset()
    numbers: tuple[Interval, ...] = ()
    texts: frozenset[str] = frozenset()
    shapes: frozenset[TensorShape] = frozenset()


AnswerKey = Mapping[str, CorrectAnswer]


def find_key_file(course: Course, quiz_id: str) -> Path:
    """Where a quiz's key is, in a course that has its solutions."""
    return course.solutions / "quizzes" / f"{quiz_id}.yaml"


def load_key(course: Course, quiz: Quiz) -> AnswerKey | None:
    """The quiz's key; None where this course doesn't hold it, as a student's doesn't.

    Raises:
        CourseError: every fault of the key.
    """
    path = find_key_file(course, quiz.id)
    if not path.is_file():
        return None
    faults = QuizFaults(f"solutions/quizzes/{quiz.id}.yaml")
    return _read_key(read_text(path, faults), quiz, faults)


def load_key_bytes(data: bytes, quiz: Quiz, shown: str = "key.yaml") -> AnswerKey:
    """As `load_key`, for the bytes of a file. Raises: CourseError."""
    faults = QuizFaults(shown)
    return _read_key(decode_yaml(data, faults), quiz, faults)


def _read_key(text: str, quiz: Quiz, faults: QuizFaults) -> AnswerKey:
    tree = parse_yaml(text, faults)
    key = convert_node(tree, QuizKey, faults)
    if key is UNSET:
        faults.raise_if_any()
    assert isinstance(key, QuizKey)
    _check_head(key, quiz, tree, faults)
    solutions = build_answer_key(key, quiz, tree.find_nearest("answers"), faults)
    faults.raise_if_any()
    return solutions


def _check_head(key: QuizKey, quiz: Quiz, tree: YamlNode, faults: QuizFaults) -> None:
    if key.quiz != quiz.id:
        faults.add(tree.find_nearest("quiz"), f'the key is for the quiz "{key.quiz}", not "{quiz.id}"', "E301")
    # A reworded question may have another answer, so somebody has to look at the key before it is used.
    elif key.quiz_digest != hash_quiz(quiz):
        message = f"the quiz has changed since this key was written; check the answers, then write {hash_quiz(quiz)}"
        faults.add(tree.find_nearest("quiz_digest"), message, "E302")
    ids = [question.id for question in quiz.questions]
    node = tree.find_nearest("answers")
    for name in key.answers.keys() - set(ids):
        faults.add(node.keys[name], f'the quiz has no question "{name}"{format_suggestion(name, ids)}', "E304")
    for name in ids:
        if name not in key.answers:
            faults.add(node, f'question "{name}" has no answer', "E303")


def build_answer_key(key: QuizKey, quiz: Quiz, node: YamlNode, faults: Problems) -> dict[str, CorrectAnswer]:
    """The answers in comparable form; faults are added at their places under `node`."""
    questions = {question.id: question for question in quiz.questions}
    return {
        name: build_correct_answer(questions[name], answer, node.find_nearest(name), faults)
        for name, answer in key.answers.items()
        if name in questions
    }


def build_correct_answer(question: Question, answer: AuthoredAnswer, node: YamlNode, faults: Problems) -> CorrectAnswer:
    """One answer in comparable form."""
    _check_fields(question, answer, node, faults)
    # The key's texts appear in students' reports.
    check_printable(answer.explain, "explanation", node.find_nearest("explain"), faults)
    for name, text in answer.feedback.items():
        check_printable(text, "feedback", node.find_nearest("feedback", name), faults)
    for index, text in enumerate(answer.correct):
        check_printable(text, "answer", node.find_nearest("correct", index), faults)
    if question.kind in CHOICE_KINDS:
        return CorrectAnswer(answer=answer, options=_read_options(question, answer, node, faults))
    if question.kind == "numeric":
        return CorrectAnswer(answer=answer, numbers=_read_intervals(answer, node, faults))
    if not answer.correct:
        faults.add(node, f'question "{question.id}" needs at least one correct answer', "E306")
    if question.kind == "text":
        return CorrectAnswer(answer=answer, texts=frozenset(_read_texts(answer, node, faults)))
    return CorrectAnswer(answer=answer, shapes=frozenset(_read_shapes(answer, node, faults)))


def _check_fields(question: Question, answer: AuthoredAnswer, node: YamlNode, faults: Problems) -> None:
    for name, kinds in KINDS_BY_FIELD.items():
        # A field without effect is more likely a mistake than meant.
        if getattr(answer, name) not in (None, False) and question.kind not in kinds:
            faults.add(node.find_nearest(name), f'a question of kind {question.kind} has no "{name}"', "E309")
    options = [option.id for option in question.choices]
    for name in answer.feedback:
        if name not in options:
            message = f'question "{question.id}" has no option "{name}"{format_suggestion(name, options)}'
            faults.add(node.find_nearest("feedback").keys.get(name, (node.line, node.column)), message, "E308")


def _read_options(question: Question, answer: AuthoredAnswer, node: YamlNode, faults: Problems) -> frozenset[str]:
    options = [option.id for option in question.choices]
    for index, name in enumerate(answer.correct):
        if name not in options:
            message = f'question "{question.id}" has no option "{name}"{format_suggestion(name, options)}'
            faults.add(node.find_nearest("correct", index), message, "E305")
    chosen = frozenset(answer.correct)
    count = len(answer.correct)
    if question.kind != "multiple" and count != 1:
        message = f"a question of kind {question.kind} has exactly one correct option, got {count}"
        faults.add(node.find_nearest("correct"), message, "E306")
    elif not chosen or len(chosen) != count:
        faults.add(node.find_nearest("correct"), "name at least one correct option, and each once", "E306")
    return chosen


def _read_intervals(answer: AuthoredAnswer, node: YamlNode, faults: Problems) -> tuple[Interval, ...]:
    if (answer.range is None) == (not answer.correct) or (answer.range and answer.tolerance):
        faults.add(node, "a numeric answer is either `correct` (with or without `tolerance`) or `range`", "E306")
        return ()
    try:
        if answer.range is not None:
            return (parse_range(answer.range),)
    except ValueError as error:
        faults.add(node.find_nearest("range"), str(error), "E307")
    found = []
    for index, text in enumerate(answer.correct):
        try:
            found.append(build_interval(text, answer.tolerance))
        except ValueError as error:
            faults.add(node.find_nearest("correct", index), str(error), "E307")
    return tuple(found)


def _read_texts(answer: AuthoredAnswer, node: YamlNode, faults: Problems) -> list[str]:
    found = [normalize_text(text, case=answer.case) for text in answer.correct]
    for index, text in enumerate(found):
        if not text:
            faults.add(node.find_nearest("correct", index), "an empty text can't be the correct answer", "E307")
    return found


def _read_shapes(answer: AuthoredAnswer, node: YamlNode, faults: Problems) -> list[TensorShape]:
    found = []
    for index, text in enumerate(answer.correct):
        if (value := parse_shape(text)) is None:
            faults.add(node.find_nearest("correct", index), f'expected a shape such as 26x26, got "{text}"', "E307")
        else:
            found.append(value)
    # Each would be a shape of its own: everybody who writes 26x26x64 would be wrong.
    if len(answer.correct) > 1 and all(BARE_SIZE.fullmatch(text.strip()) for text in answer.correct):
        sizes = "x".join(text.strip() for text in answer.correct)
        message = f"is this one shape? Write it as [{sizes}]; or several of one size each, as [({answer.correct[0].strip()},), …]"
        faults.add(node.find_nearest("correct"), message, "E307")
    return found
