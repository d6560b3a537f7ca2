"""The magics of `%load_ext grader`: thin words for what the command line does."""

from __future__ import annotations

import click
from IPython.core.magic import Magics, line_cell_magic, line_magic, magics_class

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
        """Take a quiz, with its answers typed below the cell: %grade_quiz week3."""
        with explain_errors():
            if len(line.split()) != 1:
                raise UsageError("name one quiz, such as: %grade_quiz week3")
            course = find_course(None)
            take_in_terminal(course, load_quiz(course, line.strip()), None, None, outputs.NO_OUTPUTS, reveal=False, quiet=False)
