"""Answers of quizzes that were taken in an LMS: Canvas's Student Analysis, Moodle's responses. Hostile until checked here."""

from __future__ import annotations

import hashlib
import html
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.courses.spreadsheets import SUFFIXES, read_table
from grader.errors import UsageError
from grader.messages.text import escape_line
from grader.quiz.aligning import align_columns, find_by_words
from grader.quiz.formats.plain import convert_from_html
from grader.quiz.handed_in import ResponseFile
from grader.quiz.model import CHOICE_KINDS, Question, Quiz
from grader.quiz.responses import MAX_STUDENT_NAME, GivenAnswer, ResponseFileError, Responses
from grader.quiz.values import MAX_ANSWER_LENGTH, parse_number
from grader.records.student_ids import to_student_id
from grader.records.verdict import SubmissionRef

MAX_BYTES = 50_000_000
# Canvas: `12345: What is …?`, and beside it the points that it gave.
CANVAS = re.compile(r"\d{1,20}: ?(?P<text>.*)", re.DOTALL)
CANVAS_HEADER = {"name", "id", "submitted"}
# Moodle: `Response 1`, and `Question 1` where the teacher asked for it, in the teacher's language.
MOODLE = re.compile(r"(?P<kind>\D+?) ?(?P<number>\d{1,4})")
RESPONSES = ("response", "antwort", "réponse", "respuesta", "risposta", "resposta", "antwoord", "odpowiedź")
QUESTIONS = ("question", "frage", "pregunta", "domanda", "questão", "vraag", "pytanie")
MOODLE_IDS = ("id number", "username", "email address", "email")
UNFINISHED = ("in progress", "overdue", "never submitted")
NO_ANSWER = ("", "-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A question as the LMS has it.

    Args:
        index: where its answers stand.
        text: its words; may be missing.
        words: where Moodle has the words of the question that each student got.
        points: where Canvas has the points, which are empty for a question that wasn't asked.
    """

    index: int
    text: str = ""
    words: int | None = None
    points: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What an LMS's table holds.

    Args:
        items: an attempt each.
        remarks: what was passed over, each a sentence.
    """

    items: list[ResponseFile]
    remarks: list[str]


def is_table(path: Path) -> bool:
    """Whether a file is an LMS's table, by its name."""
    return path.suffix.lower() in SUFFIXES and path.is_file()


def read_answers(path: Path, quiz: Quiz) -> Taken:
    """The attempts in a table.

    Raises:
        ResponseFileError: not a table of Canvas or Moodle, or its columns can't be matched to questions.
        UsageError: it can't be read at all.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path}: can't be read: {error.strerror}") from error
    if len(data) > MAX_BYTES:
        raise UsageError(f"{path}: is larger than {MAX_BYTES // 1_000_000} MB")
    rows = read_table(data, str(path)).rows
    header = [cell.strip().casefold() for cell in rows[0]] if rows else []
    # Columns that Canvas writes and Moodle doesn't.
    is_canvas = set(header) >= CANVAS_HEADER
    columns = _find_canvas(rows[0]) if is_canvas else _find_moodle(header, rows[1:])
    if not columns:
        raise ResponseFileError(
            f"{path}: neither Canvas's Student Analysis nor Moodle's responses; found: {escape_line(', '.join(header), 200)}"
        )
    digest = hashlib.sha256(data).hexdigest()
    table = Table(path=path, digest=digest, rows=rows[1:], columns=columns, separator="," if is_canvas else ";")
    return _take(table, quiz, header, is_canvas=is_canvas)


def _find_canvas(header: Sequence[str]) -> list[Column]:
    found = [(index, CANVAS.fullmatch(cell.strip())) for index, cell in enumerate(header)]
    return [Column(index=index, text=_show(match["text"]), points=index + 1) for index, match in found if match]


def _find_moodle(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[Column]:
    numbered = {
        (match["kind"].strip(), int(match["number"])): index
        for index, cell in enumerate(header)
        if (match := MOODLE.fullmatch(cell))
    }
    found = []
    for (kind, count), index in sorted(numbered.items(), key=lambda item: item[0][1]):
        if kind in RESPONSES:
            words = next((numbered[word, count] for word in QUESTIONS if (word, count) in numbered), None)
            text = "" if words is None else next((row[words] for row in rows if len(row) > words and row[words]), "")
            found.append(Column(index=index, text=_show(text), words=words))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of an LMS, its columns, and how several options are listed in a cell."""

    path: Path
    digest: str
    rows: list[list[str]]
    columns: list[Column]
    separator: str

    def cell(self, row: Sequence[str], index: int | None) -> str:
        """A cell as its reader sees it."""
        return _show(row[index]) if index is not None and index < len(row) else ""

    def is_asked(self, row: Sequence[str], column: Column) -> bool:
        """Whether this student got the question at all."""
        # Canvas gives 0 points for a blank answer; no points mean that the question wasn't drawn.
        return self.cell(row, column.index) != "" or self.cell(row, column.points) != ""


def _take(table: Table, quiz: Quiz, header: Sequence[str], *, is_canvas: bool) -> Taken:
    remarks: list[str] = []
    kept = list(_find_attempts(table.rows, header, remarks, is_canvas=is_canvas))
    given = [
        [text for _, row in kept if (text := table.cell(row, column.index)) not in NO_ANSWER]
        for column in table.columns
    ]
    places = align_columns(
        quiz,
        [column.text for column in table.columns],
        given,
        lambda question, text: _read_answer(question, text, table.separator) is not None,
    )
    # Guessed columns would mark students on questions that they never answered.
    if places is None:
        raise ResponseFileError(
            f"{table.path}: nobody can tell which of its columns are which questions of {quiz.id}; in Moodle export the "
            "responses with “question text”"
        )
    for column, place, answers in zip(table.columns, places, given, strict=True):
        if place is None:
            words = escape_line(column.text or ", ".join(dict.fromkeys(answers)), 80)
            remarks.append(f'{table.path}: column {column.index + 1} is no question of {quiz.id}: "{words}"')
    counts: Counter[str] = Counter()
    items = []
    for student, row in kept:
        counts[student] += 1
        items.append(_build(table, quiz, row, places, student, counts[student], remarks))
    return Taken(items=items, remarks=remarks)


def _find_attempts(
    rows: Sequence[Sequence[str]], header: Sequence[str], remarks: list[str], *, is_canvas: bool
) -> Iterator[tuple[str, Sequence[str]]]:
    """Who, and their row, in the order of the attempts."""
    found = []
    for count, row in enumerate(rows, 2):
        person = dict(zip(header, row, strict=False))
        student = _find_student(person, is_canvas=is_canvas)
        state = person.get("state", "").strip().casefold()
        if state in UNFINISHED:
            remarks.append(f"row {count}: {escape_line(student)}: {state}, so it isn't counted")
        elif student and (state or "state" not in person):  # Moodle's last row has the class's averages
            attempt = person.get("attempt", "").strip()
            found.append((student, int(attempt) if attempt.isdecimal() and len(attempt) < 6 else 0, row))
    # Without attempt numbers all are 0, and the stable sort keeps the table's order.
    for student, _, row in sorted(found, key=lambda each: (each[0], each[1])):
        yield student, row


def _find_student(person: Mapping[str, str], *, is_canvas: bool) -> str:
    first, last = (
        next((person[key] for key in keys if person.get(key)), "")
        for keys in (("first name",), ("last name", "surname"))
    )
    names = ("id", "sis_id", "name") if is_canvas else MOODLE_IDS
    # A roster may know students by any of these; the name is the last resort.
    known = next((person[name] for name in names if person.get(name, "").strip() not in NO_ANSWER), f"{first} {last}")
    return to_student_id(known)[:MAX_STUDENT_NAME]


def _show(text: str) -> str:
    """A cell as its reader sees it: without markup and entities, on one line."""
    shown = (
        convert_from_html(text, lambda _: None, lambda _: None)
        if re.search(r"<[a-zA-Z/!]", text)
        else html.unescape(text)
    )
    return " ".join(shown.split())


def _build(
    table: Table,
    quiz: Quiz,
    row: Sequence[str],
    places: Sequence[str | None],
    student: str,
    attempt: int,
    remarks: list[str],
) -> ResponseFile:
    answers: dict[str, GivenAnswer] = {}
    for column, place in zip(table.columns, places, strict=True):
        words = table.cell(row, column.words)  # of a random question each student's own
        name = find_by_words(quiz, words) if words else place
        if name is None or not table.is_asked(row, column):
            continue
        text = table.cell(row, column.index)
        answers[name] = None if text in NO_ANSWER else _read_answer(quiz.find_question(name), text, table.separator)
        if answers[name] is None and text not in NO_ANSWER:
            remarks.append(
                f'{escape_line(student)}: "{escape_line(text, 60)}" is no answer to {name}, so it counts as none'
            )
    responses = Responses(schema="grade-responses/1", quiz=quiz.id, student=student, attempt=attempt, answers=answers)
    source = SubmissionRef(path=str(table.path), sha256=table.digest)
    return ResponseFile(responses=responses, source=source, asked=tuple(answers))


def _read_answer(question: Question, text: str, separator: str) -> GivenAnswer:
    """An answer in our form; None where the question can't have it."""
    if question.kind not in CHOICE_KINDS:
        if len(text) > MAX_ANSWER_LENGTH or (
            question.kind == "numeric" and parse_number(text.removesuffix(question.unit).strip()) is None
        ):
            return None
        return text
    options = {_show(option.text).casefold(): option.id for option in question.choices}
    if question.kind != "multiple":
        found = options.get(text.casefold())
        return None if found is None else [found]
    # Canvas escapes commas within an option.
    names = _split_options(text.replace("\\,", ",").casefold(), sorted(options, key=len, reverse=True), separator)
    return (
        None
        if names is None
        else [option.id for option in question.choices if option.id in {options[name] for name in names}]
    )


def _split_options(text: str, options: Sequence[str], separator: str) -> list[str] | None:
    """The options that a text lists; they may hold the separator themselves."""
    found: list[str] = []
    while text:
        # The longest option first, so that one which begins like another isn't cut short.
        name = next((each for each in options if each and (text == each or text.startswith(each + separator))), None)
        if name is None:
            return None
        found.append(name)
        text = text[len(name) :].removeprefix(separator).strip()
    return found
