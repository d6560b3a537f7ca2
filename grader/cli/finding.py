"""The course that a command works on; says which it is where the reader may take it for another."""

from __future__ import annotations

from pathlib import Path

import click

from grader.courses import course as courses
from grader.courses.course import Course
from grader.messages.text import escape_line

MAX_PATH = 300


def find_course(given: Path | None, *, quiet: bool = False) -> Course:
    """Finds the course; says which on stderr if it is the built-in one, or GRADE_COURSE's inside another course's folder.

    Args:
        given: the option `--course`; such a course is never reported.
        quiet: report nothing.

    Raises:
        UsageError: see `course.find`.
    """
    found = courses.find_course(given)
    if not quiet and (remark := _describe(found)):
        # On stderr, so that redirected output holds nothing but what was asked for.
        click.echo(remark, err=True)
    return found


def _describe(found: Course) -> str:
    if found.source == "built-in":
        return "course: the built-in one (no course in this folder or above it)"
    surrounding = courses.find_surrounding() if found.source == "GRADE_COURSE" else None
    if surrounding is None or surrounding.resolve() == found.root:
        return ""
    taken, other = escape_line(str(found.root), MAX_PATH), escape_line(str(surrounding), MAX_PATH)
    return f"course: {taken}, which GRADE_COURSE names; not {other}, where you are"
