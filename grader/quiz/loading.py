"""Reads `grade-quiz/1` files: a quiz, or every fault of the file at once, with line and column."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import UNSET

from grader.courses.course import Course
from grader.courses.yaml_nodes import Problems, YamlNode
from grader.courses.yaml_tree import convert_node, decode_yaml, parse_yaml, read_text
from grader.quiz.faults import QuizFaults, StudentFaults
from grader.quiz.model import Question, QuestionPool, Quiz

ID_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
MAX_QUESTIONS = 500
MAX_OPTIONS = 26
MAX_QUESTION_POINTS = 1000


def load_quiz(course: Course, quiz_id: str) -> Quiz:
    """Reads and checks one quiz.

    Raises:
        UsageError: there is no such quiz.
        CourseError: every fault of its file.
    """
    return load_quiz_file(course.find_quiz_file(quiz_id), f"quizzes/{quiz_id}.yaml")


def load_quiz_file(path: Path, shown: str) -> Quiz:
    """As `load_quiz`, for a path; its name without `.yaml` must be the quiz's id."""
    faults = StudentFaults(shown)
    quiz, tree = _read_quiz(read_text(path, faults), faults)
    if quiz.id != path.stem:
        faults.add(tree.find_nearest("id"), f'the id "{quiz.id}" differs from the file\'s name "{path.stem}"', "E201")
    faults.raise_if_any()
    return quiz


def load_quiz_bytes(data: bytes, shown: str = "quiz.yaml") -> Quiz:
    """As `load_quiz`, for the bytes of a file. Raises: CourseError."""
    faults = StudentFaults(shown)
    quiz, _ = _read_quiz(decode_yaml(data, faults), faults)
    faults.raise_if_any()
    return quiz


def hash_quiz(quiz: Quiz) -> str:
    """What a key and a response name their quiz by: the questions, their options and texts, in their order.

    Attempts, pass mark, hints, points and the like may change without a new key.
    """
    # Only what an answer can depend on, so that fixing a hint needs no new key.
    content = [
        [question.id, question.kind, question.prompt, [[option.id, option.text] for option in question.options]]
        for question in quiz.questions
    ]
    return "sha256:" + hashlib.sha256(msgspec.json.encode([quiz.id, content])).hexdigest()


def _read_quiz(text: str, faults: QuizFaults) -> tuple[Quiz, YamlNode]:
    """The quiz, as far as its form allows; faults of content are added and not yet raised."""
    tree = parse_yaml(text, faults)
    quiz = convert_node(tree, Quiz, faults)
    if quiz is UNSET:
        faults.raise_if_any()
    assert isinstance(quiz, Quiz)
    _check_head(quiz, tree, faults)
    # All parts are checked even after a fault, so that an author sees everything at once.
    _check_questions(quiz, tree.find_nearest("questions"), faults)
    _check_pools(quiz, tree.find_nearest("pools"), faults)
    return quiz, tree


def _check_head(quiz: Quiz, tree: YamlNode, faults: Problems) -> None:
    _check_id(quiz.id, tree.find_nearest("id"), faults)
    _check_text(quiz.title, "title", tree.find_nearest("title"), faults)
    for name in ("course", "version", "description"):
        check_printable(getattr(quiz, name), name, tree.find_nearest(name), faults)
    if not 1 <= quiz.attempts <= 100:
        faults.add(tree.find_nearest("attempts"), f"attempts must be from 1 to 100, got {quiz.attempts}", "E209")
    if quiz.time_limit is not None and quiz.time_limit <= 0:
        faults.add(tree.find_nearest("time_limit"), "time_limit must be more than 0; leave it out for no limit", "E209")
    if quiz.closes is not None and parse_closing_time(quiz) is None:
        form = "2026-12-01T12:00:00+01:00"
        faults.add(
            tree.find_nearest("closes"), f'expected a time with its zone, such as {form}, got "{quiz.closes}"', "E213"
        )


def parse_closing_time(quiz: Quiz) -> datetime | None:
    """When the quiz closes; None where it says nothing or no time with a zone."""
    try:
        time = datetime.fromisoformat(quiz.closes or "")
    except (ValueError, OverflowError):
        return None
    return time if time.tzinfo else None


def _check_questions(quiz: Quiz, node: YamlNode, faults: Problems) -> None:
    if not 1 <= len(quiz.questions) <= MAX_QUESTIONS:
        faults.add(node, f"a quiz has from 1 to {MAX_QUESTIONS} questions, got {len(quiz.questions)}", "E202")
    for index in find_repeated([question.id for question in quiz.questions]):
        faults.add(node.find_nearest(index, "id"), f'two questions have the id "{quiz.questions[index].id}"', "E203")
    for index, question in enumerate(quiz.questions):
        _check_question(question, node.find_nearest(index), faults)


