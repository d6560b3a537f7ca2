"""What a terminal can show, and drawing on it: width, colours, characters; nothing it is given can steer it."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TextIO

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from grader.messages.text import escape_text

DEFAULT_WIDTH = 80
MAX_REPORT_WIDTH = 100
MIN_REPORT_WIDTH = 24
NARROW_WIDTH = 60
# What the reports themselves use beyond ASCII, and what stands for it where the terminal can't show it.
ASCII_SUBSTITUTES = {
    "✓": "+",
    "✗": "x",
    "–": "-",
    "…": "...",
    "·": "-",
    "→": "->",
    "“": '"',
    "”": '"',
    "×": "x",
    "’": "'",
}
SPARK_SUBSTITUTES = dict(zip("▁▂▃▄▅▆▇█", "_.-=+*#@", strict=True))
# Wrapping may bring a `::` that stood inside a line to the start of one.
WORKFLOW_COMMAND = re.compile(r"(?m)^((?:\s|\x1b\[[0-9;]*m)*):(?=:)")
STATUS_MARKS = {"passed": ("✓", "green"), "failed": ("✗", "red"), "skipped": ("–", "yellow"), "error": ("!", "magenta")}
ColourSystem = Literal["auto", "standard", "256", "truecolor", "windows"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """Where a report is drawn: its width, colours, encoding and level of detail; `height` None is a page without an end."""

    width: int = DEFAULT_WIDTH
    height: int | None = None
    colours: ColourSystem | None = None
    encoding: str = "utf-8"
    verbose: bool = False

    @property
    def narrow(self) -> bool:
        return self.width < NARROW_WIDTH


def detect_screen(stream: TextIO, environ: Mapping[str, str] = os.environ, *, verbose: bool = False) -> Screen:
    """The screen behind a stream; a pipe is 80 columns of plain text, or COLUMNS if that is set."""
    terminal = stream.isatty() and environ.get("TERM") != "dumb"
    return Screen(
        width=max(MIN_REPORT_WIDTH, min(_detect_width(stream, environ), MAX_REPORT_WIDTH)),
        height=_detect_height(stream),
        colours="auto" if terminal and not environ.get("NO_COLOR") else None,
        encoding=stream.encoding or "ascii",
        verbose=verbose,
    )


def _detect_width(stream: TextIO, environ: Mapping[str, str]) -> int:
    asked = environ.get("COLUMNS", "")
    if asked.isdecimal() and len(asked) < 6:
        return int(asked)
    # Some terminals, as in containers, report 0 columns.
    return (os.get_terminal_size(stream.fileno()).columns or DEFAULT_WIDTH) if stream.isatty() else DEFAULT_WIDTH


def _detect_height(stream: TextIO) -> int | None:
    """The rows of a terminal; None for what has no end, or doesn't say."""
    try:
        return (os.get_terminal_size(stream.fileno()).lines or None) if stream.isatty() else None
    # Some windows of editors call themselves terminals and have no size.
    except OSError:
        return None


def draw_parts(parts: Iterable[RenderableType], screen: Screen) -> str:
    """The parts as lines of text, in characters that the screen's encoding has."""
    page = io.StringIO()
    console = Console(
        file=page,
        width=screen.width,
        color_system=screen.colours,
        # Rich draws into a string here and would otherwise drop the colours.
        force_terminal=screen.colours is not None,
        force_jupyter=False,  # in a kernel it would show each part by itself instead
        legacy_windows=False,
        markup=False,
        highlight=False,
        emoji=False,
    )
    for part in parts:
        console.print(part)
    text = WORKFLOW_COMMAND.sub(r"\1:\\", re.sub(r" +(?=\n)", "", page.getvalue()))
    return _replace_unencodable(text, screen.encoding)


def _replace_unencodable(text: str, encoding: str) -> str:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        plainer = str.maketrans(ASCII_SUBSTITUTES | SPARK_SUBSTITUTES)
        # Our own signs have readable substitutes; whatever else is there becomes an escape, never an error.
        return text.translate(plainer).encode(encoding, "backslashreplace").decode(encoding)
    return text


def make_text(text: str, style: str = "", limit: int = 600) -> Text:
    """Text from a verdict: harmless, and never read as markup."""
    return Text(escape_text(text, limit), style=style, overflow="fold")


def make_row(status: str, title: Text, right: list[tuple[str, int]], screen: Screen) -> RenderableType:
    """A mark, a title, and short columns at the right; on a narrow screen those stand on a line of their own.

    Args:
        status: of a check or a verdict.
        title: wraps.
        right: each column's text and width.
        screen: its width decides.
    """
    mark, colour = STATUS_MARKS[status]
    if screen.narrow:
        below = Text(" · ".join(text for text, _ in right), style="dim")
        return _make_grid(Text(mark, style=f"bold {colour}"), Text("\n").join([title, below]))
    grid = _make_columns(2)
    for _, width in right:
        grid.add_column(justify="right", no_wrap=True, width=width)
    grid.add_row(Text(mark, style=f"bold {colour}"), title, *[Text(text, style="dim") for text, _ in right])
    return grid


def make_labelled_rows(rows: Iterable[tuple[str, Text]], indent: int = 0, width: int = 8) -> RenderableType:
    """Makes rows of a dim label and a wrapping text."""
    grid = Table.grid(padding=(0, 2, 0, 0), expand=True)
    grid.add_column(width=width, no_wrap=True)
    grid.add_column(ratio=1, overflow="fold")
    for label, text in rows:
        grid.add_row(Text(label, style="dim"), text)
    return Padding(grid, (0, 0, 0, indent))


def _make_grid(left: Text, right: Text) -> Table:
    grid = _make_columns(2)
    grid.add_row(left, right)
    return grid


def _make_columns(mark_width: int) -> Table:
    grid = Table.grid(padding=(0, 1, 0, 0), expand=True)
    grid.add_column(width=mark_width - 1, no_wrap=True)
    grid.add_column(ratio=1, overflow="fold")
    return grid
