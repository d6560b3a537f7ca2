"""QTI 1.2 as Canvas imports it: a zip with the assessment, its settings and a manifest.

The structure is that of text2qti, which Canvas is known to take; Canvas drops what it doesn't know without a word, so
whatever it has no place for is an error or a listed loss here.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote
from xml.etree import ElementTree as ET

from grader.quiz.formats import canvas
from grader.quiz.formats.archive import add_element, pack_zip, render_xml
from grader.quiz.formats.losses import QuizExportError
from grader.quiz.formats.plain import convert_to_html, enrich_html, format_decimal, list_accepted_texts
from grader.quiz.key import AnswerKey, CorrectAnswer
from grader.quiz.model import Question, QuestionPool, Quiz
from grader.quiz.rich_text import Picture
from grader.quiz.values import Interval

CAN = frozenset([
    "attempts", "keep", "shuffle options", "pools", "time_limit", "description", "points", "partial net-correct",
    "explain", "feedback", "pictures", "formulas",
])  # fmt: skip
CANVAS_KINDS = {
    "single": "multiple_choice_question", "multiple": "multiple_answers_question", "truefalse": "true_false_question",
    "numeric": "numerical_question", "text": "short_answer_question", "shape": "short_answer_question",
}  # fmt: skip


def render(quiz: Quiz, solutions: AnswerKey, pictures: Mapping[str, bytes] | None = None) -> bytes:
    """The quiz as a zip for Canvas.

    Args:
        pictures: the files of the pictures; without any, texts are written as they are.

    Raises:
        QuizExportError: points that Canvas can't have, or a time limit that isn't whole minutes.
    """
    faults = [
        f'question "{question.id}" has {question.points:g} points; Canvas takes whole or half points'
        for question in quiz.questions
        if question.points * 2 != int(question.points * 2)
    ]
    if quiz.time_limit is not None and quiz.time_limit % 60:
        faults.append(f"the time limit is {quiz.time_limit:g} s; Canvas takes whole minutes")
    if faults:
        raise QuizExportError("\n".join(faults))
    name = canvas.make_identifier(quiz, "assessment")
    assessment = build_assessment(quiz, solutions)
    shown = {} if pictures is None else _embed_pictures(assessment, pictures)
    manifest = canvas.build_manifest(quiz)
    canvas.add_picture_files(manifest, list(shown))
    return pack_zip({
        "imsmanifest.xml": render_xml(manifest),
        f"{name}/assessment_meta.xml": render_xml(canvas.build_settings(quiz)),
        f"{name}/{name}.xml": render_xml(assessment),
        **{f"{canvas.PICTURE_FOLDER}/{picture}": data for picture, data in shown.items()},
    })  # fmt: skip


def _embed_pictures(root: ET.Element, pictures: Mapping[str, bytes]) -> dict[str, bytes]:
    """Pictures and formulas in every text; returns the files that are shown."""
    shown: dict[str, bytes] = {}

    def show_picture(picture: Picture) -> str:
        if picture.name not in pictures:
            return f"[{picture.alt or picture.name}]"
        shown[picture.name] = pictures[picture.name]
        return f'<img src="%24IMS-CC-FILEBASE%24/{canvas.PICTURE_FOLDER}/{picture.name}" alt="{picture.alt}">'

    for element in root.iter("mattext"):
        element.text = enrich_html(element.text or "", show_picture, _show_formula)
    return shown


def _show_formula(tex: str) -> str:
    """As Canvas's own editor writes it; Canvas draws the picture from the address."""
    plain = html.unescape(tex)
    named = html.escape(plain)
    return f'<img class="equation_image" src="/equation_images/{quote(quote(plain, safe=""))}" alt="LaTeX: {named}" data-equation-content="{named}">'


