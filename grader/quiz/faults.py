"""Every fault that a quiz, key or response file can have: its code, what it means, and how to fix it."""

from __future__ import annotations

from grader.courses.yaml_nodes import Problems, YamlNode
from grader.messages.text import escape_line

# code: (what is wrong, how to fix it); docs/quizzes.md prints this table.
FAULT_CODES = {
    "E101": ("the file can't be read as YAML", "UTF-8 text, at most 1,000,000 bytes, valid YAML"),
    "E102": ("an alias, a tag, a second document, or too deep or large a tree", "write each value out, once, plainly"),
    "E103": ("a key is given twice", "remove one of them"),
    "E104": ("an unknown key", "correct the spelling; the nearest known key is named"),
    "E105": ("a key is missing", "add it"),
    "E106": ("a value of the wrong kind", "write what the message names"),
    "E107": ("a file that students hold has a key that tells the answers", "move it to solutions/quizzes/"),
    "E201": ("the id differs from the file's name", "give both the same name"),
    "E202": ("no questions, or too many", "write from 1 to 500"),
    "E203": ("two questions have the same id", "rename one"),
    "E204": ("two options of a question have the same text", "reword or remove one"),
    "E205": ("two options of a question have the same id", "rename one"),
    "E206": ("an id has another form", "letters, digits, - and _, at most 40, a letter or digit first"),
    "E207": ("too few or too many options, or options where the kind has none", "see the kinds of question"),
    "E208": ("a text is empty, or holds characters that can't be shown", "write some text"),
    "E209": ("a number out of range", "write one in the range that the message names"),
    "E210": ("partial credit or pinning that the kind of question can't have", "remove it, or use kind: multiple"),
    "E211": ("a pool that can't be drawn from", "pick fewer than it has; known questions, once, of equal points"),
    "E212": ("the hints of a question cost more than its points", "at most 100% together"),
    "E213": ("a time in another form", "such as 2026-12-01T12:00:00+01:00"),
    "E214": (
        "a picture of a quiz that can't be shown",
        "put a .png, .jpg, .gif or .webp file beside the quiz, and say in the square brackets what it shows",
    ),
    "E301": ("the key is for another quiz", "correct `quiz`"),
    "E302": (
        "the quiz has changed since its key was written",
        "check the answers, then write the digest that is named",
    ),
    "E303": ("a question has no answer in the key", "add it"),
    "E304": ("the key answers a question that the quiz hasn't", "remove it, or correct the id"),
    "E305": ("the key names an option that the question hasn't", "correct the id"),
    "E306": ("too few or too many correct answers for the kind of question", "single and truefalse have exactly one"),
    "E307": ("a correct value that the kind of question can't have", "write it as the message says"),
    "E308": ("feedback for an option that the question hasn't", "correct the id"),
    "E309": ("a field that the kind of question can't have", "remove it"),
    "E401": ("the answers are for another quiz", "hand them in for the quiz that they name"),
    "E402": ("an answer to a question that the quiz hasn't", "correct the id"),
    "E403": ("an answer that names an unknown option", "correct the id"),
    "E404": ("an answer in a form that the kind of question can't have", "write it as the message says"),
    "E405": ("an attempt beyond those that the quiz allows", "it isn't counted"),
}
# The kinds that `grader.courses.yaml_tree` gives to faults of form.
FORM_CODES = {
    "unreadable": "E101",
    "refused": "E102",
    "twice": "E103",
    "unknown": "E104",
    "missing": "E105",
    "": "E106",
}
SECRET_FIELDS = ("correct", "answer", "answers", "explain", "explanation", "feedback", "key", "solution", "quiz_digest")


# The most characters of a message: it repeats what it found, which can be long, or made to steer a terminal.
MAX_FAULTS = 500


class QuizFaults(Problems):
    """Problems whose messages begin with a code, and can be printed whatever the file holds."""

    def add(self, node: YamlNode | tuple[int, int], message: str, code: str = "", *, key: str = "") -> None:
        known = FORM_CODES.get(code, code)
        assert known in FAULT_CODES
        super().add(node, f"{known} {escape_line(message, limit=MAX_FAULTS)}", key=key)


class StudentFaults(QuizFaults):
    """As `QuizFaults`, for a file that students hold: reports an unknown key that belongs in the answer key with its own code."""

    def add(self, node: YamlNode | tuple[int, int], message: str, code: str = "", *, key: str = "") -> None:
        if code == "unknown" and key in SECRET_FIELDS:
            code, message = "E107", f'"{key}" belongs in solutions/quizzes/, not in a file that students hold'
        super().add(node, message, code, key=key)


def render_code_table() -> str:
    """The codes as a Markdown table."""
    rows = [f"| {code} | {meaning} | {remedy} |" for code, (meaning, remedy) in FAULT_CODES.items()]
    return "\n".join(["| code | what is wrong | how to fix it |", "|---|---|---|", *rows])
