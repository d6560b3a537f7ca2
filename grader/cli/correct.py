"""`grade correct STUDENT EXERCISE`: a grade set by hand, with name and reason, and a comment to a student."""

from __future__ import annotations

import getpass
import os
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click

from grader.cli.finding import find_course
from grader.courses import settings
from grader.errors import Exit, UsageError
from grader.gradebook import Gradebook
from grader.gradebook.corrections import MAX_COMMENT_LENGTH, MAX_REASON_LENGTH, Correction, Step
from grader.gradebook.finding import find_grade
from grader.gradebook.grades import GradeCell, read_sheet
from grader.gradebook.verdict_story import describe_corrections
from grader.messages.text import escape_line, escape_text
from grader.reports.reading import format_number


@click.command("correct", options_metavar="[OPTIONS]")
@click.argument("student")
@click.argument("exercise", metavar="EXERCISE")
@click.option("--points", metavar="POINTS", help="What counts instead of the measured points, such as 85 or 85%.")
@click.option("--withdraw", is_flag=True, help="Let the measured points count again.")
@click.option("--reason", metavar="TEXT", help="Why; the student reads it, too.")
@click.option("--comment", metavar="TEXT", help="A comment to the student (an empty one removes it).")
@click.option("--by", metavar="NAME", help="Who you are (default: $GRADE_INSTRUCTOR, or your login name).")
@click.option(
    "--gradebook", metavar="URL", default="sqlite:///gradebook.db", show_default=True, help="Where the verdicts are."
)
@click.option(
    "--course", type=click.Path(path_type=Path), help="The course's folder (default: $GRADE_COURSE, or found)."
)
def command(
    student: str,
    exercise: str,
    points: str | None,
    reason: str | None,
    comment: str | None,
    by: str | None,
    gradebook: str,
    course: Path | None,
    *,
    withdraw: bool,
) -> int:
    r"""Set STUDENT's points for EXERCISE (or a quiz) by hand, or write a comment to the student.

    The measured grade is kept beside it, and every earlier correction. Reports, exports and feedback show both. Without
    options the command shows what was set by hand before.

    \b
    grade correct ada exercise3 --points 85 --reason "The curve was right, the file name wasn't"
    grade correct ada exercise3 --comment "See me about the second layer."
    grade correct ada exercise3 --withdraw --reason "Entered for the wrong student"
    """
    policy = settings.load_settings(find_course(course)).grading
    with closing(Gradebook.open(gradebook, must_exist=True)) as book:
        row, cell = find_grade(read_sheet(book, policy), student, exercise, book.shown)
        steps = read_steps(points, reason, comment, cell, withdraw=withdraw)
        name = _find_instructor(by) if steps else ""
        for step, text, value in steps:
            book.add_correction(Correction(
                exercise=cell.figures.exercise, student=row.student, step=step, by=name, text=text, points=value,
                at=datetime.now(UTC).isoformat(timespec="microseconds"), measured=cell.measured.score,
            ))  # fmt: skip
        after = find_grade(read_sheet(book, policy), row.student, cell.figures.exercise, book.shown)[1]
        history = [
            one
            for one in book.list_corrections()
            if (one.student, one.exercise) == (row.student, cell.figures.exercise)
        ]
    click.echo(_format_grade(f"{row.student} {row.name}".strip(), after))
    for line in describe_corrections(history) if not steps else []:
        click.echo(line)
    return Exit.PASSED


def read_steps(
    points: str | None, reason: str | None, comment: str | None, cell: GradeCell, *, withdraw: bool
) -> list[tuple[Step, str, float | None]]:
    """What to write of these options. Raises: UsageError: options that contradict each other, or lack a reason."""
    if points is not None and withdraw:
        raise UsageError("--points and --withdraw contradict each other; give one of them")
    if (points is not None or withdraw) and not (reason or "").strip():
        raise UsageError("a changed grade needs a reason: --reason TEXT")
    if reason is not None and points is None and not withdraw:
        raise UsageError("--reason is for --points and --withdraw; a text to the student is --comment")
    if withdraw and cell.by_hand.correction is None:
        raise UsageError("there is no correction to withdraw")
    steps: list[tuple[Step, str, float | None]] = []
    if points is not None:
        steps.append(
            (
                "points",
                check_text(reason or "", "--reason", MAX_REASON_LENGTH),
                _read_points(points, cell.grade.max_score),
            )
        )
    if withdraw:
        steps.append(("withdraw", check_text(reason or "", "--reason", MAX_REASON_LENGTH), None))
    if comment is not None:
        steps.append(("comment", check_text(comment, "--comment", MAX_COMMENT_LENGTH), None))
    return steps


def _read_points(text: str, most: float) -> float:
    plain = text.strip().replace(",", ".")
    try:
        value = float(plain.removesuffix("%"))
    except ValueError:
        value = float("nan")
    if plain.endswith("%"):
        value *= most / 100
    # Written so that NaN fails, too.
    if not 0 <= value <= most:
        raise UsageError(
            f'--points must be from 0 to {format_number(most)} (or a share such as 85%), got "{escape_line(text, 40)}"'
        )
    return round(value, 6)


def _find_instructor(by: str | None) -> str:
    """Who sets it. Raises: UsageError: nobody says so, as in a container whose user has no name."""
    try:
        name = by or os.environ.get("GRADE_INSTRUCTOR") or getpass.getuser()
    except (OSError, KeyError, ImportError) as error:
        raise UsageError("who are you? Give --by NAME, or set GRADE_INSTRUCTOR") from error
    return check_text(name, "--by", 100)


def check_text(text: str, option: str, most: int) -> str:
    """A text as reports may print it. Raises: UsageError: too long, or no text."""
    plain = text.strip()
    if len(plain) > most:
        raise UsageError(f"{option} is longer than {most:,} characters")
    try:
        plain.encode()
    except UnicodeEncodeError as error:
        raise UsageError(f"{option} isn't UTF-8 text") from error
    # Reports, tables and pages of others print it.
    return escape_text(plain, most)


def _format_grade(who: str, cell: GradeCell) -> str:
    grade = cell.grade
    lines = [
        f"{escape_line(who, 80)}, {cell.figures.exercise}: {format_number(grade.score)}/{format_number(grade.max_score)}"
    ]
    if grade.note:
        lines.append(f"  {escape_line(grade.note, 1500)}")
    if cell.by_hand.comment:
        lines.append(f"  comment by {escape_line(cell.by_hand.comment.by, 100)}: {cell.by_hand.comment.text}")
    return "\n".join(lines)
