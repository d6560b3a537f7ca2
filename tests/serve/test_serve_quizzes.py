"""Quizzes in the browser: every answer saved, time kept by the server, and no word of the key before its time."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from serve_samples import REVIEW, find_hidden, open_browser

from grader.quiz.loading import load_quiz
from grader.quiz.model import draw_shown_order
from grader.quiz.responses import read_responses
from grader.quiz.sitting import open_attempt_store
from grader.serve import quiz_pages

SECRETS = ("SECRET", "31415", "explain", "feedback")
CLOSED = "closes: 2020-01-01T00:00+00:00\n"


def begin(browser):
    answer = browser.post("/quizzes/warmup/attempts")
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def read_attempts(site, student="ada"):
    return site.records.open_attempts(site.quizzes["warmup"], student).list_attempts()


def save(browser, question, answer, go="next", attempt=1, **more):
    fields = {"attempt": str(attempt), "question": question, "answer": answer, "go": go, **more}
    return browser.post("/quizzes/warmup/answers", fields)


def find_page(site, question, attempt=1):
    """Where a student was shown a question."""
    order = draw_shown_order(site.quizzes["warmup"], "ada", attempt).questions
    return f"/quizzes/warmup/questions/{order.index(question) + 1}"


def move_start(site, student, **earlier):
    """As if the attempt had begun earlier."""
    keeper = site.records.open_attempts(site.quizzes["warmup"], student)
    with keeper.lock_attempts():
        last = keeper.list_attempts()[-1]
        keeper.save_attempt(msgspec.structs.replace(last, started=last.started - timedelta(**earlier)))


def test_a_quiz_is_taken_question_by_question(site, ada):
    """In the order of this student's shuffle; back again, an answer is still there; it is handed in once."""
    assert begin(ada) == "/quizzes/warmup/questions/1"
    order = draw_shown_order(site.quizzes["warmup"], "ada", 1)
    for number, name in enumerate(order.questions, 1):
        text = ada.get(f"/quizzes/warmup/questions/{number}").text
        assert find_hidden(text, "question") == [name]
        assert re.findall(r'name="answer" value="(\w+)"', text) == order.options.get(name, [])
        answer = save(ada, name, {"first": "two", "second": ["a", "c"], "third": "31415.0"}[name])
    assert answer.headers["location"] == "/quizzes/warmup/review"
    review = ada.get("/quizzes/warmup/review").text
    assert "3 answered, 0 without an answer" in review
    assert 'value="two" checked' in ada.get(find_page(site, "first")).text
    done = ada.post("/quizzes/warmup/hand-in", {"attempt": "1"})
    assert done.headers["location"] == "/quizzes/warmup/attempts/1"

    assert "3 / 3 points" in ada.get("/quizzes/warmup/attempts/1").text
    assert ada.post("/quizzes/warmup/hand-in", {"attempt": "1"}).status_code == 409
    assert save(ada, "first", "one").status_code == 409
    assert ada.get("/quizzes/warmup/questions/1").headers["location"] == "/quizzes/warmup"


def change_quiz(site, old, new):
    """The site as it is after the author changed the quiz, and the server was started again."""
    path = site.course.root / "quizzes" / "warmup.yaml"
    path.write_text(path.read_text().replace(old, new))
    return replace(site, quizzes={"warmup": load_quiz(site.course, "warmup")})


@pytest.mark.parametrize(("old", "new"), [("{id: three,", "{id: four,"), ("id: third", "id: another")])
def test_a_quiz_that_changed_under_an_attempt_says_so(site, ada, old, new):
    """With other questions or options no page could show what was answered; nothing is lost."""
    begin(ada)
    save(ada, "first", "two")
    changed = open_browser(change_quiz(site, old, new), "ada")

    for path in ("questions/1", "review"):
        answer = changed.get(f"/quizzes/warmup/{path}")
        assert (answer.status_code, "has changed since attempt 1" in answer.text) == (409, True)
    assert save(changed, "first", "one").status_code == 409
    assert changed.post("/quizzes/warmup/hand-in", {"attempt": "1"}).status_code == 409
    assert changed.get("/quizzes/warmup").status_code == 200
    assert read_attempts(site)[0].answers == {"first": ["two"]}


def test_a_quiz_that_changed_after_an_attempt_says_so(site, ada):
    """What was handed in is still there as a file."""
    begin(ada)
    ada.post("/quizzes/warmup/hand-in", {"attempt": "1"})
    changed = open_browser(change_quiz(site, "id: third", "id: another"), "ada")

    assert changed.get("/quizzes/warmup/attempts/1").status_code == 409
    assert changed.get("/quizzes/warmup/attempts/1/answers.json").status_code == 200


