"""Reads `grade-key/1` files against the quiz that they are for, and holds the answers ready for marking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from msgspec import UNSET

from grader.course import Course
from grader.quiz.faults import Faults
from grader.quiz.loading import check_shown, digest
from grader.quiz.model import CHOICES, Answer, Key, Question, Quiz
from grader.quiz.values import Interval, bounds, interval, shape, words
from grader.yamlnodes import Node, Problems
from grader.yamltree import convert, decode, did_you_mean, parse, read_text

Shape = tuple[int | None, ...]
# Fields of an answer that only some kinds of question have.
FIELDS = {"tolerance": ("numeric",), "range": ("numeric",), "case": ("text",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """One question's answer in the form that marking compares with; the fields of other kinds are empty."""

    answer: Answer
    options: frozenset[str] = frozenset()
    numbers: tuple[Interval, ...] = ()
    texts: frozenset[str] = frozenset()
    shapes: frozenset[Shape] = frozenset()


Solutions = Mapping[str, Solved]


def key_file(course: Course, quiz_id: str) -> Path:
    """Where a quiz's key is, in a course that has its solutions."""
    return course.solutions / "quizzes" / f"{quiz_id}.yaml"


def load(course: Course, quiz: Quiz) -> Solutions | None:
    """The quiz's key; None where this course doesn't hold it, as a student's doesn't.

    Raises:
        CourseError: every fault of the key.
    """
    path = key_file(course, quiz.id)
    if not path.is_file():
        return None
    faults = Faults(f"solutions/quizzes/{quiz.id}.yaml")
    return _read(read_text(path, faults), quiz, faults)


def load_bytes(data: bytes, quiz: Quiz, shown: str = "key.yaml") -> Solutions:
    """As `load`, for the bytes of a file. Raises: CourseError."""
    faults = Faults(shown)
    return _read(decode(data, faults), quiz, faults)


def _read(text: str, quiz: Quiz, faults: Faults) -> Solutions:
    tree = parse(text, faults)
    key = convert(tree, Key, faults)
    if key is UNSET:
        faults.check()
    assert isinstance(key, Key)
    _check_head(key, quiz, tree, faults)
    solutions = solve(key, quiz, tree.at("answers"), faults)
    faults.check()
    return solutions


def _check_head(key: Key, quiz: Quiz, tree: Node, faults: Faults) -> None:
    if key.quiz != quiz.id:
        faults.add(tree.at("quiz"), f'the key is for the quiz "{key.quiz}", not "{quiz.id}"', "E301")
    elif key.quiz_digest != digest(quiz):
        message = f"the quiz has changed since this key was written; check the answers, then write {digest(quiz)}"
        faults.add(tree.at("quiz_digest"), message, "E302")
    ids = [question.id for question in quiz.questions]
    node = tree.at("answers")
    for name in key.answers.keys() - set(ids):
        faults.add(node.keys[name], f'the quiz has no question "{name}"{did_you_mean(name, ids)}', "E304")
    for name in ids:
        if name not in key.answers:
            faults.add(node, f'question "{name}" has no answer', "E303")


def solve(key: Key, quiz: Quiz, node: Node, faults: Problems) -> dict[str, Solved]:
    """The answers in comparable form; faults are added at their places under `node`."""
    questions = {question.id: question for question in quiz.questions}
    return {
        name: solved(questions[name], answer, node.at(name), faults)
        for name, answer in key.answers.items()
        if name in questions
    }


def solved(question: Question, answer: Answer, node: Node, faults: Problems) -> Solved:
    """One answer in comparable form."""
    _check_fields(question, answer, node, faults)
    check_shown(answer.explain, "explanation", node.at("explain"), faults)
    for name, text in answer.feedback.items():
        check_shown(text, "feedback", node.at("feedback", name), faults)
    for index, text in enumerate(answer.correct):
        check_shown(text, "answer", node.at("correct", index), faults)
    if question.kind in CHOICES:
        return Solved(answer=answer, options=_options(question, answer, node, faults))
    if question.kind == "numeric":
        return Solved(answer=answer, numbers=_numbers(answer, node, faults))
    if not answer.correct:
        faults.add(node, f'question "{question.id}" needs at least one correct answer', "E306")
    if question.kind == "text":
        return Solved(answer=answer, texts=frozenset(_texts(answer, node, faults)))
    return Solved(answer=answer, shapes=frozenset(_shapes(answer, node, faults)))


def _check_fields(question: Question, answer: Answer, node: Node, faults: Problems) -> None:
    for name, kinds in FIELDS.items():
        if getattr(answer, name) not in (None, False) and question.kind not in kinds:
            faults.add(node.at(name), f'a question of kind {question.kind} has no "{name}"', "E309")
    options = [option.id for option in question.choices]
    for name in answer.feedback:
        if name not in options:
            message = f'question "{question.id}" has no option "{name}"{did_you_mean(name, options)}'
            faults.add(node.at("feedback").keys.get(name, (node.line, node.column)), message, "E308")


def _options(question: Question, answer: Answer, node: Node, faults: Problems) -> frozenset[str]:
    options = [option.id for option in question.choices]
    for index, name in enumerate(answer.correct):
        if name not in options:
            message = f'question "{question.id}" has no option "{name}"{did_you_mean(name, options)}'
            faults.add(node.at("correct", index), message, "E305")
    chosen = frozenset(answer.correct)
    count = len(answer.correct)
    if question.kind != "multiple" and count != 1:
        message = f"a question of kind {question.kind} has exactly one correct option, got {count}"
        faults.add(node.at("correct"), message, "E306")
    elif not chosen or len(chosen) != count:
        faults.add(node.at("correct"), "name at least one correct option, and each once", "E306")
    return chosen


def _numbers(answer: Answer, node: Node, faults: Problems) -> tuple[Interval, ...]:
    if (answer.range is None) == (not answer.correct) or (answer.range and answer.tolerance):
        faults.add(node, "a numeric answer is either `correct` (with or without `tolerance`) or `range`", "E306")
        return ()
    try:
        if answer.range is not None:
            return (bounds(answer.range),)
    except ValueError as error:
        faults.add(node.at("range"), str(error), "E307")
    found = []
    for index, text in enumerate(answer.correct):
        try:
            found.append(interval(text, answer.tolerance))
        except ValueError as error:
            faults.add(node.at("correct", index), str(error), "E307")
    return tuple(found)


def _texts(answer: Answer, node: Node, faults: Problems) -> list[str]:
    found = [words(text, case=answer.case) for text in answer.correct]
    for index, text in enumerate(found):
        if not text:
            faults.add(node.at("correct", index), "an empty text can't be the correct answer", "E307")
    return found


def _shapes(answer: Answer, node: Node, faults: Problems) -> list[Shape]:
    found = []
    for index, text in enumerate(answer.correct):
        if (value := shape(text)) is None:
            faults.add(node.at("correct", index), f'expected a shape such as 26x26, got "{text}"', "E307")
        else:
            found.append(value)
    return found
