"""Reads QTI 1.2: Canvas's zip, or one XML file; entities and outside files are never followed."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

import defusedxml
from defusedxml.ElementTree import fromstring

from grader.quiz.formats.archive import unpack
from grader.quiz.formats.draft import Draft, DraftOption, DraftQuestion, ImportedError, number_fields
from grader.quiz.formats.plain import decimal, from_html, tidy
from grader.quiz.values import number

MOST_BYTES = 20_000_000
KINDS = {
    "multiple_choice_question": "single", "true_false_question": "truefalse", "multiple_answers_question": "multiple",
    "numerical_question": "numeric", "short_answer_question": "text",
}  # fmt: skip


class _Skipped(Exception):
    """A question that our kinds can't say; the message says why."""


def read(data: bytes, source: str) -> Draft:
    """The quiz in a zip or an XML file.

    Raises:
        ImportedError: no QTI 1.2, several quizzes in one archive, or XML that is broken or refused.
        UsageError: an archive that can't be read.
    """
    if len(data) > MOST_BYTES:
        raise ImportedError(f"{source}: larger than {MOST_BYTES:,} bytes")
    files = unpack(data, source) if data[:2] == b"PK" else {source: data}
    roots = [_parsed(content, name if len(files) == 1 else f"{source}: {name}") for name, content in files.items()]
    wholes = [root for root in roots if root.tag == "questestinterop" and root.find(".//item") is not None]
    if len(wholes) != 1:
        count = "no quiz" if not wholes else f"{len(wholes)} quizzes; import them one by one"
        raise ImportedError(f"{source}: expected one QTI 1.2 quiz, found {count}")
    settings = next((root for root in roots if root.tag == "quiz"), None)
    return _quiz(wholes[0], settings)


def _parsed(data: bytes, name: str) -> ET.Element:
    """An XML file with the namespaces taken from its tags."""
    try:
        root: ET.Element = fromstring(data, forbid_dtd=True)
    except defusedxml.DefusedXmlException as error:
        raise ImportedError(f"{name}: DTDs and entities are refused") from error
    except (ET.ParseError, ValueError, LookupError) as error:
        raise ImportedError(f"{name}: not well-formed XML: {error}") from error
    for element in root.iter():
        element.tag = str(element.tag).rpartition("}")[2]
    return root


def _quiz(root: ET.Element, settings: ET.Element | None) -> Draft:
    lost: list[str] = []
    pools: dict[str, int] = {}
    questions: list[DraftQuestion] = []
    for section, item in _items(root):
        pool = _pool(section, pools)
        title = item.get("title", "")
        try:
            questions.append(_question(item, pool, lost))
        except _Skipped as error:
            lost.append(f'question "{title[:40]}": {error}; it is left out')
    named = root.find(".//assessment")
    title = "" if named is None else named.get("title", "")
    known = {} if settings is None else _settings(settings, lost)
    return Draft(
        title=title,
        description=known.pop("description", ""),
        questions=questions,
        settings=known,
        pools={name: pick for name, pick in pools.items() if any(question.pool == name for question in questions)},
        lost=lost,
    )


def _items(root: ET.Element) -> Iterator[tuple[ET.Element, ET.Element]]:
    parents = {child: parent for parent in root.iter() for child in parent}
    return ((parents[item], item) for item in root.iter("item"))


def _pool(section: ET.Element, pools: dict[str, int]) -> str:
    """The pool that a section is; empty where all of it is asked."""
    picked = section.findtext("./selection_ordering/selection/selection_number", "")
    if not picked.strip().isdigit():
        return ""
    name = "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in section.get("title", "")).strip("-")[
        :36
    ]
    name = name or f"pool{len(pools) + 1}"
    pools.setdefault(name, int(picked))
    return name


