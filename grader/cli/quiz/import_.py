"""`grade quiz-import FILE`: a quiz of another system as our two files, the questions and the key."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from grader.cli.finding import find_course
from grader.courses.yaml_nodes import Problems
from grader.courses.yaml_tree import decode_yaml
from grader.errors import CourseError, Exit, UsageError
from grader.messages.text import escape_line
from grader.quiz import loading
from grader.quiz.formats import gift_reader, qti12_reader, text2qti_reader
from grader.quiz.formats.draft import QuizDraft, QuizImportError, render_draft
from grader.quiz.formats.option_order import shuffle_options
from grader.quiz.formats.qti12_reader import MAX_XML_BYTES
from grader.quiz.screens import format_count
from grader.reports import write

IMPORT_FORMATS = ("gift", "text2qti", "qti12")
FORMATS_BY_SUFFIX = {".gift": "gift", ".zip": "qti12", ".xml": "qti12", ".qti": "qti12"}
MAX_LOSS_LINES = 2000


@click.command("quiz-import", options_metavar="[OPTIONS]")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--id", "quiz_id", help="The new quiz's id (default: the file's name).")
@click.option("--format", "form", type=click.Choice(IMPORT_FORMATS), help="What FILE is (default: told by its name).")
@click.option("--strict", is_flag=True, help="Write nothing where something of the file would be lost.")
@click.option(
    "--course", type=click.Path(path_type=Path), help="The course's folder (default: $GRADE_COURSE, or found)."
)
def command(file: Path, quiz_id: str | None, form: str | None, course: Path | None, *, strict: bool) -> int:
    r"""Take over a quiz from FILE: GIFT (.gift), text2qti's plain text (.txt), QTI 1.2 (Canvas's .zip, or .xml).

    Writes quizzes/ID.yaml and solutions/quizzes/ID.yaml into the course, and lists what our format can't say.

    \b
    grade quiz-import canvas-export.zip --id week5
    grade quiz-import questions.txt --format text2qti --id week5
    """
    found = find_course(course)
    name = quiz_id or file.stem
    if not loading.ID_PATTERN.fullmatch(name):
        raise UsageError(f"--id must be letters, digits, - and _, at most 40, got {name[:60]!a}")
    paths = [found.root / "quizzes" / f"{name}.yaml", found.solutions / "quizzes" / f"{name}.yaml"]
    # A quiz without its key, or the other way round, would be worse than none.
    if there := [path for path in paths if path.exists()]:
        raise UsageError(f"{there[0]} is there already; give another --id, or remove it")
    kind = _find_format(file, form)
    draft, shuffled = shuffle_options(_read_draft(file, kind), name, always=kind == "gift")
    texts = render_draft(draft, name, str(file))
    # The same loss in many questions is one line.
    lost = list(dict.fromkeys(draft.lost))
    if strict and lost:
        raise QuizImportError(
            "\n".join([f"{file}: our format can't say all of it:", *(f"  {escape_line(text)}" for text in lost)])
        )
    for path, text in zip(paths, texts, strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        write.write_text(path, text)
    for text in lost[:MAX_LOSS_LINES]:
        click.echo(f"left out: {escape_line(text)}", err=True)
    if len(lost) > MAX_LOSS_LINES:
        click.echo(f"left out: {len(lost) - MAX_LOSS_LINES:,} things more", err=True)
    if shuffled:
        click.echo(
            f"Shuffled the options of {format_count(shuffled, 'question')}, so that their places don't tell the key; "
            "another import gives the same order.",
            err=True,
        )
    click.echo(f"Wrote {paths[0]} ({format_count(len(draft.questions), 'question')}) and {paths[1]}.")
    return Exit.PASSED


def _find_format(file: Path, form: str | None) -> str:
    found = form or FORMATS_BY_SUFFIX.get(file.suffix.lower())
    if found is None:
        raise UsageError(
            f"{file}: which format is it? Give --format {', '.join(IMPORT_FORMATS[:-1])} or {IMPORT_FORMATS[-1]}"
        )
    return found


def _read_draft(file: Path, form: str) -> QuizDraft:
    data = _read_bytes(file)
    if form == "qti12":
        return qti12_reader.read_qti12(data, str(file))
    try:
        # For its limit of size and its message on encodings; nothing is read as YAML here.
        text = decode_yaml(data, Problems(str(file)))
    except CourseError as error:
        raise UsageError(str(error)) from error
    if form == "gift":
        return gift_reader.read_gift(text, str(file))
    return text2qti_reader.read_text2qti(text, str(file))


def _read_bytes(file: Path) -> bytes:
    if file == write.STDOUT:
        return sys.stdin.buffer.read(MAX_XML_BYTES + 1)
    try:
        with file.open("rb") as opened:
            return opened.read(MAX_XML_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{file}: can't be read: {error.strerror}") from error
