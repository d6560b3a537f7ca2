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

from grader.cli import outputs
from grader.cli.finding import find_course
from grader.errors import Exit, UsageError
from grader.quiz import handed_in, key, lms_answers, loading, marksheet
from grader.quiz.analysis import ItemAnalysis, ItemStatistics, build_item_analysis
from grader.quiz.handed_in import ResponseFile
from grader.quiz.item_remarks import list_cautions, list_item_remarks, sort_worst_first
from grader.quiz.key import AnswerKey
from grader.quiz.marksheet import Marksheet, escape_cell
from grader.quiz.model import Quiz
from grader.quiz.responses import ResponseFileError
from grader.quiz.rich_text import convert_to_plain
from grader.quiz.screens import wrap_text
from grader.reports import write
from grader.reports.cohort import ConfidenceInterval


@click.command("analyze", options_metavar="[OPTIONS]")
@click.argument("quiz_id", metavar="QUIZ")
@click.option("--marks", type=click.Path(path_type=Path), help="The class's marks (default: QUIZ.marks.json).")
@click.option(
    "--answers",
    type=click.Path(path_type=Path),
    help="A folder of response files, Canvas's Student Analysis, or Moodle's responses (CSV), instead of marks.",
)
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
    quiz = loading.load_quiz(found, quiz_id)
    solutions = key.load_key(found, quiz)
    # A student's copy of a course has no keys.
    if solutions is None:
        raise UsageError(f"no key to mark with: this course has no solutions/quizzes/{quiz_id}.yaml")
    if answers is None:
        sheet = marksheet.read_marksheet(marks or Path(f"{quiz_id}.marks.json"), quiz)
    else:
        sheet = _mark_answers(quiz, solutions, answers)
    if not sheet.kept:
        raise UsageError(f"no attempt at {quiz_id} to analyse")
    for doubt in _list_changes_since(quiz, solutions, sheet):
        click.echo(doubt, err=True)
    figures = build_item_analysis(quiz, solutions, sheet)
    # Two formats on one stream could be read by nobody.
    if json_ != write.STDOUT:
        click.echo(render_analysis(figures, quiz, _measure_width()))
    if json_ is not None:
        write.write_text(json_, msgspec.json.format(msgspec.json.encode(figures), indent=2).decode() + "\n")
    if csv_ is not None:
        write.write_text(csv_, render_analysis_csv(figures))
    return Exit.PASSED


def _list_changes_since(quiz: Quiz, solutions: AnswerKey, sheet: Marksheet) -> Iterator[str]:
    """What has changed since the marks were made."""
    # Only a remark: the instructor may have corrected a typing error since.
    if sheet.quiz_digest != loading.hash_quiz(quiz):
        yield "these marks are of another wording of the quiz: figures are told by question id"
    if sheet.key_digest != marksheet.hash_answer_key(solutions):
        yield f"these marks were made with another key; first run: grade regrade {quiz.id}"


def _mark_answers(quiz: Quiz, solutions: AnswerKey, answers: Path) -> Marksheet:
    if lms_answers.is_table(answers):
        taken = lms_answers.read_answers(answers, quiz)
        outputs.tell_problems("left out", taken.remarks)
        items = taken.items
    else:
        read = list(handed_in.read_response_files(handed_in.find_response_files(answers), quiz))
        outputs.tell_problems("left out", [str(item) for item in read if isinstance(item, ResponseFileError)])
        items = [item for item in read if isinstance(item, ResponseFile)]
    return marksheet.build_marksheet(quiz, solutions, handed_in.mark_class(quiz, solutions, items))


def _measure_width() -> int:
    # Long lines of prose are hard to read, however wide the terminal is.
    return min(shutil.get_terminal_size().columns, 100) if sys.stdout.isatty() else 80


def render_analysis(found: ItemAnalysis, quiz: Quiz, width: int) -> str:
    """The analysis as lines of text, the questions that need a look first under their numbers in the quiz."""
    lines = list(_render_class(found, width))
    numbers = {item.question: number for number, item in enumerate(found.items, 1)}
    for item in sort_worst_first(found):
        number = numbers[item.question]
        prompt = " ".join(convert_to_plain(quiz.find_question(item.question).prompt).split())
        lines += ["", *wrap_text(f"{item.question}: {prompt}", width, f"{number}. ")]
        lines += [text for fact in _describe_facts(item) for text in wrap_text(fact, width, "   ")]
        lines += [text for option in _render_item_options(item) for text in wrap_text(option, width, "   ", " " * 24)]
        lines += [text for remark in list_item_remarks(item) for text in wrap_text(remark.text, width, "   ! ")]
    return "\n".join(lines)


def _render_class(found: ItemAnalysis, width: int) -> Iterator[str]:
    sd = "" if found.sd is None else f", SD {found.sd:.1%}"
    yield from wrap_text(
        f"{found.quiz}: {found.students} students, mean {found.mean:.1%}, median {found.median:.1%}{sd}", width
    )
    if found.alpha is not None and found.sem is not None:
        said = f"a score is sure to about ± {found.sem:.1%}"
        yield from wrap_text(f"Reliability ({found.alpha_name}) {found.alpha:.2f}; SEM {found.sem:.1%}: {said}", width)
    for caution in list_cautions(found):
        yield from wrap_text(caution, width, "! ")


def _describe_facts(item: ItemStatistics) -> Iterator[str]:
    guess = "" if item.guess is None else f" (guessing {item.guess:.0%})"
    blank = item.asked - item.answered
    unanswered = f", {blank} without an answer" if blank else ""
    sure = "" if item.facility_95 is None else f" ({item.facility_95.low:.0%} to {item.facility_95.high:.0%})"
    yield f"facility {item.facility:.0%}{sure}{guess}, {item.asked} asked{unanswered}"
    yield (
        f"item-rest {_format_figure(item.item_rest)}{_format_interval(item.item_rest_95)}, point-biserial {_format_figure(item.point_biserial)}, "
        f"efficiency {_format_figure(item.efficiency)}, upper-lower {_format_figure(item.upper_lower)}"
    )


def _format_figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _format_interval(sure: ConfidenceInterval | None) -> str:
    return "" if sure is None else f" ({_format_figure(sure.low)} to {_format_figure(sure.high)})"


def _render_item_options(item: ItemStatistics) -> Iterator[str]:
    for option in item.distractors:
        mark = "*" if option.correct else " "
        shares = f"{option.share:>4.0%} (best {option.upper:>4.0%}, weakest {option.lower:>4.0%})"
        yield f"{mark} {option.option:<16} {shares}"


CSV_FIELDS = (
    "facility", "guess", "spread", "item_rest", "point_biserial", "efficiency", "upper_lower", "alpha_without",
)  # fmt: skip

CSV_INTERVALS = ("facility_low", "facility_high", "item_rest_low", "item_rest_high")


def render_analysis_csv(found: ItemAnalysis) -> str:
    """A line for each question, as CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["question", "asked", "answered", *CSV_FIELDS, "remarks", *CSV_INTERVALS])
    for item in found.items:
        figures = [getattr(item, name) for name in CSV_FIELDS]
        shown = ["" if figure is None else f"{figure:.4f}" for figure in figures]
        sure = [
            getattr(getattr(item, name), end, None)
            for name in ("facility_95", "item_rest_95")
            for end in ("low", "high")
        ]
        remarks = escape_cell("; ".join(remark.text for remark in list_item_remarks(item)))
        writer.writerow(
            [
                item.question,
                item.asked,
                item.answered,
                *shown,
                remarks,
                *("" if end is None else f"{end:.4f}" for end in sure),
            ]
        )
    return out.getvalue()