def _settings(root: ET.Element, lost: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if text := _plain(root.findtext("description", ""), "description", lost):
        found["description"] = text
    attempts = root.findtext("allowed_attempts", "1").strip()
    if attempts == "-1":
        lost.append("attempts without limit: 100 are allowed now")
        attempts = "100"
    if attempts != "1":
        found["attempts"] = attempts
    if root.findtext("scoring_policy", "").strip() == "keep_latest":
        found["keep"] = "last"
    if root.findtext("shuffle_answers", "").strip() == "true":
        found["shuffle"] = {"options": "true"}
    if minutes := root.findtext("time_limit", "").strip():
        found["time_limit"] = f"{minutes}min"
    return found


def _metadata(item: ET.Element) -> dict[str, str]:
    fields = item.iter("qtimetadatafield")
    return {field.findtext("fieldlabel", ""): field.findtext("fieldentry", "").strip() for field in fields}


def _plain(text: str, place: str, lost: list[str]) -> str:
    return from_html(text, lambda tag: lost.append(f"{place}: {tag} is kept as its text only"))


def _material(parent: ET.Element | None, place: str, lost: list[str]) -> str:
    """The text that a part of an item shows."""
    pieces = [] if parent is None else parent.findall("./material/mattext")
    texts = []
    for piece in pieces:
        text = piece.text or ""
        texts.append(_plain(text, place, lost) if piece.get("texttype") == "text/html" else tidy(text))
    return "\n".join(texts)


def _question(item: ET.Element, pool: str, lost: list[str]) -> DraftQuestion:
    title = _last(item.get("ident", ""), 4) or item.get("title", "")
    title = "" if title == "Question" else title
    known = _metadata(item)
    place = f'question "{title[:40]}"'
    kind = KINDS.get(known.get("question_type", ""))
    if kind is None:
        said = known.get("question_type", "") or "an unknown kind"
        raise _Skipped(f"{said}, which our kinds of question don't have")
    points = number(known.get("points_possible", "1") or "1")
    prompt = _material(item.find("presentation"), place, lost)
    feedback = _feedback(item, place, lost)
    fields = (
        _choices(item, kind, feedback, place, lost)
        if kind in ("single", "multiple", "truefalse")
        else _typed(item, kind)
    )
    return DraftQuestion(
        kind=kind,  # type: ignore[arg-type]
        title=title,
        prompt=prompt,
        points=float(points if points is not None else 1),
        explain=feedback.get("general_fb", ""),
        pool=pool,
        **fields,
    )


def _last(ident: str, count: int) -> str:
    """The id in an identifier of ours (`grade.QUIZ.question.ID`); empty in one of another system."""
    parts = ident.split(".")
    return parts[-1] if parts[0] == "grade" and len(parts) == count else ""


def _feedback(item: ET.Element, place: str, lost: list[str]) -> dict[str, str]:
    said = {}
    for feedback in item.iter("itemfeedback"):
        name = feedback.get("ident", "")
        said[name] = "\n".join(_material(part, place, lost) for part in feedback.iter("flow_mat"))
        if name in ("correct_fb", "general_incorrect_fb"):
            lost.append(f"{place}: feedback for right or wrong answers as a whole")
    return said


def _full(item: ET.Element) -> Iterator[ET.Element]:
    """The conditions under which an answer earns something, each with its share."""
    for condition in item.iter("respcondition"):
        shares = [number(variable.text or "") for variable in condition.iter("setvar")]
        where = condition.find("conditionvar")
        if where is None or not any(share is not None and share > 0 for share in shares):
            continue
        if any(share is not None and share < 100 for share in shares):
            raise _Skipped("answers that earn a part of the points")
        yield where


def _choices(item: ET.Element, kind: str, feedback: dict[str, str], place: str, lost: list[str]) -> dict[str, Any]:
    wanted = {equal.text or "" for where in _full(item) for equal in _not_negated(where)}
    if kind == "multiple":
        lost.append(f"{place}: Canvas's partial credit is taken over as net-correct")
    options = [
        DraftOption(
            text=_material(label, place, lost),
            right=label.get("ident", "") in wanted,
            feedback=feedback.get(f"{label.get('ident', '')}_fb", ""),
            id=_last(label.get("ident", ""), 5),
        )
        for label in item.iter("response_label")
    ]
    if kind != "multiple" and sum(option.right for option in options) != 1:
        raise _Skipped("not exactly one right option")
    return {"options": options, "partial": "net-correct" if kind == "multiple" else "off"}


def _not_negated(where: ET.Element) -> Iterator[ET.Element]:
    for element in where:
        if element.tag == "varequal":
            yield element
        elif element.tag != "not":
            yield from _not_negated(element)


def _typed(item: ET.Element, kind: str) -> dict[str, Any]:
    if kind == "text":
        return {"correct": [tidy(equal.text or "") for where in _full(item) for equal in where.iter("varequal")]}
    intervals, ranges = [], []
    for where in _full(item):
        low, high = (_end(where, name) for name in ("vargte", "varlte"))
        exact = _end(where, "varequal")
        if low is None or high is None:
            if exact is None:
                raise _Skipped("a number without its bounds")
            intervals.append((decimal(exact), "0"))
        elif exact is not None and exact - low == high - exact:
            intervals.append((decimal(exact), decimal(high - exact)))
        else:
            ranges.append((decimal(low), decimal(high)))
    fields = number_fields(intervals, ranges)
    if fields is None:
        raise _Skipped("several numbers with different tolerances")
    return fields


def _end(where: ET.Element, name: str) -> Decimal | None:
    found = where.find(f".//{name}")
    return None if found is None else number(found.text or "")
