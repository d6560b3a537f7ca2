r"""Pictures and formulas in a quiz's texts: `![what it shows](file.png)` and `$n - k + 1$`.

>>> [type(part).__name__ for part in split_rich("A ![filter](f.png) gives $n-k+1$; it costs $5.")]
['str', 'Picture', 'str', 'Formula', 'str']
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from msgspec import Struct, structs

from grader.quiz.model import AnswerOption, Question, Quiz

PICTURE_PATTERN = r"!\[(?P<alt>[^\]\n]{0,500})\]\((?P<name>[^)\s]{1,200})\)"
# As Pandoc has it: no blank inside the signs, no digit after the last one, so that prices stay text.
FORMULA_PATTERN = r"(?<![\\$\w])\$(?P<tex>[^\s$](?:[^$\n]{0,498}[^\s$\\])?)\$(?![\d$])"
RICH_PATTERN = re.compile(f"{PICTURE_PATTERN}|{FORMULA_PATTERN}")
SIGNS = {
    "times": "×", "cdot": "·", "div": "÷", "pm": "±", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "ne": "≠", "neq": "≠",
    "approx": "≈", "to": "→", "rightarrow": "→", "infty": "∞", "sum": "∑", "prod": "∏", "in": "∈", "partial": "∂", "nabla": "∇",
    "ldots": "…", "dots": "…", "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉", "alpha": "α", "beta": "β", "gamma": "γ",
    "delta": "δ", "epsilon": "ε", "eta": "η", "theta": "θ", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "pi": "π", "rho": "ρ",
    "sigma": "σ", "tau": "τ", "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Delta": "Δ", "Gamma": "Γ", "Lambda": "Λ",
    "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω", "quad": " ", ",": " ", ";": " ", "%": "%", "_": "_", "{": "{", "}": "}",
}  # fmt: skip
FRACTION = re.compile(r"\\frac\{([^{}]*)\}\{([^{}]*)\}")
COMMAND = re.compile(r"\\([A-Za-z]+|[,;%_{}])")


class Picture(Struct, frozen=True, kw_only=True):
    """A file beside the quiz, and what it shows in words."""

    alt: str
    name: str


class Formula(Struct, frozen=True, kw_only=True):
    """A formula as TeX."""

    tex: str


Part = str | Picture | Formula


def split_rich(text: str) -> Iterator[Part]:
    """The parts of a text in their order."""
    end = 0
    for found in RICH_PATTERN.finditer(text):
        if found.start() > end:
            yield text[end : found.start()]
        yield Formula(tex=found["tex"]) if found["tex"] else Picture(alt=found["alt"].strip(), name=found["name"])
        end = found.end()
    if end < len(text):
        yield text[end:]


def convert_to_plain(text: str) -> str:
    r"""A text for the terminal: pictures by their words, formulas as one would type them.

    >>> convert_to_plain(r"![a filter](f.png) gives $\frac{n - k}{2} \times 3$")
    '[picture f.png: a filter] gives (n - k)/(2) × 3'
    """
    return "".join(_describe(part) for part in split_rich(text))


def _describe(part: Part) -> str:
    match part:
        case Picture(alt=alt, name=name):
            return f"[picture {name}: {alt}]" if alt else f"[picture {name}]"
        case Formula(tex=tex):
            return format_formula(tex)
    return part


def format_formula(tex: str) -> str:
    """A formula without TeX's commands where they are known."""
    plain = FRACTION.sub(r"(\1)/(\2)", tex.replace(r"\left", "").replace(r"\right", ""))
    return COMMAND.sub(lambda found: SIGNS.get(found[1], found[0]), plain)


def list_texts(question: Question) -> list[str]:
    """The texts of a question that may have pictures and formulas."""
    return [question.prompt, *(option.text for option in question.options)]


def list_pictures(question: Question) -> list[Picture]:
    """The pictures of a question, in their order."""
    return [part for text in list_texts(question) for part in split_rich(text) if isinstance(part, Picture)]


def has_formulas(question: Question) -> bool:
    return any(isinstance(part, Formula) for text in list_texts(question) for part in split_rich(text))


def replace_texts(quiz: Quiz, change: Callable[[str], str]) -> Quiz:
    """The quiz with its prompts and options changed."""
    questions = [
        structs.replace(
            question,
            prompt=change(question.prompt),
            options=[_replace_text(option, change) for option in question.options],
        )
        for question in quiz.questions
    ]
    return structs.replace(quiz, questions=questions)


def _replace_text(option: AnswerOption, change: Callable[[str], str]) -> AnswerOption:
    return structs.replace(option, text=change(option.text))


def describe_pictures(text: str) -> str:
    """A text with words in the place of pictures; formulas stay as they are."""
    return re.sub(PICTURE_PATTERN, lambda found: _describe(Picture(alt=found["alt"].strip(), name=found["name"])), text)
