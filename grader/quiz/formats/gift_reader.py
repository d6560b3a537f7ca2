"""Reads Moodle's GIFT as Moodle does: questions between blank lines, answers in braces, seven escaped characters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

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

# Escaped characters are kept apart as private ones, far from any that a text can hold, until the structure is known.
PRIVATE_CHARACTERS = 0xF0000
ESCAPED_CHARACTER = re.compile(r"\\([\\~=#{}:n])")
STORED_CHARACTER = re.compile(f"[{chr(PRIVATE_CHARACTERS)}-{chr(PRIVATE_CHARACTERS + 0x7F)}]")
FORMAT_PATTERN = re.compile(r"\s*\[(html|markdown|plain|moodle)\]")
WEIGHT_PATTERN = re.compile(r"\s*%(-?\d{1,3}(?:\.\d{0,9})?)%")
TAG_PATTERN = re.compile(r"</?[a-zA-Z][^<>]*>|&(?:[a-zA-Z]{2,8}|#\d{1,6});")
PICTURE = re.compile(r"!\[[^\]\n]*\]\((?P<name>[^)\s]+)|@@PLUGINFILE@@/(?P<file>[^\s\"'<>)]+)")
TRUTH_PATTERN = re.compile(r"\s*(TRUE|T|FALSE|F)\s*(?=#|\Z)", re.IGNORECASE)


def read_gift(text: str, source: str) -> QuizDraft:
    """The questions in a file.

    Raises:
        QuizImportError: a question whose form is broken, with its line.
    """
    # The file could otherwise forge our marks for escaped characters.
    if STORED_CHARACTER.search(text):
        raise QuizImportError(f"{source}: holds characters that can't be shown")
    questions: list[DraftQuestion] = []
    lost: list[str] = []
    title = ""
    for line, block in _split_blocks(text):
        if block.startswith("$CATEGORY:"):
            name = _restore_escaped(block.split("\n")[0].removeprefix("$CATEGORY:")).replace("//", "/")
            title = title or name.rsplit("$course$/", 1)[-1].removeprefix("top/")
            rest = block.partition("\n")[2]
            lost += [f"line {line}: text after a category"] if rest.strip() else []
            continue
        place = _place(block, line)
        try:
            questions += _questions(block, place, lost)
        except Skipped as error:
            lost.append(f"{place}: {error}; the question is left out")
        except ValueError as error:
            raise QuizImportError(f"{source}:{line}: {error}") from error
    return QuizDraft(title=title, questions=questions, lost=lost)


def _split_blocks(text: str) -> Iterator[tuple[int, str]]:
    """What stands between blank lines, without comments, and where it begins."""
    begun = 1
    lines: list[str] = []
    for number_, line in enumerate([*text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), ""], 1):
        plain = line.strip()
        if plain.startswith("//"):
            continue
        if plain:
            begun = begun if lines else number_
            lines.append(plain)
        elif lines:
            yield begun, ESCAPED_CHARACTER.sub(lambda found: chr(PRIVATE_CHARACTERS + ord(found[1])), "\n".join(lines))
            lines = []


def _restore_escaped(text: str) -> str:
    """A text with its escaped characters put back."""

    def restore_character(found: re.Match[str]) -> str:
        sign = chr(ord(found[0]) - PRIVATE_CHARACTERS)
        return "\n" if sign == "n" else sign

    return STORED_CHARACTER.sub(restore_character, text).strip()


def _place(block: str, line: int) -> str:
    """What messages call a question: its line, and its own words."""
    title, _, stem = block.partition("::")[2].partition("::") if block.startswith("::") else ("", "", block)
    words = " ".join(_read_text(stem.partition("{")[0], "", [], picture=lambda _: None).split()) or _restore_escaped(title)
    return f'line {line} "{words[:60]}"' if words else f"line {line}"


def _read_text(
    text: str, place: str, lost: list[str], form: str = "moodle", picture: Callable[[str], None] = refuse_picture
) -> str:
    """A text in its format, as plain text.

    Args:
        picture: called with each picture.
    """
    if found := FORMAT_PATTERN.match(text):
        form, text = found[1], text[found.end() :]
    clean = _restore_escaped(text)
    if found := PICTURE.search(clean):
        picture(unquote((found["name"] or found["file"]).rpartition("/")[2]))
    if form == "markdown":
        lost.append(f"{place}: Markdown is kept as it is written")
    elif form == "html" or (form == "moodle" and TAG_PATTERN.search(clean)):
        source = clean if form == "html" else clean.replace("\n", "<br>")
        return convert_from_html(source, lambda tag: lost.append(f"{place}: {tag} is kept as its text only"), picture)
    return strip_unshowable(clean)


def _questions(block: str, place: str, lost: list[str]) -> list[DraftQuestion]:
    title = ""
    if block.startswith("::"):
        title, closed, block = block[2:].partition("::")
        if not closed:
            raise ValueError("the title isn't closed; write ::title::")
    stem, opened, rest = block.partition("{")
    if not opened:
        raise Skipped("a description without a question") if "}" not in stem else ValueError("a } without its {")
    answers, closed, tail = rest.partition("}")
    if not closed or "{" in answers or "{" in tail or "}" in tail:
        raise ValueError("the braces don't match, or a blank line stands between them")
    # Answers without a format of their own have the question's.
    form = found[1] if (found := FORMAT_PATTERN.match(stem)) else "moodle"
    prompt = _read_text(stem, place, lost)
    if tail.strip():
        # GIFT's missing word: the answer belongs between the two parts.
        prompt = f"{prompt} _____ {_read_text(tail, place, lost, form)}".strip()
    answers, marked, general = answers.partition("####")
    given = _QuestionContext(place=place, lost=lost, form=form)
    explain = given.said(general) if marked else ""
    if not prompt.strip():
        raise Skipped("nothing is asked")
    if "->" in answers and "~" not in answers and answers.strip().startswith("="):
        return _matching(answers, given, _restore_escaped(title), prompt, explain)
    return [_read_answers(answers, given, title=_restore_escaped(title), prompt=prompt, explain=explain)]


def _matching(answers: str, given: _QuestionContext, title: str, prompt: str, explain: str) -> list[DraftQuestion]:
    """A choice for each thing that is to be matched, which share the question's points as Moodle shares them."""
    pairs = [part.partition("->")[::2] for part in answers.strip()[1:].split("=")]
    things = [(given.read_text(thing), given.read_text(match)) for thing, match in pairs]
    # A match without a thing is only a wrong option, as GIFT allows.
    matches = list(dict.fromkeys(match for _, match in things if match))
    asked = [(thing, match) for thing, match in things if thing and match]
    if len(matches) < 2 or len(matches) < sum(bool(match) for _, match in things) or not asked:
        raise Skipped("matching with fewer than two matches, or with one match for several things")
    share = round(1 / len(asked), 6)
    return [
        DraftQuestion(
            kind="single",
            title=f"{title}-{index}" if title else "",
            prompt=f"{prompt}\n{thing}",
            # The last one takes the rounding, so that the sum is exactly the question's point.
            points=share if index < len(asked) else round(1 - share * (len(asked) - 1), 6),
            explain=explain,
            options=[DraftOption(text=each, right=each == match) for each in matches],
        )
        for index, (thing, match) in enumerate(asked, 1)
    ]


