"""A quiz's questions for pages: pictures embedded, formulas as MathML, everything else escaped."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping

from markupsafe import Markup

from grader.messages.text import escape_text
from grader.quiz.formula_markup import render_formula
from grader.quiz.lines import format_letter
from grader.quiz.model import Question, Quiz
from grader.quiz.pictures import find_media_type
from grader.quiz.rich_text import Formula, Picture, convert_to_plain, has_formulas, list_pictures, split_rich

MAX_TITLE = 2000
PICTURE_TAG = Markup('<img src="data:{};base64,{}" alt="{}" class="picture">')


def build_titles(quiz: Quiz, pictures: Mapping[str, bytes]) -> dict[str, Markup]:
    """What a page shows as the titles of the questions that have pictures or formulas, by question."""
    rich = [question for question in quiz.questions if has_formulas(question) or list_pictures(question)]
    return {question.id: _render_question(question, pictures) for question in rich}


def _render_question(question: Question, pictures: Mapping[str, bytes]) -> Markup:
    lines = [render_rich(question.prompt, pictures)]
    if any(not isinstance(part, str) for option in question.options for part in split_rich(option.text)):
        lines += [
            Markup("{}) {}").format(format_letter(index), render_rich(option.text, pictures))
            for index, option in enumerate(question.options)
        ]
    return Markup("<br>").join(lines)


def render_rich(text: str, pictures: Mapping[str, bytes]) -> Markup:
    """A text as markup."""
    return Markup("").join(_render_parts(text, pictures))


def _render_parts(text: str, pictures: Mapping[str, bytes]) -> Iterator[Markup]:
    for part in split_rich(text):
        match part:
            case Formula(tex=tex):
                yield render_formula(escape_text(tex))
            case Picture(alt=alt, name=name) if name in pictures:
                data = base64.b64encode(pictures[name]).decode()
                yield PICTURE_TAG.format(find_media_type(name), data, escape_text(alt))
            case Picture(alt=alt, name=name):
                yield Markup("{}").format(convert_to_plain(f"![{alt}]({name})"))
            case str():
                yield Markup("{}").format(escape_text(part, MAX_TITLE))
