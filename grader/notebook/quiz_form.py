"""A quiz as a form below a cell: fields with labels, every answer kept at once, and a page without fields at its end.

The form knows no key: the answers are marked when they have been handed in, by what marks them in the terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

import ipywidgets
from IPython.display import display
from markupsafe import Markup

from grader.cli.quiz.taking import HandedIn, find_student_name, hand_in
from grader.courses.course import Course
from grader.errors import GradeError
from grader.notebook import quiz_page
from grader.notebook.verdict_page import ShownPage, build_verdict_page
from grader.quiz.key import load_key
from grader.quiz.lines import format_letter, parse_typed_answer
from grader.quiz.model import Question, Quiz
from grader.quiz.open_attempt import OpenAttempt
from grader.quiz.page_titles import build_titles
from grader.quiz.pictures import load_pictures
from grader.quiz.responses import GivenAnswer
from grader.quiz.rich_text import convert_to_plain
from grader.quiz.screens import format_count
from grader.quiz.sitting import AttemptStore, Sitting, open_attempt_store, open_hint, record_answer, submit_sitting
from grader.quiz.taking import open_sitting

WIDGET_MIME = "application/vnd.jupyter.widget-view+json"
EXAMPLES = {"numeric": "such as 27 or 0.5", "shape": "such as 5x7", "text": ""}
FULL_WIDTH = {"width": "auto"}
WHOLE_LABEL = {"description_width": "initial"}


def show_quiz(course: Course, quiz: Quiz, student: str | None = None) -> None:
    """Shows a quiz's form below the cell, at the attempt that is open or may be begun; else what was handed in last.

    Raises:
        UsageError: the quiz is closed or has changed, or nothing can be kept.
        CourseError: the key is broken.
    """
    # Before the quiz begins: a broken key should be noticed before somebody has worked for an hour.
    load_key(course, quiz)
    name = find_student_name(student)
    QuizForm(course, quiz, open_attempt_store(quiz, name), name, partial(datetime.now, UTC)).show()


class QuizForm:
    """One form, as often as the learner begins an attempt in it.

    Args:
        shelf: where the student's attempts are.
        now: what tells the time.
    """

    def __init__(
        self, course: Course, quiz: Quiz, shelf: AttemptStore, student: str, now: Callable[[], datetime]
    ) -> None:
        self._course, self._quiz, self._shelf, self._student, self._now = course, quiz, shelf, student, now
        self._pictures = load_pictures(course, quiz)
        self._box = ipywidgets.VBox()
        self._box.add_class("grade-quiz")
        self._footer = ipywidgets.HTML()
        self._handle: Any = None

    def show(self) -> None:
        """Puts the form, or what was handed in, below the cell."""
        attempts = self._shelf.list_attempts()
        if attempts and attempts[-1].submitted is not None:
            page = self._build_result(attempts[-1])
            if len(attempts) < self._quiz.attempts:
                again = self._make_button(f"Start attempt {len(attempts) + 1} of {self._quiz.attempts}", self._begin)
                self._box.children = (
                    ipywidgets.HTML(str(quiz_page.FORM_STYLE)),
                    ipywidgets.HTML(page.markup),
                    again,
                    self._footer,
                )
                self._show_form(page)
            else:
                self._show({"text/plain": page.text, "text/html": page.markup})
            return
        self._begin()
        if self._handle is None:
            text = f"{self._quiz.title}: the answers so far are kept. Run the cell again to go on. Where no form is shown: %grade_quiz {self._quiz.id} --text"
            self._show_form(ShownPage(markup=str(quiz_page.render_message(text)), text=text))

    def _show_form(self, instead: ShownPage) -> None:
        """The form; `instead` is for what shows none, such as an export."""
        view = {"version_major": 2, "version_minor": 0, "model_id": self._box.model_id}
        self._show({WIDGET_MIME: view, "text/plain": instead.text, "text/html": instead.markup})

    def _show(self, bundle: dict[str, Any]) -> None:
        if self._handle is None:
            self._handle = display(bundle, raw=True, display_id=True)  # type: ignore[no-untyped-call]
        else:
            self._handle.update(bundle, raw=True)

    def _begin(self, _: Any = None) -> None:
        """Goes on with the attempt that is open, or begins the next one."""
        with self._shelf.lock_attempts():
            now, resumed = open_sitting(self._quiz, self._student, self._shelf, self._now())
            self._shelf.save_attempt(now)
        self._attempt = OpenAttempt(quiz=self._quiz, shelf=self._shelf, number=now.attempt, now=self._now)
        if self._attempt.is_late(now):
            self._finish(self._attempt.change(lambda same: same))
            return
        head = ipywidgets.HTML(str(quiz_page.render_head(self._quiz, now, resumed=resumed)))
        parts = [self._build_question(name, place, now) for place, name in enumerate(now.names, 1)]
        self._sure = False
        submit = self._make_button("Hand in", self._submit)
        submit.button_style = "primary"
        self._tell_state(now)
        self._box.children = (head, *parts, self._footer, submit)

    def _build_question(self, name: str, place: int, now: Sitting) -> ipywidgets.VBox:
        item = self._quiz.find_question(name)
        said = ipywidgets.HTML()
        record = partial(self._record, item, said)
        fields = make_fields(item, place, now, record)
        text = ipywidgets.HTML(str(quiz_page.render_question(item, place, now, self._pictures)))
        hints = ipywidgets.HTML(str(quiz_page.render_hints(item, now.hints.get(name, 0))))
        buttons = [self._make_hint_button(item, place, now, hints)] if item.hints else []
        return ipywidgets.VBox([text, *fields, said, hints, *buttons])

    def _make_button(self, text: str, act: Callable[[Any], None]) -> ipywidgets.Button:
        button = ipywidgets.Button(description=text, layout=FULL_WIDTH)
        button.on_click(partial(self._act, act))
        return button

    def _act(self, act: Callable[[Any], None], source: Any) -> None:
        """Does what a button says; what hinders it is said at the end of the form."""
        try:
            act(source)
        except GradeError as error:
            self._footer.value = str(quiz_page.render_message(f"{error}", alert=True))

    def _change(self, make: Callable[[Sitting], Sitting]) -> Sitting | None:
        """The attempt after a change; None where it ended instead."""
        then = self._attempt.change(make)
        if then.submitted is not None:
            self._finish(then)
            return None
        return then

    def _record(self, item: Question, said: ipywidgets.HTML, given: GivenAnswer) -> None:
        """Keeps an answer as soon as it is given."""
        if isinstance(given, str):
            parsed = parse_typed_answer(given, item)
            if parsed.do == "mistake":
                said.value = str(quiz_page.render_message(f"Not saved: {parsed.message}.", alert=True))
                return
        self._sure = False
        said.value = ""

        def keep(_: Any) -> None:
            if (then := self._change(lambda now: record_answer(now, item.id, given))) is not None:
                self._tell_state(then)

        self._act(keep, None)

    def _make_hint_button(self, item: Question, place: int, now: Sitting, hints: ipywidgets.HTML) -> ipywidgets.Button:
        """Opens one hint at each press; one that costs points takes a second press."""
        button = self._make_button("", lambda source: self._press_hint(item, place, source, hints))
        _label_hint(button, item, place, now.hints.get(item.id, 0))
        return button

    def _press_hint(self, item: Question, place: int, button: ipywidgets.Button, hints: ipywidgets.HTML) -> None:
        opened = self._attempt.read().hints.get(item.id, 0)
        cost = item.hints[opened].cost if opened < len(item.hints) else 0
        sure = f"Press again to open the hint for {cost:.0%} of the points of question {place}"
        if cost and button.description != sure:
            button.description = sure
            return
        # Another form may have opened it meanwhile; then there is nothing to pay for.
        then = self._change(
            lambda now: open_hint(now, item.id) if now.hints.get(item.id, 0) == opened < len(item.hints) else now
        )
        if then is not None:
            hints.value = str(quiz_page.render_hints(item, then.hints.get(item.id, 0)))
            _label_hint(button, item, place, then.hints.get(item.id, 0))
            self._tell_state(then)

    def _tell_state(self, now: Sitting) -> None:
        self._footer.value = str(quiz_page.render_state(self._quiz, now, self._now()))

    def _submit(self, _: Any) -> None:
        """Hands in; where answers are missing, at the second press."""
        now = self._attempt.read()
        if (blank := len(now.names) - len(now.answers)) and not self._sure and now.submitted is None:
            self._sure = True
            text = f"{format_count(blank, 'question')} without an answer. Press “Hand in” again to hand in anyway."
            self._footer.value = str(quiz_page.render_message(text, alert=True))
            return
        self._finish(self._attempt.change(lambda each: submit_sitting(each, self._now())))

    def _finish(self, done: Sitting) -> None:
        """Puts what was handed in into the place of the form, also in the notebook's file, where nothing runs."""
        page = self._build_result(done)
        self._box.children = (ipywidgets.HTML(page.markup),)
        self._show({"text/plain": page.text, "text/html": page.markup})

    def _build_result(self, done: Sitting) -> ShownPage:
        handed = hand_in(self._quiz, load_key(self._course, self._quiz), done, None)
        left = self._quiz.attempts - done.attempt
        again = f" Run the cell again to start attempt {done.attempt + 1} of {self._quiz.attempts}." if left > 0 else ""
        return build_page(self._course, self._quiz, handed, f"{handed.text}{again}")


