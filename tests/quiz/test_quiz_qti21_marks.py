"""QTI 2.1's rules give our points: a small interpreter of them against the marking, for any choice."""

from itertools import chain, combinations
from xml.etree import ElementTree as ET

import pytest
from quiz_samples import key_of, quiz_of

from grader.quiz.formats import qti21
from grader.quiz.marking import mark_answer

SPACE = "{http://www.imsglobal.org/xsd/imsqti_v2p1}"


class Processor:
    """The part of QTI 2.1's response processing that our items use."""

    def __init__(self, root, response):
        self.root, self.response = root, response
        self.declared = root.find(f"{SPACE}responseDeclaration")

    def score(self):
        """The outcome SCORE after the rules."""
        for rule in self.root.find(f"{SPACE}responseProcessing").iter(f"{SPACE}responseCondition"):
            for branch in rule:
                if branch.tag == f"{SPACE}responseElse" or self.value(branch[0]):
                    return self.value(branch.find(f"{SPACE}setOutcomeValue")[0])
        raise AssertionError

    def value(self, node):
        kind = node.tag.removeprefix(SPACE)
        if kind == "baseValue":
            return float(node.text) if node.get("baseType") == "float" else node.text
        if kind == "variable":
            return self.response
        if kind == "correct":
            return [value.text for value in self.declared.find(f"{SPACE}correctResponse")]
        if kind == "mapResponse":
            mapping = self.declared.find(f"{SPACE}mapping")
            known = {entry.get("mapKey"): float(entry.get("mappedValue")) for entry in mapping}
            total = sum(known.get(name, float(mapping.get("defaultValue"))) for name in self.response)
            return max(float(mapping.get("lowerBound")), min(float(mapping.get("upperBound")), total))
        parts = [self.value(child) for child in node]
        return {
            "isNull": lambda: not parts[0],
            "match": lambda: sorted(parts[0]) == sorted(parts[1]),
            "stringMatch": lambda: parts[0][0].lower() == parts[1].lower(),
            "or": lambda: any(parts),
            "and": lambda: all(parts),
            "gte": lambda: float(parts[0][0]) >= parts[1],
            "lte": lambda: float(parts[0][0]) <= parts[1],
            "lt": lambda: parts[0] < parts[1],
            "sum": lambda: sum(parts),
            "product": lambda: parts[0] * parts[1],
        }[kind]()


def scored(quiz, solutions, name, response):
    """The item's own marks for a response, through XML text as a system would read it."""
    question = quiz.find_question(name)
    root = ET.fromstring(ET.tostring(qti21.build_item(quiz, question, solutions[name])))
    return Processor(root, response).score()


@pytest.mark.parametrize("partial", ["off", "net-correct", "each-answer"])
@pytest.mark.parametrize("penalty", ["0%", "50%"])
@pytest.mark.parametrize("correct", ["a", "a, c", "a, b, c"])
def test_every_choice_earns_the_same(partial, penalty, correct):
    """All sixteen sets of four options, in each mode that QTI 2.1 can say, with and without negative marks."""
    options = ", ".join(f"{{id: {name}, text: {name}}}" for name in "abcd")
    quiz = quiz_of(
        "schema: grade-quiz/1\nid: m\ntitle: M\nquestions:\n"
        f"- {{id: q, kind: multiple, points: 3, partial: {partial}, penalty: {penalty}, prompt: Q?, options: [{options}]}}\n"
    )
    solutions = key_of(
        quiz, f"schema: grade-key/1\nquiz: m\nquiz_digest: DIGEST\nanswers: {{q: {{correct: [{correct}]}}}}\n"
    )
    for chosen in chain.from_iterable(combinations("abcd", count) for count in range(5)):
        ours = mark_answer(quiz.find_question("q"), solutions["q"], list(chosen) or None).points
        theirs = scored(quiz, solutions, "q", [f"o_{name}" for name in chosen])
        assert (chosen, theirs) == (chosen, pytest.approx(ours, abs=1e-5))


@pytest.mark.parametrize(
    ("name", "responses"),
    [
        ("one", ["o_a", "o_b", ""]), ("yes", ["o_true", "o_false", ""]), ("count", ["27", "26.5", "27.5", "27.6", "-27", ""]),
        ("name", ["relu", "RELU", "Rectified linear unit", "elu", ""]), ("size", ["26x26", "(26, 26)", "26x27", ""]),
    ],
)  # fmt: skip
def test_every_kind_earns_the_same(name, responses):
    """Right, wrong and no responses of each kind."""
    quiz = quiz_of()
    solutions = key_of(quiz)
    for response in responses:
        given = [response.removeprefix("o_")] if response.startswith("o_") else response or None
        ours = mark_answer(quiz.find_question(name), solutions[name], given).points
        assert (response, scored(quiz, solutions, name, [response] if response else [])) == (response, ours)