def build_assessment(quiz: Quiz, solutions: AnswerKey) -> ET.Element:
    """The questions; a pool is a section of its own, where its first question stands."""
    root = ET.Element("questestinterop", {
        "xmlns": "http://www.imsglobal.org/xsd/ims_qtiasiv1p2",
        "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
        "xsi:schemaLocation": "http://www.imsglobal.org/xsd/ims_qtiasiv1p2 http://www.imsglobal.org/xsd/ims_qtiasiv1p2p1.xsd",
    })  # fmt: skip
    whole = add_element(root, "assessment", ident=canvas.make_identifier(quiz, "assessment"), title=quiz.title)
    _add_metadata(whole, {"cc_maxattempts": str(quiz.attempts)})
    section = add_element(whole, "section", ident="root_section")
    pools = {name: pool for pool in quiz.pools for name in pool.questions}
    for question in quiz.questions:
        pool = pools.get(question.id)
        if pool is None:
            _add_item(section, quiz, question, solutions[question.id])
        # The pool is written once, in the place of its first question.
        elif question.id == next(item.id for item in quiz.questions if item.id in pool.questions):
            _add_pool(section, quiz, pool, solutions)
    return root


def _add_metadata(parent: ET.Element, fields: dict[str, str]) -> None:
    data = add_element(parent, "qtimetadata")
    for label, entry in fields.items():
        field = add_element(data, "qtimetadatafield")
        add_element(field, "fieldlabel", label)
        add_element(field, "fieldentry", entry)


def _add_pool(parent: ET.Element, quiz: Quiz, pool: QuestionPool, solutions: AnswerKey) -> None:
    section = add_element(parent, "section", ident=canvas.make_identifier(quiz, "group", pool.id), title=pool.id)
    selection = add_element(add_element(section, "selection_ordering"), "selection")
    add_element(selection, "selection_number", str(pool.pick))
    points = canvas.format_canvas_points(quiz.find_question(pool.questions[0]).points)
    add_element(add_element(selection, "selection_extension"), "points_per_item", points)
    for question in quiz.questions:
        if question.id in pool.questions:
            _add_item(section, quiz, question, solutions[question.id])


def _add_item(section: ET.Element, quiz: Quiz, question: Question, solved: CorrectAnswer) -> None:
    item = add_element(section, "item", ident=canvas.make_identifier(quiz, "question", question.id), title=question.id)
    answers = [_make_option_id(quiz, question, option.id) for option in question.choices]
    if not question.choices:
        count = 1 if question.kind == "numeric" else len(list_accepted_texts(question, solved))
        answers = [canvas.make_identifier(quiz, "answer", question.id, str(number)) for number in range(1, count + 1)]
    # Canvas reads the kind of a question from this metadata, not from its elements.
    _add_metadata(add_element(item, "itemmetadata"), {
        "question_type": CANVAS_KINDS[question.kind],
        "points_possible": canvas.format_canvas_points(question.points),
        "original_answer_ids": ",".join(answers),
        "assessment_question_identifierref": canvas.make_identifier(quiz, "question_ref", question.id),
    })  # fmt: skip
    _add_presentation(item, quiz, question)
    _add_processing(item, quiz, question, solved)
    _add_feedback(item, quiz, question, solved)


def _make_option_id(quiz: Quiz, question: Question, option_id: str) -> str:
    return canvas.make_identifier(quiz, "choice", question.id, option_id)


def _add_material(parent: ET.Element, text: str) -> None:
    add_element(add_element(parent, "material"), "mattext", f"<p>{convert_to_html(text)}</p>", texttype="text/html")


def _add_presentation(item: ET.Element, quiz: Quiz, question: Question) -> None:
    shown = add_element(item, "presentation")
    _add_material(shown, question.prompt)
    if question.choices:
        several = "Multiple" if question.kind == "multiple" else "Single"
        choice = add_element(
            add_element(shown, "response_lid", ident="response1", rcardinality=several), "render_choice"
        )
        for option in question.choices:
            _add_material(
                add_element(choice, "response_label", ident=_make_option_id(quiz, question, option.id)), option.text
            )
        return
    response = add_element(shown, "response_str", ident="response1", rcardinality="Single")
    if question.kind == "numeric":
        add_element(add_element(response, "render_fib", fibtype="Decimal"), "response_label", ident="answer1")
    else:
        add_element(add_element(response, "render_fib"), "response_label", ident="answer1", rshuffle="No")


