"""Reads Moodle's GIFT as Moodle does: questions between blank lines, answers in braces, seven escaped characters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from grader.quiz.formats.draft import (
    Draft,
    DraftOption,
    DraftQuestion,
    ImportedError,
    Skipped,
    number_fields,
    refuse_picture,
)
from grader.quiz.formats.plain import decimal, from_html, tidy
from grader.quiz.values import number

# Escaped characters are kept apart as private ones, far from any that a text can hold, until the structure is known.
PRIVATE = 0xF0000
ESCAPE = re.compile(r"\\([\\~=#{}:n])")
PUT_BACK = re.compile(f"[{chr(PRIVATE)}-{chr(PRIVATE + 0x7F)}]")
FORMAT = re.compile(r"\s*\[(html|markdown|plain|moodle)\]")
WEIGHT = re.compile(r"\s*%(-?\d{1,3}(?:\.\d{0,9})?)%")
TAG = re.compile(r"</?[a-zA-Z][^<>]*>|&(?:[a-zA-Z]{2,8}|#\d{1,6});")
PICTURE = re.compile(r"!\[[^\]\n]*\]\((?P<name>[^)\s]+)|@@PLUGINFILE@@/(?P<file>[^\s\"'<>)]+)")
TRUTH = re.compile(r"\s*(TRUE|T|FALSE|F)\s*(?=#|\Z)", re.IGNORECASE)


def read(text: str, source: str) -> Draft:
    """The questions in a file.

    Raises:
        ImportedError: a question whose form is broken, with its line.
    """
    if PUT_BACK.search(text):
        raise ImportedError(f"{source}: holds characters that can't be shown")
    questions: list[DraftQuestion] = []
    lost: list[str] = []
    title = ""
    for line, block in _blocks(text):
        if block.startswith("$CATEGORY:"):
            name = _clean(block.split("\n")[0].removeprefix("$CATEGORY:")).replace("//", "/")
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
            raise ImportedError(f"{source}:{line}: {error}") from error
    return Draft(title=title, questions=questions, lost=lost)


def _blocks(text: str) -> Iterator[tuple[int, str]]:
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
            yield begun, ESCAPE.sub(lambda found: chr(PRIVATE + ord(found[1])), "\n".join(lines))
            lines = []


def _clean(text: str) -> str:
    """A text with its escaped characters put back."""

    def back(found: re.Match[str]) -> str:
        sign = chr(ord(found[0]) - PRIVATE)
        return "\n" if sign == "n" else sign

    return PUT_BACK.sub(back, text).strip()


def _place(block: str, line: int) -> str:
    """What messages call a question: its line, and its own words."""
    title, _, stem = block.partition("::")[2].partition("::") if block.startswith("::") else ("", "", block)
    words = " ".join(_text(stem.partition("{")[0], "", [], picture=lambda _: None).split()) or _clean(title)
    return f'line {line} "{words[:60]}"' if words else f"line {line}"


def _text(
    text: str, place: str, lost: list[str], form: str = "moodle", picture: Callable[[str], None] = refuse_picture
) -> str:
    """A text in its format, as plain text.

    Args:
        picture: is told each picture.
    """
    if found := FORMAT.match(text):
        form, text = found[1], text[found.end() :]
    clean = _clean(text)
    if found := PICTURE.search(clean):
        picture(unquote((found["name"] or found["file"]).rpartition("/")[2]))
    if form == "markdown":
        lost.append(f"{place}: Markdown is kept as it is written")
    elif form == "html" or (form == "moodle" and TAG.search(clean)):
        source = clean if form == "html" else clean.replace("\n", "<br>")
        return from_html(source, lambda tag: lost.append(f"{place}: {tag} is kept as its text only"), picture)
    return tidy(clean)


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
    form = found[1] if (found := FORMAT.match(stem)) else "moodle"
    prompt = _text(stem, place, lost)
    if tail.strip():
        prompt = f"{prompt} _____ {_text(tail, place, lost, form)}".strip()
    answers, marked, general = answers.partition("####")
    given = _Given(place=place, lost=lost, form=form)
    explain = given.said(general) if marked else ""
    if not prompt.strip():
        raise Skipped("nothing is asked")
    if "->" in answers and "~" not in answers and answers.strip().startswith("="):
        return _matching(answers, given, _clean(title), prompt, explain)
    return [_answered(answers, given, title=_clean(title), prompt=prompt, explain=explain)]


def _matching(answers: str, given: _Given, title: str, prompt: str, explain: str) -> list[DraftQuestion]:
    """A choice for each thing that is to be matched, which share the question's points as Moodle shares them."""
    pairs = [part.partition("->")[::2] for part in answers.strip()[1:].split("=")]
    things = [(given.text(thing), given.text(match)) for thing, match in pairs]
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
            points=share if index < len(asked) else round(1 - share * (len(asked) - 1), 6),
            explain=explain,
            options=[DraftOption(text=each, right=each == match) for each in matches],
        )
        for index, (thing, match) in enumerate(asked, 1)
    ]


class _Given:
    """Where a question stands, what it loses, and the format of its texts."""

    def __init__(self, *, place: str, lost: list[str], form: str) -> None:
        self.place, self.lost, self.form = place, lost, form

    def text(self, text: str) -> str:
        return _text(text, self.place, self.lost, self.form)

    def said(self, text: str) -> str:
        """Feedback, which may lose its pictures."""
        return _text(text, self.place, self.lost, self.form, lambda name: self.lose(f'the picture "{name[:60]}" of the feedback'))

    def lose(self, message: str) -> None:
        self.lost.append(f"{self.place}: {message}")


