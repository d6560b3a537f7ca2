"""The files of a quiz's pictures: beside the quiz, of a kind that every browser shows, described in words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from grader.courses.course import Course
from grader.quiz.model import Quiz
from grader.quiz.rich_text import Picture, list_pictures

MAX_PICTURE_BYTES = 2_000_000
# No SVG, which can hold scripts.
PICTURE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,80}\.(?P<kind>png|jpe?g|gif|webp)", re.IGNORECASE)
MEDIA_TYPES = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp"}
MAGIC = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff", "image/gif": b"GIF8", "image/webp": b"RIFF"}


def find_media_type(name: str) -> str | None:
    """What kind of picture a file is by its name; None for a name that no picture of a quiz may have."""
    found = PICTURE_NAME.fullmatch(name)
    return MEDIA_TYPES[found["kind"].lower()] if found else None


def load_pictures(course: Course, quiz: Quiz) -> dict[str, bytes]:
    """The pictures of a quiz that are there, by name; a broken one is left out, and its words stand for it."""
    names = dict.fromkeys(picture.name for question in quiz.questions for picture in list_pictures(question))
    found = {name: _read(course, name) for name in names}
    return {name: data for name, data in found.items() if isinstance(data, bytes)}


def find_picture_faults(course: Course, quiz: Quiz) -> Iterator[str]:
    """What keeps pictures from being shown, one line each, with the fault's code."""
    for question in quiz.questions:
        for picture in list_pictures(question):
            if fault := _find_fault(course, picture):
                yield f'quizzes/{quiz.id}.yaml: E214 question "{question.id}": the picture "{picture.name[:80]}" {fault}'


def _find_fault(course: Course, picture: Picture) -> str | None:
    data = _read(course, picture.name)
    if isinstance(data, str):
        return data
    return None if picture.alt else "has no description: write ![what it shows](file.png)"


def _read(course: Course, name: str) -> bytes | str:
    """A picture's bytes, or what is wrong with it."""
    kind = find_media_type(name)
    if kind is None:
        return "isn't the name of a .png, .jpg, .gif or .webp file beside the quiz"
    path = course.root / "quizzes" / name
    if path.is_symlink() or not path.is_file():
        return "isn't beside the quiz"
    with path.open("rb") as file:
        data = file.read(MAX_PICTURE_BYTES + 1)
    if len(data) > MAX_PICTURE_BYTES:
        return f"is larger than {MAX_PICTURE_BYTES // 1_000_000} MB"
    return data if data.startswith(MAGIC[kind]) else "isn't a picture of the kind that its name says"


def list_missing(quiz: Quiz, pictures: Mapping[str, bytes]) -> list[str]:
    """The names of pictures that aren't there."""
    names = dict.fromkeys(picture.name for question in quiz.questions for picture in list_pictures(question))
    return [name for name in names if name not in pictures]
