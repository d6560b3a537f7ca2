"""Reads `grade-responses/1` files, YAML or JSON: what a student answered; hostile until it has been checked here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct, field

from grader.courses.yaml_nodes import YamlNode
from grader.courses.yaml_tree import convert_node, decode_yaml, format_suggestion, parse_yaml
from grader.errors import CourseError, UsageError
from grader.quiz.faults import QuizFaults
from grader.quiz.model import CHOICE_KINDS, Question, Quiz, ShownOrder
from grader.quiz.values import MAX_ANSWER_LENGTH

MAX_STUDENT_NAME = 200
GivenAnswer = list[str] | str | None


class ResponseFileError(UsageError):
    """A response file can't be marked; the message lists every fault with its place."""


class Responses(Struct, frozen=True, kw_only=True):
    """One attempt of one student; an answer is a list of option ids, a typed text, or None."""

    schema: Literal["grade-responses/1"]
    quiz: str
    student: str = ""
    attempt: int = 1
    answers: dict[str, GivenAnswer]
    hints: dict[str, int] = field(default_factory=dict)
    quiz_digest: str | None = None
    shown: ShownOrder | None = None
    started: str | None = None
    submitted: str | None = None


def read_responses(data: bytes, quiz: Quiz, name: str) -> Responses:
    """The answers in a file's bytes.

    Args:
        name: what messages call the file.

    Raises:
        ResponseFileError: every fault of the file.
    """
    faults = QuizFaults(name)
    try:
        tree = _parse_tree(decode_yaml(data, faults), faults)
        responses = convert_node(tree, Responses, faults)
        faults.raise_if_any()
        assert responses is not UNSET
        assert isinstance(responses, Responses)
        checked = _check_responses(responses, quiz, tree, faults)
        faults.raise_if_any()
        # Finds lone surrogates now, not when the marks are written at the end.
        msgspec.json.encode(checked)
    except UnicodeEncodeError as error:
        raise ResponseFileError(f"{name}:1:1: E106 a text holds half a character (a lone surrogate)") from error
    except CourseError as error:
        raise ResponseFileError(str(error)) from error
    return checked


def _parse_tree(text: str, faults: QuizFaults) -> YamlNode:
    """JSON where it is JSON, else YAML, of which JSON's escapes and numbers are no exact part."""
    if text.lstrip()[:1] == "{":
        try:
            return _build_node(
                # Numbers stay text, as in our YAML: `1.10` must not become 1.1 before anybody looks at it.
                json.loads(text, object_pairs_hook=_UniqueKeys, parse_int=str, parse_float=str, parse_constant=str)
            )
        # It may still be YAML, which also has braces.
        except (ValueError, RecursionError):
            pass
        except KeyError as error:
            faults.add((1, 1), f'"{str(error.args[0])[:60]}" is given twice', "twice")
            faults.raise_if_any()
    return parse_yaml(text, faults)


class _UniqueKeys(dict[str, Any]):
    """A JSON object; KeyError at a key that is there twice."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        if len(self) < len(pairs):
            names = [name for name, _ in pairs]
            raise KeyError(next(name for name in names if names.count(name) > 1))


def _build_node(value: Any) -> YamlNode:
    """JSON as the tree that YAML gives; JSON's reader knows no places, so all of it is at 1:1."""
    match value:
        case dict():
            items = {str(key): _build_node(item) for key, item in value.items()}
            return YamlNode(value=items, line=1, column=1, keys=dict.fromkeys(items, (1, 1)))
        case list():
            return YamlNode(value=tuple(_build_node(item) for item in value), line=1, column=1)
        case bool():
            return YamlNode(value=str(value).lower(), line=1, column=1)
    return YamlNode(value=value, line=1, column=1)


def _check_responses(responses: Responses, quiz: Quiz, tree: YamlNode, faults: QuizFaults) -> Responses:
    # Of another quiz every answer would be a fault; one is enough.
    if responses.quiz != quiz.id:
        faults.add(
            tree.find_nearest("quiz"), f'the answers are for the quiz "{responses.quiz[:60]}", not "{quiz.id}"', "E401"
        )
        return responses
    if not 1 <= responses.attempt <= 1000:
        faults.add(tree.find_nearest("attempt"), f"attempt must be from 1 to 1000, got {responses.attempt}", "E209")
    if len(responses.student) > MAX_STUDENT_NAME:
        faults.add(tree.find_nearest("student"), f"student is longer than {MAX_STUDENT_NAME} characters", "E209")
    node = tree.find_nearest("answers")
    questions = {question.id: question for question in quiz.questions}
    answers: dict[str, GivenAnswer] = {}
    for name, given in responses.answers.items():
        if name not in questions:
            message = f'the quiz has no question "{name[:60]}"{format_suggestion(name[:60], questions)}'
            faults.add(node.keys[name], message, "E402")
        else:
            answers[name] = normalize_answer(questions[name], given, node.find_nearest(name), faults)
    _check_hints(responses.hints, questions, tree.find_nearest("hints"), faults)
    return Responses(**{name: getattr(responses, name) for name in responses.__struct_fields__} | {"answers": answers})


def normalize_answer(question: Question, given: GivenAnswer, node: YamlNode, faults: QuizFaults) -> GivenAnswer:
    """One answer in its one form: option ids in the question's order, or a text; None where there is none."""
    if given is None or not given or given == [""]:
        return None
    if question.kind in CHOICE_KINDS:
        return _normalize_choice(question, [given] if isinstance(given, str) else given, node, faults)
    if not isinstance(given, str):
        # In YAML an unquoted `[26, 26, 64]` is a list, and `[26]` is how keys write one answer.
        if question.kind != "shape" and len(given) > 1:
            message = f'question "{question.id}" takes one text or number, got a list of {len(given)}'
            faults.add(node, message, "E404")
            return None
        given = ", ".join(given)
    if len(given) > MAX_ANSWER_LENGTH:
        faults.add(node, f"an answer is longer than {MAX_ANSWER_LENGTH:,} characters", "E404")
    return given if given.strip() else None


def _normalize_choice(question: Question, given: list[str], node: YamlNode, faults: QuizFaults) -> GivenAnswer:
    options = [option.id for option in question.choices]
    for index, name in enumerate(given):
        if name not in options:
            message = f'question "{question.id}" has no option "{name[:60]}"{format_suggestion(name[:60], options)}'
            faults.add(node.find_nearest(index), message, "E403")
    if question.kind != "multiple" and len(given) > 1:
        faults.add(node, f'question "{question.id}" takes one option, got {len(given)}', "E404")
    # In the question's order and each once, so that equal answers are equal lists.
    return [name for name in options if name in given]


def _check_hints(
    hints: Mapping[str, int], questions: Mapping[str, Question], node: YamlNode, faults: QuizFaults
) -> None:
    for name, count in hints.items():
        if name not in questions:
            faults.add(node.keys[name], f'the quiz has no question "{name[:60]}"', "E402")
        elif not 0 <= count <= len(questions[name].hints):
            faults.add(
                node.find_nearest(name),
                f'question "{name}" has {len(questions[name].hints)} hints, got {count}',
                "E209",
            )
