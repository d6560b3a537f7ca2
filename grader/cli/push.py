"""`grade push canvas|moodle`: grades into the LMS by its own interface."""

from __future__ import annotations

import os
from pathlib import Path

import click

from grader.cli import outputs
from grader.cli.finding import find_course
from grader.courses import settings
from grader.courses.yaml_tree import format_suggestion
from grader.errors import Exit, GradeError, UsageError
from grader.gradebook import Gradebook
from grader.gradebook.grades import describe_doubts, read_sheet
from grader.gradebook.push import canvas, moodle
from grader.gradebook.push.plan import Assignment, Change, Lms, count_steps, plan_changes
from grader.gradebook.push.session import Session
from grader.messages.text import escape_line
from grader.reports.reading import format_number

HOSTS: dict[str, Lms] = {"canvas": canvas, "moodle": moodle}
STEPS = {
    "send": "to send",
    "same": "there already",
    "lower": "lower than what is there; --lower sends them, too",
    "excused": "excused there, which a grade would undo",
    "unknown": "not in the LMS's course under this id and name",
    "ungraded": "without a grade, for a fault of the grader or the machine",
}


@click.command("push", options_metavar="[OPTIONS]")
@click.argument("host", metavar="LMS", type=click.Choice(sorted(HOSTS)))
@click.argument("exercise", metavar="EXERCISE")
@click.option("--url", required=True, help="The LMS's address, such as https://canvas.example.edu.")
@click.option("--course-id", type=click.IntRange(1), required=True, help="The course's number there.")
@click.option("--assignment-id", type=click.IntRange(1), required=True, help="The assignment's number there.")
@click.option("--dry-run", is_flag=True, help="Show who would get what, and what is there now; send nothing.")
@click.option("--lower", is_flag=True, help="Send grades that are lower than what is there, too.")
@click.option("--comments", is_flag=True, help="Send what kept a student from full marks as a comment, too.")
@click.option("--gradebook", metavar="URL", default="sqlite:///gradebook.db", show_default=True, help="Where the verdicts are.")
@click.option("--course", type=click.Path(path_type=Path), help="The course's folder (default: $GRADE_COURSE, or found).")
def command(
    host: str,
    exercise: str,
    url: str,
    course_id: int,
    assignment_id: int,
    dry_run: bool,
    lower: bool,
    comments: bool,
    gradebook: str,
    course: Path | None,
) -> int:
    r"""Send an exercise's grades to Canvas or Moodle, by the course's rules and scaled to the assignment's points.

    The token is read from CANVAS_TOKEN or MOODLE_TOKEN. A grade that is there already isn't sent again, so the same
    command goes on after an interruption.

    \b
    grade push canvas exercise1 --url https://canvas.example.edu --course-id 12 --assignment-id 345 --dry-run
    grade push moodle exercise1 --url https://moodle.example.edu --course-id 12 --assignment-id 345
    """
    lms = HOSTS[host]
    # From the environment only: an option would stand in the shell's history and in the list of processes.
    session = Session(url, _find_token(lms.TOKEN))
    found = find_course(course)
    policy = settings.load_settings(found).grading
    book = Gradebook.open(gradebook, must_exist=True)
    whole = read_sheet(book, policy)
    if exercise not in whole.exercises:
        raise UsageError(f'no verdicts of "{exercise}" in {book.shown}{format_suggestion(exercise, whole.exercises)}')
    assignment = lms.read_assignment(session, course_id, assignment_id)
    changes = plan_changes(whole, exercise, assignment, lower=lower)
    click.echo(f"{escape_line(assignment.name, 100)} ({format_number(assignment.most)} points)")
    for change in changes:
        if change.step != "same":
            click.echo(_show(change))
    outputs.tell_problems("look at", describe_doubts(policy, whole, [exercise]))
    sent = 0 if dry_run else _send(lms, session, assignment, changes, comments=comments)
    counts = count_steps(changes)
    told = [f"{count} {STEPS[step]}" for step, count in counts.items() if count and step != "send"]
    click.echo("; ".join([f"{counts['send']} to send" if dry_run else f"{sent} sent", *told]))
    # A script should notice that somebody got no grade.
    return Exit.USAGE if counts["unknown"] or counts["ungraded"] else Exit.PASSED


def _find_token(name: str) -> str:
    token = os.environ.get(name, "").strip()
    if not token or not token.isascii() or not token.isprintable():
        raise UsageError(f"{name} must hold the token that the LMS gave you; it is read from the environment only")
    return token


def _show(change: Change) -> str:
    before = "–" if change.before is None else format_number(change.before)
    mark = {"send": "→", "lower": "↛"}.get(change.step, "!")
    why = "" if change.step == "send" else f"  ({STEPS[change.step]})"
    return f"{escape_line(change.student, 30):<20} {escape_line(change.name, 30):<30} {before} {mark} {change.after or '–'}{why}"


def _send(lms: Lms, session: Session, assignment: Assignment, changes: list[Change], *, comments: bool) -> int:
    """Sends one by one; returns how many. Raises: GradeError: with how far it came."""
    sent = 0
    for change in changes:
        if change.step != "send":
            continue
        try:
            lms.send_grade(session, assignment, change, comments=comments)
        except GradeError as error:
            # The same kind of error, as the exit code depends on it.
            raise type(error)(f"{error} ({sent} were sent; the same command goes on)") from error
        sent += 1
    return sent
