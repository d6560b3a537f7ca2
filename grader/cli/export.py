"""`grade export`: a class's grades for an LMS."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from grader.checks import loading
from grader.cli import outputs
from grader.cli.finding import find_course
from grader.courses import settings
from grader.courses.course import Course
from grader.courses.yaml_tree import format_suggestion
from grader.errors import Exit, UsageError
from grader.gradebook import Gradebook
from grader.gradebook.exports import blackboard, brightspace, canvas, excel, gradescope, moodle, plain, table
from grader.gradebook.exports.table import LmsTable
from grader.gradebook.grades import GradeSheet, describe_doubts, read_sheet
from grader.reports import write

ExportFormat = Literal["canvas", "moodle", "blackboard", "brightspace", "gradescope", "csv", "json", "xlsx"]
EXPORT_FORMATS = ("canvas", "moodle", "blackboard", "brightspace", "gradescope", "csv", "json", "xlsx")
FILLED_FORMATS = ("canvas", "moodle", "blackboard", "brightspace", "gradescope")
WITH_CHECKS = ("csv", "json", "xlsx")
SINGLE_EXERCISE_FORMATS = ("moodle", "gradescope")
MAX_TABLE_BYTES = 50_000_000


@click.command("export", options_metavar="[OPTIONS]")
@click.argument("exercise_ids", metavar="[EXERCISE]…", nargs=-1)
@click.option("--format", "format_", type=click.Choice(EXPORT_FORMATS), required=True, help="Whose table to write.")
@click.option("--from", "from_", metavar="CSV", type=click.Path(path_type=Path),
              help="The table that the LMS has exported, to fill in (canvas, moodle, blackboard, brightspace, gradescope).")  # fmt: skip
@click.option("--checks", is_flag=True, help="The points of each check, too (csv, json, xlsx).")
@click.option("-o", "--output", metavar="FILE", type=click.Path(path_type=Path), default=write.STDOUT,
              help="Where to write (default: standard output).")  # fmt: skip
@click.option("--gradebook", metavar="URL", default="sqlite:///gradebook.db", show_default=True, help="Where the verdicts are.")
@click.option("--course", type=click.Path(path_type=Path), help="The course's folder (default: $GRADE_COURSE, or found).")
def command(
    exercise_ids: tuple[str, ...],
    format_: ExportFormat,
    from_: Path | None,
    checks: bool,
    output: Path,
    gradebook: str,
    course: Path | None,
) -> int:
    r"""Write grades, by the course's rules for late work and attempts, as a table that an LMS takes.

    Each LMS matches students by its own table: export it there, and give it with --from. It comes back with the same
    people in the same order.

    \b
    grade export --format canvas --from Grades.csv -o filled.csv
    grade export exercise1 --format moodle --from worksheet.csv -o filled.csv
    grade export --format csv > grades.csv
    """
    found = find_course(course)
    book = Gradebook.open(gradebook, must_exist=True)
    policy = settings.load_settings(found).grading
    # All exercises, as a total needs them even if one is exported.
    whole = read_sheet(book, policy)
    chosen = select_exercises(whole, exercise_ids, book.shown)
    # All contradictions are found before anything is written.
    if format_ in SINGLE_EXERCISE_FORMATS and len(chosen) != 1:
        raise UsageError(f"--format {format_} is a table of one assignment; name one of: {', '.join(chosen)}")
    if from_ is not None and format_ not in FILLED_FORMATS:
        raise UsageError(f"--from is for {', '.join(FILLED_FORMATS)}; --format {format_} needs no table to fill in")
    if checks and format_ not in WITH_CHECKS:
        raise UsageError(f"--checks is for {', '.join(WITH_CHECKS)}; --format {format_} has one column for an exercise")
    data, left = render_grades(whole, chosen, format_, read_lms_table(from_), found, checks=checks)
    write.write_bytes(output, data)
    # On stderr, as the table may go to stdout.
    outputs.tell_problems("left out", left)
    outputs.tell_problems("look at", describe_doubts(policy, whole, chosen))
    return Exit.PASSED


def select_exercises(whole: GradeSheet, named: tuple[str, ...], shown: str) -> list[str]:
    """The named exercises, or all that have verdicts. Raises: UsageError: there are no verdicts of one, or none at all."""
    for name in named:
        if name not in whole.exercises:
            near = format_suggestion(name, whole.exercises) or f"; it holds {', '.join(whole.exercises) or 'nothing'}"
            raise UsageError(f'no verdicts of "{name}" in {shown}{near}')
    if not whole.exercises:
        raise UsageError(f"{shown}: holds no verdicts yet; `grade batch` writes them")
    return list(named or whole.exercises)


def read_lms_table(path: Path | None) -> LmsTable | None:
    """A table that an LMS exported; None where none was named. Raises: UsageError: it isn't one."""
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            data = file.read(MAX_TABLE_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path}: can't be read: {error.strerror}") from error
    if len(data) > MAX_TABLE_BYTES:
        raise UsageError(f"{path}: is larger than {MAX_TABLE_BYTES // 1_000_000} MB; this is no class's table")
    return table.read(data, str(path))


def render_grades(
    whole: GradeSheet, chosen: list[str], format_: ExportFormat, theirs: LmsTable | None, course: Course, *, checks: bool
) -> tuple[bytes, list[str]]:
    """The table, and sentences on what could not be placed in it."""
    left: list[str] = []
    match format_:
        case "moodle" if theirs:
            text, left = moodle.fill_worksheet(whole, chosen[0], theirs)
        case "moodle":
            text = moodle.make_worksheet(whole, chosen[0])
        case "gradescope" if theirs:
            text, left = gradescope.fill(whole, chosen[0], theirs)
        case "gradescope":
            text = gradescope.make(whole, chosen[0])
        case "csv":
            text = plain.render_grades_csv(whole, chosen, checks=checks)
        case "json":
            text = plain.render_grades_json(whole, chosen, checks=checks)
        case "xlsx":
            return excel.make(whole, chosen, checks=checks), []
        case _:
            titles = {name: _find_title(course, name) for name in chosen}
            host = {"canvas": canvas, "blackboard": blackboard, "brightspace": brightspace}[format_]
            text, left = host.fill(whole, titles, theirs) if theirs else (host.make(whole, titles), [])
    return text.encode(), left


def _find_title(course: Course, name: str) -> str:
    """An exercise's title; its id where the course has it no longer."""
    return loading.load_exercise(course, name).title if name in course.list_exercise_ids() else name
