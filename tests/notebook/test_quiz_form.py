"""A quiz as a form: its fields, what is kept and when, and what never stands in it."""

from datetime import UTC, datetime, timedelta

import pytest

pytest.importorskip("IPython")
pytest.importorskip("ipywidgets")

import ipywidgets

from grader.courses.course import find_course
from grader.errors import UsageError
from grader.notebook import quiz_form
from grader.notebook.quiz_form import QuizForm, show_quiz
from grader.quiz.loading import hash_quiz, load_quiz, load_quiz_bytes
from grader.quiz.sitting import open_attempt_store

QUIZ = r"""
schema: grade-quiz/1
id: tiny
title: "Tiny <script>alert(1)</script>"
attempts: 2
review: {score: after_submit, correct: never, feedback: never}
shuffle: {options: true}
questions:
  - {id: one, kind: single, prompt: "One of $n^2$?", options: [{id: first, text: "First <b>"}, {id: second, text: "Second"}], hints: [{text: Look closely., cost: 50%}]}
  - {id: many, kind: multiple, prompt: Many?, options: [{id: p, text: P}, {id: q, text: Q}, {id: r, text: "$r^2$"}]}
  - {id: yes, kind: truefalse, prompt: "True?", hints: [{text: Free.}]}
  - {id: count, kind: numeric, prompt: How many?, unit: cm}
  - {id: name, kind: text, prompt: Which?}
  - {id: size, kind: shape, prompt: How big?}
"""
KEY = """
schema: grade-key/1
quiz: tiny
quiz_digest: {digest}
answers:
  one: {{correct: [second], explain: CANARY}}
  many: {{correct: [p, r]}}
  yes: {{correct: ["true"]}}
  count: {{correct: ["27"]}}
  name: {{correct: [relu]}}
  size: {{correct: [2x3]}}
"""