def test_an_answer_goes_into_no_other_attempt(site, ada, monkeypatch):
    """The first was handed in, and the second begun, in another window while this answer was on its way."""
    begin(ada)
    other = open_browser(site, "ada")
    real = quiz_pages.sittings.check_fits

    def hand_in_meanwhile(sitting, quiz):
        monkeypatch.setattr(quiz_pages.sittings, "check_fits", real)
        other.post("/quizzes/warmup/hand-in", {"attempt": "1"})
        begin(other)

    monkeypatch.setattr(quiz_pages.sittings, "check_fits", hand_in_meanwhile)

    assert save(ada, "first", "one").status_code == 409
    assert [one.answers for one in read_attempts(site)] == [{}, {}]


def test_every_answer_is_saved_at_once(site, ada):
    """A closed laptop loses nothing: without a step, and taken up in another browser."""
    begin(ada)
    assert save(ada, "first", "three", go="stay").status_code == 204
    assert save(ada, "third", "12", go="stay").status_code == 204
    other = open_browser(site, "ada")
    begin(other)

    assert read_attempts(site)[0].answers == {"first": ["three"], "third": "12"}
    assert 'value="three" checked' in other.get(find_page(site, "first")).text
    assert 'value="12"' in other.get(find_page(site, "third")).text


def test_two_windows_lose_no_answer(site, ada):
    """At the same time, from several threads."""
    begin(ada)
    pairs = [("first", "one"), ("second", "a"), ("third", "7")]
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(lambda pair: save(open_browser(site, "ada"), *pair, go="stay"), pairs))

    assert read_attempts(site)[0].answers == {"first": ["one"], "second": ["a"], "third": "7"}


@pytest.mark.parametrize(
    ("question", "answer"),
    [("first", "four"), ("first", ["one", "two"]), ("second", "<x>"), ("third", "many"), ("third", "9" * 3000)],
)
def test_what_is_no_answer_is_told_and_not_saved(site, ada, question, answer):
    """On the page with what was typed, or as a line beside it; as text."""
    begin(ada)
    assert (
        save(ada, question, "one" if question == "first" else "a" if question == "second" else "1").status_code == 303
    )
    kept = read_attempts(site)[0].answers[question]
    page, line = save(ada, question, answer), save(ada, question, answer, go="stay")

    assert (page.status_code, line.status_code) == (422, 422)
    assert 'role="alert"' in page.text
    assert "<x>" not in page.text
    assert line.headers["content-type"].startswith("text/plain")
    assert read_attempts(site)[0].answers[question] == kept


def test_steps_move_flag_and_clear(site, ada):
    begin(ada)
    order = draw_shown_order(site.quizzes["warmup"], "ada", 1).questions
    value = {"first": "one", "second": "a", "third": "1"}
    where = [
        save(ada, order[1], value[order[1]], go=go).headers["location"].rsplit("/", 1)[1]
        for go in ("back", "flag", "clear", "next", "review")
    ]

    assert where == ["1", "2", "2", "3", "review"]
    assert read_attempts(site)[0].flags == [order[1]]
    save(ada, order[1], "", go="clear")
    assert read_attempts(site)[0].answers == {}


def test_a_hint_shows_its_cost_and_opens_once(site, ada):
    """Before it is taken it is nowhere on the page; a form that is sent twice opens one."""
    begin(ada)
    page = find_page(site, "first")
    before = ada.get(page).text
    assert "costs 25 % of the points" in before
    assert "HINT-OF-FIRST" not in before
    for _ in range(2):
        save(ada, "first", "two", go="hint", opened="0")
    assert "HINT-OF-FIRST" in ada.get(page).text
    assert read_attempts(site)[0].hints == {"first": 1}
    ada.post("/quizzes/warmup/hand-in", {"attempt": "1"})

    assert "0.75/1" in ada.get("/quizzes/warmup/attempts/1").text


@pytest.mark.parametrize(
    ("review", "shown"),
    [
        (REVIEW, {"SECRET-FEEDBACK"}),
        ("review: {score: never}", set()),
        ("review: {score: after_submit, correct: never, feedback: never}", set()),
        (
            "review: {score: after_submit, correct: after_submit, feedback: after_submit}",
            {"SECRET-FEEDBACK", "SECRET-EXPLANATION", "The second"},
        ),
        ("review: {score: after_close, correct: after_submit, feedback: after_submit}", set()),
    ],
)
def test_the_key_travels_when_the_policy_says_so(make_site, review, shown):
    """Never on the page of a question, of the review, of the quiz or of the course; afterwards what is allowed."""
    site = make_site(head=review)
    ada = open_browser(site, "ada")
    begin(ada)
    pages = [
        "/",
        "/quizzes/warmup",
        "/quizzes/warmup/review",
        *(f"/quizzes/warmup/questions/{number}" for number in (1, 2, 3)),
    ]
    save(ada, "first", "one")
    for page in pages:
        assert [word for word in SECRETS if word in ada.get(page).text] == [], page
    ada.post("/quizzes/warmup/hand-in", {"attempt": "1"})
    text = ada.get("/quizzes/warmup/attempts/1").text

    assert {word for word in ("SECRET-FEEDBACK", "SECRET-EXPLANATION", "The second") if word in text} == shown
    assert ("points" in text) == ("score: after_submit" in review)
    file = ada.get("/quizzes/warmup/attempts/1/answers.json")
    assert [word for word in SECRETS if word in file.text] == []
    assert read_responses(file.content, site.quizzes["warmup"], "x").answers["first"] == ["one"]


