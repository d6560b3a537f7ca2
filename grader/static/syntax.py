"""Python's syntax errors in humane words, with the line and a caret under the place."""

from __future__ import annotations

import re
import unicodedata

from grader.static.newer import find_newer, tell
from grader.submission import Finding, Submission

SYNTAX_CODE = "S101"
CARET_WINDOW = 90
TERMINAL_COMMAND = re.compile(r"^\s*(pip3?|conda|apt|apt-get|wget|curl|cd|ls|git|python3?|mkdir|unzip|sudo|brew|source|activate|jupyter)\s+[\w./~-]")
LINES_IN_MESSAGE = re.compile(r"\b(?:on|at) line (\d+)")

# What Python says, what that means, and the way out.
ERROR_MEANINGS = (
    (r"Missing parentheses in call to 'print'", None, "This is Python 2; in Python 3 write print(...)."),
    (r"multiple exception types", None, "This is Python 2; in Python 3 write `except (A, B) as error:`."),
    (r"Missing parentheses in call to 'exec'|leading zeros|invalid (?:decimal|hexadecimal) literal", None,
     "Is this Python 2? Numbers and names can't begin like that in Python 3."),
    (r"inconsistent use of tabs and spaces", "tabs and spaces are mixed in the indentation",
     "Indent with spaces only; your editor can convert the tabs."),
    (r"was never closed", None, "Close it; count the brackets of this statement."),
    (r"does not match opening|^unmatched", None, "Brackets must close in the order in which they open."),
    (r"unterminated string|EOL while scanning", None, "Close the quotation mark on the same line."),
    (r"unterminated triple-quoted", None, "Close the three quotation marks."),
    (r"expected an indented block", None, "Indent the statements under it; if it is still blank, write `pass`."),
    (r"unexpected indent", None, "This line is further to the right than its block; line it up."),
    (r"unindent does not match", None, "Line it up with an earlier line of its block."),
    (r"forgot a comma", None, "Is a comma missing between two arguments or layers, perhaps at the end of the line before?"),
    (r"\(unicode error\)", "a backslash begins a special character in a text, such as \\U or \\N",
     "Write the path with / instead of \\, or put an r before the quotation mark."),
    (r"expected ':'", None, "End this line with a colon."),
    (r"cannot assign to|Maybe you meant '=='", None, "To compare, write `==`; to assign, put one name on the left."),
    (r"positional argument follows keyword", None, "Put arguments without a name first, or give this one its name, as in `callbacks=[...]`."),
    (r"'return' outside function", None, "Indent it, so that it belongs to the function."),
    (r"unexpected character after line continuation", None, "Nothing may stand after a backslash at the end of a line."),
)  # fmt: skip
DEFAULT_HINT = "Python stops reading here; look at this line and at the one before it."


def build_syntax_finding(error: SyntaxError, lines: list[str], submission: Submission, before: int = 0) -> Finding:
    """The finding for a syntax error.

    Args:
        error: as Python raised it.
        lines: those of the text that was parsed.
        submission: the file that it is from.
        before: how many lines of the file stand before that text.
    """
    # First, since Python's own message on a newer spelling blames the student for right code.
    if (newer := find_newer("\n".join(lines))) is not None:
        spelling, line = newer
        what, hint = tell(spelling)
        return Finding(code=SYNTAX_CODE, message=f"{what}{_draw_caret(lines[line - 1], 1)}", line=line + before, hint=hint)
    # Python may name line 0, or one after the last.
    line = min(max(error.lineno or 1, 1), len(lines))
    text = lines[line - 1]
    what, hint = _explain_error(error, text)
    what = LINES_IN_MESSAGE.sub(lambda match: f"in {submission.describe_place(int(match[1]) + before)}", what)
    return Finding(
        code=SYNTAX_CODE, message=f"syntax error: {what}{_draw_caret(text, error.offset or 1)}", line=line + before, hint=hint
    )


def _explain_error(error: SyntaxError, text: str) -> tuple[str, str]:
    said = str(error.msg)
    if text.startswith(("<<<<<<<", "=======", ">>>>>>>")):
        return "a mark of a merge conflict", "Keep one of the two versions and remove the marks."
    if (match := re.match(r"invalid (?:non-printable )?character .*\(?U\+([0-9A-F]+)", said)) is not None:
        return _explain_character(int(match[1], 16))
    after = text[error.offset or 0 :][:1]
    if re.match(r"invalid \w+ literal", said) and not (after.isascii() or after.isalnum()):  # as Python 3.11.2 has it
        return _explain_character(ord(after))
    if re.match(r"\s*print\s+[^\s(=]", text):
        return "print without parentheses", "This is Python 2; in Python 3 write print(...)."
    if TERMINAL_COMMAND.match(text):
        return "a command for the terminal, not Python", "Remove the line, or put ! in front of it in a notebook."
    # The first that fits counts, so special messages come before general ones.
    for pattern, meaning, hint in ERROR_MEANINGS:
        if re.search(pattern, said):
            return meaning or said, hint
    return said, DEFAULT_HINT


def find_syntax_hint(said: str) -> str | None:
    """The way out of a syntax error by Python's words for it.

    >>> find_syntax_hint("SyntaxError: '[' was never closed")
    'Close it; count the brackets of this statement.'
    """
    # Quoted texts hold anything; only Python's own words are looked for.
    words = said.partition("Error: ")[2] or said
    return next((hint for pattern, _, hint in ERROR_MEANINGS if re.search(pattern, words)), None)


def _explain_character(code: int) -> tuple[str, str]:
    """A character that Python doesn't take, by its name."""
    character = chr(code)
    name = unicodedata.name(character, "a character without a name").lower()
    shown = f" {character}" if character.isprintable() and not character.isspace() else ""
    if "quotation" in name:
        return (
            f"a typographic quotation mark{shown}",
            "Type the quotation marks anew as ' or \"; the text was copied from a document.",
        )
    return f"a character that is not Python:{shown} {name} (U+{code:04X})", "Delete it and type the place anew."


def _draw_caret(text: str, offset: int) -> str:
    """The line and a caret under the place, cut to a window around it; control characters as dots."""
    bare = text.lstrip()
    column = max(0, offset - 1 - (len(text) - len(bare)))
    start = max(0, column - CARET_WINDOW + 10)
    shown = "".join(letter if letter.isprintable() else "." for letter in bare[start : start + CARET_WINDOW]).rstrip()
    return f"\n    {shown}\n    {' ' * min(column - start, CARET_WINDOW)}^"
