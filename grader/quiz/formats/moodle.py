"""Moodle XML: questions for a question bank; what belongs to the quiz around them is set in Moodle."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from decimal import Decimal
from xml.etree import ElementTree as ET

from grader.quiz.formats.archive import render_xml
from grader.quiz.formats.losses import QuizExportError, is_shuffled
from grader.quiz.formats.plain import convert_to_html, enrich_html, format_decimal, list_accepted_texts, split_interval
from grader.quiz.key import AnswerKey, CorrectAnswer
from grader.quiz.model import Question, Quiz
from grader.quiz.rich_text import Picture

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
        "pictures",
        "formulas",
    ]
)
# The only fractions that Moodle's import takes (question/engine/bank.php), in per cent.
MOODLE_PERCENTS = "100 90 83.33333 80 75 70 66.66667 60 50 40 33.33333 30 25 20 16.66667 14.28571 12.5 11.11111 10 5 0"
MOODLE_FRACTIONS = [Decimal(text) for text in MOODLE_PERCENTS.split()]
FRACTION_TOLERANCE = Decimal("0.001")


def find_option_fractions(question: Question, solved: CorrectAnswer) -> tuple[dict[str, Decimal], list[str]]:
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
    # Moodle's import refuses other fractions, or rounds them, so that nobody could reach full marks.
    if find_listed_fraction(share) is None:
        count = len(solved.options)
        faults.append(f'question "{question.id}" has {count} correct options; Moodle has no fraction for 1/{count}')
    shares = {
        option.id: (find_listed_fraction(share) or share)
        if option.id in solved.options
        else -(find_listed_fraction(wrong) or Decimal(0))
        for option in question.options
    }
    return shares, faults


def find_listed_fraction(share: Decimal) -> Decimal | None:
    """The fraction of Moodle's list that means this share."""
    return next((known for known in MOODLE_FRACTIONS if abs(known - share) < FRACTION_TOLERANCE), None)


def render(quiz: Quiz, solutions: AnswerKey, pictures: Mapping[str, bytes] | None = None) -> bytes:
    """The quiz as Moodle XML.

    Args:
        pictures: the files of the pictures; without any, texts are written as they are.

    Raises:
        QuizExportError: a number of correct options that Moodle has no fraction for.
    """
    faults = [
        fault for question in quiz.questions for fault in find_option_fractions(question, solutions[question.id])[1]
    ]
    if faults:
        raise QuizExportError("\n".join(faults))
    root = ET.Element("quiz")
    category = ET.SubElement(root, "question", type="category")
    # A slash separates categories, two stand for the sign itself.
    _add_text(category, "category", "$course$/top/" + " ".join(quiz.title.split()).replace("/", "//"))
    _add_text(category, "info", convert_to_html(quiz.description), format="html")
    for question in quiz.questions:
        _add_question(root, quiz, question, solutions[question.id])
    if pictures is not None:
        _embed_pictures(root, pictures)
    return render_xml(root)


def _embed_pictures(root: ET.Element, pictures: Mapping[str, bytes]) -> None:
    """Pictures and formulas in every HTML text, with the files beside it."""
    for element in [each for each in root.iter() if each.get("format") == "html"]:
        shown: dict[str, bytes] = {}

        def show_picture(picture: Picture, shown: dict[str, bytes] = shown) -> str:
            if picture.name not in pictures:
                return f"[{picture.alt or picture.name}]"
            shown[picture.name] = pictures[picture.name]
            return f'<img src="@@PLUGINFILE@@/{picture.name}" alt="{picture.alt}">'

        text = element.find("text")
        assert text is not None
        # What Moodle's MathJax filter looks for.
        text.text = enrich_html(text.text or "", show_picture, lambda tex: rf"\({tex}\)")
        for name, data in shown.items():
            file = ET.SubElement(element, "file", name=name, path="/", encoding="base64")
            file.text = base64.b64encode(data).decode()


def _add_text(parent: ET.Element, name: str, text: str, **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, name, attributes)
    ET.SubElement(element, "text").text = text
    return element


MOODLE_KINDS = {
    "single": "multichoice", "multiple": "multichoice", "truefalse": "truefalse", "numeric": "numerical",
    "text": "shortanswer", "shape": "shortanswer",
}  # fmt: skip


def _add_question(root: ET.Element, quiz: Quiz, question: Question, solved: CorrectAnswer) -> None:
    item = ET.SubElement(root, "question", type=MOODLE_KINDS[question.kind])
    _add_text(item, "name", question.id)
    _add_text(item, "questiontext", convert_to_html(question.prompt), format="html")
    _add_text(item, "generalfeedback", convert_to_html(solved.answer.explain), format="html")
    ET.SubElement(item, "defaultgrade").text = f"{question.points:.7f}"
    # Moodle's penalty is for repeated tries, which is another thing than our penalty for a wrong answer.
    ET.SubElement(item, "penalty").text = "0.0000000"
    ET.SubElement(item, "hidden").text = "0"
    ET.SubElement(item, "idnumber").text = f"{quiz.id}-{question.id}"
    if question.kind in ("single", "multiple"):
        _add_choices(item, quiz, question, solved)
    elif question.kind == "truefalse":
        _add_true_false(item, solved)
    else:
        _add_typed(item, question, solved)
    for hint in question.hints:
        _add_text(item, "hint", convert_to_html(hint.text), format="html")


def _add_choices(item: ET.Element, quiz: Quiz, question: Question, solved: CorrectAnswer) -> None:
    # Moodle can't keep single options in place, so a question with a pinned one isn't shuffled at all.
    pinned = any(option.pinned for option in question.options)
    ET.SubElement(item, "single").text = "true" if question.kind == "single" else "false"
    ET.SubElement(item, "shuffleanswers").text = "true" if is_shuffled(quiz, question) and not pinned else "false"
    ET.SubElement(item, "answernumbering").text = "abc"
    ET.SubElement(item, "showstandardinstruction").text = "0"
    for name in ("correctfeedback", "partiallycorrectfeedback", "incorrectfeedback"):
        _add_text(item, name, "", format="html")
    shares, _ = find_option_fractions(question, solved)
    for option in question.options:
        _add_answer(item, shares[option.id], convert_to_html(option.text), solved.answer.feedback.get(option.id, ""))


def _add_answer(item: ET.Element, share: Decimal, text: str, feedback: str, form: str = "html") -> ET.Element:
    answer = _add_text(item, "answer", text, fraction=format_decimal(share), format=form)
    _add_text(answer, "feedback", convert_to_html(feedback), format="html")
    return answer


def _add_true_false(item: ET.Element, solved: CorrectAnswer) -> None:
    for name in ("true", "false"):
        share = Decimal(100 if name in solved.options else 0)
        _add_answer(item, share, name, solved.answer.feedback.get(name, ""), "moodle_auto_format")


def _add_typed(item: ET.Element, question: Question, solved: CorrectAnswer) -> None:
    if question.kind == "numeric":
        for interval in sorted(solved.numbers, key=lambda interval: interval.low):
            number, spread = split_interval(interval)
            answer = _add_answer(item, Decimal(100), number, "", "moodle_auto_format")
            ET.SubElement(answer, "tolerance").text = spread
        return
    ET.SubElement(item, "usecase").text = "1" if solved.answer.case else "0"
    for text in list_accepted_texts(question, solved):
        # An asterisk would stand for any text.
        _add_answer(item, Decimal(100), text.replace("*", "\\*"), "", "moodle_auto_format")