def test_time_is_kept_by_the_server(make_site):
    """What comes after the limit isn't taken; what was there then is handed in, at that moment."""
    site = make_site(head="time_limit: 10min")
    ada = open_browser(site, "ada")
    begin(ada)
    save(ada, "first", "two")
    left = int(re.search(r'data-left="(\d+)"', ada.get("/quizzes/warmup/questions/1").text)[1])
    assert 0 < left <= 600
    move_start(site, "ada", minutes=11)
    answer = save(ada, "third", "31415")
    done = read_attempts(site)[0]

    assert answer.status_code == 409
    assert done.answers == {"first": ["two"]}
    assert done.submitted == done.started + timedelta(minutes=10)
    assert begin(ada) == "/quizzes/warmup/questions/1"
    assert len(read_attempts(site)) == 2


def test_a_closed_quiz_isn_t_begun(make_site):
    site = make_site(head=CLOSED + REVIEW)
    ada = open_browser(site, "ada")

    assert "It is closed" in ada.get("/quizzes/warmup").text
    assert ada.post("/quizzes/warmup/attempts").status_code == 409
    assert read_attempts(site) == []


def test_attempts_are_counted(site, ada):
    """So many as the quiz has, each with an order of its own; a page of an earlier one changes nothing."""
    for attempt in (1, 2):
        begin(ada)
        assert save(ada, "first", "two", attempt=3 - attempt).status_code == 409
        ada.post("/quizzes/warmup/hand-in", {"attempt": str(attempt)})

    assert ada.post("/quizzes/warmup/attempts").status_code == 409
    assert "No attempts are left" in ada.get("/quizzes/warmup").text
    assert [one.answers for one in read_attempts(site)] == [{}, {}]


def test_attempts_are_each_student_s_own(site, ada):
    begin(ada)
    ada.post("/quizzes/warmup/hand-in", {"attempt": "1"})
    bob = open_browser(site, "bob")

    assert bob.get("/quizzes/warmup/attempts/1").status_code == 404
    assert bob.get("/quizzes/warmup/attempts/1/answers.json").status_code == 404
    assert read_attempts(site, "bob") == []


def test_a_changed_quiz_keeps_the_answers(site, ada):
    """An attempt whose questions have changed can't go on; nothing is lost."""
    begin(ada)
    save(ada, "first", "two")
    keeper = site.records.open_attempts(site.quizzes["warmup"], "ada")
    with keeper.lock_attempts():
        last = keeper.list_attempts()[-1]
        options = {**last.shown.options, "first": ["one", "two"]}
        keeper.save_attempt(msgspec.structs.replace(last, shown=msgspec.structs.replace(last.shown, options=options)))
    answer = ada.post("/quizzes/warmup/attempts")

    assert answer.status_code == 409
    assert "has changed" in answer.text
    assert read_attempts(site)[0].answers == {"first": ["two"]}


def test_without_a_key_answers_are_recorded(learner):
    """As in a student's copy of the course, where they are handed in as a file."""
    site, _ = learner
    (site.course.solutions / "quizzes" / "warmup.yaml").unlink()
    browser = open_browser(site, "ada")
    begin(browser)
    browser.post("/quizzes/warmup/hand-in", {"attempt": "1"})

    assert "recorded, not graded" in browser.get("/quizzes/warmup/attempts/1").text


def test_a_quiz_that_is_open_in_a_terminal_stays_there(learner):
    """One of them at a time, and nothing of either is lost."""
    site, _ = learner
    browser = open_browser(site, "ada")
    begin(browser)
    with open_attempt_store(site.quizzes["warmup"], "ada").lock_attempts():
        answer = save(browser, "first", "two")

    assert answer.status_code == 409
    assert "another terminal" in answer.text
    assert save(browser, "first", "two").status_code == 303


def test_the_server_s_clock_has_an_offset(site, ada):
    begin(ada)

    assert abs(read_attempts(site)[0].started - datetime.now(UTC)) < timedelta(minutes=5)


def test_requests_of_one_learner_wait_for_each_other(learner):
    """An answer that is saved while the next button is pressed refuses neither."""
    site, _ = learner
    begin(open_browser(site, "ada"))
    with ThreadPoolExecutor(6) as threads:
        codes = list(
            threads.map(
                lambda index: save(open_browser(site, "ada"), "third", str(index), go="stay").status_code, range(24)
            )
        )

    assert codes == [204] * 24
