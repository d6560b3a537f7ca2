"""Lines of a notebook as its author counts them: by code cell, not by line of the joined text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import structs

from grader.submission import Submission
from grader.verdict import CheckResult, Note

FRAME = re.compile(r'File "(?P<file>[^"\n]*)", line (?P<line>\d+)')


def of_checks(results: Sequence[CheckResult], source: Submission) -> list[CheckResult]:
    """Check results whose messages name the cell; those of a .py file as they are."""
    return [
        structs.replace(result, message=f"{result.message} ({source.place(result.line)})", line=None)
        if source.cells and result.line
        else result
        for result in results
    ]


def of_notes(notes: Sequence[Note], source: Submission) -> list[Note]:
    """Notes whose messages begin with the cell; those on a .py file as they are."""
    return [
        Note(line=None, message=f"{source.place(note.line)}: {note.message}") if source.cells and note.line else note
        for note in notes
    ]


def of_traceback(text: str, source: Submission) -> str:
    """A traceback whose frames name the cell."""
    if not source.cells:
        return text
    return FRAME.sub(lambda found: f'File "{found["file"]}", {source.place(int(found["line"]))}', text)