class Page:
    """What a learner has before them: the fields of a form by what they say."""

    def __init__(self, form):
        self.form = form

    def walk(self, kind=ipywidgets.Widget, within=None):
        widget = within or self.form._box
        if isinstance(widget, kind):
            yield widget
        for child in getattr(widget, "children", ()):
            yield from self.walk(kind, child)

    def press(self, words):
        (button,) = [each for each in self.walk(ipywidgets.Button) if words in each.description]
        button.click()

    def choose(self, place, label):
        self.list_options(place)[label].index = 0

    def list_options(self, place):
        """The radio buttons of a question, of those that have some, by what they say."""
        questions = [
            found
            for question in self.form._box.children
            if (found := list(self.walk(ipywidgets.RadioButtons, question)))
        ]
        return {text.partition(") ")[2]: radio for radio in questions[place] for text, _ in radio.options}

    def tick(self, label, value=True):
        (box,) = [each for each in self.walk(ipywidgets.Checkbox) if each.description.endswith(label)]
        box.value = value

    def type(self, place, text):
        list(self.walk(ipywidgets.Text))[place].value = text

    def answer_all(self):
        self.choose(0, "Second")
        self.tick("P")
        self.tick("r^2")
        self.choose(1, "True")
        for place, text in enumerate(["27 cm", "ReLU", "2 x 3"]):
            self.type(place, text)

    @property
    def text(self):
        return "\n".join(each.value for each in self.walk(ipywidgets.HTML))


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A folder with a quiz and its key, in which a learner works; `write` changes the quiz."""
    for name in ("quizzes", "solutions/quizzes"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    for name, value in (("COURSE", tmp_path), ("STATE", tmp_path / "state"), ("STUDENT", "ada")):
        monkeypatch.setenv(f"GRADE_{name}", str(value))

    def write(text=QUIZ, *, key=True):
        (tmp_path / "quizzes/tiny.yaml").write_text(text)
        if key:
            digest = hash_quiz(load_quiz_bytes(text.encode()))
            (tmp_path / "solutions/quizzes/tiny.yaml").write_text(KEY.format(digest=digest))

    write()
    return write


@pytest.fixture
def displays(monkeypatch):
    """What was put below the cell: each display, and what replaced it."""
    shown = []

    class Handle:
        def update(self, data, *, raw):
            shown.append(data)

    def display(data, *, raw, display_id):
        shown.append(data)
        return Handle()

    monkeypatch.setattr(quiz_form, "display", display)
    return shown


@pytest.fixture
def open_form(course, displays):
    """A form as the magic makes it."""

    def make(now=lambda: datetime.now(UTC)):
        found = find_course(None)
        quiz = load_quiz(found, "tiny")
        form = QuizForm(found, quiz, open_attempt_store(quiz, "ada"), "ada", now)
        form.show()
        return Page(form)

    return make


def kept():
    attempts = open_attempt_store(load_quiz(find_course(None), "tiny"), "ada").list_attempts()
    return attempts[-1]


def test_one_option_takes_the_place_of_another(open_form):
    """Each radio button is a field of its own, so that Tab reaches all of them; only one is on."""
    page = open_form()
    for label in ("First <b>", "Second", "First <b>"):
        page.choose(0, label)
        assert [text for text, radio in page.list_options(0).items() if radio.index == 0] == [label]
    assert kept().answers == {"one": ["first"]}

    page.press("Clear the answer to question 1")
    assert [radio.index for radio in page.list_options(0).values()] == [None, None]
    assert kept().answers == {}


def test_every_answer_is_kept_at_once_and_found_again(open_form):
    """Each kind by its field; a second form, as after a restart, goes on where the first was."""
    page = open_form()
    page.choose(0, "Second")
    assert kept().answers == {"one": ["second"]}

    page.answer_all()
    again = open_form()

    assert {name: sorted(given) if isinstance(given, list) else given for name, given in kept().answers.items()} == {
        "one": ["second"], "many": ["p", "r"], "yes": ["true"], "count": "27 cm", "name": "ReLU", "size": "2 x 3",
    }  # fmt: skip
    assert [field.value for field in again.walk(ipywidgets.RadioButtons) if field.value] == ["second", "true"]
    assert [field.value for field in again.walk(ipywidgets.Text)] == ["27 cm", "ReLU", "2 x 3"]
    assert sum(box.value for box in again.walk(ipywidgets.Checkbox)) == 2
    assert "Resumed: 6 of 6 answered." in again.text


def test_an_answer_can_be_taken_back(open_form):
    """By its button, by unticking, by emptying a field."""
    page = open_form()
    page.answer_all()
    page.press("Clear the answer to question 1")
    page.tick("P", value=False)
    page.tick("r^2", value=False)
    page.type(0, " ")

    assert sorted(kept().answers) == ["name", "size", "yes"]
    assert "Without an answer: 1, 2, 4." in page.text


def test_what_is_no_number_is_not_kept(open_form):
    """It says so beside the field, to be heard, and the answer before stays."""
    page = open_form()
    page.type(0, "27")
    page.type(0, "many")

    assert kept().answers == {"count": "27"}
    assert '<p role="alert">Not saved: please type a number, such as 27 or 0.5.</p>' in page.text
    page.type(0, "28")
    assert kept().answers == {"count": "28"}
    assert "Not saved" not in page.text


def test_each_field_says_what_it_is_for(open_form):
    """For who can't see it: a label on every typed field, headings, messages that are announced; and no foreign markup."""
    page = open_form()

    assert [field.description for field in page.walk(ipywidgets.Text)] == [
        "Answer to question 4 (cm):", "Answer to question 5:", "Answer to question 6:",
    ]  # fmt: skip
    assert page.text.count("<h3>Question ") == 6
    assert "<math>" in page.text
    assert '<p role="status">Saved: 0 of 6' in page.text
    assert "<script" not in page.text
    assert "&lt;script&gt;" in page.text


def test_a_hint_that_costs_takes_two_presses(open_form):
    """A free one takes one."""
    page = open_form()
    page.press("Hint to question 1 (costs 50% of its points)")
    assert kept().hints == {}
    page.press("Press again to open the hint for 50%")
    page.press("Hint to question 3 (free)")

    assert kept().hints == {"one": 1, "yes": 1}
    assert "Look closely." in page.text
    assert [each.disabled for each in page.walk(ipywidgets.Button) if "No more hints" in each.description] == [
        True,
        True,
    ]


def test_nothing_tells_what_is_right_before_it_is_handed_in(open_form, displays):
    """Not a point, not a word of the key; then the verdict is there, within the review policy, also in the notebook's file."""
    page = open_form()
    page.answer_all()
    before = page.text
    page.press("Hand in")

    for word in ("CANARY", "6 / 6", "PASSED", "correct", "right"):
        assert word not in before
    assert "CANARY" not in page.text
    assert list(page.walk(ipywidgets.Button)) == []
    first, last = displays
    assert quiz_form.WIDGET_MIME in first
    assert set(last) == {"text/plain", "text/html"}
    assert last["text/plain"].startswith("✓ PASSED  6 / 6 points")
    assert "Run the cell again to start attempt 2 of 2" in last["text/html"]
    assert "<script" not in last["text/html"]


