"""QTI 2.1: a package with one item for each question, a test around them, and a manifest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from xml.etree import ElementTree as ET

from grader.quiz.formats.archive import add_element, pack_zip, render_xml
from grader.quiz.formats.losses import is_shuffled
from grader.quiz.formats.picture_elements import embed_pictures
from grader.quiz.formats.plain import format_decimal, list_accepted_texts
from grader.quiz.key import AnswerKey, CorrectAnswer
from grader.quiz.model import Question, QuestionPool, Quiz

CAN = frozenset([
    "shuffle questions", "shuffle options", "shuffle one", "pinned", "pools", "time_limit", "points", "partial off",
    "partial net-correct", "partial each-answer", "penalty", "explain", "feedback", "case", "pictures",
])  # fmt: skip
QTI_NAMESPACE = "http://www.imsglobal.org/xsd/imsqti_v2p1"
XSI_NAMESPACE = "http://www.w3.org/2001/XMLSchema-instance"
CP_NAMESPACE = "http://www.imsglobal.org/xsd/imscp_v1p1"


def render(quiz: Quiz, solutions: AnswerKey, pictures: Mapping[str, bytes] | None = None) -> bytes:
    """The quiz as a QTI 2.1 package.

    Args:
        pictures: the files of the pictures; without any, texts are written as they are.
    """
    roots = {question.id: build_item(quiz, question, solutions[question.id]) for question in quiz.questions}
    shown = {name: [] if pictures is None else embed_pictures(root, pictures) for name, root in roots.items()}
    files = {f"items/{name}": (pictures or {})[name] for names in shown.values() for name in names}
    items = {f"items/{name}.xml": render_xml(root) for name, root in roots.items()}
    return pack_zip(
        {
            "imsmanifest.xml": render_xml(build_manifest(quiz, shown)),
            "test.xml": render_xml(build_test(quiz)),
            **items,
            **files,
        }
    )


def _make_root(name: str, **attributes: str) -> ET.Element:
    place = f"{QTI_NAMESPACE} http://www.imsglobal.org/xsd/qti/qtiv2p1/imsqti_v2p1.xsd"
    return ET.Element(
        name, {"xmlns": QTI_NAMESPACE, "xmlns:xsi": XSI_NAMESPACE, "xsi:schemaLocation": place, **attributes}
    )


def build_item(quiz: Quiz, question: Question, solved: CorrectAnswer) -> ET.Element:
    """One question."""
    root = _make_root(
        "assessmentItem", identifier=f"q_{question.id}", title=question.id, adaptive="false", timeDependent="false"
    )
    _add_declarations(root, question, solved)
    body = add_element(root, "itemBody")
    if question.choices:
        _add_choices(body, quiz, question)
    else:
        _add_paragraphs(body, question.prompt)
        add_element(add_element(body, "p"), "textEntryInteraction", responseIdentifier="RESPONSE")
    add_response_processing(root, question, solved)
    for option in question.choices:
        if said := solved.answer.feedback.get(option.id, "").strip():
            _add_modal_feedback(root, "FEEDBACK", make_option_id(option.id), said)
    if solved.answer.explain.strip():
        _add_modal_feedback(root, "EXPLAIN", "explain", solved.answer.explain)
    return root


def make_option_id(name: str) -> str:
    """An option's identifier; QTI's may not begin with a digit."""
    return f"o_{name}"


def _add_declarations(root: ET.Element, question: Question, solved: CorrectAnswer) -> None:
    several = "multiple" if question.kind == "multiple" else "single"
    base = "identifier" if question.choices else "float" if question.kind == "numeric" else "string"
    response = add_element(root, "responseDeclaration", identifier="RESPONSE", cardinality=several, baseType=base)
    correct = add_element(response, "correctResponse")
    for value in _list_correct_values(question, solved):
        add_element(correct, "value", value)
    add_option_mapping(response, question, solved)
    score = add_element(root, "outcomeDeclaration", identifier="SCORE", cardinality="single", baseType="float")
    add_element(add_element(score, "defaultValue"), "value", "0")
    most = add_element(root, "outcomeDeclaration", identifier="MAXSCORE", cardinality="single", baseType="float")
    add_element(add_element(most, "defaultValue"), "value", f"{question.points:g}")
    if solved.answer.feedback and question.choices:
        add_element(root, "outcomeDeclaration", identifier="FEEDBACK", cardinality=several, baseType="identifier")
    if solved.answer.explain.strip():
        add_element(root, "outcomeDeclaration", identifier="EXPLAIN", cardinality="single", baseType="identifier")


def _list_correct_values(question: Question, solved: CorrectAnswer) -> Iterable[str]:
    """The correct response; of several that are as good, the first."""
    if question.choices:
        return [make_option_id(option.id) for option in question.choices if option.id in solved.options]
    if question.kind == "numeric":
        first = min(solved.numbers, key=lambda interval: interval.low)
        return [format_decimal((first.low + first.high) / 2)]
    return list_accepted_texts(question, solved)[:1]


def _add_choices(body: ET.Element, quiz: Quiz, question: Question) -> None:
    interaction = add_element(
        body,
        "choiceInteraction",
        responseIdentifier="RESPONSE",
        shuffle="true" if is_shuffled(quiz, question) else "false",
        # QTI's 0 means any number.
        maxChoices="0" if question.kind == "multiple" else "1",
    )
    prompt = add_element(interaction, "prompt")
    _add_lines(prompt, question.prompt)
    for option in question.choices:
        fixed = {"fixed": "true"} if option.pinned else {}
        _add_lines(add_element(interaction, "simpleChoice", identifier=make_option_id(option.id), **fixed), option.text)


def _add_paragraphs(parent: ET.Element, text: str) -> None:
    _add_lines(add_element(parent, "p"), text)


def _add_lines(parent: ET.Element, text: str) -> None:
    """A text whose line ends are kept."""
    first, *others = text.replace("\t", "    ").split("\n")
    parent.text = first
    for line in others:
        add_element(parent, "br").tail = line


def _add_modal_feedback(root: ET.Element, outcome: str, name: str, text: str) -> None:
    _add_lines(add_element(root, "modalFeedback", outcomeIdentifier=outcome, identifier=name, showHide="show"), text)


def build_test(quiz: Quiz) -> ET.Element:
    """The test around the items."""
    root = _make_root("assessmentTest", identifier=f"t_{quiz.id}", title=quiz.title)
    score = add_element(root, "outcomeDeclaration", identifier="SCORE", cardinality="single", baseType="float")
    add_element(add_element(score, "defaultValue"), "value", "0")
    if quiz.time_limit is not None:
        add_element(root, "timeLimits", maxTime=f"{quiz.time_limit:g}")
    part = add_element(root, "testPart", identifier="part", navigationMode="nonlinear", submissionMode="simultaneous")
    section = add_element(part, "assessmentSection", identifier="questions", title=quiz.title, visible="true")
    if quiz.shuffle.questions:
        add_element(section, "ordering", shuffle="true")
    pools = {name: pool for pool in quiz.pools for name in pool.questions}
    for question in quiz.questions:
        pool = pools.get(question.id)
        if pool is None:
            _add_item_reference(section, question)
        elif question.id == next(item.id for item in quiz.questions if item.id in pool.questions):
            _add_pool(section, quiz, pool)
    total = add_element(
        add_element(add_element(root, "outcomeProcessing"), "setOutcomeValue", identifier="SCORE"), "sum"
    )
    add_element(total, "testVariables", variableIdentifier="SCORE")
    return root


def _add_item_reference(section: ET.Element, question: Question) -> None:
    add_element(section, "assessmentItemRef", identifier=f"q_{question.id}", href=f"items/{question.id}.xml")


def _add_pool(section: ET.Element, quiz: Quiz, pool: QuestionPool) -> None:
    """Questions of which some are drawn."""
    inner = add_element(section, "assessmentSection", identifier=f"pool_{pool.id}", title=pool.id, visible="false")
    add_element(inner, "selection", select=str(pool.pick))
    for question in quiz.questions:
        if question.id in pool.questions:
            _add_item_reference(inner, question)


def build_manifest(quiz: Quiz, shown: Mapping[str, Sequence[str]]) -> ET.Element:
    """What is in the package.

    Args:
        shown: the pictures of each question.
    """
    root = ET.Element("manifest", {
        "identifier": f"m_{quiz.id}", "xmlns": CP_NAMESPACE, "xmlns:xsi": XSI_NAMESPACE,
        "xsi:schemaLocation": f"{CP_NAMESPACE} http://www.imsglobal.org/xsd/qti/qtiv2p1/qtiv2p1_imscpv1p2_v1p0.xsd",
    })  # fmt: skip
    about = add_element(root, "metadata")
    add_element(about, "schema", "QTIv2.1 Package")
    add_element(about, "schemaversion", "1.0.0")
    add_element(root, "organizations")
    resources = add_element(root, "resources")
    whole = add_element(resources, "resource", identifier=f"t_{quiz.id}", type="imsqti_test_xmlv2p1", href="test.xml")
    add_element(whole, "file", href="test.xml")
    for question in quiz.questions:
        add_element(whole, "dependency", identifierref=f"q_{question.id}")
    for question in quiz.questions:
        path = f"items/{question.id}.xml"
        kind = "imsqti_item_xmlv2p1"
        resource = add_element(resources, "resource", identifier=f"q_{question.id}", type=kind, href=path)
        for href in (path, *(f"items/{name}" for name in shown[question.id])):
            add_element(resource, "file", href=href)
    return root


def add_option_mapping(response: ET.Element, question: Question, solved: CorrectAnswer) -> None:
    """What each option adds, where partial credit is a sum: correct ones give what wrong ones take."""
    if question.partial not in ("net-correct", "each-answer"):
        return
    count, each = len(question.options), question.partial == "each-answer"
    part = 1 / count if each else 1 / len(solved.options)
    base = (count - len(solved.options)) / count if each else 0.0
    mapping = add_element(response, "mapping", lowerBound="0", upperBound="1", defaultValue="0")
    if each:
        # What rightly left options give is added in the rules; the map's bounds leave room for it.
        mapping.set("lowerBound", f"{-base:.9g}")
    for option in question.options:
        right = option.id in solved.options
        add_element(mapping, "mapEntry", mapKey=f"o_{option.id}", mappedValue=f"{part if right else -part:.9g}")


def add_response_processing(root: ET.Element, question: Question, solved: CorrectAnswer) -> None:
    """No answer earns nothing, the correct one all points, and a wrong one loses its penalty."""
    # Written out, since QTI's standard templates know no penalties.
    rules = add_element(root, "responseProcessing")
    condition = add_element(rules, "responseCondition")
    blank = add_element(condition, "responseIf")
    add_element(add_element(blank, "isNull"), "variable", identifier="RESPONSE")
    _add_score(blank, 0.0)
    if question.partial in ("net-correct", "each-answer"):
        _add_partial_credit(condition, question, solved)
    else:
        right = add_element(condition, "responseElseIf")
        _add_correct_condition(right, question, solved)
        _add_score(right, question.points)
        _add_score(add_element(condition, "responseElse"), 0.0 - question.penalty * question.points)
    if solved.answer.feedback and question.choices:
        add_element(add_element(rules, "setOutcomeValue", identifier="FEEDBACK"), "variable", identifier="RESPONSE")
    if solved.answer.explain.strip():
        add_element(
            add_element(rules, "setOutcomeValue", identifier="EXPLAIN"), "baseValue", "explain", baseType="identifier"
        )


def _add_score(rule: ET.Element, points: float) -> None:
    add_element(add_element(rule, "setOutcomeValue", identifier="SCORE"), "baseValue", f"{points:g}", baseType="float")


def _add_partial_credit(condition: ET.Element, question: Question, solved: CorrectAnswer) -> None:
    """The sum of the map; where it is nothing, the answer is wrong and loses its penalty."""
    count = len(question.options)
    base = (count - len(solved.options)) / count if question.partial == "each-answer" else 0.0
    wrong = add_element(condition, "responseElseIf")
    # The map's values are rounded, so "nothing" is a little more than 0.
    least = add_element(wrong, "lt")
    _add_share(least, base)
    add_element(least, "baseValue", "0.000001", baseType="float")
    _add_score(wrong, 0.0 - question.penalty * question.points)
    product = add_element(
        add_element(add_element(condition, "responseElse"), "setOutcomeValue", identifier="SCORE"), "product"
    )
    _add_share(product, base)
    add_element(product, "baseValue", f"{question.points:g}", baseType="float")


def _add_share(parent: ET.Element, base: float) -> None:
    total = add_element(parent, "sum")
    add_element(total, "mapResponse", identifier="RESPONSE")
    add_element(total, "baseValue", f"{base:.9g}", baseType="float")


def _add_correct_condition(rule: ET.Element, question: Question, solved: CorrectAnswer) -> None:
    if question.choices:
        match = add_element(rule, "match")
        add_element(match, "variable", identifier="RESPONSE")
        add_element(match, "correct", identifier="RESPONSE")
        return
    either = add_element(rule, "or")
    if question.kind == "numeric":
        for interval in sorted(solved.numbers, key=lambda item: item.low):
            both = add_element(either, "and")
            for name, end in (("gte", interval.low), ("lte", interval.high)):
                compared = add_element(both, name)
                add_element(compared, "variable", identifier="RESPONSE")
                add_element(compared, "baseValue", format_decimal(end), baseType="float")
        return
    for text in list_accepted_texts(question, solved):
        match = add_element(either, "stringMatch", caseSensitive="true" if solved.answer.case else "false")
        add_element(match, "variable", identifier="RESPONSE")
        add_element(match, "baseValue", text, baseType="string")
