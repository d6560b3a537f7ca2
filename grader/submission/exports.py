"""The code cells of a notebook that was exported as Markdown or HTML. Searches text only: nothing is interpreted."""

from __future__ import annotations

import html
import re

from grader.submission.magics import is_python, replace_magics
from grader.submission.record import SourceText

FENCE = re.compile(r"^[ \t]{0,3}(?P<mark>`{3,}|~{3,})[ \t]*\{?\.?(?P<language>[\w+-]*)")
PYTHON = frozenset({"python", "python3", "py", "ipython", "ipython3", "code-cell"})
LOOKS_LIKE_PYTHON = re.compile(r"^[ \t]*(import|from|def|class)\s+\w|\w\s*=\s*\w|\w\(", re.MULTILINE)
# What nbconvert, Quarto, Sphinx and pandoc call the box around highlighted Python. Bounded, so that no text is slow.
BOX = re.compile(
    r"<(?:div|pre|code)\b[^<>]{0,300}?\bclass=[\"'][^\"'<>]{0,200}?"
    r"\b(?:hl-ipython\d?|hl-python\d?|highlight-i?python\d?|sourceCode python|language-python)\b[^<>]{0,300}>",
    re.IGNORECASE,
)
TAG = re.compile(r"</?[a-zA-Z][^<>]{0,2000}>")
NEAR = 300  # from the box to the text in it


def read_markdown(text: str) -> SourceText | None:
    r"""The fenced Python of a page, each fence a cell, on the lines where it stands; None where there is none.

    >>> read_markdown("# Mine\n\n```python\nx = 1\n```\n").source
    '\n\n\nx = 1\n\n\n'
    """
    lines = text.split("\n")
    result = [""] * len(lines)
    cells: list[tuple[int, int]] = []
    for first, after in _find_fences(lines):
        cleaned = replace_magics("\n".join(lines[first:after]), cell=True).split("\n")
        # The code stays on its lines of the page, so that messages name lines that the student sees.
        result[first:after] = (cleaned + [""] * (after - first))[: after - first]
        cells.append((first + 1, len(cells) + 1))
    remark = "the file is a page with code in it; what stands between the ``` marks was read"
    return SourceText(source="\n".join(result) + "\n", cells=cells, remarks=[remark]) if cells else None


def _find_fences(lines: list[str]) -> list[tuple[int, int]]:
    """The first line and the line after each fence's Python (0-based)."""
    found: list[tuple[int, int]] = []
    start, mark, language = 0, "", ""
    for number, line in enumerate(lines):
        match = FENCE.match(line)
        if not mark and match is not None:
            start, mark, language = number + 1, match["mark"], match["language"].lower()
        elif mark and match is not None and match["mark"].startswith(mark) and not match["language"]:
            body = "\n".join(lines[start:number])
            # A fence without a language may be output or a shell session, so it has to look like Python and parse.
            plain = (
                not language
                and LOOKS_LIKE_PYTHON.search(body) is not None
                and is_python(replace_magics(body, cell=True))
            )
            if language in PYTHON or plain:
                found.append((start, number))
            mark = ""
    return found


def find_html_cells(text: str) -> list[str]:
    r"""The text of each box of highlighted Python in a page, tags taken away.

    >>> find_html_cells('<div class="highlight hl-ipython3"><pre><span></span>x <b>&lt;</b> 1\n</pre></div>')
    ['x < 1\n']
    """
    cells: list[str] = []
    offset = 0
    while (match := BOX.search(text, offset)) is not None:
        end_tag = "</code>" if match.group().lower().startswith("<code") else "</pre>"
        start = match.end()
        if match.group().lower().startswith("<div"):
            inner = text.find("<pre", start, start + NEAR)
            start = text.find(">", inner, inner + NEAR) + 1 if inner >= 0 else 0
        end = text.find(end_tag, start) if start else -1
        if end < 0:
            # A box without its end: go on behind it, so that one broken cell doesn't hide the others.
            offset = match.end()
            continue
        cells.append(html.unescape(TAG.sub("", text[start:end])))
        offset = end
    return cells
