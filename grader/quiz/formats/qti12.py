"""QTI 1.2 as Canvas imports it: a zip with the assessment, its settings and a manifest.

The structure is that of text2qti, which Canvas is known to take; Canvas drops what it doesn't know without a word, so
whatever it has no place for is an error or a listed loss here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.etree import ElementTree as ET

from grader.quiz.formats import canvas
from grader.quiz.formats.archive import add, pack, xml
from grader.quiz.formats.losses import ExportError
from grader.quiz.formats.plain import decimal, to_html, typed
from grader.quiz.key import Solutions, Solved
from grader.quiz.model import Pool, Question, Quiz
from grader.quiz.values import Interval

CAN = frozenset([
    "attempts", "keep", "shuffle options", "pools", "time_limit", "description", "points", "partial net-correct",
    "explain", "feedback",
])  # fmt: skip
KINDS = {
    "single": "multiple_choice_question", "multiple": "multiple_answers_question", "truefalse": "true_false_question",
    "numeric": "numerical_question", "text": "short_answer_question", "shape": "short_answer_question",
}  # fmt: skip


def render(quiz: Quiz, solutions: Solutions) -> bytes:
    """The quiz as a zip for Canvas.

    Raises:
        ExportError: points that Canvas can't have, or a time limit that isn't whole minutes.
    """
    faults = [
        f'question "{question.id}" has {question.points:g} points; Canvas takes whole or half points'
        for question in quiz.questions
        if question.points * 2 != int(question.points * 2)
    ]
    if quiz.time_limit is not None and quiz.time_limit % 60:
        faults.append(f"the time limit is {quiz.time_limit:g} s; Canvas takes whole minutes")
    if faults:
        raise ExportError("\n".join(faults))
    name = canvas.ident(quiz, "assessment")
    return pack({
        "imsmanifest.xml": xml(canvas.manifest(quiz)),
        f"{name}/assessment_meta.xml": xml(canvas.meta(quiz)),
        f"{name}/{name}.xml": xml(assessment(quiz, solutions)),
    })  # fmt: skip


def assessment(quiz: Quiz, solutions: Solutions) -> ET.Element:
    """The questions; a pool is a section of its own, where its first question stands."""
    root = ET.Element("questestinterop", {
        "xmlns": "http://www.imsglobal.org/xsd/ims_qtiasiv1p2",
        "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
        "xsi:schemaLocation": "http://www.imsglobal.org/xsd/ims_qtiasiv1p2 http://www.imsglobal.org/xsd/ims_qtiasiv1p2p1.xsd",
    })  # fmt: skip
    whole = add(root, "assessment", ident=canvas.ident(quiz, "assessment"), title=quiz.title)
    _metadata(whole, {"cc_maxattempts": str(quiz.attempts)})
    section = add(whole, "section", ident="root_section")
    pools = {name: pool for pool in quiz.pools for name in pool.questions}
    for question in quiz.questions:
        pool = pools.get(question.id)
        if pool is None:
            _item(section, quiz, question, solutions[question.id])
        elif question.id == next(item.id for item in quiz.questions if item.id in pool.questions):
            _pool(section, quiz, pool, solutions)
    return root


def _metadata(parent: ET.Element, fields: dict[str, str]) -> None:
    data = add(parent, "qtimetadata")
    for label, entry in fields.items():
        field = add(data, "qtimetadatafield")
        add(field, "fieldlabel", label)
        add(field, "fieldentry", entry)


def _pool(parent: ET.Element, quiz: Quiz, pool: Pool, solutions: Solutions) -> None:
    section = add(parent, "section", ident=canvas.ident(quiz, "group", pool.id), title=pool.id)
    selection = add(add(section, "selection_ordering"), "selection")
    add(selection, "selection_number", str(pool.pick))
    points = canvas.points(quiz.question(pool.questions[0]).points)
    add(add(selection, "selection_extension"), "points_per_item", points)
    for question in quiz.questions:
        if question.id in pool.questions:
            _item(section, quiz, question, solutions[question.id])


def _item(section: ET.Element, quiz: Quiz, question: Question, solved: Solved) -> None:
    item = add(section, "item", ident=canvas.ident(quiz, "question", question.id), title=question.id)
    answers = [_option(quiz, question, option.id) for option in question.choices]
    if not question.choices:
        count = 1 if question.kind == "numeric" else len(typed(question, solved))
        answers = [canvas.ident(quiz, "answer", question.id, str(number)) for number in range(1, count + 1)]
    _metadata(add(item, "itemmetadata"), {
        "question_type": KINDS[question.kind],
        "points_possible": canvas.points(question.points),
        "original_answer_ids": ",".join(answers),
        "assessment_question_identifierref": canvas.ident(quiz, "question_ref", question.id),
    })  # fmt: skip
    _presentation(item, quiz, question)
    _processing(item, quiz, question, solved)
    _feedback(item, quiz, question, solved)


def _option(quiz: Quiz, question: Question, option_id: str) -> str:
    return canvas.ident(quiz, "choice", question.id, option_id)


def _material(parent: ET.Element, text: str) -> None:
    add(add(parent, "material"), "mattext", f"<p>{to_html(text)}</p>", texttype="text/html")


def _presentation(item: ET.Element, quiz: Quiz, question: Question) -> None:
    shown = add(item, "presentation")
    _material(shown, question.prompt)
    if question.choices:
        several = "Multiple" if question.kind == "multiple" else "Single"
        choice = add(add(shown, "response_lid", ident="response1", rcardinality=several), "render_choice")
        for option in question.choices:
            _material(add(choice, "response_label", ident=_option(quiz, question, option.id)), option.text)
        return
    response = add(shown, "response_str", ident="response1", rcardinality="Single")
    if question.kind == "numeric":
        add(add(response, "render_fib", fibtype="Decimal"), "response_label", ident="answer1")
    else:
        add(add(response, "render_fib"), "response_label", ident="answer1", rshuffle="No")


def _processing(item: ET.Element, quiz: Quiz, question: Question, solved: Solved) -> None:
    rules = add(item, "resprocessing")
    add(add(rules, "outcomes"), "decvar", maxvalue="100", minvalue="0", varname="SCORE", vartype="Decimal")
    if solved.answer.explain.strip():
        condition = _condition(rules, "general_fb")
        add(condition, "other")
    for option in _with_feedback(question, solved):
        name = _option(quiz, question, option)
        _equal(_condition(rules, f"{name}_fb"), name)
    for condition in _right(rules, quiz, question, solved):
        add(condition, "setvar", "100", action="Set", varname="SCORE")


def _with_feedback(question: Question, solved: Solved) -> Iterator[str]:
    said = solved.answer.feedback
    return (option.id for option in question.choices if said.get(option.id, "").strip())


def _condition(rules: ET.Element, feedback: str) -> ET.Element:
    """A condition that shows feedback; returns where it is written."""
    condition = add(rules, "respcondition", **{"continue": "Yes"})
    where = add(condition, "conditionvar")
    add(condition, "displayfeedback", feedbacktype="Response", linkrefid=feedback)
    return where


def _equal(where: ET.Element, value: str) -> None:
    add(where, "varequal", value, respident="response1")


def _right(rules: ET.Element, quiz: Quiz, question: Question, solved: Solved) -> Iterable[ET.Element]:
    """The conditions for full marks."""
    if question.kind == "numeric":
        return [_number(rules, interval) for interval in sorted(solved.numbers, key=lambda item: item.low)]
    condition = add(rules, "respcondition", **{"continue": "No"})
    where = add(condition, "conditionvar")
    if question.kind == "multiple":
        both = add(where, "and")
        for option in question.options:
            right = option.id in solved.options
            _equal(both if right else add(both, "not"), _option(quiz, question, option.id))
    elif question.choices:
        _equal(where, _option(quiz, question, next(iter(solved.options))))
    else:
        for text in typed(question, solved):
            _equal(where, text)
    return [condition]


def _number(rules: ET.Element, interval: Interval) -> ET.Element:
    condition = add(rules, "respcondition", **{"continue": "No"})
    either = add(add(condition, "conditionvar"), "or")
    _equal(either, decimal((interval.low + interval.high) / 2))
    both = add(either, "and")
    add(both, "vargte", decimal(interval.low), respident="response1")
    add(both, "varlte", decimal(interval.high), respident="response1")
    return condition


def _feedback(item: ET.Element, quiz: Quiz, question: Question, solved: Solved) -> None:
    said = {"general_fb": solved.answer.explain} if solved.answer.explain.strip() else {}
    for option in _with_feedback(question, solved):
        said[f"{_option(quiz, question, option)}_fb"] = solved.answer.feedback[option]
    for name, text in said.items():
        _material(add(add(item, "itemfeedback", ident=name), "flow_mat"), text)
