"""`grade similar EXERCISE SUBMISSIONS`: which files of a class are alike; a report to look into, never a score."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

import click
from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from grader import submission
from grader.batch import sources
from grader.batch.assign import GradingJob, assign_all
from grader.checks import loading
from grader.cli import outputs
from grader.cli.finding import find_course
from grader.courses import exercise as exercises
from grader.errors import Exit, UsageError, describe_missing_extra
from grader.messages.text import escape_line
from grader.reports import jsontext, write
from grader.reports.reading import format_count as number_of
from grader.reports.screen import detect_screen, draw_parts, make_text

SIMILAR_SCHEMA = "grade-similar/1"
COPYDETECT_MISSING = describe_missing_extra("grade similar", "copydetect", "similar")
MAX_SHOWN_PAIRS = 30
MAX_JSON_PAIRS = 100_000
MAX_COMPARED_FILES = 2000
MAX_FILE_LETTERS = 60_000
NAME_WIDTH = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarFile:
    """One of a pair: whose file, and what share of it, 0 to 1, the other one has too."""

    student: str
    file: str
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarityReport:
    """What was compared: how many files, and the pairs that are most alike first.

    Args:
        usual: the share that half of all pairs don't exceed; None where there is no pair.
    """

    files: int
    pairs: list[tuple[SimilarFile, SimilarFile]]
    usual: float | None


@click.command("similar", options_metavar="[OPTIONS]")
@click.argument("exercise_id", metavar="EXERCISE")
@click.argument("place", metavar="SUBMISSIONS", type=click.Path(path_type=Path))
@click.option("--roster", type=click.Path(path_type=Path), help="CSV of the class: ids and names.")
@click.option("--least", metavar="PERCENT", type=click.FloatRange(0, 100), default=50, show_default=True,
              help="Leave out pairs that have less than this in common.")  # fmt: skip
@click.option("--all", "all_", is_flag=True, help=f"Every pair, also beyond {MAX_SHOWN_PAIRS}.")
@click.option(
    "--json",
    "json_",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write the pairs as JSON (- for standard output).",
)
@click.option(
    "--course", type=click.Path(path_type=Path), help="The course's folder (default: $GRADE_COURSE, or found)."
)
def command(
    exercise_id: str,
    place: Path,
    roster: Path | None,
    least: float,
    json_: Path | None,
    course: Path | None,
    all_: bool,
) -> int:
    r"""Show which files of a class are alike: pairs, and what percent of each file the other one has too.

    SUBMISSIONS is what `grade batch` takes. Names, strings, comments, layout and what the stub gave don't count. It is
    no proof and no score: short exercises have few good answers. Nothing of the files is run.

    \b
    grade similar exercise3 submissions.zip
    grade similar exercise3 submissions/ --least 80 --json pairs.json
    """
    found = find_course(course)
    exercise = loading.load_exercise(found, exercise_id)
    if find_spec("copydetect") is None:
        raise UsageError(COPYDETECT_MISSING)
    with sources.read_submissions(place, roster, taken=sources.names_taken([exercise])) as handed:
        last = {each.student: each for each in handed}  # of several attempts
        jobs, doubts = assign_all(last.values(), [exercise])
        problems = [*handed.problems, *doubts]
        texts, unread = _read_texts(jobs)
    stub = exercises.find_exercise_text(found, exercise.id, "stub.py")
    result = compare_files(texts, stub.read_text(encoding="utf-8") if stub.exists() else "", least / 100)
    outputs.tell_problems("not compared", [*problems, *unread])
    outputs.tell_problems("not read", handed.unread)
    if json_ != write.STDOUT:
        screen = detect_screen(sys.stdout)
        sys.stdout.write(
            draw_parts(render_pairs(result, exercise.id, least, MAX_JSON_PAIRS if all_ else MAX_SHOWN_PAIRS), screen)
        )
        sys.stdout.flush()
    if json_ is not None:
        write.write_text(json_, render_pairs_json(result, exercise.id))
    return Exit.PASSED


def _read_texts(jobs: Sequence[GradingJob]) -> tuple[list[tuple[GradingJob, str]], list[str]]:
    """Each file's code, and why some have none. Raises: UsageError: too many to be compared with each other."""
    if len(jobs) > MAX_COMPARED_FILES:
        raise UsageError(
            f"{len(jobs):,} files are too many to compare each with each; give at most {MAX_COMPARED_FILES:,}"
        )
    texts, unread = [], []
    for job in jobs:
        source = submission.read_submission(job.path)
        if source.fault is not None:
            unread.append(f"{job.student}: {source.fault.message}")
        elif len(source.source) > MAX_FILE_LETTERS:
            unread.append(
                f"{job.student}: {len(source.source):,} letters of code; at most {MAX_FILE_LETTERS:,} are compared"
            )
        else:
            texts.append((job, source.source))
    return texts, unread


