"""Response files of a class: finding them, reading each on its own, and keeping the attempt that counts."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path

from grader.courses.yaml_tree import MAX_YAML_BYTES
from grader.errors import UsageError
from grader.messages.text import escape_line
from grader.quiz.key import AnswerKey
from grader.quiz.marking import MarkedAttempt, mark_attempt
from grader.quiz.model import Quiz
from grader.quiz.responses import ResponseFileError, Responses, read_responses
from grader.records.verdict import SubmissionRef

RESPONSE_SUFFIXES = (".json", ".yaml", ".yml")
STDIN = Path("-")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseFile:
    """One attempt that could be read; `asked` names its questions where an LMS drew them."""

    responses: Responses
    source: SubmissionRef
    asked: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedResponse:
    """One response file and its marks; of several attempts of a student, one is `kept`."""

    handed_in: ResponseFile
    marked: MarkedAttempt
    kept: bool


def find_response_files(answers: Path) -> list[Path]:
    """The response files in a folder and below it, or the one file (`-` is standard input).

    A link in a folder is passed over: it could lead to a file that its author may not read.

    Raises:
        UsageError: there is nothing there.
    """
    if answers == STDIN or answers.is_file():
        return [answers]
    if not answers.is_dir():
        raise UsageError(f"{answers}: no such file or folder")
    found = sorted(
        path
        for path in answers.rglob("*")
        if path.suffix in RESPONSE_SUFFIXES and path.is_file() and not path.is_symlink()
    )
    if not found:
        raise UsageError(
            f"{answers}: no response files ({', '.join('*' + suffix for suffix in RESPONSE_SUFFIXES)}) in this folder"
        )
    return found


def read_response_file(path: Path, quiz: Quiz) -> ResponseFile:
    """Reads one response file; a response without `student` is identified by its file.

    Raises:
        ResponseFileError: every fault of the file.
    """
    name = "standard input" if path == STDIN else str(path)
    shown = escape_line(name)
    try:
        # One byte more than allowed is enough to see that the file is too large.
        data = sys.stdin.buffer.read(MAX_YAML_BYTES + 1) if path == STDIN else _read_bytes(path)
    except OSError as error:
        raise ResponseFileError(f"{shown}: can't be read: {error.strerror}") from error
    return read_response_bytes(data, quiz, name)


def read_response_bytes(data: bytes, quiz: Quiz, name: str) -> ResponseFile:
    """As `read_response_file`, for the bytes of a file and what it is called."""
    responses = read_responses(data, quiz, escape_line(name))
    return ResponseFile(responses=responses, source=SubmissionRef(path=name, sha256=hashlib.sha256(data).hexdigest()))


def _read_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_YAML_BYTES + 1)


def read_response_files(paths: Iterable[Path], quiz: Quiz) -> Iterator[ResponseFile | ResponseFileError]:
    """Each file, or what is wrong with it: one bad file never stops the class."""
    for path in paths:
        try:
            yield read_response_file(path, quiz)
        except ResponseFileError as error:
            yield error


def mark_class(quiz: Quiz, solutions: AnswerKey, handed_in: Sequence[ResponseFile]) -> list[MarkedResponse]:
    """Every attempt marked; per student the best or the last of the allowed ones is kept, as the quiz says.

    Two files that claim the same attempt of a student: the last one by file name stands. Files that name no student
    are students of their own.
    """
    return pick_counted_attempts(
        quiz, [(item, mark_attempt(quiz, solutions, item.responses, item.asked)) for item in handed_in]
    )


def pick_counted_attempts(quiz: Quiz, pairs: Sequence[tuple[ResponseFile, MarkedAttempt]]) -> list[MarkedResponse]:
    """Marked attempts by student and attempt, with the one that counts of each student's `kept`."""
    # Sorted by path as well, so that of two files for one attempt the same one stands each time.
    marked = sorted(pairs, key=lambda pair: (_find_student(pair[0]), pair[1].attempt, pair[0].source.path))
    attempts: list[MarkedResponse] = []
    for _, group in groupby(marked, key=lambda pair: _find_student(pair[0])):
        own = list(group)
        best = _pick_kept_attempt(quiz, [item for _, item in own])
        attempts += [
            MarkedResponse(handed_in=item, marked=marks, kept=index == best) for index, (item, marks) in enumerate(own)
        ]
    return attempts


def find_suspicious_attempts(quiz: Quiz, attempts: Sequence[MarkedResponse]) -> Iterator[str]:
    """What an instructor should look at: attempts beyond the allowed ones, and claims that may be another student's."""
    for before, after in pairwise([None, *attempts]):
        assert after is not None
        name, attempt, path = (
            escape_line(_find_student(after.handed_in)),
            after.marked.attempt,
            escape_line(after.handed_in.source.path),
        )
        if attempt > quiz.attempts:
            allowed = "1 is allowed" if quiz.attempts == 1 else f"{quiz.attempts} are allowed"
            yield f"{path}: E405 attempt {attempt} of {name}, where {allowed}: it isn't counted"
        elif before is not None and _find_claim(before) == _find_claim(after):
            both = f"{escape_line(before.handed_in.source.path)} and {path}"
            yield f"{both} both claim attempt {attempt} of {name}: the second one stands; ask who wrote them"
    for name, group in groupby(attempts, key=lambda attempt: _find_student(attempt.handed_in)):
        yield from _find_foreign_claims(name, [(item.marked.attempt, item.handed_in.source.path) for item in group])


def _find_foreign_claims(student: str, claimed: Sequence[tuple[int, str]]) -> Iterator[str]:
    """The claims of a student's files whose paths don't name the student, where those of others do."""
    # As a whole word, since `s1` is also part of `s12`.
    named = re.compile(rf"(?<![^\W_]){re.escape(student)}(?![^\W_])", re.IGNORECASE)
    own = [path for _, path in claimed if named.search(path)]
    for attempt, path in claimed:
        # Only where other files of the student carry the name: otherwise no file of the class may be named so.
        if own and path not in own:
            yield f"{escape_line(path)} claims attempt {attempt} of {escape_line(student)}, whose file is {escape_line(own[0])}: ask who wrote it"


def _find_claim(attempt: MarkedResponse) -> tuple[str, int]:
    return _find_student(attempt.handed_in), attempt.marked.attempt


def _find_student(item: ResponseFile) -> str:
    return item.responses.student or item.source.path


def _pick_kept_attempt(quiz: Quiz, own: Sequence[MarkedAttempt]) -> int:
    """The place of the attempt that counts, among one student's in their order; -1 where none is allowed."""
    allowed = {item.attempt: index for index, item in enumerate(own) if item.attempt <= quiz.attempts}
    if not allowed:
        return -1
    # A later file of the same attempt has replaced an earlier one in the dict.
    places = list(allowed.values())
    return places[-1] if quiz.keep == "last" else max(places, key=lambda index: own[index].score)
