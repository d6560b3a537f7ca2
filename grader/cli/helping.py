"""How `--help` is laid out: within the terminal down to 30 columns, and for `grade` itself by audience."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator

import click
from click.formatting import wrap_text

# Set by Jupyter in every process of a notebook.
JUPYTER_VARIABLE = "JPY_PARENT_PID"
MIN_HELP_WIDTH, MAX_HELP_WIDTH = 30, 80
# Below this many columns what an option does stands under it, not beside it.
MIN_WIDTH_BESIDE = 60
MEANING_INDENT = 6
# What stays together on a line: an option's choices break after their bars; in a command an option keeps its value.
CHOICE_PIECES = re.compile(r"[^ |]+[ |]*|[ |]+")
COMMAND_PIECES = re.compile(r"(?:-\S+ (?!-))?\S+ *")
# Who uses a command, in the order in which a newcomer needs them, and a line to try.
AUDIENCES = {
    "Students": (("list", "show", "new", "watch", "hint", "solution", "quiz", "serve", "explain"), "grade watch exercise3.py"),
    "Instructors": (
        (
            "batch",
            "report",
            "export",
            "push",
            "correct",
            "feedback",
            "explain-verdict",
            "analyze",
            "regrade",
            "similar",
            "release",
            "bundle",
            "doctor",
            "cache",
        ),
        "grade batch exercise3 submissions.zip",
    ),
    "Authors": (
        ("new-course", "new-exercise", "selfcheck", "quiz-check", "quiz-import", "quiz-export"),
        "grade selfcheck exercise3",
    ),
}


def unwrap(text: str | None) -> str | None:
    """A help text from a raw docstring, with the character that click takes for "lines stay as they are"."""
    # In a raw docstring `\b` is two characters.
    return text.replace("\\b\n", "\b\n") if text else text


def lay_out(command: click.Command) -> click.Command:
    """The command, with its help as this module lays it out."""
    command.help = unwrap(command.help)
    command.context_class = HelpContext
    return command


class NarrowFormatter(click.HelpFormatter):
    """Click's, which takes no terminal for narrower than 50 columns, with lines that fit narrower ones, too."""

    def __init__(self, indent_increment: int = 2, width: int | None = None, max_width: int | None = None) -> None:
        columns = width or min(shutil.get_terminal_size().columns, max_width or MAX_HELP_WIDTH)
        # click's own default never goes below 50 columns, and telephones have fewer.
        super().__init__(indent_increment, max(MIN_HELP_WIDTH, columns))

    def write_text(self, text: str) -> None:
        """Paragraphs; in those that keep their lines, long examples go on after a backslash."""
        room = self.width - self.current_indent
        super().write_text("\n\n".join(_format_kept_lines(part, room) for part in text.split("\n\n")))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Writes terms with their meanings next to them, or below them if the terminal is narrow and a term is long."""
        rows = list(rows)
        # Short terms leave enough room beside them even on a narrow screen.
        if self.width >= MIN_WIDTH_BESIDE or all(len(term) <= self.width // 3 for term, _ in rows):
            super().write_dl(rows, col_max, col_spacing)
            return
        indent = " " * self.current_indent
        for term, meaning in rows:
            self.write("".join(f"{indent}{line}\n" for line in _wrap_pieces(term, self.width - self.current_indent)))
            self.write(wrap_text(meaning, self.width, " " * MEANING_INDENT, " " * MEANING_INDENT) + "\n")


def _format_kept_lines(paragraph: str, room: int) -> str:
    """A paragraph; one that begins with the mark of kept lines, with those that are too long folded."""
    head, mark, body = paragraph.partition("\b\n")
    # click knows the mark only at the beginning of a paragraph.
    if not mark or head.strip():
        return paragraph
    return mark + "\n".join(line for one in body.split("\n") for line in _wrap_example(one, room))


def _wrap_example(line: str, room: int) -> Iterator[str]:
    """An example with its remark; too long, the command goes on after a backslash and the remark stands below."""
    indent = line[: len(line) - len(line.lstrip())]
    if len(line) <= room:
        yield line
        return
    if not line.strip().startswith(("grade ", "Try: ")):
        yield from wrap_text(line.strip(), room, indent, indent + "     ").split("\n")
        return
    # Three spaces separate an example from its remark in all our help texts.
    command, _, remark = line.strip().partition("   ")
    *first, last = _wrap_pieces(command, room - len(indent) - 2, COMMAND_PIECES)
    yield from (f"{indent}{piece} \\" for piece in first)
    yield indent + last
    if remark:
        yield from wrap_text(remark.strip(), room, indent + "    ", indent + "    ").split("\n")


def _wrap_pieces(text: str, room: int, pieces: re.Pattern[str] = CHOICE_PIECES) -> list[str]:
    """The text in lines, each of whole pieces; all but the first are indented.

    >>> _wrap_pieces("--format [canvas|moodle]", 20)
    ['--format [canvas|', '  moodle]']
    """
    lines = [""]
    for piece in pieces.findall(text):
        if lines[-1].strip() and len(lines[-1]) + len(piece.rstrip()) > room:
            lines.append("  ")
        lines[-1] += piece
    return [line.rstrip() for line in lines]


class HelpContext(click.Context):
    """Click's, with our layout."""

    formatter_class = NarrowFormatter


class MainCommand(click.Command):
    """The command that needs no name: `grade EXERCISE FILE`."""

    context_class = HelpContext

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage("grade", "EXERCISE FILE [OPTIONS]")


def write_commands(formatter: click.HelpFormatter, told: dict[str, str]) -> None:
    """The commands by audience, each with its line, and an example for each audience."""
    named = [name for names, _ in AUDIENCES.values() for name in names]
    groups = [(audience, names, example) for audience, (names, example) in AUDIENCES.items()]
    # A new command that nobody has put in a group still appears.
    groups += [("Others", others, "")] if (others := tuple(name for name in told if name not in named)) else []
    for audience, names, example in groups:
        rows = [(name, told[name]) for name in names if name in told]
        if not rows:
            continue
        with formatter.section(audience):
            formatter.write_dl(rows)
            if example:
                formatter.write_paragraph()
                formatter.write_text(f"\b\nTry: {example}")
