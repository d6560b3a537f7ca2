"""Reads text2qti's plain text; Markdown stays as it is written, and code blocks are never run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from grader.quiz.formats.draft import (
    DraftOption,
    DraftQuestion,
    QuizDraft,
    QuizImportError,
    build_number_fields,
    is_true_false,
)
from grader.quiz.formats.plain import format_decimal, strip_unshowable
from grader.quiz.values import parse_number

PIECE_STARTS = {
    "title": r"[Tt]itle:", "points": r"[Pp]oints:", "question": r"\d+\.", "right": r"\*[a-zA-Z]\)", "wrong": r"[a-zA-Z]\)",
    "also right": r"\[\*\]", "also wrong": r"\[ ?\]", "feedback": r"\.\.\.", "praise": r"\+", "blame": r"-",
    "solution": r"!", "essay": r"___+$", "upload": r"\^\^\^+$", "number": r"=", "short": r"\*",
    "quiz title": r"[Qq]uiz [Tt]itle:", "quiz description": r"[Qq]uiz description:", "text": r"[Tt]ext(?: [Tt]itle)?:",
    "group": r"GROUP$", "end": r"END_GROUP$", "pick": r"[Pp]ick:", "group points": r"[Pp]oints per question:",
    "shuffle": r"[Ss]huffle answers:",
    "setting": (
        r"(?:[Ss]how correct answers|[Oo]ne question at a time|[Cc]an't go back|[Ff]eedback is solution|"
        r"[Ss]olutions (?:sample groups|randomize groups|pick)):"
    ),
    "code": r"```",
}  # fmt: skip
PIECE_START = re.compile("|".join(f"(?P<x{index}>{pattern})" for index, pattern in enumerate(PIECE_STARTS.values())))
MARKUP_PATTERN = re.compile(r"`|\*\w|\$[^$\n]+\$|\]\(|^#+ |<\w", re.MULTILINE)


def read_text2qti(text: str, source: str) -> QuizDraft:
    """The quiz in a file.

    Raises:
        QuizImportError: a line that text2qti wouldn't take either, or a block of code that it would run.
    """
    reader = _PieceReader(source)
    for line, kind, content in _iter_pieces(text, source):
        reader.read_piece(line, kind, content)
    return reader.finish_draft()


def _iter_pieces(text: str, source: str) -> Iterator[tuple[int, str, str]]:
    """Each piece with its line: what it is, and its text over all its lines."""
    found: list[Any] | None = None
    comment = False
    for line, raw in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        if raw.strip() in ("COMMENT", "END_COMMENT"):
            comment = raw.strip() == "COMMENT"
            continue
        if comment or raw.startswith("%"):
            continue
        start = PIECE_START.match(raw)
        # A mark counts only before a blank: `*a)x` or `=5x` is text.
        if start and (raw[start.end() : start.end() + 1] in ("", " ", "\t")):
            if found:
                yield found[0], found[1], strip_unshowable(found[2])
            name = list(PIECE_STARTS)[int(str(start.lastgroup)[1:])]
            found = [line, name, raw[start.end() :].strip()]
        elif not raw.strip():
            if found:
                found[2] += "\n"
        elif raw[:1] in (" ", "\t") and found:
            found[2] += "\n" + raw.strip()
        else:
            raise QuizImportError(
                f'{source}:{line}: text2qti has no line such as "{raw.strip()[:40]}"; indent what goes on'
            )
    if found:
        yield found[0], found[1], strip_unshowable(found[2])


class _PieceReader:
    """Puts the pieces together, question by question."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.title = self.description = ""
        self.settings: dict[str, Any] = {}
        self.lost: list[str] = []
        self.questions: list[DraftQuestion] = []
        self.pools: dict[str, int] = {}
        self.pool = self.next_title = ""
        self.next_points = self.pool_points = 1.0
        self.current: dict[str, Any] | None = None
        self.takes: dict[str, Callable[[int, str], None]] = {
            "quiz title": self._read_quiz_title,
            "quiz description": self._read_quiz_description,
            "shuffle": self._read_shuffle,
            "setting": self._read_setting,
            "text": self._read_text,
            "title": self._read_title,
            "points": self._read_points,
            "group": self._read_group,
            "pick": self._read_pick,
            "group points": self._read_group_points,
            "end": self._read_end,
            "question": self._read_question,
        }

    def read_piece(self, line: int, kind: str, text: str) -> None:
        if kind in self.takes:
            self.takes[kind](line, text)
        # text2qti executes such blocks; running code from a quiz file is out of the question.
        elif self.current is None or kind == "code":
            reason = (
                "code that would be run isn't taken over" if kind == "code" else f'"{kind}" stands before any question'
            )
            raise QuizImportError(f"{self.source}:{line}: {reason}")
        else:
            self.current["parts"].append((line, kind, text))

    def _read_quiz_title(self, line: int, text: str) -> None:
        self.title = text

    def _read_quiz_description(self, line: int, text: str) -> None:
        self.description = text
        self._note_markup(line, text)

    def _read_shuffle(self, line: int, text: str) -> None:
        if text.lower() == "true":
            self.settings["shuffle"] = {"options": "true"}

    def _read_setting(self, line: int, text: str) -> None:
        self.lost.append(f"line {line}: a setting of Canvas")

    def _read_text(self, line: int, text: str) -> None:
        self.lost.append(f"line {line}: a text between questions")

    def _read_title(self, line: int, text: str) -> None:
        self._close_question()
        self.next_title = text

    def _read_points(self, line: int, text: str) -> None:
        self._close_question()
        self.next_points = self._parse_positive(line, text)

    def _parse_positive(self, line: int, text: str) -> float:
        value = parse_number(text)
        if value is None or value <= 0:
            raise QuizImportError(f'{self.source}:{line}: expected a number greater than 0, got "{text[:40]}"')
        return float(value)

    def _read_group(self, line: int, text: str) -> None:
        self._close_question()
        self.pool = f"pool{len(self.pools) + 1}"
        self.pools[self.pool] = 1

    def _read_pick(self, line: int, text: str) -> None:
        self.pools[self.pool] = int(self._parse_positive(line, text))

    def _read_group_points(self, line: int, text: str) -> None:
        self.pool_points = self._parse_positive(line, text)

    def _read_end(self, line: int, text: str) -> None:
        self._close_question()
        self.pool, self.pool_points = "", 1.0

    def _read_question(self, line: int, text: str) -> None:
        self._close_question()
        self._note_markup(line, text)
        # In a group all questions have the group's points.
        points = self.pool_points if self.pool else self.next_points
        self.current = {"line": line, "title": self.next_title, "points": points, "prompt": text, "parts": []}
        # Both apply to the next question only.
        self.next_title, self.next_points = "", 1.0

    def _note_markup(self, line: int, text: str) -> None:
        if MARKUP_PATTERN.search(text):
            self.lost.append(f"line {line}: Markdown is kept as it is written")

    def _close_question(self) -> None:
        """Makes a question of the pieces since its prompt."""
        if self.current is None:
            return
        known, self.current = self.current, None
        kinds = {kind for _, kind, _ in known["parts"]}
        if kinds & {"essay", "upload"} or not kinds & {"right", "wrong", "also right", "also wrong", "number", "short"}:
            self.lost.append(f"line {known['line']}: a question that only a person can mark; it is left out")
            return
        head = {name: known[name] for name in ("title", "points", "prompt")} | {"pool": self.pool}
        self.questions.append(DraftQuestion(**head, **self._build_answers(known["line"], known["parts"])))

    def _build_answers(self, line: int, parts: list[tuple[int, str, str]]) -> dict[str, Any]:
        options: list[DraftOption] = []
        found: dict[str, Any] = {"kind": "text", "explain": "", "correct": []}
        for place, kind, text in parts:
            self._note_markup(place, text) if kind != "short" else None
            if kind in ("right", "wrong", "also right", "also wrong"):
                found["kind"] = "multiple" if kind.startswith("also") else "single"
                options.append(DraftOption(text=text, right=kind.endswith("right")))
            elif kind == "short":
                found["correct"].append(text)
            elif kind == "number":
                found |= {"kind": "numeric"} | self._parse_interval(place, text)
            elif kind == "feedback" and options:
                # Options are frozen, so the last one is made anew with its feedback.
                last = options.pop()
                options.append(DraftOption(text=last.text, right=last.right, feedback=text))
            # Before any option, feedback is for the whole question.
            elif kind in ("feedback", "solution"):
                found["explain"] = "\n".join(filter(None, [found["explain"], text]))
            else:
                self.lost.append(f"line {place}: feedback for right or wrong answers as a whole")
        if options:
            found |= {"options": options, "correct": []}
        if found["kind"] == "single" and is_true_false(options):
            found["kind"] = "truefalse"
        if found["kind"] == "multiple":
            self.lost.append(f"line {line}: Canvas's partial credit; only the whole answer counts")
        return found

    def _parse_interval(self, line: int, text: str) -> dict[str, Any]:
        low, _, high = text.strip("[] ").partition(",")
        middle, _, spread = text.partition("+-")
        in_brackets = text.startswith("[") and text.endswith("]")
        ends = [parse_number(piece) for piece in ((low, high) if in_brackets else (middle, spread or "0"))]
        if ends[0] is None or ends[1] is None or (in_brackets and ends[0] > ends[1]):
            raise QuizImportError(f'{self.source}:{line}: expected 27, 27 +- 0.5 or [26, 28], got "{text[:40]}"')
        if spread.strip().endswith("%"):
            ends[1] = abs(ends[0]) * ends[1]
        pair = (format_decimal(ends[0]), format_decimal(ends[1]))
        return (build_number_fields([], [pair]) if in_brackets else build_number_fields([pair], [])) or {}

    def finish_draft(self) -> QuizDraft:
        self._close_question()
        return QuizDraft(
            title=self.title,
            description=self.description,
            questions=self.questions,
            settings=self.settings,
            # A group may have lost all its questions.
            pools={name: pick for name, pick in self.pools.items() if any(q.pool == name for q in self.questions)},
            lost=self.lost,
        )
