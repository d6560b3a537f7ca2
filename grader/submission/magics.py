"""IPython's additions to Python (magics, shell lines, help, prompts, indented cells) blanked, line for line.

Those that later cells may need (`%%writefile`, `%cd`, `%env`, `%run`) become the call into which IPython turns them.

Text that Python can read is never touched, so a `%` that continues an expression stays what it is.
"""

from __future__ import annotations

import re
import warnings

from grader.records.syntax_tree import parse_python

# Cell magics whose cell is Python; after any other one the cell is another language or goes to a file.
PYTHON_CELLS = frozenset(
    [
        "grade",
        "time",
        "timeit",
        "capture",
        "prun",
        "memit",
        "mprun",
        "lprun",
        "notify",
        "snakeviz",
        "debug",
        "python",
        "python3",
        "wandb",
    ]
)
CELL_MAGIC = re.compile(r"^%%(?P<name>\w+)")
# In none of these may two neighbours take the same spaces: a line of a million would be tried a million times over.
STATEMENT_MAGIC = re.compile(r"^(?P<before>\s*(?:[\w.,][\w.,\s]*=\s*)?)%time\s+(?P<statement>\S.*)$")
ASSIGNED_MAGIC = re.compile(r"^(?P<before>\s*[\w.,\[\]'\"][\w.,\s\[\]'\"]*=\s*)(?P<sign>[%!])(?!=)\s*\S")
# Magics that do something which later cells may need; the student's process has a shell that does it.
MEANT = re.compile(r"^(?P<indent>\s*)%(?P<name>cd|env|set_env|run)\b[ \t]*(?P<rest>(?!\?).*)$")
FOLDERS = re.compile(r"^(?P<indent>\s*)[%!]{1,2}\s*mkdir\s+(?P<rest>[^|;&<>]*)$")
WRITTEN = frozenset({"writefile", "file"})
SHELL_MAGICS = WRITTEN | {"cd", "env", "set_env", "run", "mkdir"}
MAGIC = re.compile(r"^(?P<indent>\s*)(?:%{1,2}\w|!{1,2}\s*\S|\?{1,2}\s*[\w%])")
HELP = re.compile(r"^(?P<indent>\s*)%{0,2}[\w.*]+(?:\([^()]*\))?\?{1,2}\s*(?:;\s*)?(#.*)?$")
# Commands that a notebook takes without a sign in front, where the line is no Python.
UNSIGNED_COMMAND = re.compile(
    r"^(?P<indent>\s*)(?:pip3?|conda|cd|ls|cat|cp|mv|rm|mkdir|matplotlib|load_ext|tensorboard)\s+[\w./~{'\"-]"
)
# What Colab and Jupytext make of a magic when they write a notebook as a Python file.
COMMENTED_MAGIC = re.compile(r"^(?P<indent>[ \t]+)#[# \t]*[%!]{1,2}\s*\w")
PROMPTED_START = re.compile(r"^\s*(?:>>> |In \[\d+\]:)")
PROMPT = re.compile(r"^(\s*)(?:>>> ?|\.\.\. ?|In \[\d+\]: ?|\.{3,}: ?)")
CELL_MARK = re.compile(r"^#\s*(?:%%|In\s?\[|<codecell>|<cell>)")
CODE_MARK = re.compile(r"\\.|'''|\"\"\"|['\"#]|[(\[{]|[)\]}]")
OPENING_BRACKETS, CLOSING_BRACKETS = "([{", ")]}"


def replace_magics(text: str, *, cell: bool = False) -> str:
    r"""Python with the same number of lines as `text`, where that can be had.

    Args:
        text: a whole file, or one cell of a notebook.
        cell: `pip install x` and the like may stand without a sign in front.

    >>> replace_magics("!wget x \\\n  -O y\nif True:\n    %matplotlib inline\nx = 1")
    '\n\nif True:\n    pass\nx = 1'
    """
    if is_python(text):
        return text
    lines = _strip_indent(_strip_prompts(text.split("\n")))
    if is_python("\n".join(lines)):
        return "\n".join(lines)
    lines = _drop_other_languages(lines, cell=cell)
    return "\n".join(_fill_blocks(_drop_magics(lines, automatic=cell)))


