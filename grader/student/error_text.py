"""What an error says, as a report shows it: the decisive line first, then how the library came to it."""

from __future__ import annotations

import re

MAX_LINES = 20
MAX_CHARS = 4000
# TensorFlow puts the lines of whoever built the graph, and its nodes, into its messages; none of them is the student's.
# Keras writes some of its messages in bold letters.
FOREIGN_LINES = re.compile(
    r"Detected at node .*?\n"
    r"|^  File \".*?\n"
    r"|<stack traces unavailable>\n?"
    r"|\s{0,9}\[\[\{\{node [^}]*\}\}\]\](?: \[Op:\w+\])?"
    r"|\x1b\[[01]m",
    re.MULTILINE,
)
# Where the library was, before it says what is wrong: one line, or in traced functions the frames with their lines.
OPENING = re.compile(
    r"\A(?:in user code:\s*\n(?:[ \t]*File \"[^\n]*\n(?:[ \t]+[^\n]*\n)?|[ \t]*\n)+"
    r"|Exception encountered when calling [^\n]*\n"
    r"|Graph execution error:\s*\n)\s*"
)
# An array that is shown whole, of which the first line says nothing.
ROWS = re.compile(r"\[\[[-+\d.e,\s\[\]]*\n[-+\d.e,\s\[\]]*[\[\]\d.]")
NAMED_KIND = re.compile(r"\A(\w+(?:Error|Exception)): ")


def list_traced_lines(text: str, filename: str) -> list[tuple[int, str]]:
    """The lines of the file that TensorFlow was tracing, and the functions they are in, the innermost last."""
    opening = OPENING.match(text)
    if opening is None or not opening[0].startswith("in user code"):
        return []
    places = re.findall(rf'File "{re.escape(filename)}", line (\d{{1,6}}), in (\w{{1,100}})', opening[0])
    return [(int(line), name) for line, name in places[-MAX_LINES:]]


def put_cause_first(kind: str, text: str) -> str:
    r"""`Kind: text` of an error, with the line that says what is wrong as the first.

    >>> put_cause_first("ValueError", "Exception encountered when calling Dense.call().\n\nunits is 0\n\nArguments received by")
    'ValueError: units is 0\n\nArguments received by\n\nException encountered when calling Dense.call().'
    """
    text, openings = FOREIGN_LINES.sub("", text).strip(), []
    # A layer in a model, in a traced function: each says where it was.
    while (opening := OPENING.match(text)) is not None and opening.end() < len(text):
        openings.append(opening[0].split("\n")[0])
        text = text[opening.end() :]
    if openings and (named := NAMED_KIND.match(text)) is not None:
        kind, text = named[1], text[named.end() :]
    said = "\n\n".join(
        [ROWS.sub("[[...]]", text[:MAX_CHARS]), *(line for line in openings if line.startswith("Exception"))]
    )
    return _shorten_text(f"{kind}: {said}")


def _shorten_text(text: str) -> str:
    """Without most of the lines of an array, which some errors show whole."""
    lines = text.split("\n")
    return text if len(lines) <= MAX_LINES else "\n".join([*lines[: MAX_LINES - 5], "...", *lines[-4:]])


def put_way_out_second(said: str, told: str) -> str:
    """An error's words with the advice on it after their first line: of many lines nobody reads the last."""
    first, _, more = said.partition("\n")
    return "\n".join(filter(None, [first, told, more.lstrip("\n")]))


def tell_instead(loss: object, usual: str) -> str:
    """What to write instead of what can't be written down: brackets, where a loss is given as a class.

    >>> tell_instead(dict, "use built-in layers")
    '`dict` is a class: write the brackets after it, `dict()`'
    """
    if not isinstance(loss, type):
        return usual
    name = loss.__name__[:100]
    return f"`{name}` is a class: write the brackets after it, `{name}()`"
