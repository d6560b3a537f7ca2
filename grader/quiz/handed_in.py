"""Response files of a class: finding them, reading each on its own, and keeping the attempt that counts."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path

from grader.errors import UsageError
from grader.quiz.key import Solutions
from grader.quiz.marking import Marked, mark
from grader.quiz.model import Quiz
from grader.quiz.responses import AnswersError, Responses, read
from grader.reports.text import line
from grader.verdict import SubmissionRef
from grader.yamltree import MAX_BYTES

SUFFIXES = (".json", ".yaml", ".yml")
STDIN = Path("-")


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedIn:
    """One attempt that could be read; `asked` names its questions where an LMS drew them."""

    responses: Responses
    source: SubmissionRef
    asked: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One response file and its marks; of several attempts of a student, one is `kept`."""

    handed_in: HandedIn
    marked: Marked
    kept: bool


def files(answers: Path) -> list[Path]:
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
        path for path in answers.rglob("*") if path.suffix in SUFFIXES and path.is_file() and not path.is_symlink()
    )
    if not found:
        raise UsageError(
            f"{answers}: no response files ({', '.join('*' + suffix for suffix in SUFFIXES)}) in this folder"
        )
    return found


def read_file(path: Path, quiz: Quiz) -> HandedIn:
    """One response file; without a `student` it is named after the file.

    Raises:
        AnswersError: every fault of the file.
    """
    name = "standard input" if path == STDIN else str(path)
    shown = line(name)
    try:
        data = sys.stdin.buffer.read(MAX_BYTES + 1) if path == STDIN else _bytes(path)
    except OSError as error:
        raise AnswersError(f"{shown}: can't be read: {error.strerror}") from error
    responses = read(data, quiz, shown)
    return HandedIn(responses=responses, source=SubmissionRef(path=name, sha256=hashlib.sha256(data).hexdigest()))


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def read_all(paths: Iterable[Path], quiz: Quiz) -> Iterator[HandedIn | AnswersError]:
    """Each file, or what is wrong with it: one bad file never stops the class."""
    for path in paths:
        try:
            yield read_file(path, quiz)
        except AnswersError as error:
            yield error


def mark_class(quiz: Quiz, solutions: Solutions, handed_in: Sequence[HandedIn]) -> list[Attempt]:
    """Every attempt marked; per student the best or the last of the allowed ones is kept, as the quiz says.

    Two files that claim the same attempt of a student: the last one by file name stands. Files that name no student
    are students of their own.
    """
    return counted(quiz, [(item, mark(quiz, solutions, item.responses, item.asked)) for item in handed_in])


def counted(quiz: Quiz, pairs: Sequence[tuple[HandedIn, Marked]]) -> list[Attempt]:
    """Marked attempts by student and attempt, with the one that counts of each student's `kept`."""
    marked = sorted(pairs, key=lambda pair: (_student(pair[0]), pair[1].attempt, pair[0].source.path))
    attempts: list[Attempt] = []
    for _, group in groupby(marked, key=lambda pair: _student(pair[0])):
        own = list(group)
        best = _kept(quiz, [item for _, item in own])
        attempts += [
            Attempt(handed_in=item, marked=marks, kept=index == best) for index, (item, marks) in enumerate(own)
        ]
    return attempts


def doubtful(quiz: Quiz, attempts: Sequence[Attempt]) -> Iterator[str]:
    """What an instructor should look at: attempts beyond the allowed ones, and claims that may be another student's."""
    for before, after in pairwise([None, *attempts]):
        assert after is not None
        name, attempt, path = line(_student(after.handed_in)), after.marked.attempt, line(after.handed_in.source.path)
        if attempt > quiz.attempts:
            allowed = "1 is allowed" if quiz.attempts == 1 else f"{quiz.attempts} are allowed"
            yield f"{path}: E405 attempt {attempt} of {name}, where {allowed}: it isn't counted"
        elif before is not None and _claim(before) == _claim(after):
            both = f"{line(before.handed_in.source.path)} and {path}"
            yield f"{both} both claim attempt {attempt} of {name}: the second one stands; ask who wrote them"
    for name, group in groupby(attempts, key=lambda attempt: _student(attempt.handed_in)):
        yield from _under_other_names(name, [(item.marked.attempt, item.handed_in.source.path) for item in group])


def _under_other_names(student: str, claimed: Sequence[tuple[int, str]]) -> Iterator[str]:
    """The claims of a student's files whose paths don't name the student, where those of others do."""
    named = re.compile(rf"(?<![^\W_]){re.escape(student)}(?![^\W_])", re.IGNORECASE)
    own = [path for _, path in claimed if named.search(path)]
    for attempt, path in claimed:
        if own and path not in own:
            yield f"{line(path)} claims attempt {attempt} of {line(student)}, whose file is {line(own[0])}: ask who wrote it"


def _claim(attempt: Attempt) -> tuple[str, int]:
    return _student(attempt.handed_in), attempt.marked.attempt


def _student(item: HandedIn) -> str:
    return item.responses.student or item.source.path


def _kept(quiz: Quiz, own: Sequence[Marked]) -> int:
    """The place of the attempt that counts, among one student's in their order; -1 where none is allowed."""
    allowed = {item.attempt: index for index, item in enumerate(own) if item.attempt <= quiz.attempts}
    if not allowed:
        return -1
    places = list(allowed.values())
    return places[-1] if quiz.keep == "last" else max(places, key=lambda index: own[index].score)