def is_python(text: str) -> bool:
    """Whether Python can read the text."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parse_python(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _strip_prompts(lines: list[str]) -> list[str]:
    first = next((line for line in lines if line.strip()), "")
    return [PROMPT.sub(r"\1", line, count=1) for line in lines] if PROMPTED_START.match(first) else lines


def _strip_indent(lines: list[str]) -> list[str]:
    """As IPython does: the indent of the first line is taken from every line that has it."""
    first = next((line for line in lines if line.strip() and not line.strip().startswith("#")), "")
    indent = first[: len(first) - len(first.lstrip())]
    return [line.removeprefix(indent) for line in lines] if indent else lines


def _drop_other_languages(lines: list[str], *, cell: bool) -> list[str]:
    """Cells in another language; in a Python file one ends before the next cell mark or where Python goes on."""
    result = list(lines)
    index = 0
    while index < len(lines):
        match = CELL_MAGIC.match(lines[index])
        if match is None:
            index += 1
            continue
        end = index + 1
        if match["name"] not in PYTHON_CELLS:
            end = len(lines) if cell else _find_cell_end(lines, index + 1)
        first = _writing(lines[index], lines[index + 1 : end]) if match["name"] in WRITTEN else ""
        result[index:end] = [first, *[""] * (end - index - 1)]
        index = end
    return result


def _writing(magic: str, text: list[str]) -> str:
    """Turns `%%writefile module.py` into IPython's call, with the cell's text as one string."""
    _, _, target = magic.partition(" ")
    return f"get_ipython().run_cell_magic('writefile', {target.strip()!r}, {chr(10).join([*text, ''])!r})"


def _find_cell_end(lines: list[str], start: int) -> int:
    marks = (
        index for index in range(start, len(lines)) if CELL_MARK.match(lines[index]) or CELL_MAGIC.match(lines[index])
    )
    mark = next(marks, len(lines))
    gaps = [index for index in range(start, mark) if not lines[index].strip()]
    # Bounded, since each try parses the rest of the cell.
    for gap in gaps[:3]:
        rest = "\n".join(_drop_magics(lines[gap:mark], automatic=False))
        if rest.strip() and is_python(rest):
            return gap
    return mark


def _drop_magics(lines: list[str], *, automatic: bool) -> list[str]:
    """Blanks magics where a statement starts; a backslash carries one on to the next line."""
    result: list[str] = []
    depth, quote, carried, blanking = 0, "", False, False
    for line in lines:
        if blanking:
            result.append("")
            blanking = line.rstrip().endswith("\\")
            continue
        # Inside brackets, strings and continued lines `%` and `!` are Python's own.
        new = None if depth or quote or carried else _find_replacement(line, automatic=automatic)
        if new is not None:
            result.append(new)
            # `%time` keeps its statement, so the lines that continue it stay too.
            blanking = line.rstrip().endswith("\\") and not STATEMENT_MAGIC.match(line)
            continue
        result.append(line)
        depth, quote, carried = _follow_line(line, depth, quote)
    return result


def _find_replacement(line: str, *, automatic: bool) -> str | None:
    """What stands for a line of IPython's own; None for any other line."""
    if (match := STATEMENT_MAGIC.match(line)) is not None:
        return match["before"] + match["statement"]
    if (match := ASSIGNED_MAGIC.match(line)) is not None:
        # A command gives a list of lines, which code goes on to join or count.
        return f"{match['before']}{'[]' if match['sign'] == '!' else None}"
    if (match := MEANT.match(line)) is not None:
        return f"{match['indent']}get_ipython().run_line_magic({match['name']!r}, {match['rest'].strip()!r})"
    if (match := FOLDERS.match(line)) is not None:
        return f"{match['indent']}get_ipython().run_line_magic('mkdir', {match['rest'].strip()!r})"
    match = MAGIC.match(line) or HELP.match(line)
    if match is None and automatic and not is_python(line.strip()):
        match = UNSIGNED_COMMAND.match(line)
    if match is None:
        return None
    # Indented, it may be all that a block holds; at the margin an empty line does.
    return f"{match['indent']}pass" if match["indent"] else ""


def _fill_blocks(lines: list[str]) -> list[str]:
    """`pass` for a commented magic that is all that a block holds, which Python would refuse."""
    result = list(lines)
    for index, line in enumerate(lines):
        if not line.rstrip().endswith(":") or line.lstrip().startswith("#"):
            continue
        place = None
        for later in range(index + 1, len(lines)):
            if (match := COMMENTED_MAGIC.match(lines[later])) is not None:
                place = place or (later, match["indent"])
            elif (bare := lines[later].strip()) and not bare.startswith("#"):
                if place is not None and _measure_indent(lines[later]) <= _measure_indent(line) < len(place[1]):
                    result[place[0]] = f"{place[1]}pass"
                break
    return result


def _measure_indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _follow_line(line: str, depth: int, quote: str) -> tuple[int, str, bool]:
    """Open brackets, open triple quote and whether a backslash carries on, after one more line."""
    for match in CODE_MARK.finditer(line):
        mark = match.group()
        if quote:
            quote = "" if mark == quote else quote
        elif mark == "#":
            return depth, "", False
        elif mark[0] in "'\"":
            quote = mark
        elif mark in OPENING_BRACKETS:
            depth += 1
        elif mark in CLOSING_BRACKETS:
            depth = max(0, depth - 1)
    carried = line.endswith("\\")
    # Other strings end with their line, closed or not; Python's own parser reports those.
    return depth, quote if len(quote) == 3 or carried else "", carried and len(quote) != 3
