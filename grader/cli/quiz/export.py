"""`grade quiz-export QUIZ OUT`: a quiz and its key in the format of another system."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path

import click

from grader.cli.finding import find_course
from grader.errors import Exit, UsageError
from grader.quiz import key, loading
from grader.quiz.formats.losses import QuizExportError, list_losses
from grader.quiz.key import AnswerKey
from grader.quiz.model import Quiz
from grader.quiz.pictures import list_missing, load_pictures
from grader.quiz.rich_text import describe_pictures, replace_texts
from grader.reports import write

# Each module has `CAN`, what the format can say, and `render(quiz, solutions)`, its bytes.
FORMAT_TITLES = {
    "moodle": "Moodle XML",
    "gift": "GIFT (Moodle)",
    "qti12": "QTI 1.2, a zip for Canvas",
    "qti21": "QTI 2.1, a package",
    "jupyterquiz": "JupyterQuiz's JSON",
}


@click.command("quiz-export", options_metavar="[OPTIONS]")
@click.argument("quiz_id", metavar="QUIZ")
@click.argument("out", type=click.Path(path_type=Path), metavar="OUT")
@click.option("--format", "form", type=click.Choice(list(FORMAT_TITLES)), required=True, help="What to write.")
@click.option("--strict", is_flag=True, help="Write nothing where the format can't say all of the quiz.")
@click.option(
    "--course", type=click.Path(path_type=Path), help="The course's folder (default: $GRADE_COURSE, or found)."
)
def command(quiz_id: str, out: Path, form: str, course: Path | None, *, strict: bool) -> int:
    r"""Write QUIZ and its key to the file OUT (- for standard output) for another system.

    What the other format can't say is listed. The file holds the answers: keep it from students.

    \b
    grade quiz-export week3 week3.xml --format moodle
    grade quiz-export week3 week3.zip --format qti12      for Canvas
    """
    found = find_course(course)
    quiz = loading.load_quiz(found, quiz_id)
    solutions = key.load_key(found, quiz)
    if solutions is None:
        raise UsageError(f"no key to export: this course has no solutions/quizzes/{quiz_id}.yaml")
    module = import_module(f"grader.quiz.formats.{form}")
    files = load_pictures(found, quiz)
    lost = list_losses(quiz, solutions, module.CAN)
    if "pictures" in module.CAN:
        lost += [
            f"the picture {name}: it isn't beside the quiz; `grade quiz-check` says more"
            for name in list_missing(quiz, files)
        ]
        render = partial(module.render, pictures=files)
    else:
        quiz, render = replace_texts(quiz, describe_pictures), module.render
    if strict and lost:
        raise QuizExportError(
            "\n".join([f"{FORMAT_TITLES[form]} can't say all of {quiz_id}:", *(f"  {text}" for text in lost)])
        )
    # Before the losses are listed, so that a refusal of the format is all that one reads.
    write.write_bytes(out, _render_quiz(render, quiz, solutions, form))
    for text in lost:
        click.echo(f"left out: {text}", err=True)
    if out != write.STDOUT:
        click.echo(f"Wrote {out} ({FORMAT_TITLES[form]}). It holds the answers: keep it from students.")
    return Exit.PASSED


def _render_quiz(render: Callable[[Quiz, AnswerKey], bytes], quiz: Quiz, solutions: AnswerKey, form: str) -> bytes:
    try:
        return render(quiz, solutions)
    except QuizExportError as error:
        raise QuizExportError(f"{quiz.id} can't be written as {FORMAT_TITLES[form]}:\n{error}") from error