class _QuestionContext:
    """Where a question stands, what it loses, and the format of its texts."""

    def __init__(self, *, place: str, lost: list[str], form: str) -> None:
        self.place, self.lost, self.form = place, lost, form

    def read_text(self, text: str) -> str:
        return _read_text(text, self.place, self.lost, self.form)

    def said(self, text: str) -> str:
        """Feedback, which may lose its pictures."""
        return _read_text(text, self.place, self.lost, self.form, lambda name: self.note_loss(f'the picture "{name[:60]}" of the feedback'))

    def note_loss(self, message: str) -> None:
        self.lost.append(f"{self.place}: {message}")


def _read_answers(answers: str, given: _QuestionContext, *, title: str, prompt: str, explain: str) -> DraftQuestion:
    """The kind that a question's answers tell."""
    body = answers.strip()
    if not body:
        raise Skipped("an essay, which nobody can mark but a person")
    if body.startswith("#"):
        fields = _read_numbers(body[1:], given)
        return DraftQuestion(kind="numeric", prompt=prompt, title=title, explain=explain, **fields)
    if found := TRUTH_PATTERN.match(body):
        options = _read_true_false(found[1][0].upper() == "T", body[found.end() :], given)
        return DraftQuestion(kind="truefalse", prompt=prompt, title=title, explain=explain, options=options)
    if "~" in body:
        return _read_choices(_split_options(body), given, DraftQuestion(kind="single", prompt=prompt, title=title, explain=explain))
    texts = [_read_short_answer(text, given) for text in ([body] if "=" not in body else body.split("=")[1:])]
    found_texts = [text for text in texts if text]
    return DraftQuestion(kind="text", prompt=prompt, title=title, explain=explain, correct=found_texts)