def _check_question(question: Question, node: YamlNode, faults: Problems) -> None:
    _check_id(question.id, node.find_nearest("id"), faults)
    _check_text(question.prompt, "prompt", node.find_nearest("prompt"), faults)
    check_printable(question.unit, "unit", node.find_nearest("unit"), faults)
    if not 0 < question.points <= MAX_QUESTION_POINTS:
        faults.add(
            node.find_nearest("points"),
            f"points must be more than 0, at most {MAX_QUESTION_POINTS}, got {question.points:g}",
            "E209",
        )
    if question.partial != "off" and question.kind != "multiple":
        faults.add(
            node.find_nearest("partial"), f"a question of kind {question.kind} can't have partial credit", "E210"
        )
    _check_options(question, node.find_nearest("options"), faults)
    for index, hint in enumerate(question.hints):
        _check_text(hint.text, "hint", node.find_nearest("hints", index, "text"), faults)
    if (cost := sum(hint.cost for hint in question.hints)) > 1:
        faults.add(
            node.find_nearest("hints"), f"the hints cost {cost:.0%} of the points together; at most 100%", "E212"
        )


def _check_options(question: Question, node: YamlNode, faults: Problems) -> None:
    count = len(question.options)
    if question.kind in ("single", "multiple"):
        if not 2 <= count <= MAX_OPTIONS:
            faults.add(node, f'question "{question.id}" has {count} options; from 2 to {MAX_OPTIONS}', "E207")
    elif count:
        faults.add(node, f"a question of kind {question.kind} has no options", "E207")
    for index in find_repeated([option.id for option in question.options]):
        name = question.options[index].id
        faults.add(
            node.find_nearest(index, "id"), f'question "{question.id}" has two options with the id "{name}"', "E205"
        )
    # Two options that look alike can't be told apart by students, whatever their characters are.
    for index in find_repeated([normalize_option_text(option.text) for option in question.options]):
        text = question.options[index].text
        faults.add(node.find_nearest(index), f'question "{question.id}" has two options with the text "{text}"', "E204")
    for index, option in enumerate(question.options):
        _check_id(option.id, node.find_nearest(index, "id"), faults)
        _check_text(option.text, "option", node.find_nearest(index, "text"), faults)


def normalize_option_text(text: str) -> str:
    """What two options may not share: their text as it is seen."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def find_repeated(names: list[str]) -> Iterator[int]:
    """The places where a name stands again."""
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            yield index
        seen.add(name)


def _check_pools(quiz: Quiz, node: YamlNode, faults: Problems) -> None:
    points = {question.id: question.points for question in quiz.questions}
    taken: set[str] = set()
    for index in find_repeated([pool.id for pool in quiz.pools]):
        faults.add(node.find_nearest(index, "id"), f'two pools have the id "{quiz.pools[index].id}"', "E211")
    for index, pool in enumerate(quiz.pools):
        _check_id(pool.id, node.find_nearest(index, "id"), faults)
        _check_pool(pool, node.find_nearest(index), points, taken, faults)
        taken.update(pool.questions)


def _check_pool(
    pool: QuestionPool, node: YamlNode, points: dict[str, float], taken: set[str], faults: Problems
) -> None:
    for index, name in enumerate(pool.questions):
        place = node.find_nearest("questions", index)
        if name not in points:
            faults.add(place, f'pool "{pool.id}" names no question of this quiz: "{name}"', "E211")
        elif name in taken or name in pool.questions[:index]:
            faults.add(place, f'question "{name}" is in a pool already', "E211")
    # A pool of which all are picked is no pool; students would all get the same.
    if not 1 <= pool.pick < len(pool.questions):
        count = len(pool.questions)
        faults.add(
            node.find_nearest("pick"),
            f'pool "{pool.id}" picks {pool.pick} of {count}; pick from 1 to {count - 1}',
            "E211",
        )
    # Otherwise the highest possible score would depend on the draw.
    if len({points[name] for name in pool.questions if name in points}) > 1:
        faults.add(node.find_nearest("questions"), f'the questions of pool "{pool.id}" have different points', "E211")


def _check_id(name: str, node: YamlNode, faults: Problems) -> None:
    if not ID_PATTERN.fullmatch(name):
        form = "letters, digits, - and _, at most 40, a letter or digit first"
        faults.add(node, f'an id is of {form}, got "{name[:60]}"', "E206")


def _check_text(text: str, what: str, node: YamlNode, faults: Problems) -> None:
    if not text.strip():
        faults.add(node, f"the {what} is empty", "E208")
    check_printable(text, what, node, faults)


def check_printable(text: str, what: str, node: YamlNode, faults: Problems) -> None:
    """Notes a character that no screen and no XML file can hold."""
    if hidden := next((letter for letter in text if letter not in "\n\t" and not is_printable(letter)), None):
        faults.add(node, f"the {what} holds a character that can't be shown: {hidden!a}", "E208")


def is_printable(letter: str) -> bool:
    """Whether a character can stand in a text: no control, no lone surrogate, nothing unassigned."""
    return unicodedata.category(letter) not in ("Cc", "Cs", "Cn", "Co")