def _answered(answers: str, given: _Given, *, title: str, prompt: str, explain: str) -> DraftQuestion:
    """The kind that a question's answers tell."""
    body = answers.strip()
    if not body:
        raise Skipped("an essay, which nobody can mark but a person")
    if body.startswith("#"):
        fields = _numbers(body[1:], given)
        return DraftQuestion(kind="numeric", prompt=prompt, title=title, explain=explain, **fields)
    if found := TRUTH.match(body):
        options = _truth(found[1][0].upper() == "T", body[found.end() :], given)
        return DraftQuestion(kind="truefalse", prompt=prompt, title=title, explain=explain, options=options)
    if "~" in body:
        return _choices(_split(body), given, DraftQuestion(kind="single", prompt=prompt, title=title, explain=explain))
    texts = [_short(text, given) for text in ([body] if "=" not in body else body.split("=")[1:])]
    found_texts = [text for text in texts if text]
    return DraftQuestion(kind="text", prompt=prompt, title=title, explain=explain, correct=found_texts)


def _short(text: str, given: _Given) -> str:
    """One accepted text; one that earns only a part is left out."""
    text, _, feedback = text.partition("#")
    if feedback.strip():
        given.lose("feedback for a typed answer")
    if found := WEIGHT.match(text):
        text = text[found.end() :]
        if Decimal(found[1]) < 100:
            given.lose(f'the answer "{_clean(text)[:40]}", which earns {found[1]} %')
            return ""
    plain = given.text(text)
    if "*" in plain.replace("\\*", ""):
        given.lose("the wildcard * of a typed answer, now an asterisk")
    return plain.replace("\\*", "*")


def _numbers(body: str, given: _Given) -> dict[str, Any]:
    intervals: list[tuple[str, str]] = []
    ranges: list[tuple[str, str]] = []
    for part in [piece for piece in re.split(r"[=~]", body) if piece.strip()]:
        text, _, feedback = part.partition("#")
        if feedback.strip():
            given.lose("feedback for a number")
        if found := WEIGHT.match(text):
            text = text[found.end() :]
            if Decimal(found[1]) < 100:
                given.lose(f"a number that earns {found[1]} %")
                continue
        low, two, high = text.strip().partition("..")
        middle, _, spread = text.strip().partition(":")
        numbers = [number(piece) for piece in ((low, high) if two else (middle, spread or "0"))]
        if None in numbers:
            raise ValueError(f'expected a number such as 27, 27:0.5 or 26..28, got "{_clean(text)[:40]}"')
        first, second = (decimal(value) for value in numbers if value is not None)
        (ranges if two else intervals).append((first, second))
    fields = number_fields(intervals, ranges)
    if fields is None:
        raise Skipped("several numbers with different tolerances")
    return fields


def _truth(right: bool, said: str, given: _Given) -> list[DraftOption]:
    """Moodle's first feedback is for the wrong answer, its second for the right one."""
    texts = [given.said(text) if text.strip() else "" for text in said.split("#")[1:3]]
    wrong_said, right_said = [*texts, "", ""][:2]
    return [
        DraftOption(text=text, right=is_right, feedback=right_said if is_right else wrong_said)
        for text, is_right in (("True", right), ("False", not right))
    ]


def _split(body: str) -> list[tuple[str, Decimal | None, str]]:
    """Each option's sign, weight in per cent (None where it has none), and text with feedback."""
    found = []
    for sign, text in re.findall(r"([=~])([^=~]*)", body):
        weight = WEIGHT.match(text)
        found.append((sign, Decimal(weight[1]) if weight else None, text[weight.end() :] if weight else text))
    if not body.startswith(("=", "~")):
        raise ValueError('options begin with "=" or "~"')
    return found


def _choices(parts: list[tuple[str, Decimal | None, str]], given: _Given, head: DraftQuestion) -> DraftQuestion:
    several = not any(sign == "=" for sign, _, _ in parts)
    worth = [weight if weight is not None else Decimal(100 * (sign == "=")) for sign, weight, _ in parts]
    right = [share > 0 if several else share == 100 for share in worth]
    if not several and sum(right) != 1:
        raise Skipped(f"{sum(right)} options that are each right by themselves")
    if not several and any(share not in (0, 100) for share in worth):
        given.lose("options that earn a part or lose points; they count as wrong")
    options = []
    for (_, _, text), is_right in zip(parts, right, strict=True):
        shown, _, said = text.partition("#")
        options.append(
            DraftOption(text=given.text(shown), right=is_right, feedback=given.said(said) if said.strip() else "")
        )
    kind, partial = "single", "off"
    if several:
        kind, partial = "multiple", _partial(worth, given)
    values = {name: getattr(head, name) for name in ("prompt", "title", "explain")}
    return DraftQuestion(kind=kind, partial=partial, options=options, **values)  # type: ignore[arg-type]


def _partial(worth: list[Decimal], given: _Given) -> str:
    """The mode that Moodle's weights come nearest to."""
    gains, costs = [share for share in worth if share > 0], [share for share in worth if share <= 0]
    if gains and all(share == -100 for share in costs) and costs and len(gains) > 1:
        return "off"
    even = all(abs(share - Decimal(100) / len(gains)) < 1 for share in gains)
    if not (even and all(abs(share + Decimal(100) / len(gains)) < 1 for share in costs)):
        given.lose("weights of options; each correct one now gives, and each wrong one takes, the same share")
    return "net-correct"
