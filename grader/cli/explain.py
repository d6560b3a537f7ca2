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

from grader import explaining
from grader.checks import CHECKS
from grader.checks.registry import Check
from grader.cli.finding import find_course
from grader.cli.list_ import encodable, load_all
from grader.cli.sentences import find_meant
from grader.course import Course
from grader.errors import UsageError
from grader.explanations import BASES, ENDS, FINDINGS, STATUSES
from grader.quiz.faults import CODES
from grader.reports.text import line
from grader.static import dialect
from grader.yamltree import did_you_mean

LONGEST = 300
# What a TF 1 name may be: a name of TensorFlow or Keras, a key of the logs, a method, an argument.
FRAMES = (
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
    told = explained(name, found) if name else overview(found)
    if not told:
        near = did_you_mean(line(name or "", 60), known(found))
        raise UsageError(f'nothing is known of "{line(name or "", 60)}"{near} (`grade explain` lists what is)')
    click.echo(encodable("\n\n".join(told), sys.stdout.encoding))


def overview(course: Course) -> list[str]:
    """Every name, group by group."""
    groups = {
        "why a file was not run": [*FINDINGS],
        "quizzes": [*CODES],
        "checks": [*CHECKS],
        "how a run ended": [*ENDS],
        "what points rest on": [*BASES],
        "marks of a check": [*STATUSES],
        "checks of this course's exercises": sorted(
            name for name, found in _ids(course).items() if name == found[0][1].id
        ),
    }
    return [f"{title}:\n{_wrapped(', '.join(names))}" for title, names in groups.items() if names]


def known(course: Course) -> list[str]:
    """Every name that has an explanation, but for TensorFlow 1's."""
    return [*FINDINGS, *CODES, *CHECKS, *ENDS, *BASES, *STATUSES, *_ids(course)]


def explained(name: str, course: Course) -> list[str]:
    """What there is to say, paragraph by paragraph; nothing where the name is unknown."""
    code = name.upper()
    paragraphs = []
    for table, title in ((FINDINGS, "the file was not run"), (CODES, "a quiz, its key or answers to it")):
        if code in table:
            head = _head(f"{code} ({title}): {table[code][0]}.")
            paragraphs.append(f"{head}\n{_wrapped('To mend it: ' + table[code][1])}")
    if name in ENDS:
        head = _head(f"{name} (how a run ended): {ENDS[name][0]}.")
        paragraphs.append(f"{head}\n{_wrapped('What to do: ' + ENDS[name][1])}")
    for words, title in ((BASES, "what points rest on"), (STATUSES, "the mark of a check")):
        if name in words:
            paragraphs.append(_head(f"{name} ({title}): {words[name]}."))
    if name in CHECKS:
        paragraphs.append(of_check(CHECKS[name]))
    paragraphs += _of_id(name, course)
    if not paragraphs and " " in name:
        paragraphs = [told for found in find_meant(name[:LONGEST], _titles(course)) for told in explained(found, course)]
    return paragraphs or [*_of_dialect(name), *_of_error(name)]


def of_check(check: Check) -> str:
    """A check's title, basis, arguments and what its docstring says of them."""
    arguments = [f"{name}{'' if one.required else ' (may be left out)'}" for name, one in check.arguments.items()]
    lines = [_head(f"{check.name}: {check.title}."), _wrapped(f"rests on: {check.basis} ({BASES[check.basis]})")]
    if arguments:
        lines.append(_wrapped(f"arguments: {', '.join(arguments)}"))
    if check.other_names:
        lines.append(_wrapped(f"and any of: {', '.join(sorted(check.other_names))}"))
    return "\n".join([*lines, *_documented(check)])


def _documented(check: Check) -> Iterator[str]:
    """The docstring's own words on the arguments; its examples are for programmers."""
    text = (inspect.getdoc(check.function) or "").partition("\n")[2].split(">>>")[0]
    for paragraph in filter(None, (part.strip() for part in text.split("\n\n"))):
        for one in re.split(r"\n(?=\w+: )", textwrap.dedent(paragraph.removeprefix("Args:\n"))):
            yield _wrapped(" ".join(one.split()), "    ")


def _of_id(name: str, course: Course) -> Iterator[str]:
    """A check as exercises of the course ask for it, by its id, or `exercise.id`."""
    for exercise, spec in _ids(course).get(name, []):
        title = spec.title or CHECKS[spec.check].title
        asked = ", ".join(f"{key}: {value}" for key, value in spec.args.items())
        hint = f"\n{_wrapped('hint: ' + spec.hint)}" if spec.hint else ""
        gate = "; the training starts only when it is met" if spec.gate else ""
        head = _head(f"{spec.id} in {exercise}: {title} ({spec.points:g} points{gate})")
        how = _wrapped(f"{spec.check}{f' ({asked})' if asked else ''}; see `grade explain {spec.check}`")
        yield f"{head}\n{how}{hint}"


def _ids(course: Course) -> dict[str, list[tuple[str, Any]]]:
    """Checks of the course's exercises by id and by `exercise.id`."""
    found: dict[str, list[tuple[str, Any]]] = {}
    for exercise in load_all(course)[0]:
        for spec in exercise.checks:
            for name in (spec.id, f"{exercise.id}.{spec.id}"):
                found.setdefault(name, []).append((exercise.id, spec))
    return found


def _titles(course: Course) -> list[tuple[str, str]]:
    """The titles of the course's checks as reports print them, each with `exercise.id`."""
    ids = [
        (name, spec)
        for name, found in _ids(course).items()
        for exercise, spec in found
        if name.startswith(exercise + ".")
    ]
    return [(spec.title or CHECKS[spec.check].title, name) for name, spec in ids]


def _of_dialect(name: str) -> list[str]:
    """The note that a TF 1 name would get in a file."""
    for frame in FRAMES:
        try:
            tree = ast.parse(f"import tensorflow as tf\n{frame.format(name[:LONGEST])}\n")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        if told := dialect.notes(tree):
            return [_head(f"TensorFlow 1, which is understood and costs nothing: {line(told[0].message)}")]
        if told := dialect.find_other_names(tree):
            return [_head(f"An older name, which is understood and costs nothing: {line(told[0].message)}")]
    return []


def _of_error(name: str) -> list[str]:
    """What is said beside an error of Python or Keras."""
    told = explaining.explanation(name[:LONGEST])
    return [_wrapped(re.sub(r"\s+", " ", told)).strip()] if told else []


def _head(text: str) -> str:
    return textwrap.fill(text, _width(), subsequent_indent="  ", break_on_hyphens=False)


def _wrapped(text: str, indent: str = "  ") -> str:
    return textwrap.fill(text, _width(), initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)


def _width() -> int:
    return max(24, min(88, shutil.get_terminal_size().columns))