def _add_processing(item: ET.Element, quiz: Quiz, question: Question, solved: CorrectAnswer) -> None:
    rules = add_element(item, "resprocessing")
    add_element(
        add_element(rules, "outcomes"), "decvar", maxvalue="100", minvalue="0", varname="SCORE", vartype="Decimal"
    )
    if solved.answer.explain.strip():
        condition = _add_feedback_condition(rules, "general_fb")
        add_element(condition, "other")
    for option in _list_options_with_feedback(question, solved):
        name = _make_option_id(quiz, question, option)
        _add_equal(_add_feedback_condition(rules, f"{name}_fb"), name)
    for condition in _add_correct_conditions(rules, quiz, question, solved):
        add_element(condition, "setvar", "100", action="Set", varname="SCORE")


def _list_options_with_feedback(question: Question, solved: CorrectAnswer) -> Iterator[str]:
    said = solved.answer.feedback
    return (option.id for option in question.choices if said.get(option.id, "").strip())


def _add_feedback_condition(rules: ET.Element, feedback: str) -> ET.Element:
    """A condition that shows feedback; returns where it is written."""
    condition = add_element(rules, "respcondition", **{"continue": "Yes"})
    where = add_element(condition, "conditionvar")
    add_element(condition, "displayfeedback", feedbacktype="Response", linkrefid=feedback)
    return where


def _add_equal(where: ET.Element, value: str) -> None:
    add_element(where, "varequal", value, respident="response1")


def _add_correct_conditions(
    rules: ET.Element, quiz: Quiz, question: Question, solved: CorrectAnswer
) -> Iterable[ET.Element]:
    """The conditions for full marks."""
    if question.kind == "numeric":
        return [_add_interval(rules, interval) for interval in sorted(solved.numbers, key=lambda item: item.low)]
    condition = add_element(rules, "respcondition", **{"continue": "No"})
    where = add_element(condition, "conditionvar")
    if question.kind == "multiple":
        both = add_element(where, "and")
        for option in question.options:
            right = option.id in solved.options
            # All right ones and none of the wrong ones; Canvas computes its partial credit from these.
            _add_equal(both if right else add_element(both, "not"), _make_option_id(quiz, question, option.id))
    elif question.choices:
        _add_equal(where, _make_option_id(quiz, question, next(iter(solved.options))))
    else:
        for text in list_accepted_texts(question, solved):
            _add_equal(where, text)
    return [condition]


def _add_interval(rules: ET.Element, interval: Interval) -> ET.Element:
    condition = add_element(rules, "respcondition", **{"continue": "No"})
    either = add_element(add_element(condition, "conditionvar"), "or")
    # Canvas shows the exact value as the answer, so it is written beside the bounds.
    _add_equal(either, format_decimal((interval.low + interval.high) / 2))
    both = add_element(either, "and")
    add_element(both, "vargte", format_decimal(interval.low), respident="response1")
    add_element(both, "varlte", format_decimal(interval.high), respident="response1")
    return condition


def _add_feedback(item: ET.Element, quiz: Quiz, question: Question, solved: CorrectAnswer) -> None:
    said = {"general_fb": solved.answer.explain} if solved.answer.explain.strip() else {}
    for option in _list_options_with_feedback(question, solved):
        said[f"{_make_option_id(quiz, question, option)}_fb"] = solved.answer.feedback[option]
    for name, text in said.items():
        _add_material(add_element(add_element(item, "itemfeedback", ident=name), "flow_mat"), text)
