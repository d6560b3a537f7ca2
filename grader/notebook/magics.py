"""The magics of `%load_ext grader`: thin words for what the command line does, and read as it is."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec

import click
from IPython.core.magic import Magics, line_cell_magic, line_magic, magics_class
from IPython.terminal.interactiveshell import TerminalInteractiveShell

from grader.cli import outputs
from grader.cli.list_ import describe_progress, format_exercise_list, format_quiz_list, load_readable_exercises
from grader.cli.quiz.taking import take_in_terminal
from grader.courses.course import find_course
from grader.courses.student_progress import ProgressReader
from grader.errors import CourseError, UsageError
from grader.notebook.checking import check_cells, explain_errors, find_shell, show_hints
from grader.notebook.verdict_page import HINT_MAGIC
from grader.quiz.loading import load_quiz


@magics_class
class GradeMagics(Magics):
    """%grade, %%grade, %grade_hint, %grade_list and %grade_quiz."""

    @line_cell_magic
    def grade(self, line: str, cell: str | None = None) -> None:
        """Grade the cells that were run so far: %grade exercise3.

        As %%grade it also takes the rest of its cell, which is graded but not run in the kernel.
        """
        run_line(grade_cells, line)

    @line_magic
    def grade_hint(self, line: str) -> None:
        """Show the next hint: %grade_hint exercise3."""
        run_line(show_hint, line)

    @line_magic
    def grade_list(self, line: str) -> None:
        """Show the exercises, what is passed and what comes next: %grade_list."""
        run_line(list_exercises, line)

    @line_magic
    def grade_quiz(self, line: str) -> None:
        """Take a quiz in a form below the cell: %grade_quiz week3.

        --student NAME says who takes it; --text asks for typed answers instead, as in a terminal.
        """
        run_line(take_quiz, line)


def run_line(command: click.Command, line: str) -> None:
    """Does what a magic's line says.

    Raises:
        CellError: the line can't be read, or what it asks for can't be done.
    """
    with explain_errors(), explain_usage(command), command.make_context(command.name, split_line(line)) as context:
        command.invoke(context)


def split_line(line: str) -> list[str]:
    """The words of a magic's line, without the comment behind them, which IPython takes for a part of it.

    >>> split_line("week3 --student 'Ada L.'  # mine")
    ['week3', '--student', 'Ada L.']

    Raises:
        UsageError: a quotation mark is missing.
    """
    try:
        return shlex.split(line, comments=True)
    except ValueError as error:
        raise UsageError(f"{error}: {line}") from error


@contextlib.contextmanager
def explain_usage(command: click.Command) -> Iterator[None]:
    """Turns what click says of a line into one message; `--help` has been printed and ends the line.

    Raises:
        UsageError: with that message.
    """
    try:
        yield
    except click.exceptions.Exit:
        return
    except click.ClickException as error:
        usage = " ".join([f"{command.name}", *command.collect_usage_pieces(click.Context(command))])
        raise UsageError(f"{error.format_message()} Usage: {usage}") from error


@click.command("%grade")
@click.argument("exercise")
@click.option("--fresh", is_flag=True, help="Grade again, even if the same cells or their training were graded before.")
def grade_cells(exercise: str, fresh: bool) -> None:
    """Grade the cells that were run so far; as %%grade also the rest of its cell, which isn't run in the kernel."""
    check_cells(find_shell(), exercise, fresh=fresh)


@click.command(HINT_MAGIC)
@click.argument("exercise")
@click.option("--all", "show_all", is_flag=True, help="Show every hint.")
@click.option("--reset", is_flag=True, help="Start again from the first hint.")
def show_hint(exercise: str, show_all: bool, reset: bool) -> None:
    """Show the next hint of EXERCISE: one more each time, from a gentle question to nearly the code."""
    show_hints(exercise, show_all=show_all, reset=reset)


@click.command("%grade_list")
def list_exercises() -> None:
    """Show the course's exercises: what you passed (✓), your best points, and what comes next."""
    course = find_course(None)
    exercises, problems = load_readable_exercises(course)
    standing = ProgressReader(course).read_progress()
    following = describe_progress(exercises, standing, lambda each: f"{each.id}, {each.title}")
    quizzes = format_quiz_list(course.list_quiz_ids(), "%grade_quiz")
    click.echo("\n".join([format_exercise_list(exercises, None, standing), *following, *quizzes]))
    if problems:
        raise CourseError(problems)


@click.command("%grade_quiz")
@click.argument("quiz_id", metavar="QUIZ")
@click.option("--student", metavar="NAME", help="Who takes the quiz (default: $GRADE_STUDENT, or your login name).")
@click.option("--text", "as_text", is_flag=True, help="Type the answers, as in a terminal.")
def take_quiz(quiz_id: str, student: str | None, as_text: bool) -> None:
    """Take QUIZ in a form below the cell, or go on where you were."""
    course = find_course(None)
    quiz = load_quiz(course, quiz_id)
    if as_text or isinstance(find_shell(), TerminalInteractiveShell) or find_spec("ipywidgets") is None:
        take_in_terminal(course, quiz, student, None, outputs.NO_OUTPUTS, reveal=False, quiet=False)
    else:
        # Loaded only here: the widgets belong to the notebook, not to this package.
        import_module("grader.notebook.quiz_form").show_quiz(course, quiz, student)
