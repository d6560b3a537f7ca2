"""Pages from templates: every text that a template prints is made harmless, also where the template forgot to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from grader.messages.text import escape_text
from grader.reports.html import escape_value, render_style
from grader.reports.reading import format_number
from grader.reports.screen import STATUS_MARKS

FOLDER = Path(__file__).parent
ASSETS = FOLDER / "assets"
ASSET_TYPES = {".css": "text/css", ".js": "text/javascript"}
MAX_README_LETTERS = 200_000


@cache
def build_environment() -> Environment:
    """The templates, compiled once."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates", encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=escape_value,
    )
    environment.filters |= {"number": format_number, "time": format_time, "minutes": format_wait}
    environment.globals["query_of"] = encode_query
    environment.globals["marks"] = {status: mark for status, (mark, _) in STATUS_MARKS.items()}
    return environment


def render_template(name: str, values: Mapping[str, Any]) -> str:
    """One page."""
    return build_environment().get_template(name).render(values)


def encode_query(**values: str) -> str:
    """The part of an address after the question mark."""
    return urlencode(values)


def format_time(at: datetime) -> str:
    """A time with its offset, in the zone that it is given in."""
    return at.strftime("%Y-%m-%d %H:%M %Z").strip()


def format_wait(seconds: float) -> str:
    """A wait as one would say it.

    >>> format_wait(20), format_wait(200), format_wait(5000)
    ('less than a minute', 'about 3 minutes', 'about 1.4 hours')
    """
    if seconds < 60:
        return "less than a minute"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"about {minutes} minute{'s' * (minutes != 1)}"
    return f"about {seconds / 3600:.2g} hours"


def render_readme(text: str) -> Markup:
    r"""A course's Markdown as markup; HTML in it is shown as text, and its pictures by their words.

    >>> print(render_readme("**a** <script>x</script>"))
    <p><strong>a</strong> &lt;script&gt;x&lt;/script&gt;</p>
    <BLANKLINE>
    """
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    reader.add_render_rule("image", _render_picture)
    made = reader.render(escape_text(text, MAX_README_LETTERS))
    # A table wider than a telephone scrolls by itself, and can be reached by keyboard.
    made = made.replace("<table>", '<div class="scroll" tabindex="0" role="region" aria-label="Table"><table>').replace(
        "</table>", "</table></div>"
    )
    return Markup(made)  # noqa: S704 - markdown-it escapes what it doesn't write itself


def _render_picture(_renderer: object, tokens: Sequence[Token], index: int, _options: object, _env: object) -> str:
    """A picture by its words: its file may be anywhere, and no request leads to a file."""
    return str(Markup("[{}]").format(tokens[index].content))


@cache
def load_assets() -> Mapping[str, tuple[str, bytes]]:
    """The static files by name, each with its media type: these and no others are served."""
    found = {
        path.name: (ASSET_TYPES[path.suffix], path.read_bytes())
        for path in ASSETS.iterdir()
        if path.suffix in ASSET_TYPES
    }
    return {**found, "report.css": ("text/css", render_style().encode())}
