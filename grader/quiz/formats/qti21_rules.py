"""How a QTI 2.1 item is marked: the same points as ours, written in QTI's rules."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from grader.quiz.formats.archive import add
from grader.quiz.formats.plain import decimal, typed
from grader.quiz.key import Solved
from grader.quiz.model import Question


def mapped(response: ET.Element, question: Question, solved: Solved) -> None:
    """What each option adds, where partial credit is a sum: correct ones give what wrong ones take."""
    if question.partial not in ("net-correct", "each-answer"):
        return
    count, each = len(question.options), question.partial == "each-answer"
    part = 1 / count if each else 1 / len(solved.options)
    base = (count - len(solved.options)) / count if each else 0.0
    mapping = add(response, "mapping", lowerBound="0", upperBound="1", defaultValue="0")
    if each:
        # What rightly left options give is added in the rules; the map's bounds leave room for it.
        mapping.set("lowerBound", f"{-base:.9g}")
    for option in question.options:
        right = option.id in solved.options
        add(mapping, "mapEntry", mapKey=f"o_{option.id}", mappedValue=f"{part if right else -part:.9g}")


def processing(root: ET.Element, question: Question, solved: Solved) -> None:
    """No answer earns nothing, the correct one all points, and a wrong one loses its penalty."""
    rules = add(root, "responseProcessing")
    condition = add(rules, "responseCondition")
    blank = add(condition, "responseIf")
    add(add(blank, "isNull"), "variable", identifier="RESPONSE")
    _score(blank, 0.0)
    if question.partial in ("net-correct", "each-answer"):
        _partial(condition, question, solved)
    else:
        right = add(condition, "responseElseIf")
        _is_right(right, question, solved)
        _score(right, question.points)
        _score(add(condition, "responseElse"), 0.0 - question.penalty * question.points)
    if solved.answer.feedback and question.choices:
        add(add(rules, "setOutcomeValue", identifier="FEEDBACK"), "variable", identifier="RESPONSE")
    if solved.answer.explain.strip():
        add(add(rules, "setOutcomeValue", identifier="EXPLAIN"), "baseValue", "explain", baseType="identifier")


def _score(rule: ET.Element, points: float) -> None:
    add(add(rule, "setOutcomeValue", identifier="SCORE"), "baseValue", f"{points:g}", baseType="float")


def _partial(condition: ET.Element, question: Question, solved: Solved) -> None:
    """The sum of the map; where it is nothing, the answer is wrong and loses its penalty."""
    count = len(question.options)
    base = (count - len(solved.options)) / count if question.partial == "each-answer" else 0.0
    wrong = add(condition, "responseElseIf")
    # The map's values are rounded, so "nothing" is a little more than 0.
    least = add(wrong, "lt")
    _share(least, base)
    add(least, "baseValue", "0.000001", baseType="float")
    _score(wrong, 0.0 - question.penalty * question.points)
    product = add(add(add(condition, "responseElse"), "setOutcomeValue", identifier="SCORE"), "product")
    _share(product, base)
    add(product, "baseValue", f"{question.points:g}", baseType="float")


def _share(parent: ET.Element, base: float) -> None:
    total = add(parent, "sum")
    add(total, "mapResponse", identifier="RESPONSE")
    add(total, "baseValue", f"{base:.9g}", baseType="float")


def _is_right(rule: ET.Element, question: Question, solved: Solved) -> None:
    if question.choices:
        match = add(rule, "match")
        add(match, "variable", identifier="RESPONSE")
        add(match, "correct", identifier="RESPONSE")
        return
    either = add(rule, "or")
    if question.kind == "numeric":
        for interval in sorted(solved.numbers, key=lambda item: item.low):
            both = add(either, "and")
            for name, end in (("gte", interval.low), ("lte", interval.high)):
                compared = add(both, name)
                add(compared, "variable", identifier="RESPONSE")
                add(compared, "baseValue", decimal(end), baseType="float")
        return
    for text in typed(question, solved):
        match = add(either, "stringMatch", caseSensitive="true" if solved.answer.case else "false")
        add(match, "variable", identifier="RESPONSE")
        add(match, "baseValue", text, baseType="string")
