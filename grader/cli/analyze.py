"""`grade analyze QUIZ`: item analysis of a class, in plain words and as files."""

from __future__ import annotations

import csv
import io
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from grader.cli.finding import find_course
from grader.errors import Exit, UsageError
from grader.quiz import handed_in, key, loading, marksheet
from grader.quiz.advice import cautions, remarks
from grader.quiz.analysis import Analysis, Item, analyse
from grader.quiz.handed_in import HandedIn
from grader.quiz.key import Solutions
from grader.quiz.marksheet import Marksheet, cell
from grader.quiz.model import Quiz
from grader.quiz.responses import AnswersError
from grader.quiz.screens import wrapped
from grader.reports import write


@click.command("analyze", options_metavar="[OPTIONS]")
@click.argument("quiz_id", metavar="QUIZ")
@click.option("--marks", type=click.Path(path_type=Path), help="The class's marks (default: QUIZ.marks.json).")
@click.option("--answers", type=click.Path(path_type=Path), help="A folder of response files, instead of marks.")
@click.option("--csv", "csv_", type=click.Path(path_type=Path), help="Write a line for each question.")
@click.option(
    "--json", "json_", type=click.Path(path_type=Path), help="Write all figures as JSON (- for standard output)."
)
@click.option(
    "--course", type=click.Path(path_type=Path), help="The course's folder (default: $GRADE_COURSE, or found)."
)
def command(
    quiz_id: str, marks: Path | None, answers: Path | None, csv_: Path | None, json_: Path | None, course: Path | None
) -> int:
    r"""Tell how QUIZ's questions did in a class: difficulty, discrimination, distractors, reliability.

    \b
    grade analyze week3 --marks week3.marks.json
    grade analyze week3 --answers folder/ --csv items.csv
    """
    found = find_course(course)
    quiz = loading.load(found, quiz_id)
    solutions = key.load(found, quiz)
    if solutions is None:
        raise UsageError(f"no key to mark with: this course has no solutions/quizzes/{quiz_id}.yaml")
    if answers is None:
        sheet = marksheet.read(marks or Path(f"{quiz_id}.marks.json"), quiz)
    else:
        sheet = _marked(quiz, solutions, answers)
    if not sheet.kept:
        raise UsageError(f"no attempt at {quiz_id} to analyse")
    for doubt in _stale(quiz, solutions, sheet):
        click.echo(doubt, err=True)
    figures = analyse(quiz, solutions, sheet)
    if json_ != write.STDOUT:
        click.echo(report(figures, quiz, _width()))
    if json_ is not None:
        write.write(json_, msgspec.json.format(msgspec.json.encode(figures), indent=2).decode() + "\n")
    if csv_ is not None:
        write.write(csv_, table(figures))
    return Exit.PASSED


def _stale(quiz: Quiz, solutions: Solutions, sheet: Marksheet) -> Iterator[str]:
    """What has changed since the marks were made."""
    if sheet.quiz_digest != loading.digest(quiz):
        yield "these marks are of another wording of the quiz: figures are told by question id"
    if sheet.key_digest != marksheet.key_digest(solutions):
        yield f"these marks were made with another key; first run: grade regrade {quiz.id}"


def _marked(quiz: Quiz, solutions: Solutions, answers: Path) -> Marksheet:
    read = list(handed_in.read_all(handed_in.files(answers), quiz))
    for item in read:
        if isinstance(item, AnswersError):
            click.echo(f"left out: {item}", err=True)
    items = [item for item in read if isinstance(item, HandedIn)]
    return marksheet.marksheet(quiz, solutions, handed_in.mark_class(quiz, solutions, items))


def _width() -> int:
    return min(shutil.get_terminal_size().columns, 100) if sys.stdout.isatty() else 80


def report(found: Analysis, quiz: Quiz, width: int) -> str:
    """The analysis as lines of text."""
    lines = list(_class(found, width))
    for number, item in enumerate(found.items, 1):
        prompt = " ".join(quiz.question(item.question).prompt.split())
        lines += ["", *wrapped(f"{item.question}: {prompt}", width, f"{number}. ")]
        lines += [text for fact in _facts(item) for text in wrapped(fact, width, "   ")]
        lines += [text for option in _options(item) for text in wrapped(option, width, "   ", " " * 24)]
        lines += [text for remark in remarks(item) for text in wrapped(remark, width, "   ! ")]
    return "\n".join(lines)


def _class(found: Analysis, width: int) -> Iterator[str]:
    sd = "" if found.sd is None else f", SD {found.sd:.1%}"
    yield from wrapped(
        f"{found.quiz}: {found.students} students, mean {found.mean:.1%}, median {found.median:.1%}{sd}", width
    )
    if found.alpha is not None and found.sem is not None:
        said = f"a score is sure to about ± {found.sem:.1%}"
        yield from wrapped(f"Reliability ({found.alpha_name}) {found.alpha:.2f}; SEM {found.sem:.1%}: {said}", width)
    for caution in cautions(found):
        yield from wrapped(caution, width, "! ")


def _facts(item: Item) -> Iterator[str]:
    guess = "" if item.guess is None else f" (guessing {item.guess:.0%})"
    blank = item.asked - item.answered
    unanswered = f", {blank} without an answer" if blank else ""
    yield f"facility {item.facility:.0%}{guess}, {item.asked} asked{unanswered}"
    yield (
        f"item-rest {_figure(item.item_rest)}, point-biserial {_figure(item.point_biserial)}, "
        f"efficiency {_figure(item.efficiency)}, upper-lower {_figure(item.upper_lower)}"
    )


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _options(item: Item) -> Iterator[str]:
    for option in item.distractors:
        mark = "*" if option.correct else " "
        shares = f"{option.share:>4.0%} (best {option.upper:>4.0%}, weakest {option.lower:>4.0%})"
        yield f"{mark} {option.option:<16} {shares}"


FIELDS = (
    "facility", "guess", "spread", "item_rest", "point_biserial", "efficiency", "upper_lower", "alpha_without",
)  # fmt: skip


def table(found: Analysis) -> str:
    """A line for each question, as CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["question", "asked", "answered", *FIELDS, "remarks"])
    for item in found.items:
        figures = [getattr(item, name) for name in FIELDS]
        shown = ["" if figure is None else f"{figure:.4f}" for figure in figures]
        writer.writerow([item.question, item.asked, item.answered, *shown, cell("; ".join(remarks(item)))])
    return out.getvalue()
