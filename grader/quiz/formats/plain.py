"""Plain text as HTML and back, and answers as other systems read them: decimals without exponents, usual spellings."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import PurePosixPath
from urllib.parse import unquote

from grader.quiz.formats.formulas import find_formula, read_mathml
from grader.quiz.key import CorrectAnswer, TensorShape
from grader.quiz.model import Question
from grader.quiz.rich_text import RICH_PATTERN, Picture
from grader.quiz.values import Interval

BLOCK_TAGS = ("p", "div", "br", "li", "ul", "ol", "tr", "pre", "h1", "h2", "h3", "h4", "h5", "h6")
PLAIN_TAGS = (*BLOCK_TAGS, "span", "html", "body")


def convert_to_html(text: str) -> str:
    r"""A text as HTML that shows it as it is: nothing is markup, line ends and spaces stay.

    >>> convert_to_html("a < b" + chr(10) + "  c")
    'a &lt; b<br>\xa0\xa0c'
    """
    # HTML shows runs of spaces as one, which would ruin code in a prompt.
    kept = re.sub(r"(?m)^ |(?<= ) ", "\u00a0", html.escape(text, quote=False).replace("\t", "    "))
    return kept.replace("\n", "<br>")


def enrich_html(text: str, show_picture: Callable[[Picture], str], show_formula: Callable[[str], str]) -> str:
    """HTML that `convert_to_html` made, with its pictures and formulas as markup.

    Args:
        show_picture: the markup of a picture, whose words are escaped already.
        show_formula: that of a formula's TeX, escaped likewise.
    """

    def show(found: re.Match[str]) -> str:
        if found["tex"]:
            return show_formula(found["tex"].replace("\u00a0", " "))
        alt = found["alt"].strip().replace("\u00a0", " ").replace('"', "&quot;")
        return show_picture(Picture(alt=alt, name=found["name"]))

    return RICH_PATTERN.sub(show, text)


class _TextCollector(HTMLParser):
    """Collects what a page shows."""

    def __init__(self, lost: Callable[[str], None], picture: Callable[[str], None]) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.lost, self.picture = lost, picture
        self._math: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # Everything up to the end of the formula is collected and read as MathML.
        if tag == "math" or self._math:
            self._math.append(f"<{tag}>")
        elif tag == "img":
            self._show_image(dict(attrs))
        elif tag not in PLAIN_TAGS:
            self.lost(f"<{tag}>")
        if tag in BLOCK_TAGS:
            self.pieces.append("\n" if tag == "br" else "\v")

    def _show_image(self, attributes: Mapping[str, str | None]) -> None:
        formula = find_formula(attributes)
        if formula is None:
            self.picture(PurePosixPath(unquote(attributes.get("src") or "")).name or "without a name")
        # TeX with commands is kept as it is, but a reader should know that nobody renders it.
        elif "\\" in formula:
            self.lost(f'the formula "{formula[:40]}"')
        self.pieces.append(formula or attributes.get("alt") or "")

    def handle_endtag(self, tag: str) -> None:
        if self._math:
            self._math.append(f"</{tag}>")
            if tag == "math":
                self.pieces.append(read_mathml("".join(self._math)))
                self._math = []
        elif tag in BLOCK_TAGS and tag != "br":
            self.pieces.append("\v")

    def handle_data(self, data: str) -> None:
        shown = re.sub(r"[ \t\r\n]+", " ", data)
        self._math.append(html.escape(shown)) if self._math else self.pieces.append(shown)


def convert_from_html(text: str, lost: Callable[[str], None], picture: Callable[[str], None] | None = None) -> str:
    """What HTML shows, as plain text; formulas as their TeX or as one would type them.

    Args:
        lost: called with each kind of tag that says more than its text.
        picture: called with the name of each picture (default: it is lost).
    """
    reader = _TextCollector(lost, picture or (lambda name: lost(f'the picture "{name[:60]}"')))
    reader.feed(text)
    reader.close()
    # Nested blocks would otherwise leave an empty line for each of their tags.
    shown = re.sub(r" *\v[\v ]*", "\v", "".join(reader.pieces)).strip("\v ")
    return strip_unshowable(shown.replace("\v", "\n").replace("\u00a0", " "))


def strip_unshowable(text: str) -> str:
    """Without what can't be shown, and without spaces at the ends of lines."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def format_decimal(value: Decimal) -> str:
    """A number without exponent and without needless zeros.

    >>> format_decimal(Decimal("1.50E+2")), format_decimal(Decimal("0.10"))
    ('150', '0.1')
    """
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def split_interval(interval: Interval) -> tuple[str, str]:
    """An interval as its middle and half its width."""
    return format_decimal((interval.low + interval.high) / 2), format_decimal((interval.high - interval.low) / 2)


def list_spellings(shape: TensorShape) -> list[str]:
    """The usual ways to type a shape, without and with its batch dimension."""
    if not shape:
        return ["()", "[]"]
    return list(dict.fromkeys([*_list_plain_spellings(shape), *_list_plain_spellings((None, *shape))]))


def _list_plain_spellings(shape: TensorShape) -> list[str]:
    sizes = ["None" if size is None else str(size) for size in shape]
    tail = "," if len(sizes) == 1 else ""
    return [
        "x".join(sizes), " x ".join(sizes), "×".join(sizes), " × ".join(sizes), f"({', '.join(sizes)}{tail})",
        f"({','.join(sizes)}{tail})", f"[{', '.join(sizes)}]", f"[{','.join(sizes)}]", ", ".join(sizes), ",".join(sizes),
        " ".join(sizes),
    ]  # fmt: skip


def list_accepted_texts(question: Question, solved: CorrectAnswer) -> list[str]:
    """The texts that another system compares with, the first one as the key has it."""
    if question.kind != "shape":
        return list(dict.fromkeys(text.strip() for text in solved.answer.correct))
    shapes = [spelling for shape in sorted(solved.shapes, key=str) for spelling in list_spellings(shape)]
    return list(dict.fromkeys([*solved.answer.correct, *shapes]))


def is_correct_option(question: Question, solved: CorrectAnswer, option_id: str) -> bool:
    """Whether an option is (one of) the correct ones."""
    return bool(question.choices) and option_id in solved.options
