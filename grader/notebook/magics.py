"""The magics of `%load_ext grader`: thin words for what the command line does."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

import click
from IPython.core.magic import Magics, line_cell_magic, line_magic, magics_class
from IPython.terminal.interactiveshell import TerminalInteractiveShell

from grader.cli import outputs
from grader.cli.hint import open_next_hint
from grader.cli.list_ import describe_progress, format_exercise_list, format_quiz_list, load_readable_exercises
from grader.cli.quiz.taking import take_in_terminal
from grader.courses.course import find_course
from grader.courses.student_progress import ProgressReader
from grader.errors import CourseError, UsageError
from grader.notebook.checking import check_cells, explain_errors, find_shell, load_course_exercise, read_words
from grader.quiz.loading import load_quiz


@magics_class
class GradeMagics(Magics):
    """%grade, %%grade, %grade_hint, %grade_list and %grade_quiz."""

    @line_cell_magic
    def grade(self, line: str, cell: str | None = None) -> None:
        """Grade the cells that were run so far: %grade exercise3.

        As %%grade it also takes the rest of its cell, which is graded but not run in the kernel.
        """
        with explain_errors():
            exercise, fresh = read_words(line)
            check_cells(find_shell(), exercise, fresh=fresh)

    @line_magic
    def grade_hint(self, line: str) -> None:
        """Show the next hint: %grade_hint exercise3."""
        with explain_errors():
            click.echo(open_next_hint(*load_course_exercise(read_words(line)[0])))

    @line_magic
    def grade_list(self, line: str) -> None:
        """Show the exercises, what is passed and what comes next: %grade_list."""
        with explain_errors():
            course = find_course(None)
            exercises, problems = load_readable_exercises(course)
            standing = ProgressReader(course).read_progress()
            lines = [format_exercise_list(exercises, None, standing), *describe_progress(exercises, standing), *format_quiz_list(course.list_quiz_ids())]
            click.echo("\n".join(lines))
            if problems:
                raise CourseError(problems)

    @line_magic
    def grade_quiz(self, line: str) -> None:
        """Take a quiz in a form below the cell: %grade_quiz week3.

        --student NAME says who takes it; --text asks for typed answers instead, as in a terminal.
        """
        with explain_errors():
            words = read_quiz_words(line)
            course = find_course(None)
            quiz = load_quiz(course, words.quiz)
            if words.as_text or isinstance(self.shell, TerminalInteractiveShell) or find_spec("ipywidgets") is None:
                take_in_terminal(course, quiz, words.student, None, outputs.NO_OUTPUTS, reveal=False, quiet=False)
            else:
                # Loaded only here: the widgets belong to the notebook, not to this package.
                import_module("grader.notebook.quiz_form").show_quiz(course, quiz, words.student)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuizWords:
    """What was written after %grade_quiz."""

    quiz: str
    student: str | None
    as_text: bool


def read_quiz_words(line: str) -> QuizWords:
    """The words of a line.

    >>> read_quiz_words("week3 --student 'Ada L.'")
    QuizWords(quiz='week3', student='Ada L.', as_text=False)

    Raises:
        UsageError: there is no quiz, or too much.
    """
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise UsageError(f"{error}: {line}") from error
    as_text = "--text" in words
    rest = [word for word in words if word != "--text"]
    student = rest[rest.index("--student") + 1 :][:1] if "--student" in rest else []
    names = [word for place, word in enumerate(rest) if word != "--student" and (not place or rest[place - 1] != "--student")]
    if len(names) != 1 or ("--student" in rest and not student) or names[0].startswith("-"):
        raise UsageError("name one quiz, such as: %grade_quiz week3 (--student NAME says who takes it, --text types the answers)")
    return QuizWords(quiz=names[0], student=student[0] if student else None, as_text=as_text)
