"""The forms in which hosts take feedback files back: the names that they gave the submissions, in a zip."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from grader.courses.spreadsheets import clean_id
from grader.gradebook.exports.table import LmsTable
from grader.gradebook.grades import StudentRow
from grader.messages.text import escape_line
from grader.records.student_ids import to_look
from grader.records.verdict import Verdict

# Moodle's `assignfeedback_file_zip_importer` reads the participant's number between the first two underscores.
PARTICIPANT = re.compile(r"(?:participant )?(\d{1,19})", re.IGNORECASE)
# Canvas reads the first two numbers: the user's and the handed-in file's.
CANVAS_NAME = re.compile(r"(?P<head>[^_]+_(?:LATE_)?(?P<user>\d{1,19})_\d{1,19})_.+")
ZIP_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackFile:
    """One student's page; `submitted` is what the file was called that it is on."""

    student: str
    name: str
    submitted: str
    page: str


def build_feedback_file(row: StudentRow, verdict: Verdict, page: str) -> FeedbackFile:
    return FeedbackFile(
        student=row.student, name=row.name, submitted=PurePosixPath(verdict.submission.path).name, page=page
    )


def name_for_folder(files: Iterable[FeedbackFile]) -> tuple[dict[str, str], list[str]]:
    """The pages by file name: the student's id, made harmless."""
    found: dict[str, str] = {}
    for one in files:
        stem = re.sub(r"[^\w.-]+", "-", one.student).strip(".-")[:80] or "student"
        name, count = f"{stem}.html", 2
        # Two ids may be the same after that, and no page may take another one's place.
        while name.casefold() in {each.casefold() for each in found}:
            name, count = f"{stem}-{count}.html", count + 1
        found[name] = one.page
    return found, []


def name_for_moodle(
    files: Iterable[FeedbackFile], exercise: str, worksheet: LmsTable | None
) -> tuple[dict[str, str], list[str]]:
    """The pages by the names that Moodle's “Upload multiple feedback files in a zip” takes, and who has none."""
    found: dict[str, str] = {}
    left: list[str] = []
    known = _map_participants(worksheet) if worksheet else None
    for one in files:
        number, name = _find_participant(one, known)
        if number is None:
            what = (
                f"not in {worksheet.name}"
                if worksheet
                else "the id isn't Moodle's participant number; give its grading worksheet with --from"
            )
            left.append(f"{escape_line(one.student)}: {what}")
            continue
        plain = re.sub(r"[\x00-\x20_/\\:*?\"<>|]+", " ", name or one.name).strip(" .")[:80] or "Student"
        found[f"{plain}_{number}_assignsubmission_file_/{exercise}-feedback.html"] = one.page
    return found, left


def _find_participant(one: FeedbackFile, known: Mapping[str, tuple[str, str]] | None) -> tuple[str | None, str]:
    if known is not None:
        for key in (one.student, one.name):
            if to_look(clean_id(key)) in known:
                return known[to_look(clean_id(key))]
        return None, ""
    match = PARTICIPANT.fullmatch(one.student.strip())
    return (match[1], "") if match else (None, "")


def _map_participants(worksheet: LmsTable) -> dict[str, tuple[str, str]]:
    """Participants' numbers and names by every id that only one has, and by name."""
    columns = [
        worksheet.find_column(name) for name in ("identifier", "email address", "username", "id number", "full name")
    ]
    full = worksheet.find_column("full name")
    found: dict[str, tuple[str, str] | None] = {}
    for cells in worksheet.rows:
        match = PARTICIPANT.fullmatch(cells[columns[0]].strip()) if columns[0] is not None else None
        if match is None:
            continue
        person = match[1], cells[full] if full is not None else ""
        looks = {to_look(clean_id(cells[index])) for index in columns if index is not None and cells[index].strip()}
        for look in looks | {match[1]}:
            found[look] = None if found.get(look, person) != person else person
    return {look: person for look, person in found.items() if person is not None}


def name_for_canvas(files: Iterable[FeedbackFile], exercise: str) -> tuple[dict[str, str], list[str]]:
    """The pages by the names that Canvas's “Re-Upload Submissions” takes, and who has none."""
    found: dict[str, str] = {}
    left: list[str] = []
    for one in files:
        match = CANVAS_NAME.fullmatch(one.submitted)
        if match is None:
            left.append(
                f'{escape_line(one.student)}: "{escape_line(one.submitted, 80)}" isn\'t the name of a file that Canvas gave'
            )
        else:
            found[f"{match['head']}_{exercise}-feedback.html"] = one.page
    return found, left


def pack_zip(pages: Mapping[str, str]) -> bytes:
    """The pages as a zip, the same bytes each time."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, page in sorted(pages.items()):
            archive.writestr(zipfile.ZipInfo(name, ZIP_TIME), page.encode(), zipfile.ZIP_DEFLATED)
    return made.getvalue()
