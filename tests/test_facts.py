"""Nothing that people read is ever read back: what a program decides by is a field."""

import ast
import re
from pathlib import Path

import pytest

from grader.messages.error_hints import ERROR_HINTS

PACKAGE = Path(__file__).resolve().parents[1] / "grader"
# What sentences are called in this package, as variables and as fields.
PROSE = {
    "message", "messages", "end_message", "sentence", "sentences", "title", "hint", "fault", "expected", "got", "what", "place",
    "said", "told", "reason", "remark", "note", "traceback", "instead", "curve", "description", "error", "text_of_error",
}  # fmt: skip
TAKING_APART = {
    "split", "rsplit", "partition", "rpartition", "startswith", "endswith", "find", "rfind", "index", "rindex",
    "removeprefix", "removesuffix", "count",
}  # fmt: skip
MATCHING = {"search", "match", "fullmatch", "findall", "finditer", "split", "sub"}
# Line ends and the backquotes round code are how a text is laid out, which its reader sees as well.
LAYOUT = {"\n", "`"}
# Modules that read what others wrote, under a name that we give to sentences, too.
OF_OTHERS = {
    "cli/explain.py": "words that somebody typed",
    "messages/error_hints.py": "errors of Python, Keras and TensorFlow",
    "gradebook/database.py": "errors of SQLite and PostgreSQL",
    "quiz/formats/draft.py": "titles of other systems' quizzes",
    "quiz/formats/gift_reader.py": "GIFT",
    "static/syntax.py": "syntax errors of Python",
    "student/loader.py": "errors of Python and Keras",
    "trainer/exhaustion.py": "errors of XLA and CUDA",
    "trainer/order/rebuild.py": "errors of Keras",
}


# What Python and Keras say themselves, said in their place.
OF_PYTHON = {"ValueError: You must call `compile()` before calling `fit()`.", "EOFError: EOF when reading a line"}


def name_of(node):
    """The last name of what a method is called on or what is given to a pattern: `message` of `str(self.message)`."""
    match node:
        case ast.Attribute():
            return node.attr
        case ast.Name():
            return node.id
        case ast.Subscript():
            return name_of(node.value)
        case ast.Call(func=ast.Name(id="str"), args=[first, *_]):
            return name_of(first)
        case ast.BoolOp(values=[first, *_]):
            return name_of(first)
        case ast.Call(func=ast.Attribute(value=inner)):
            return name_of(inner)
    return ""


def is_sentence(node):
    return name_of(node) in PROSE


def is_text(node):
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value


def reads(node):
    """Whether a node takes a sentence apart, matches it with a pattern, or looks for words in it."""
    match node:
        case ast.Call(func=ast.Attribute(attr=method, value=value), args=arguments):
            by = [item.value for item in arguments if isinstance(item, ast.Constant)]
            apart = method in TAKING_APART and is_sentence(value) and bool(arguments) and not LAYOUT.intersection(map(str, by))
            return apart or (method in MATCHING and any(map(is_sentence, arguments)))
        case ast.Compare(left=left, ops=[ast.In() | ast.NotIn()], comparators=[right]):
            return is_text(left) and left.value not in LAYOUT and is_sentence(right)
        case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq()], comparators=[right]):
            return is_sentence(left) and is_text(right) and " " in right.value
    return False


def read_back(source):
    return [(node.lineno, ast.unparse(node)) for node in ast.walk(ast.parse(source)) if reads(node)]


def test_no_sentence_is_read_back():
    """No regex, split or search over our own messages."""
    paths = {path.relative_to(PACKAGE).as_posix(): path for path in sorted(PACKAGE.rglob("*.py"))}
    found = {name: read_back(path.read_text()) for name, path in paths.items()}

    assert {name: places for name, places in found.items() if places and name not in OF_OTHERS} == {}
    assert {name for name in OF_OTHERS if not found.get(name)} == set()


@pytest.mark.parametrize(
    "source",
    [
        "re.findall(r'line (\\d+)', verdict.end_message)", "LINE.search(check.expected or '')", "message.split('\"')[1]",
        "place.startswith('seed of ')", "outcome.curve == 'validation runs ahead'", "'locked' in said",
        "re.search('puts out', pair.fault)", "proof.what.startswith(('rejects/',))", "str(error).rpartition(': ')",
    ],
)  # fmt: skip
def test_what_was_done_before_is_found(source):
    """The test sees each way in which sentences have been read back."""
    assert len(read_back(source)) == 1


def raised(path):
    """The texts of exceptions as the package raises them, with a word for what is filled in."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Call(func=ast.Name(id=kind), args=[ast.Constant(value=str(text)), *_]) if kind.endswith("Error"):
                yield f"{kind}: {text}"
            case ast.Call(func=ast.Name(id=kind), args=[ast.JoinedStr(values=parts), *_]) if kind.endswith("Error"):
                yield f"{kind}: " + "".join(part.value if isinstance(part, ast.Constant) else "x" for part in parts)


def test_no_advice_is_guessed_from_our_own_errors():
    """An error that the student's process raises itself brings its advice along."""
    texts = [text for path in sorted((PACKAGE / "student").rglob("*.py")) for text in raised(path)]

    assert {text for text in texts for _, pattern, _ in ERROR_HINTS if re.search(pattern, text)} == OF_PYTHON
    assert len(texts) > 5