def _read_short_answer(text: str, given: _QuestionContext) -> str:
    """One accepted text; one that earns only a part is left out."""
    text, _, feedback = text.partition("#")
    if feedback.strip():
        given.note_loss("feedback for a typed answer")
    if found := WEIGHT_PATTERN.match(text):
        text = text[found.end() :]
        if Decimal(found[1]) < 100:
            given.note_loss(f'the answer "{_restore_escaped(text)[:40]}", which earns {found[1]} %')
            return ""
    plain = given.read_text(text)
    # Moodle matches any text there; our texts are compared as they are.
    if "*" in plain.replace("\\*", ""):
        given.note_loss("the wildcard * of a typed answer, now an asterisk")
    return plain.replace("\\*", "*")


def _read_numbers(body: str, given: _QuestionContext) -> dict[str, Any]:
    intervals: list[tuple[str, str]] = []
    ranges: list[tuple[str, str]] = []
    for part in [piece for piece in re.split(r"[=~]", body) if piece.strip()]:
        text, _, feedback = part.partition("#")
        if feedback.strip():
            given.note_loss("feedback for a number")
        if found := WEIGHT_PATTERN.match(text):
            text = text[found.end() :]
            if Decimal(found[1]) < 100:
                given.note_loss(f"a number that earns {found[1]} %")
                continue
        low, two, high = text.strip().partition("..")
        middle, _, spread = text.strip().partition(":")
        numbers = [parse_number(piece) for piece in ((low, high) if two else (middle, spread or "0"))]
        if None in numbers:
            raise ValueError(f'expected a number such as 27, 27:0.5 or 26..28, got "{_restore_escaped(text)[:40]}"')
        first, second = (format_decimal(value) for value in numbers if value is not None)
        (ranges if two else intervals).append((first, second))
    fields = build_number_fields(intervals, ranges)
    if fields is None:
        raise Skipped("several numbers with different tolerances")
    return fields


def _read_true_false(right: bool, said: str, given: _QuestionContext) -> list[DraftOption]:
    """Moodle's first feedback is for the wrong answer, its second for the right one."""
    texts = [given.said(text) if text.strip() else "" for text in said.split("#")[1:3]]
    wrong_said, right_said = [*texts, "", ""][:2]
    return [
        DraftOption(text=text, right=is_right, feedback=right_said if is_right else wrong_said)
        for text, is_right in (("True", right), ("False", not right))
    ]


def _split_options(body: str) -> list[tuple[str, Decimal | None, str]]:
    """Each option's sign, weight in per cent (None where it has none), and text with feedback."""
    found = []
    # Escaped signs are private characters here, so every sign left is structure.
    for sign, text in re.findall(r"([=~])([^=~]*)", body):
        weight = WEIGHT_PATTERN.match(text)
        found.append((sign, Decimal(weight[1]) if weight else None, text[weight.end() :] if weight else text))
    if not body.startswith(("=", "~")):
        raise ValueError('options begin with "=" or "~"')
    return found


def _read_choices(parts: list[tuple[str, Decimal | None, str]], given: _QuestionContext, head: DraftQuestion) -> DraftQuestion:
    # GIFT marks several right options by weights on `~` only.
    several = not any(sign == "=" for sign, _, _ in parts)
    worth = [weight if weight is not None else Decimal(100 * (sign == "=")) for sign, weight, _ in parts]
    right = [share > 0 if several else share == 100 for share in worth]
    if not several and sum(right) != 1:
        raise Skipped(f"{sum(right)} options that are each right by themselves")
    if not several and any(share not in (0, 100) for share in worth):
        given.note_loss("options that earn a part or lose points; they count as wrong")
    options = []
    for (_, _, text), is_right in zip(parts, right, strict=True):
        shown, _, said = text.partition("#")
        options.append(
            DraftOption(text=given.read_text(shown), right=is_right, feedback=given.said(said) if said.strip() else "")
        )
    kind, partial = "single", "off"
    if several:
        kind, partial = "multiple", _find_partial_credit(worth, given)
    values = {name: getattr(head, name) for name in ("prompt", "title", "explain")}
    return DraftQuestion(kind=kind, partial=partial, options=options, **values)  # type: ignore[arg-type]


def _find_partial_credit(worth: list[Decimal], given: _QuestionContext) -> str:
    """The mode that Moodle's weights come nearest to."""
    gains, costs = [share for share in worth if share > 0], [share for share in worth if share <= 0]
    # Any wrong option takes everything away, which is all or nothing.
    if gains and all(share == -100 for share in costs) and costs and len(gains) > 1:
        return "off"
    # Within one per cent, since weights are written with few decimals.
    even = all(abs(share - Decimal(100) / len(gains)) < 1 for share in gains)
    if not (even and all(abs(share + Decimal(100) / len(gains)) < 1 for share in costs)):
        given.note_loss("weights of options; each correct one now gives, and each wrong one takes, the same share")
    return "net-correct"
