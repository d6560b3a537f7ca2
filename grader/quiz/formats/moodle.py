"""Moodle XML: questions for a question bank; what belongs to the quiz around them is set in Moodle."""

from __future__ import annotations

from decimal import Decimal
from xml.etree import ElementTree as ET

from grader.quiz.formats.archive import xml
from grader.quiz.formats.losses import ExportError, shuffled
from grader.quiz.formats.plain import decimal, middle, to_html, typed
from grader.quiz.key import Solutions, Solved
from grader.quiz.model import Question, Quiz

CAN = frozenset(
    [
        "points",
        "shuffle options",
        "shuffle one",
        "partial net-correct",
        "hints",
        "explain",
        "feedback",
        "case",
        "description",
    ]
)
# The only fractions that Moodle's import takes (question/engine/bank.php), in per cent.
LISTED = "100 90 83.33333 80 75 70 66.66667 60 50 40 33.33333 30 25 20 16.66667 14.28571 12.5 11.11111 10 5 0"
FRACTIONS = [Decimal(text) for text in LISTED.split()]
CLOSE = Decimal("0.001")


def fractions(question: Question, solved: Solved) -> tuple[dict[str, Decimal], list[str]]:
    """What each option is worth in per cent, from Moodle's list, and what can't be said by it.

    Several correct options share 100 %; each wrong one takes as much away as a correct one gives (net-correct), or,
    where only the whole answer counts, everything.
    """
    if question.kind not in ("single", "multiple"):
        return {}, []
    share = Decimal(100) / len(solved.options)
    wrong = Decimal(0)
    if question.kind == "multiple":
        wrong = Decimal(100) if question.partial == "off" else share
    faults = []
    if listed(share) is None:
        count = len(solved.options)
        faults.append(f'question "{question.id}" has {count} correct options; Moodle has no fraction for 1/{count}')
    shares = {
        option.id: (listed(share) or share) if option.id in solved.options else -(listed(wrong) or Decimal(0))
        for option in question.options
    }
    return shares, faults


def listed(share: Decimal) -> Decimal | None:
    """The fraction of Moodle's list that means this share."""
    return next((known for known in FRACTIONS if abs(known - share) < CLOSE), None)


def render(quiz: Quiz, solutions: Solutions) -> bytes:
    """The quiz as Moodle XML.

    Raises:
        ExportError: a number of correct options that Moodle has no fraction for.
    """
    faults = [fault for question in quiz.questions for fault in fractions(question, solutions[question.id])[1]]
    if faults:
        raise ExportError("\n".join(faults))
    root = ET.Element("quiz")
    category = ET.SubElement(root, "question", type="category")
    _text(category, "category", "$course$/top/" + " ".join(quiz.title.split()).replace("/", "//"))
    _text(category, "info", to_html(quiz.description), format="html")
    for question in quiz.questions:
        _question(root, quiz, question, solutions[question.id])
    return xml(root)


def _text(parent: ET.Element, name: str, text: str, **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, name, attributes)
    ET.SubElement(element, "text").text = text
    return element


KINDS = {
    "single": "multichoice", "multiple": "multichoice", "truefalse": "truefalse", "numeric": "numerical",
    "text": "shortanswer", "shape": "shortanswer",
}  # fmt: skip


def _question(root: ET.Element, quiz: Quiz, question: Question, solved: Solved) -> None:
    item = ET.SubElement(root, "question", type=KINDS[question.kind])
    _text(item, "name", question.id)
    _text(item, "questiontext", to_html(question.prompt), format="html")
    _text(item, "generalfeedback", to_html(solved.answer.explain), format="html")
    ET.SubElement(item, "defaultgrade").text = f"{question.points:.7f}"
    ET.SubElement(item, "penalty").text = "0.0000000"
    ET.SubElement(item, "hidden").text = "0"
    ET.SubElement(item, "idnumber").text = f"{quiz.id}-{question.id}"
    if question.kind in ("single", "multiple"):
        _choices(item, quiz, question, solved)
    elif question.kind == "truefalse":
        _true_false(item, solved)
    else:
        _typed(item, question, solved)
    for hint in question.hints:
        _text(item, "hint", to_html(hint.text), format="html")


def _choices(item: ET.Element, quiz: Quiz, question: Question, solved: Solved) -> None:
    pinned = any(option.pinned for option in question.options)
    ET.SubElement(item, "single").text = "true" if question.kind == "single" else "false"
    ET.SubElement(item, "shuffleanswers").text = "true" if shuffled(quiz, question) and not pinned else "false"
    ET.SubElement(item, "answernumbering").text = "abc"
    ET.SubElement(item, "showstandardinstruction").text = "0"
    for name in ("correctfeedback", "partiallycorrectfeedback", "incorrectfeedback"):
        _text(item, name, "", format="html")
    shares, _ = fractions(question, solved)
    for option in question.options:
        _answer(item, shares[option.id], to_html(option.text), solved.answer.feedback.get(option.id, ""))


def _answer(item: ET.Element, share: Decimal, text: str, feedback: str, form: str = "html") -> ET.Element:
    answer = _text(item, "answer", text, fraction=decimal(share), format=form)
    _text(answer, "feedback", to_html(feedback), format="html")
    return answer


def _true_false(item: ET.Element, solved: Solved) -> None:
    for name in ("true", "false"):
        share = Decimal(100 if name in solved.options else 0)
        _answer(item, share, name, solved.answer.feedback.get(name, ""), "moodle_auto_format")


def _typed(item: ET.Element, question: Question, solved: Solved) -> None:
    if question.kind == "numeric":
        for interval in sorted(solved.numbers, key=lambda interval: interval.low):
            number, spread = middle(interval)
            answer = _answer(item, Decimal(100), number, "", "moodle_auto_format")
            ET.SubElement(answer, "tolerance").text = spread
        return
    ET.SubElement(item, "usecase").text = "1" if solved.answer.case else "0"
    for text in typed(question, solved):
        # An asterisk would stand for any text.
        _answer(item, Decimal(100), text.replace("*", "\\*"), "", "moodle_auto_format")
