"""What a quiz's form shows around its fields, and the page that stays when it was handed in: markup without a script."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from markupsafe import Markup

from grader.messages.text import escape_text
from grader.quiz.lines import format_letter
from grader.quiz.model import Question, Quiz
from grader.quiz.page_titles import render_rich
from grader.quiz.rich_text import split_rich
from grader.quiz.screens import describe_attempt, describe_time_left, format_count
from grader.quiz.sitting import Sitting, find_end_time

# Without it long options are cut at the width of a field, and a label is as high as one line.
FORM_STYLE = Markup("""<style>
.grade-quiz { max-width: 46rem; padding: 0 .25rem; overflow: hidden; }
.grade-quiz .widget-html, .grade-quiz .widget-html-content, .grade-quiz .widget-radio, .grade-quiz .widget-checkbox {
  width: auto; height: auto; max-width: 100%; line-height: 1.5; }
.grade-quiz h2 { font-size: 1.25rem; margin: .5rem 0; }
.grade-quiz h3 { font-size: 1rem; margin: 1rem 0 .25rem; }
.grade-quiz p, .grade-quiz ol { margin: .25rem 0; font-size: 1rem; overflow-wrap: anywhere; }
.grade-quiz .widget-html-content p { white-space: pre-wrap; }
.grade-quiz .widget-radio-box { margin-bottom: 0 !important; }
.grade-quiz .widget-radio-box label, .grade-quiz .widget-checkbox label { display: flex; gap: .5rem; align-items: baseline;
  height: auto; min-height: 1.75rem; line-height: 1.4; font-size: 1rem; white-space: normal; overflow: visible; padding: .2rem 0;
  overflow-wrap: anywhere; max-width: 100%; }
.grade-quiz .widget-radio-box label input, .grade-quiz .widget-checkbox label input { flex: none; order: -1; float: none;
  height: auto; margin: 0; }
.grade-quiz .widget-checkbox span { white-space: normal; }
.grade-quiz .widget-text { max-width: 100%; height: auto; }
.grade-quiz button { height: auto; min-height: 2rem; line-height: 1.4; white-space: normal; width: auto; max-width: 100%; }
.grade-quiz input:focus-visible, .grade-quiz button:focus-visible { outline: 3px solid; outline-offset: 2px; }
</style>""")


def render_head(quiz: Quiz, sitting: Sitting, *, resumed: bool) -> Markup:
    """The quiz's title, what it is about, and where the student is."""
    again = f"Resumed: {len(sitting.answers)} of {len(sitting.names)} answered." if resumed else ""
    lines = [escape_text(line) for line in (quiz.description, describe_attempt(quiz, sitting), again) if line]
    return (
        FORM_STYLE
        + Markup("<h2>{}</h2>").format(escape_text(quiz.title))
        + Markup("").join(map(Markup("<p>{}</p>").format, lines))
    )


def render_question(question: Question, place: int, sitting: Sitting, pictures: Mapping[str, bytes]) -> Markup:
    """A question's heading and text; its options too, where they are more than the words that a field can show."""
    loses = f", a wrong answer loses {question.penalty:.0%}" if question.penalty else ""
    several = " Choose all that apply." if question.kind == "multiple" else ""
    count = len(sitting.names)
    head = Markup("<h3>Question {} of {} ({}{})</h3><p>{}{}</p>").format(
        place, count, format_count(question.points, "point"), loses, render_rich(question.prompt, pictures), several
    )
    texts = [question.find_option(name).text for name in sitting.shown.options.get(question.id, [])]
    if all(isinstance(part, str) for text in texts for part in split_rich(text)):
        return head
    return head + Markup("").join(
        Markup("<p>{}) {}</p>").format(format_letter(index), render_rich(text, pictures))
        for index, text in enumerate(texts)
    )


def render_hints(question: Question, opened: int) -> Markup:
    """The hints that were opened; a reader of the screen hears a new one."""
    lines = [Markup("<p>Hint: {}</p>").format(escape_text(hint.text)) for hint in question.hints[:opened]]
    return Markup('<div role="status">{}</div>').format(Markup("").join(lines)) if lines else Markup("")


def render_state(quiz: Quiz, sitting: Sitting, now: datetime) -> Markup:
    """How many answers are kept, and which are missing; nothing about which of them are right."""
    missing = [str(place) for place, name in enumerate(sitting.names, 1) if name not in sitting.answers]
    left = f" {describe_time_left(quiz, sitting, now)}." if find_end_time(sitting, quiz) else ""
    without = f" Without an answer: {', '.join(missing)}." if missing else ""
    return render_message(f"Saved: {len(sitting.answers)} of {len(sitting.names)} answered.{without}{left}")


def render_message(text: str, *, alert: bool = False) -> Markup:
    """A sentence that a reader of the screen hears when it changes."""
    return Markup('<p role="{}">{}</p>').format("alert" if alert else "status", escape_text(text))