def test_the_kernel_holds_no_key_while_it_is_taken(open_form):
    """Not even for who looks into the form."""
    page = open_form()
    page.choose(0, "Second")

    assert "CANARY" not in repr(vars(page.form))
    assert not any("key" in name for name in vars(page.form))


def test_missing_answers_take_a_second_press(open_form):
    """Handing in can't be undone; an answer in between asks again."""
    page = open_form()
    page.press("Hand in")
    page.choose(0, "Second")
    page.press("Hand in")
    assert kept().submitted is None
    assert "5 questions without an answer" in page.text

    page.press("Hand in")
    assert kept().submitted is not None


def test_a_course_without_a_key_records(open_form, course, tmp_path, displays):
    """As in the terminal."""
    (tmp_path / "solutions/quizzes/tiny.yaml").unlink()
    page = open_form()
    page.answer_all()
    page.press("Hand in")

    assert "Recorded, not graded. Your answers are in tiny-ada-1.json: hand in this file." in displays[-1]["text/plain"]
    assert (tmp_path / "tiny-ada-1.json").is_file()


def test_the_next_attempt_begins_when_it_is_asked_for(open_form, displays):
    """A cell that is run again shows what was handed in; after the last attempt it is a page."""
    for attempt in (1, 2):
        page = open_form()
        if attempt == 2:
            assert "PASSED" in page.text
            page.press("Start attempt 2 of 2")
        page.answer_all()
        page.press("Hand in")
    count = len(displays)
    open_form()

    assert kept().attempt == 2
    assert [set(each) for each in displays[count:]] == [{"text/plain", "text/html"}]
    assert "start attempt" not in displays[-1]["text/plain"]


def test_the_clock_hands_in_what_is_there(open_form, course):
    """An answer that comes after the time is not taken."""
    course(QUIZ.replace("attempts: 2", "attempts: 2\ntime_limit: 10min"))
    passed = [0]
    page = open_form(lambda: datetime.now(UTC) + timedelta(minutes=passed[0]))
    page.choose(0, "Second")
    assert "minutes left" in page.text
    passed[0] = 11
    page.choose(0, "First <b>")

    assert kept().submitted is not None
    assert kept().answers == {"one": ["second"]}
    assert list(page.walk(ipywidgets.RadioButtons)) == []


def test_time_that_ran_out_meanwhile_hands_in(open_form, course, displays):
    """A notebook that is opened on the next day."""
    course(QUIZ.replace("attempts: 2", "attempts: 1\ntime_limit: 10min"))
    open_form()
    open_form(lambda: datetime.now(UTC) + timedelta(days=1))

    assert kept().submitted is not None
    assert quiz_form.WIDGET_MIME not in displays[-1]
    assert "/ 6 points" in displays[-1]["text/plain"]


def test_a_quiz_that_a_terminal_holds_is_not_changed(open_form):
    """The form says so and works again afterwards."""
    page = open_form()
    with page.form._shelf.lock_attempts():
        page.choose(0, "Second")
        assert "open in another terminal" in page.text
        assert kept().answers == {}
    page.choose(0, "First <b>")
    assert kept().answers == {"one": ["first"]}


def test_two_forms_never_lose_each_others_answers(open_form):
    """What one has handed in, the other doesn't change."""
    first, second = open_form(), open_form()
    first.choose(0, "Second")
    second.choose(1, "True")
    assert set(kept().answers) == {"one", "yes"}

    first.answer_all()
    first.press("Hand in")
    second.choose(1, "False")
    assert kept().answers["yes"] == ["true"]
    assert "PASSED" in second.text


def test_a_quiz_that_was_changed_meanwhile_keeps_its_answers(open_form, course, tmp_path):
    """And says whom to ask."""
    page = open_form()
    page.choose(0, "Second")
    course(QUIZ.replace('{id: second, text: "Second"}', '{id: third, text: "Second"}'), key=False)
    (tmp_path / "solutions/quizzes/tiny.yaml").unlink()  # its answers name an option that is gone
    changed = find_course(None)

    with pytest.raises(UsageError, match="the quiz has changed since attempt 1 began"):
        show_quiz(changed, load_quiz(changed, "tiny"), "ada")