def make_fields(
    item: Question, place: int, now: Sitting, record: Callable[[GivenAnswer], None]
) -> list[ipywidgets.Widget]:
    """The fields of a question, filled with what was answered; each change goes to `record`."""
    given = now.answers.get(item.id)
    if not item.choices:
        return [_make_text_field(item, place, given if isinstance(given, str) else "", record)]
    order = now.shown.options[item.id]
    labels = [
        f"{format_letter(index)}) {convert_to_plain(item.find_option(name).text)}" for index, name in enumerate(order)
    ]
    chosen = given if isinstance(given, list) else []
    if item.kind == "multiple":
        return _make_boxes(order, labels, chosen, record)
    radios = _make_radios(order, labels, chosen, record)
    clear = ipywidgets.Button(description=f"Clear the answer to question {place}", layout=FULL_WIDTH)
    clear.on_click(lambda _: _clear_radios(radios, record))
    return [*radios, clear]


def _make_radios(
    order: list[str], labels: list[str], chosen: list[str], record: Callable[[GivenAnswer], None]
) -> list[ipywidgets.RadioButtons]:
    """One radio button for each option, each with a Tab stop of its own: JupyterLab takes the arrow keys away from a group."""
    radios = [
        ipywidgets.RadioButtons(options=[(label, name)], index=0 if name in chosen else None, layout=FULL_WIDTH)
        for name, label in zip(order, labels, strict=True)
    ]

    def choose(change: Mapping[str, Any]) -> None:
        if change["new"] is not None:
            for each in radios:
                each.index = 0 if each is change["owner"] else None
            record([change["new"]])

    for radio in radios:
        radio.observe(choose, "value")
    return radios


