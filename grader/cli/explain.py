"""`grade explain NAME`: what a code, a check, a word of the report or a TensorFlow 1 name means."""

from __future__ import annotations

import ast
import inspect
import re
import shutil
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from grader.checks import CHECKS, find_title
from grader.checks.registry import Check
from grader.cli.finding import find_course
from grader.cli.list_ import load_readable_exercises, replace_unencodable
from grader.cli.sentences import find_meant
from grader.courses.course import Course
from grader.courses.yaml_tree import format_suggestion
from grader.errors import UsageError
from grader.messages import error_hints
from grader.messages.ends import END_WORDS
from grader.messages.glossary import (
    BASIS_MEANINGS,
    FINDING_MEANINGS,
    STATUS_MEANINGS,
    WORD_MEANINGS,
)
from grader.messages.text import escape_line
from grader.quiz.faults import FAULT_CODES
from grader.static import dialect, syntax

MAX_QUERY_LENGTH = 300
# What a TF 1 name may be: a name of TensorFlow or Keras, a key of the logs, a method, an argument.
DIALECT_FRAMES = (
    "{0}", "import {0}", "'{0}'", "tf.{0}", "tf.keras.{0}", "np.{0}", "logs['{0}']", "model.{0}()", "model.fit({0}=1)", "tf.keras.optimizers.Adam({0}=1)",
    "tf.keras.layers.Dense({0}=1)", "tf.keras.layers.Conv2D({0}=1)", "tf.keras.layers.Dropout({0}=1)",
)  # fmt: skip


@click.command("explain", options_metavar="[OPTIONS]")
@click.argument("name", required=False)
@click.option(
    "--course", type=click.Path(path_type=Path), help="The course's folder (default: $GRADE_COURSE, or found)."
)
def command(name: str | None, course: Path | None) -> None:
    r"""Explain NAME: a code (E204, S103), a check (callback.stops_when, or its id in an exercise), a word of the report
    (skipped, measured, timed_out), a TensorFlow 1 name (tf.Session), or in quotes a sentence of the report, such as the
    title of a check, or an error message.

    Without NAME, everything that has an explanation is listed.

    \b
    grade explain E204
    grade explain callback.stops_when
    grade explain "logs.get('acc')"
    grade explain "The result has the image's type"
    """
    found = find_course(course)
    told = explain_name(name, found) if name else render_overview(found)
    if not told:
        near = format_suggestion(escape_line(name or "", 60), list_explained_names(found))
        raise UsageError(f'no explanation for "{escape_line(name or "", 60)}"{near} (`grade explain` lists what is)')
    click.echo(replace_unencodable("\n\n".join(told), sys.stdout.encoding))


def render_overview(course: Course) -> list[str]:
    """Every name, group by group."""
    groups = {
        "why a file was not run": [*FINDING_MEANINGS],
        "quizzes": [*FAULT_CODES],
        "checks": [*CHECKS],
        "how a run ended": [*END_WORDS],
        "what points rest on": [*BASIS_MEANINGS],
        "marks of a check": [*STATUS_MEANINGS],
        "words of a report": [*WORD_MEANINGS],
        "checks of this course's exercises": sorted(
            name for name, found in _group_checks_by_id(course).items() if name == found[0][1].id
        ),
    }
    return [f"{title}:\n{_wrap_indented(', '.join(names))}" for title, names in groups.items() if names]


def list_explained_names(course: Course) -> list[str]:
    """Every name that has an explanation, but for TensorFlow 1's."""
    return [*FINDING_MEANINGS, *FAULT_CODES, *CHECKS, *END_WORDS, *BASIS_MEANINGS, *STATUS_MEANINGS, *WORD_MEANINGS, *_group_checks_by_id(course)]


def explain_name(name: str, course: Course) -> list[str]:
    """What there is to say, paragraph by paragraph; nothing where the name is unknown."""
    # Codes are printed in capitals, and typed as it comes.
    code = name.upper()
    paragraphs = []
    for table, title in ((FINDING_MEANINGS, "the file was not run"), (FAULT_CODES, "a quiz, its key or answers to it")):
        if code in table:
            head = _format_heading(f"{code} ({title}): {table[code][0]}.")
            paragraphs.append(f"{head}\n{_wrap_indented('How to fix it: ' + table[code][1])}")
    if name in END_WORDS:
        head = _format_heading(f"{name} (how a run ended): {END_WORDS[name].meaning}.")
        paragraphs.append(f"{head}\n{_wrap_indented('What to do: ' + END_WORDS[name].remedy)}")
    tables = ((BASIS_MEANINGS, "what points rest on"), (STATUS_MEANINGS, "the mark of a check"), (WORD_MEANINGS, "a word of the report"))
    for words, title in tables:
        # "Points" at the start of a line, "epochs" for more than one.
        typed = (name, name.lower(), name.lower().removesuffix("s"))
        if (word := next((each for each in typed if each in words), None)) is not None:
            paragraphs.append(_format_heading(f"{word} ({title}): {words[word]}."))
    if name in CHECKS:
        paragraphs.append(explain_check(CHECKS[name]))
    paragraphs += _explain_check_id(name, course)
    # Only a text of several words can be a sentence of a report.
    if not paragraphs and " " in name:
        paragraphs = [told for found in find_meant(name[:MAX_QUERY_LENGTH], _list_check_titles(course)) for told in explain_name(found, course)]
    # Last, since the patterns of the hints on errors fit many texts.
    return paragraphs or [*_explain_dialect_name(name), *_explain_error(name)]


