"""Reads QTI 1.2: Canvas's zip, or one XML file; entities and outside files are never followed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

import defusedxml
from defusedxml.ElementTree import fromstring
from msgspec.structs import replace

from grader.quiz.formats.archive import unpack_xml_files
from grader.quiz.formats.draft import (
    DraftOption,
    DraftQuestion,
    QuizDraft,
    QuizImportError,
    Skipped,
    build_number_fields,
    refuse_picture,
)
from grader.quiz.formats.plain import convert_from_html, format_decimal, strip_unshowable
from grader.quiz.values import parse_number

MAX_XML_BYTES = 20_000_000
EXTENSION = "./selection_ordering/selection/selection_extension"
Picture = Callable[[str], None] | None
KINDS_BY_QTI_TYPE = {
    "multiple_choice_question": "single", "true_false_question": "truefalse", "multiple_answers_question": "multiple",
    "numerical_question": "numeric", "short_answer_question": "text",
}  # fmt: skip


def read_qti12(data: bytes, source: str) -> QuizDraft:
    """The quiz in a zip or an XML file.

    Raises:
        QuizImportError: no QTI 1.2, several quizzes in one archive, or XML that is broken or refused.
        UsageError: an archive that can't be read.
    """
    if len(data) > MAX_XML_BYTES:
        raise QuizImportError(f"{source}: larger than {MAX_XML_BYTES:,} bytes")
    # By the first bytes: Canvas's exports have various endings.
    files = unpack_xml_files(data, source) if data[:2] == b"PK" else {source: data}
    roots = [_parse_xml(content, name if len(files) == 1 else f"{source}: {name}") for name, content in files.items()]
    # An archive also holds a manifest, settings and empty question banks.
    wholes = [root for root in roots if root.tag == "questestinterop" and root.find(".//item") is not None]
    if len(wholes) != 1:
        count = "no quiz" if not wholes else f"{len(wholes)} quizzes; import them one by one"
        raise QuizImportError(f"{source}: expected one QTI 1.2 quiz, found {count}")
    settings = next((root for root in roots if root.tag == "quiz"), None)
    return _read_quiz(wholes[0], settings)


def _parse_xml(data: bytes, name: str) -> ET.Element:
    """An XML file with the namespaces taken from its tags."""
    try:
        root: ET.Element = fromstring(data, forbid_dtd=True)
    except defusedxml.DefusedXmlException as error:
        raise QuizImportError(f"{name}: DTDs and entities are refused") from error
    except (ET.ParseError, ValueError, LookupError) as error:
        raise QuizImportError(f"{name}: not well-formed XML: {error}") from error
    for element in root.iter():
        # Exporters use different namespaces for the same elements.
        element.tag = str(element.tag).rpartition("}")[2]
    return root


def _read_quiz(root: ET.Element, settings: ET.Element | None) -> QuizDraft:
    lost: list[str] = []
    groups = _Groups(lost)
    questions: list[DraftQuestion] = []
    for number_, (section, item) in enumerate(_iter_items(root), 1):
        place = _place(item, number_)
        try:
            questions.append(groups.place(section, _read_question(item, place, lost), place))
        except Skipped as error:
            lost.append(f"{place}: {error}; it is left out")
    questions = groups.settle(root, questions)
    named = root.find(".//assessment")
    title = "" if named is None else named.get("title", "")
    known = {} if settings is None else _read_settings(settings, lost)
    return QuizDraft(
        title=title,
        description=known.pop("description", ""),
        questions=questions,
        settings=known,
        pools={name: pick for name, pick in groups.picks.items() if any(each.pool == name for each in questions)},
        lost=lost,
    )


def _iter_items(root: ET.Element) -> Iterator[tuple[ET.Element, ET.Element]]:
    parents = {child: parent for parent in root.iter() for child in parent}
    return ((parents[item], item) for item in root.iter("item"))


def _place(item: ET.Element, count: int) -> str:
    """What messages call a question: its number, and its own words."""
    words = " ".join(_read_material(item.find("presentation"), "", [], None).split())
    title = "" if item.get("title", "") == "Question" else item.get("title", "")
    return f'question {count} "{(words or title)[:60]}"'


class _Groups:
    """Sections of which some questions are picked: their names, how many, and what each is worth.

    Args:
        lost: what the file said beyond that.
    """

    def __init__(self, lost: list[str]) -> None:
        self.picks: dict[str, int] = {}
        self._names: dict[ET.Element, str] = {}
        self._lost = lost

    def place(self, section: ET.Element, question: DraftQuestion, place: str) -> DraftQuestion:
        """The question in its group, worth what the group says."""
        picked = section.findtext("./selection_ordering/selection/selection_number", "").strip()
        if not picked.isdigit():
            return question
        name = self._names.get(section) or self._name(section)
        self.picks[name] = int(picked)
        points = parse_number(section.findtext(f"{EXTENSION}/points_per_item", ""))
        if points is not None and points <= 0:
            self._lost.append(f"{place}: its group gives no points")
        return replace(question, pool=name, points=float(points) if points else question.points)

    def _name(self, section: ET.Element) -> str:
        title = "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in section.get("title", ""))
        wanted = title.strip("-")[:30].strip("-") or f"pool{len(self._names) + 1}"
        taken = set(self._names.values())
        name = next(each for count in range(1, len(taken) + 2) if (each := f"{wanted}-{count}" if count > 1 else wanted) not in taken)
        self._names[section] = name
        return name

    def settle(self, root: ET.Element, questions: list[DraftQuestion]) -> list[DraftQuestion]:
        """Keeps the questions of a group that have equal points; reports what a group asks for and the file lacks."""
        for section in root.iter("section"):
            self._tell_bank(section)
        for section, name in self._names.items():
            own = [each for each in questions if each.pool == name]
            # Our pools need equal points; the most common worth keeps the most questions.
            usual = Counter(each.points for each in own).most_common(1)
            unlike = [each for each in own if each.points != usual[0][0]]
            questions = [each for each in questions if each not in unlike]
            for each in unlike:
                words = " ".join(each.prompt.split())[:60]
                self._lost.append(f'question "{words}": worth {each.points:g} in a group of {usual[0][0]:g}; it is left out')
            left = len(own) - len(unlike)
            if left < self.picks[name]:
                title = section.get("title", "")[:60]
                self._lost.append(f'group "{title}": asks {self.picks[name]} questions, of which {left} could be taken over')
        return questions

    def _tell_bank(self, section: ET.Element) -> None:
        bank = section.findtext("./selection_ordering/selection/sourcebank_ref", "").strip()
        if bank:
            picked = section.findtext("./selection_ordering/selection/selection_number", "1").strip()
            worth = section.findtext(f"{EXTENSION}/points_per_item", "1").strip()
            self._lost.append(
                f'group "{section.get("title", "")[:60]}": {picked[:10]} of the bank "{bank[:60]}", worth {worth[:10]} each; '
                "the bank isn't in the file, so they are left out"
            )


def _read_settings(root: ET.Element, lost: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if text := _read_html(root.findtext("description", ""), "description", lost):
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


def _read_metadata(item: ET.Element) -> dict[str, str]:
    fields = item.iter("qtimetadatafield")
    return {field.findtext("fieldlabel", ""): field.findtext("fieldentry", "").strip() for field in fields}


def _read_html(text: str, place: str, lost: list[str], picture: Picture = None) -> str:
    return convert_from_html(text, lambda tag: lost.append(f"{place}: {tag} is kept as its text only"), picture)


def _read_material(parent: ET.Element | None, place: str, lost: list[str], picture: Picture) -> str:
    """The text that a part of an item shows.

    Args:
        picture: called with each picture (default: it is lost).
    """
    pieces = [] if parent is None else parent.findall("./material/mattext")
    texts = []
    for piece in pieces:
        text = piece.text or ""
        texts.append(_read_html(text, place, lost, picture) if piece.get("texttype") == "text/html" else strip_unshowable(text))
    return "\n".join(texts)


def _read_question(item: ET.Element, place: str, lost: list[str]) -> DraftQuestion:
    title = _extract_own_id(item.get("ident", ""), 4) or item.get("title", "")
    # Canvas calls every question so, which makes no useful id.
    title = "" if title == "Question" else title
    known = _read_metadata(item)
    kind = KINDS_BY_QTI_TYPE.get(known.get("question_type", ""))
    if kind is None:
        said = known.get("question_type", "") or "an unknown kind"
        raise Skipped(f"{said}, which our kinds of question don't have")
    points = parse_number(known.get("points_possible", "1") or "1")
    if item.find("presentation/material/matimage") is not None:
        refuse_picture("of the prompt")
    prompt = _read_material(item.find("presentation"), place, lost, refuse_picture)
    if not prompt.strip():
        raise Skipped("nothing is asked")
    feedback = _read_feedback(item, place, lost)
    fields = (
        _read_choices(item, kind, feedback, place, lost)
        if kind in ("single", "multiple", "truefalse")
        else _read_typed(item, kind)
    )
    return DraftQuestion(
        kind=kind,  # type: ignore[arg-type]
        title=title,
        prompt=prompt,
        points=float(points if points is not None else 1),
        explain=feedback.get("general_fb", ""),
        **fields,
    )


def _extract_own_id(ident: str, count: int) -> str:
    """The id in an identifier of ours (`grade.QUIZ.question.ID`); empty in one of another system."""
    parts = ident.split(".")
    return parts[-1] if parts[0] == "grade" and len(parts) == count else ""


def _read_feedback(item: ET.Element, place: str, lost: list[str]) -> dict[str, str]:
    said = {}
    for feedback in item.iter("itemfeedback"):
        name = feedback.get("ident", "")
        said[name] = "\n".join(_read_material(part, place, lost, None) for part in feedback.iter("flow_mat"))
        if name in ("correct_fb", "general_incorrect_fb"):
            lost.append(f"{place}: feedback for right or wrong answers as a whole")
    return said


def _iter_full_conditions(item: ET.Element) -> Iterator[ET.Element]:
    """The conditions under which an answer earns something, each with its share."""
    for condition in item.iter("respcondition"):
        shares = [parse_number(variable.text or "") for variable in condition.iter("setvar")]
        where = condition.find("conditionvar")
        if where is None or not any(share is not None and share > 0 for share in shares):
            continue
        # Our questions have no such answers, and full points for them would be wrong.
        if any(share is not None and share < 100 for share in shares):
            raise Skipped("answers that earn a part of the points")
        yield where


def _read_choices(item: ET.Element, kind: str, feedback: dict[str, str], place: str, lost: list[str]) -> dict[str, Any]:
    wanted = {equal.text or "" for where in _iter_full_conditions(item) for equal in _iter_not_negated(where)}
    if kind == "multiple":
        lost.append(f"{place}: Canvas's partial credit is taken over as net-correct")
    options = [
        DraftOption(
            text=_read_material(label, place, lost, refuse_picture),
            right=label.get("ident", "") in wanted,
            feedback=feedback.get(f"{label.get('ident', '')}_fb", ""),
            id=_extract_own_id(label.get("ident", ""), 5),
        )
        for label in item.iter("response_label")
    ]
    if not all(option.text.strip() for option in options) or len({option.text for option in options}) < len(options):
        raise Skipped("an option that is empty, or is there twice")
    if kind != "multiple" and sum(option.right for option in options) != 1:
        raise Skipped("not exactly one right option")
    return {"options": options, "partial": "net-correct" if kind == "multiple" else "off"}


def _iter_not_negated(where: ET.Element) -> Iterator[ET.Element]:
    for element in where:
        if element.tag == "varequal":
            yield element
        # Under `not` stand the options that must not be chosen.
        elif element.tag != "not":
            yield from _iter_not_negated(element)


def _read_typed(item: ET.Element, kind: str) -> dict[str, Any]:
    if kind == "text":
        return {"correct": [strip_unshowable(equal.text or "") for where in _iter_full_conditions(item) for equal in where.iter("varequal")]}
    intervals, ranges = [], []
    for where in _iter_full_conditions(item):
        low, high = (_read_bound(where, name) for name in ("vargte", "varlte"))
        exact = _read_bound(where, "varequal")
        if low is None or high is None:
            if exact is None:
                raise Skipped("a number without its bounds")
            intervals.append((format_decimal(exact), "0"))
        # The exact value in the middle is a number with a tolerance; otherwise it is a range.
        elif exact is not None and exact - low == high - exact:
            intervals.append((format_decimal(exact), format_decimal(high - exact)))
        else:
            ranges.append((format_decimal(low), format_decimal(high)))
    fields = build_number_fields(intervals, ranges)
    if fields is None:
        raise Skipped("several numbers with different tolerances")
    return fields


def _read_bound(where: ET.Element, name: str) -> Decimal | None:
    found = where.find(f".//{name}")
    return None if found is None else parse_number(found.text or "")
