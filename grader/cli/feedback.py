"""`grade feedback [EXERCISE…]`: a page for each student, in the form in which a host takes it back."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Literal

import click

from grader.cli import outputs
from grader.cli.export import read_lms_table, select_exercises
from grader.cli.finding import find_course
from grader.courses import settings
from grader.courses.course import Course
from grader.errors import Exit, UsageError
from grader.gradebook import Gradebook
from grader.gradebook import feedback_forms as forms
from grader.gradebook.feedback import ShowQuiz, render_feedback_pages
from grader.gradebook.grades import GradeSheet, read_sheet
from grader.gradebook.quiz_marks import rebuild_verdict
from grader.quiz import key, loading, verdicts
from grader.quiz.model import Quiz
from grader.quiz.page_titles import build_titles
from grader.quiz.pictures import load_pictures
from grader.reports import write
from grader.reports.reading import format_count

FeedbackForm = Literal["moodle", "canvas", "folder"]


@click.command("feedback", options_metavar="[OPTIONS]")
@click.argument("exercise_ids", metavar="[EXERCISE]…", nargs=-1)
@click.option(
    "--format",
    "form",
    type=click.Choice(["moodle", "canvas", "folder"]),
    required=True,
    help="Whose upload form to write.",
)
@click.option(
    "-o",
    "--output",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="The zip, or the folder (default: feedback.zip, feedback).",
)
@click.option(
    "--from",
    "from_",
    metavar="CSV",
    type=click.Path(path_type=Path),
    help="Moodle's grading worksheet, which has the participants' numbers.",
)
@click.option(
    "--gradebook", metavar="URL", default="sqlite:///gradebook.db", show_default=True, help="Where the verdicts are."
)
@click.option(
    "--course", type=click.Path(path_type=Path), help="The course's folder (default: $GRADE_COURSE, or found)."
)
def command(
    exercise_ids: tuple[str, ...],
    form: FeedbackForm,
    output: Path | None,
    from_: Path | None,
    gradebook: str,
    course: Path | None,
) -> int:
    r"""Write a page for each student: points by the course's rules, corrections, comments, and every check.

    Each page holds one student's results only. A quiz shows what its review policy allows now.

    \b
    grade feedback exercise3 --format moodle -o feedback.zip     Moodle: Upload multiple feedback files in a zip
    grade feedback exercise3 --format canvas -o feedback.zip     Canvas: Upload Submissions
    grade feedback --format folder -o feedback                   STUDENT.html, all exercises and the total
    """
    found = find_course(course)
    policy = settings.load_settings(found).grading
    with closing(Gradebook.open(gradebook, must_exist=True)) as book:
        sheet = read_sheet(book, policy)
        chosen = _choose(sheet, exercise_ids, form, book.shown)
        if from_ is not None and form != "moodle":
            raise UsageError("--from is for --format moodle")
        worksheet = read_lms_table(from_)
        quiz_ids = found.list_quiz_ids()
        loaded = {name: loading.load_quiz(found, name) for name in chosen if name in quiz_ids}
        quizzes = {name: _build_quiz_view(found, quiz) for name, quiz in loaded.items()}
        titles = {name: build_titles(quiz, load_pictures(found, quiz)) for name, quiz in loaded.items()}
        files = [
            forms.build_feedback_file(*made) for made in render_feedback_pages(book, sheet, chosen, quizzes, titles)
        ]
    match form:
        case "folder":
            pages, left = forms.name_for_folder(files)
        case "moodle":
            pages, left = forms.name_for_moodle(files, chosen[0], worksheet)
        case "canvas":
            pages, left = forms.name_for_canvas(files, chosen[0])
    if not pages:
        outputs.tell_problems("left out", left)
        raise UsageError("no feedback to write: nobody has a verdict that may be shown in this form")
    _write(pages, form, output)
    outputs.tell_problems("left out", left)
    if form == "moodle" and worksheet is None:
        click.echo(
            "look at: the students' ids are taken for Moodle's participant numbers; --from WORKSHEET makes sure",
            err=True,
        )
    return Exit.USAGE if left else Exit.PASSED


def _choose(sheet: GradeSheet, named: tuple[str, ...], form: FeedbackForm, shown: str) -> list[str]:
    chosen = select_exercises(sheet, named, shown)
    if form != "folder" and len(chosen) != 1:
        raise UsageError(f"--format {form} is for one assignment; name one of: {', '.join(sheet.exercises)}")
    return chosen


def _build_quiz_view(course: Course, quiz: Quiz) -> ShowQuiz:
    solutions = key.load_key(course, quiz)
    return partial(rebuild_verdict, quiz, solutions, verdicts.find_review_scope(quiz, datetime.now(UTC)))


def _write(pages: dict[str, str], form: FeedbackForm, output: Path | None) -> None:
    if form == "folder":
        folder = output or Path("feedback")
        # An old page of somebody who has left would be given back, too.
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(f"{folder} is there already; name a new folder with -o")
        write.write_folder(folder, pages)
    else:
        folder = output or Path("feedback.zip")
        write.write_bytes(folder, forms.pack_zip(pages))
    click.echo(f"Wrote {folder}: {format_count(len(pages), 'page')}", err=True)