def compare_files(texts: Sequence[tuple[GradingJob, str]], stub: str, least: float) -> SimilarityReport:
    """The pairs of which one side shares at least so much, the most alike first.

    Args:
        texts: each student's file with its code.
        stub: what was given to everybody.
        least: share, 0 to 1.
    """
    shares = import_module("grader.batch.similar").compute_shares([text for _, text in texts], stub).tolist()
    both = [(row, column) for row in range(len(texts)) for column in range(row + 1, len(texts))]
    # The larger share: a small file that is all part of a large one is what to look at.
    larger = sorted(max(shares[row][column], shares[column][row]) for row, column in both)
    pairs = [
        (_describe_side(texts[row][0], shares[row][column]), _describe_side(texts[column][0], shares[column][row]))
        for row, column in both
        if max(shares[row][column], shares[column][row]) >= max(least, 1e-9)
    ]
    # The student last, so that equal pairs have the same order each time.
    pairs.sort(key=lambda pair: (-max(one.share for one in pair), -min(one.share for one in pair), pair[0].student))
    return SimilarityReport(
        files=len(texts), pairs=pairs[:MAX_JSON_PAIRS], usual=larger[len(larger) // 2] if larger else None
    )


def _describe_side(job: GradingJob, share: float) -> SimilarFile:
    return SimilarFile(student=job.student, file=PurePosixPath(job.name).name, share=share)


def render_pairs(found: SimilarityReport, exercise_id: str, least: float, most: int) -> Iterator[RenderableType]:
    """The table, and how to take it."""
    if found.pairs:
        table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
        for name in ("one", "of it", "other", "of it"):
            table.add_column(
                name, justify="right" if name == "of it" else "left", no_wrap=name == "of it", overflow="fold"
            )
        for one, other in found.pairs[:most]:
            table.add_row(
                _format_student(one), _format_percent(one.share), _format_student(other), _format_percent(other.share)
            )
        yield table
    if len(found.pairs) > most:
        yield Text(f"… {len(found.pairs) - most:,} more pairs: --all", style="dim")
    alike = f"{number_of(len(found.pairs), 'pair')} with {least:g} % or more in common"
    yield Text(f"{exercise_id}: {number_of(found.files, 'file')}, {alike}", style="bold")
    if found.usual is not None:
        yield Text(
            f"Of all pairs, half have at most {_format_percent(found.usual)} in common. It says where to look, and proves nothing.",
            style="dim",
        )


def _format_student(side: SimilarFile) -> Text:
    return make_text(escape_line(side.student, NAME_WIDTH))


def _format_percent(share: float) -> str:
    """Rounded down: 100 % is all of it."""
    return f"{int(100 * share + 1e-9)} %"


def render_pairs_json(found: SimilarityReport, exercise_id: str) -> str:
    """The pairs as JSON; shares in percent."""
    return jsontext.render({
        "schema": SIMILAR_SCHEMA,
        "exercise": exercise_id,
        "files": found.files,
        "usual": None if found.usual is None else round(100 * found.usual, 1),
        "pairs": [
            [{"student": side.student, "file": side.file, "percent": round(100 * side.share, 1)} for side in pair]
            for pair in found.pairs
        ],
    })  # fmt: skip