def _clear_radios(radios: list[ipywidgets.RadioButtons], record: Callable[[GivenAnswer], None]) -> None:
    for radio in radios:
        radio.index = None
    record(None)


def _make_text_field(item: Question, place: int, given: str, record: Callable[[GivenAnswer], None]) -> ipywidgets.Text:
    unit = f" ({item.unit})" if item.unit else ""
    field = ipywidgets.Text(
        value=given,
        description=f"Answer to question {place}{unit}:",
        placeholder=EXAMPLES[item.kind],
        continuous_update=False,
        style=WHOLE_LABEL,
        layout=FULL_WIDTH,
    )
    field.observe(lambda change: record(change["new"].strip() or None), "value")
    return field


def _make_boxes(
    order: list[str], labels: list[str], chosen: list[str], record: Callable[[GivenAnswer], None]
) -> list[ipywidgets.Widget]:
    boxes = [
        ipywidgets.Checkbox(value=name in chosen, description=label, indent=False, style=WHOLE_LABEL, layout=FULL_WIDTH)
        for name, label in zip(order, labels, strict=True)
    ]

    def collect(_: Mapping[str, Any]) -> None:
        record([name for name, box in zip(order, boxes, strict=True) if box.value] or None)

    for box in boxes:
        box.observe(collect, "value")
    return list(boxes)


def _label_hint(button: ipywidgets.Button, item: Question, place: int, opened: int) -> None:
    left = item.hints[opened:]
    cost = f"costs {left[0].cost:.0%} of its points" if left and left[0].cost else "free"
    button.description = f"Hint to question {place} ({cost})" if left else f"No more hints to question {place}"
    button.disabled = not left


def build_page(course: Course, quiz: Quiz, handed: HandedIn, text: str) -> ShownPage:
    """What stays of an attempt that was handed in: the verdict, where the student may see it, and where the answers are."""
    said = quiz_page.render_message(text)
    if handed.verdict is None:
        return ShownPage(markup=str(Markup("<h2>{}</h2>").format(quiz.title) + said), text=f"{quiz.title}\n{text}")
    titles = {quiz.id: build_titles(quiz, load_pictures(course, quiz))}
    page = build_verdict_page(handed.verdict, titles=titles)
    return ShownPage(markup=page.markup + said, text=f"{page.text}\n{text}")
