"""`grade quiz QUIZ`: take a quiz in the terminal, or mark answers with --answers."""

from __future__ import annotations

import os
import select
import sys
from importlib import import_module
from pathlib import Path

import click
from click.core import ParameterSource

from grader.cli import outputs
from grader.cli.finding import find_course
from grader.cli.helping import JUPYTER_VARIABLE
from grader.cli.quiz.marking import MarkingOptions, mark_answers
from grader.errors import UsageError
from grader.messages.text import join_words
from grader.quiz import handed_in, loading
from grader.quiz.answer_form import render_answer_form
from grader.quiz.model import Quiz

INPUT_WAIT_S = 2.0
# Options of answers that were handed in; a sitting in the terminal has no use for them.
OF_ANSWERS = frozenset({"roster", "naming", "marks", "gradebook", "csv_"})
# Practice keeps no record, so it has a use for these only.
OF_PRACTICE = frozenset({"practice", "student", "course", "quiet"})


@click.command("quiz", options_metavar="[OPTIONS]")
@click.argument("quiz_id", metavar="QUIZ")
@click.option("--answers", type=click.Path(path_type=Path), help="Mark this response file (- for standard input), a folder, the archive that an LMS gives, or what Canvas or Moodle exported (CSV).")
@click.option("--roster", type=click.Path(path_type=Path), help="Table of the class: ids and names (CSV or .xlsx).")
@click.option("--naming", metavar="SYSTEM", help="Whose names the archive's files have (default: told by the names).")
@click.option("--student", help="Who takes the quiz (default: $GRADE_STUDENT, or your login name).")
@click.option("--save", type=click.Path(path_type=Path), help="Where the answers to hand in are written.")
@click.option("--marks", type=click.Path(path_type=Path), help="Keep the marks of a class here, for regrade and analyze.")
@click.option("--gradebook", metavar="URL", help="Write the marks of a class there, beside those of exercises (default: gradebook.db, if it is here).")
@click.option("--csv", "csv_", type=click.Path(path_type=Path), help="Write the marks of a class as a table.")
@click.option("--practice", is_flag=True, help="Mark each answer at once, and save nothing, where the quiz allows it.")
@click.option("--reveal", is_flag=True, help="Show correct answers and feedback, whatever the quiz's review policy says.")
@outputs.add_output_options
@click.option("--course", type=click.Path(path_type=Path), help="The course's folder (default: $GRADE_COURSE, or found).")
@click.option("-q", "--quiet", is_flag=True, help="One line instead of the report.")
def command(
    quiz_id: str,
    answers: Path | None,
    roster: Path | None,
    naming: str | None,
    gradebook: str | None,
    student: str | None,
    save: Path | None,
    marks: Path | None,
    csv_: Path | None,
    course: Path | None,
    quiet: bool,
    reveal: bool,
    practice: bool,
    **chosen: str | bool | None,
) -> int:
    r"""Take QUIZ in the terminal, or mark answers to it.

    Without a key the answers are recorded, not graded: hand in the file that is written.

    \b
    grade quiz week3                     take it, or go on where you were
    grade quiz week3 --practice          see at once whether each answer is right
    grade quiz week3 --answers a.yaml    mark a response file
    grade quiz week3 --answers folder/   mark a class (--marks keeps the marks)
    grade quiz week3 --answers canvas.zip --roster class.csv --gradebook sqlite:///gradebook.db
    """
    found = find_course(course, quiet=quiet)
    quiz = loading.load_quiz(found, quiz_id)
    # A notebook's cell has a terminal at which nobody can type.
    at_terminal = sys.stdin.isatty() and JUPYTER_VARIABLE not in os.environ
    given = _list_given_options()
    if practice and (unused := [option for name, option in given.items() if name not in OF_PRACTICE]):
        raise UsageError(f"--practice asks the questions and writes nothing, so it takes no {join_words(unused)}")
    if practice and at_terminal:
        return int(import_module("grader.cli.quiz.taking").practise_in_terminal(found, quiz, student))
    if answers is None and at_terminal:
        if unused := [option for name, option in given.items() if name in OF_ANSWERS]:
            raise UsageError(f"{join_words(unused)} is of use only with --answers, for answers that were handed in")
        # Loaded only here: marking, which scripts call, starts quicker without it.
        take = import_module("grader.cli.quiz.taking").take_in_terminal
        return int(take(found, quiz, student, save, chosen, reveal=reveal, quiet=quiet))
    # Without a terminal nobody can take a quiz, so the input has to be answers.
    if answers is None and (practice or sys.stdin.isatty() or not _has_input()):
        raise UsageError(_explain_missing_terminal(quiz))
    options = MarkingOptions(
        chosen=chosen, roster=roster, naming=naming, marks=marks, table=csv_, gradebook=gradebook, reveal=reveal, quiet=quiet
    )
    return mark_answers(found, quiz, answers or handed_in.STDIN, options)


def _explain_missing_terminal(quiz: Quiz) -> str:
    return (
        f"there is no terminal here to take the quiz in. Run `grade quiz {quiz.id}` in a terminal, or in a "
        f"notebook `%load_ext grader` and `%grade_quiz {quiz.id}`; or write your answers "
        f"to a file like this one and run `grade quiz {quiz.id} --answers FILE`:\n\n{render_answer_form(quiz)}"
    )


def _list_given_options() -> dict[str, str]:
    """The options of the command line by the name of their value; an option that goes unused has to be refused, not ignored."""
    context = click.get_current_context()
    return {
        parameter.name: parameter.opts[0]
        for parameter in context.command.params
        if isinstance(parameter, click.Option) and parameter.name
        and context.get_parameter_source(parameter.name) is ParameterSource.COMMANDLINE
    }


def _has_input() -> bool:
    """Whether something comes from standard input; a pipe that stays silent counts as nothing, so that nobody waits for it."""
    if not select.select([sys.stdin], [], [], INPUT_WAIT_S)[0]:
        return False
    return bool(sys.stdin.buffer.peek(1))  # type: ignore[union-attr]