def explain_check(check: Check) -> str:
    """A check's title, basis, arguments and what its docstring says of them."""
    arguments = [f"{name}{'' if one.required else ' (may be left out)'}" for name, one in check.arguments.items()]
    lines = [_format_heading(f"{check.name}: {check.title}."), _wrap_indented(f"rests on: {check.basis} ({BASIS_MEANINGS[check.basis]})")]
    if arguments:
        lines.append(_wrap_indented(f"arguments: {', '.join(arguments)}"))
    if check.other_names:
        lines.append(_wrap_indented(f"and any of: {', '.join(sorted(check.other_names))}"))
    return "\n".join([*lines, *_extract_argument_notes(check)])


def _extract_argument_notes(check: Check) -> Iterator[str]:
    """The docstring's own words on the arguments; its examples are for programmers."""
    text = (inspect.getdoc(check.function) or "").partition("\n")[2].split(">>>")[0]
    for paragraph in filter(None, (part.strip() for part in text.split("\n\n"))):
        for one in re.split(r"\n(?=\w+: )", textwrap.dedent(paragraph.removeprefix("Args:\n"))):
            yield _wrap_indented(" ".join(one.split()), "    ")


def _explain_check_id(name: str, course: Course) -> Iterator[str]:
    """A check as exercises of the course ask for it, by its id, or `exercise.id`."""
    for exercise, spec in _group_checks_by_id(course).get(name, []):
        title = find_title(spec)
        asked = ", ".join(f"{key}: {value}" for key, value in spec.args.items())
        hint = f"\n{_wrap_indented('hint: ' + spec.hint)}" if spec.hint else ""
        gate = "; the training starts only when it is met" if spec.gate else ""
        head = _format_heading(f"{spec.id} in {exercise}: {title} ({spec.points:g} points{gate})")
        how = _wrap_indented(f"{spec.check}{f' ({asked})' if asked else ''}; see `grade explain {spec.check}`")
        yield f"{head}\n{how}{hint}"


def _group_checks_by_id(course: Course) -> dict[str, list[tuple[str, Any]]]:
    """Checks of the course's exercises by id and by `exercise.id`."""
    found: dict[str, list[tuple[str, Any]]] = {}
    # A broken exercise must not keep the others from being explained.
    for exercise in load_readable_exercises(course)[0]:
        for spec in exercise.checks:
            for name in (spec.id, f"{exercise.id}.{spec.id}"):
                found.setdefault(name, []).append((exercise.id, spec))
    return found


def _list_check_titles(course: Course) -> list[tuple[str, str]]:
    """The titles of the course's checks as reports print them, each with `exercise.id`."""
    ids = [
        (name, spec)
        for name, found in _group_checks_by_id(course).items()
        for exercise, spec in found
        if name.startswith(exercise + ".")
    ]
    return [(find_title(spec), name) for name, spec in ids]


def _explain_dialect_name(name: str) -> list[str]:
    """The note that a TF 1 name would get in a file."""
    # A bare name means nothing to the look for old names; in one of these places it does.
    for frame in DIALECT_FRAMES:
        try:
            tree = ast.parse(f"import tensorflow as tf\n{frame.format(name[:MAX_QUERY_LENGTH])}\n")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        if told := dialect.note_tf1_names(tree):
            return [_format_heading(f"TensorFlow 1 (accepted, no points lost): {escape_line(told[0].message)}")]
        if told := dialect.find_other_names(tree):
            return [_format_heading(f"An older name (accepted, no points lost): {escape_line(told[0].message)}")]
    return []


def _explain_error(name: str) -> list[str]:
    """Returns the hint that reports show with an error of Python or Keras."""
    said = name[:MAX_QUERY_LENGTH]
    # Typed without the kind of error, as it stands at the end of a traceback's last line.
    told = error_hints.find_error_hint(said) or next(filter(None, map(error_hints.find_error_hint, _guess_kinds(said))), None)
    told = told or syntax.find_syntax_hint(said)
    return [_wrap_indented(re.sub(r"\s+", " ", told)).strip()] if told else []


def _guess_kinds(said: str) -> Iterator[str]:
    return (f"{kind}: {said}" for kind in ("TypeError", "ValueError", "NameError", "KeyError", "AttributeError", "IndexError"))


def _format_heading(text: str) -> str:
    return textwrap.fill(text, _measure_width(), subsequent_indent="  ", break_on_hyphens=False)


def _wrap_indented(text: str, indent: str = "  ") -> str:
    return textwrap.fill(text, _measure_width(), initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)


def _measure_width() -> int:
    return max(24, min(88, shutil.get_terminal_size().columns))
