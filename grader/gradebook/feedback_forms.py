"""The forms in which hosts take feedback files back: the names that they gave the submissions, in a zip."""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from grader.courses.spreadsheets import clean_id
from grader.gradebook.exports.table import LmsTable
from grader.gradebook.grades import StudentRow
from grader.gradebook.roster import are_strangers
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
    files: Sequence[FeedbackFile], exercise: str, worksheet: LmsTable | None
) -> tuple[dict[str, str], list[str]]:
    """The pages by the names that Moodle's “Upload multiple feedback files in a zip” takes, and who has none."""
    found: list[tuple[FeedbackFile, str, str]] = []
    left: list[str] = []
    namesakes = Counter(to_look(one.name) for one in files)
    known = _map_participants(worksheet) if worksheet else None
    for one in files:
        number, name = _find_participant(one, known, alone=namesakes[to_look(one.name)] == 1)
        if number is None:
            what = (
                f"not in {worksheet.name}"
                if worksheet
                else "the id isn't Moodle's participant number; give its grading worksheet with --from"
            )
            left.append(f"{escape_line(one.student)}: {what}")
            continue
        plain = re.sub(r"[\x00-\x20_/\\:*?\"<>|]+", " ", name or one.name).strip(" .")[:80] or "Student"
        found.append((one, number, f"{plain}_{number}_assignsubmission_file_/{exercise}-feedback.html"))
    return _keep_single_pages(found, left)


def _find_participant(
    one: FeedbackFile, known: Mapping[str, tuple[str, str]] | None, *, alone: bool
) -> tuple[str | None, str]:
    """The participant's number and name. Args: alone: no other student here has this name."""
    if known is not None:
        by_id = known.get(to_look(clean_id(one.student)))
        # An id of one system may be another person's in the next.
        if by_id is not None and not are_strangers(one.name, by_id[1]):
            return by_id
        # A name counts only if it is unique on both sides; otherwise one student could get another's page.
        return known.get(to_look(clean_id(one.name)), (None, "")) if alone else (None, "")
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
    found: list[tuple[FeedbackFile, str, str]] = []
    left: list[str] = []
    for one in files:
        match = CANVAS_NAME.fullmatch(one.submitted)
        if match is None:
            left.append(
                f'{escape_line(one.student)}: "{escape_line(one.submitted, 80)}" isn\'t the name of a file that Canvas gave'
            )
        else:
            found.append((one, match["user"], f"{match['head']}_{exercise}-feedback.html"))
    return _keep_single_pages(found, left)


def _keep_single_pages(
    found: Sequence[tuple[FeedbackFile, str, str]], left: Sequence[str]
) -> tuple[dict[str, str], list[str]]:
    """The pages by name, each for one user of the host; who shares a user's number with others gets none."""
    counts = Counter(user for _, user, _ in found)
    # A file's name may be a student's own doing, and no page may go to somebody else or take another one's place.
    shared = [
        f"{escape_line(one.student)}: several students' pages would go to the host's user {user}"
        for one, user, _ in found
        if counts[user] > 1
    ]
    return {name: one.page for one, user, name in found if counts[user] == 1}, [*left, *shared]


def pack_zip(pages: Mapping[str, str]) -> bytes:
    """The pages as a zip, the same bytes each time."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, page in sorted(pages.items()):
            archive.writestr(zipfile.ZipInfo(name, ZIP_TIME), page.encode(), zipfile.ZIP_DEFLATED)
    return made.getvalue()
