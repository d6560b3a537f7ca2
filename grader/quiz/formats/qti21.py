"""QTI 2.1: a package with one item for each question, a test around them, and a manifest."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from grader.quiz.formats.archive import add, pack, xml
from grader.quiz.formats.losses import shuffled
from grader.quiz.formats.plain import decimal, typed
from grader.quiz.formats.qti21_rules import mapped, processing
from grader.quiz.key import Solutions, Solved
from grader.quiz.model import Pool, Question, Quiz

CAN = frozenset([
    "shuffle questions", "shuffle options", "shuffle one", "pinned", "pools", "time_limit", "points", "partial off",
    "partial net-correct", "partial each-answer", "penalty", "explain", "feedback", "case",
])  # fmt: skip
QTI = "http://www.imsglobal.org/xsd/imsqti_v2p1"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
CP = "http://www.imsglobal.org/xsd/imscp_v1p1"


def render(quiz: Quiz, solutions: Solutions) -> bytes:
    """The quiz as a QTI 2.1 package."""
    items = {
        f"items/{question.id}.xml": xml(item(quiz, question, solutions[question.id])) for question in quiz.questions
    }
    return pack({"imsmanifest.xml": xml(manifest(quiz)), "test.xml": xml(test(quiz)), **items})


def _root(name: str, **attributes: str) -> ET.Element:
    place = f"{QTI} http://www.imsglobal.org/xsd/qti/qtiv2p1/imsqti_v2p1.xsd"
    return ET.Element(name, {"xmlns": QTI, "xmlns:xsi": XSI, "xsi:schemaLocation": place, **attributes})


def item(quiz: Quiz, question: Question, solved: Solved) -> ET.Element:
    """One question."""
    root = _root(
        "assessmentItem", identifier=f"q_{question.id}", title=question.id, adaptive="false", timeDependent="false"
    )
    _declarations(root, question, solved)
    body = add(root, "itemBody")
    if question.choices:
        _choices(body, quiz, question)
    else:
        _paragraphs(body, question.prompt)
        add(add(body, "p"), "textEntryInteraction", responseIdentifier="RESPONSE")
    processing(root, question, solved)
    for option in question.choices:
        if said := solved.answer.feedback.get(option.id, "").strip():
            _modal(root, "FEEDBACK", option_id(option.id), said)
    if solved.answer.explain.strip():
        _modal(root, "EXPLAIN", "explain", solved.answer.explain)
    return root


def option_id(name: str) -> str:
    """An option's identifier; QTI's may not begin with a digit."""
    return f"o_{name}"


def _declarations(root: ET.Element, question: Question, solved: Solved) -> None:
    several = "multiple" if question.kind == "multiple" else "single"
    base = "identifier" if question.choices else "float" if question.kind == "numeric" else "string"
    response = add(root, "responseDeclaration", identifier="RESPONSE", cardinality=several, baseType=base)
    correct = add(response, "correctResponse")
    for value in _correct(question, solved):
        add(correct, "value", value)
    mapped(response, question, solved)
    score = add(root, "outcomeDeclaration", identifier="SCORE", cardinality="single", baseType="float")
    add(add(score, "defaultValue"), "value", "0")
    most = add(root, "outcomeDeclaration", identifier="MAXSCORE", cardinality="single", baseType="float")
    add(add(most, "defaultValue"), "value", f"{question.points:g}")
    if solved.answer.feedback and question.choices:
        add(root, "outcomeDeclaration", identifier="FEEDBACK", cardinality=several, baseType="identifier")
    if solved.answer.explain.strip():
        add(root, "outcomeDeclaration", identifier="EXPLAIN", cardinality="single", baseType="identifier")


def _correct(question: Question, solved: Solved) -> Iterable[str]:
    """The correct response; of several that are as good, the first."""
    if question.choices:
        return [option_id(option.id) for option in question.choices if option.id in solved.options]
    if question.kind == "numeric":
        first = min(solved.numbers, key=lambda interval: interval.low)
        return [decimal((first.low + first.high) / 2)]
    return typed(question, solved)[:1]


def _choices(body: ET.Element, quiz: Quiz, question: Question) -> None:
    interaction = add(
        body,
        "choiceInteraction",
        responseIdentifier="RESPONSE",
        shuffle="true" if shuffled(quiz, question) else "false",
        maxChoices="0" if question.kind == "multiple" else "1",
    )
    prompt = add(interaction, "prompt")
    _lines(prompt, question.prompt)
    for option in question.choices:
        fixed = {"fixed": "true"} if option.pinned else {}
        _lines(add(interaction, "simpleChoice", identifier=option_id(option.id), **fixed), option.text)


def _paragraphs(parent: ET.Element, text: str) -> None:
    _lines(add(parent, "p"), text)


def _lines(parent: ET.Element, text: str) -> None:
    """A text whose line ends are kept."""
    first, *others = text.replace("\t", "    ").split("\n")
    parent.text = first
    for line in others:
        add(parent, "br").tail = line


def _modal(root: ET.Element, outcome: str, name: str, text: str) -> None:
    _lines(add(root, "modalFeedback", outcomeIdentifier=outcome, identifier=name, showHide="show"), text)


def test(quiz: Quiz) -> ET.Element:
    """The test around the items."""
    root = _root("assessmentTest", identifier=f"t_{quiz.id}", title=quiz.title)
    score = add(root, "outcomeDeclaration", identifier="SCORE", cardinality="single", baseType="float")
    add(add(score, "defaultValue"), "value", "0")
    if quiz.time_limit is not None:
        add(root, "timeLimits", maxTime=f"{quiz.time_limit:g}")
    part = add(root, "testPart", identifier="part", navigationMode="nonlinear", submissionMode="simultaneous")
    section = add(part, "assessmentSection", identifier="questions", title=quiz.title, visible="true")
    if quiz.shuffle.questions:
        add(section, "ordering", shuffle="true")
    pools = {name: pool for pool in quiz.pools for name in pool.questions}
    for question in quiz.questions:
        pool = pools.get(question.id)
        if pool is None:
            _reference(section, question)
        elif question.id == next(item.id for item in quiz.questions if item.id in pool.questions):
            _pool(section, quiz, pool)
    total = add(add(add(root, "outcomeProcessing"), "setOutcomeValue", identifier="SCORE"), "sum")
    add(total, "testVariables", variableIdentifier="SCORE")
    return root


def _reference(section: ET.Element, question: Question) -> None:
    add(section, "assessmentItemRef", identifier=f"q_{question.id}", href=f"items/{question.id}.xml")


def _pool(section: ET.Element, quiz: Quiz, pool: Pool) -> None:
    """Questions of which some are drawn."""
    inner = add(section, "assessmentSection", identifier=f"pool_{pool.id}", title=pool.id, visible="false")
    add(inner, "selection", select=str(pool.pick))
    for question in quiz.questions:
        if question.id in pool.questions:
            _reference(inner, question)


def manifest(quiz: Quiz) -> ET.Element:
    """What is in the package."""
    root = ET.Element("manifest", {
        "identifier": f"m_{quiz.id}", "xmlns": CP, "xmlns:xsi": XSI,
        "xsi:schemaLocation": f"{CP} http://www.imsglobal.org/xsd/qti/qtiv2p1/qtiv2p1_imscpv1p2_v1p0.xsd",
    })  # fmt: skip
    about = add(root, "metadata")
    add(about, "schema", "QTIv2.1 Package")
    add(about, "schemaversion", "1.0.0")
    add(root, "organizations")
    resources = add(root, "resources")
    whole = add(resources, "resource", identifier=f"t_{quiz.id}", type="imsqti_test_xmlv2p1", href="test.xml")
    add(whole, "file", href="test.xml")
    for question in quiz.questions:
        add(whole, "dependency", identifierref=f"q_{question.id}")
    for question in quiz.questions:
        path = f"items/{question.id}.xml"
        kind = "imsqti_item_xmlv2p1"
        add(add(resources, "resource", identifier=f"q_{question.id}", type=kind, href=path), "file", href=path)
    return root
