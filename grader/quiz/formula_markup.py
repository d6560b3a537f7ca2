"""Formulas as MathML, which browsers show without scripts: the TeX that quizzes need, and nothing that could do more."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from grader.quiz.rich_text import SIGNS

TOKEN = re.compile(
    r"\\(?P<command>[A-Za-z]+|[,;%_{}])|(?P<number>\d+(?:[.,]\d+)?)|(?P<letter>[^\W\d_])|(?P<space>\s+)|(?P<sign>.)",
    re.DOTALL,
)
MAX_DEPTH = 20
SPACE_COMMANDS = ("quad", ",", ";")
TEXT_COMMANDS = ("text", "mathrm", "operatorname", "mathit", "mathbf")


class _UnknownTex(ValueError):
    """A command that isn't known here; the formula is shown as it was typed."""


def render_formula(tex: str) -> Markup:
    r"""A formula as MathML, or as code where it uses more of TeX.

    >>> print(render_formula("n^2"))
    <math><mrow><msup><mi>n</mi><mn>2</mn></msup></mrow></math>
    >>> print(render_formula("\\begin{x}"))
    <code>\begin{x}</code>
    """
    try:
        return Markup(f"<math>{_Reader(tex).read_all()}</math>")  # noqa: S704 - every text in it is escaped
    except _UnknownTex:
        return Markup("<code>{}</code>").format(tex)


class _Reader:
    """Reads a formula from left to right."""

    def __init__(self, tex: str) -> None:
        self.tokens = [found for found in TOKEN.finditer(tex) if not found["space"]]
        self.place = 0

    def read_all(self) -> str:
        made = self._read_row(end="", depth=MAX_DEPTH)
        if self.place < len(self.tokens):
            raise _UnknownTex
        return made

    def _peek(self) -> str:
        return self.tokens[self.place][0] if self.place < len(self.tokens) else ""

    def _read_row(self, *, end: str, depth: int) -> str:
        if not depth:
            raise _UnknownTex
        parts: list[str] = []
        while self._peek() and self._peek() != end:
            parts.append(self._read_scripts(depth))
        return f"<mrow>{''.join(parts)}</mrow>"

    def _read_scripts(self, depth: int) -> str:
        base = self._read_atom(depth)
        scripts: dict[str, str] = {}
        while self._peek() in ("^", "_"):
            sign = self._peek()
            self.place += 1
            if sign in scripts:
                raise _UnknownTex
            scripts[sign] = self._read_atom(depth)
        match sorted(scripts):
            case ["^"]:
                return f"<msup>{base}{scripts['^']}</msup>"
            case ["_"]:
                return f"<msub>{base}{scripts['_']}</msub>"
            case ["^", "_"]:
                return f"<msubsup>{base}{scripts['_']}{scripts['^']}</msubsup>"
        return base

    def _read_atom(self, depth: int) -> str:
        if self.place >= len(self.tokens):
            raise _UnknownTex
        token = self.tokens[self.place]
        self.place += 1
        if token["command"]:
            return self._read_command(token["command"], depth)
        if token["number"]:
            return f"<mn>{escape(token['number'])}</mn>"
        if token["letter"]:
            return f"<mi>{escape(token['letter'])}</mi>"
        if token[0] == "{":
            return self._read_group(depth)
        if token[0] in "}^_":
            raise _UnknownTex
        return f"<mo>{escape(token[0])}</mo>"

    def _read_group(self, depth: int) -> str:
        inner = self._read_row(end="}", depth=depth - 1)
        if self._peek() != "}":
            raise _UnknownTex
        self.place += 1
        return inner

    def _read_argument(self, depth: int) -> str:
        if self._peek() != "{":
            raise _UnknownTex
        self.place += 1
        return self._read_group(depth)

    def _read_command(self, name: str, depth: int) -> str:
        if name in ("left", "right"):
            return self._read_atom(depth)
        if name == "frac":
            return f"<mfrac>{self._read_argument(depth)}{self._read_argument(depth)}</mfrac>"
        if name == "sqrt":
            return f"<msqrt>{self._read_argument(depth)}</msqrt>"
        if name in TEXT_COMMANDS:
            return self._read_argument(depth)
        if name in ("max", "min", "log", "exp", "ln", "sin", "cos", "tanh"):
            return f"<mi>{name}</mi>"
        if name not in SIGNS:
            raise _UnknownTex
        if name in SPACE_COMMANDS:
            return "<mspace width='0.5em'/>"
        sign = SIGNS[name]
        return f"<mi>{escape(sign)}</mi>" if sign.isalpha() else f"<mo>{escape(sign)}</mo>"
