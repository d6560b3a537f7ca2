"""Instructors' pages: the class, a student, a verdict with its source, corrections, exports, regrades, pairs, the machine."""

import csv
import io
import re
import time

import pytest
from serve_samples import CODE, PEOPLE, find_hidden, judge, make_worker, open_browser
from sqlalchemy import update

from grader.gradebook.grades import read_sheet
from grader.serve.quiz_marking import record_marks
from grader.serve.site import read_clock
from grader.serve.tables import SUBMISSION_TABLE

HOSTILE = "<script>document.title='owned'</script>"


@pytest.fixture
def ines(site):
    return open_browser(site, "ines")


def grade(site, student, score="passed", source=CODE, exercise="output_shapes"):
    """Hands in and grades one file."""
    open_browser(site, student).hand_in(source + f"# {student}".encode(), exercise=exercise)
    assert make_worker(site, lambda _c, one, path, _o: judge(one, path, status=score)).grade_next()


def find_key(site, student, exercise="output_shapes"):
    return next(one.key for one in site.book.list_figures(exercise, student=student))


def find_cell(site, student, exercise="output_shapes"):
    row = next(row for row in read_sheet(site.book, site.settings.grading).rows if row.student == student)
    return row.cells[exercise]


def list_shown(text):
    """The students of the table, in its order."""
    return re.findall(r'<th scope="row" class="few"><a href="/class/student\?id=\w+">(\w+)</a>', text)


def test_the_class_is_a_table_that_sorts_and_filters(site, ines):
    site.book.add_students({"ada": PEOPLE[0].name, "bob": "Bob", "carl": "Zoe"})
    grade(site, "ada", "failed")
    grade(site, "bob")
    text = ines.get("/class").text

    assert list_shown(text) == ["ada", "bob", "carl"]
    assert "Ada &lt;i&gt;Lovelace" in text
    assert list_shown(ines.get("/class?sort=-output_shapes").text) == ["bob", "ada", "carl"]
    assert list_shown(ines.get("/class?sort=-name").text)[0] == "carl"
    assert list_shown(ines.get("/class?sort=total").text)[-1] == "bob"
    assert list_shown(ines.get("/class?q=lovelace").text) == ["ada"]
    assert list_shown(ines.get("/class?sort=nothing").text) == ["ada", "bob", "carl"]
    assert "&lt;script&gt;" in ines.get(f"/class?q={HOSTILE}").text


def test_staff_are_led_to_the_class(site, ines):
    assert ines.get("/").headers["location"] == "/class"
    assert open_browser(site, "asta").get("/").headers["location"] == "/class"


def test_a_student_s_page_has_all_their_work(site, ines):
    grade(site, "ada", "failed")
    grade(site, "ada", source=CODE + b"\n")
    open_browser(site, "ada").hand_in(b"x", exercise="pooling")
    text = ines.get("/class/student?id=ada").text

    assert text.count("/class/verdict?key=") == 3
    assert "40/100" in text
    assert "pooling" in text
    assert ines.get("/class/student?id=nobody").status_code == 404


def test_a_verdict_has_the_file_as_text(site, ines):
    grade(site, "ada", source=HOSTILE.encode() + b"\n" + CODE)
    text = ines.get(f"/class/verdict?key={find_key(site, 'ada')}").text

    assert HOSTILE not in text
    assert "&lt;script&gt;document.title=" in text
    assert "<b>2</b>def output_shape" in text
    assert ines.get("/class/verdict?key=nothing").status_code == 404


def correct(browser, path="/class/corrections", **fields):
    return browser.post(path, {"student": "ada", "exercise": "output_shapes", **fields})


def test_a_correction_stands_beside_the_measured_points(site, ines):
    """With reason and name, on the student's page, too; it can be withdrawn, and all of it is kept."""
    grade(site, "ada", "failed")
    assert correct(ines, step="points", points="85%", reason="The curve was right").status_code == 303
    cell = find_cell(site, "ada")
    assert (cell.grade.score, cell.measured.score) == (85.0, 40.0)
    student = open_browser(site, "ada").get("/exercises/output_shapes").text
    assert "85 points by Ines: The curve was right; measured: 40" in student
    assert correct(ines, step="withdraw", reason="a mistake").status_code == 303
    assert find_cell(site, "ada").grade.score == 40.0

    assert "withdrawn" in ines.get(f"/class/verdict?key={find_key(site, 'ada')}").text
    assert len(site.book.list_corrections()) == 2


@pytest.mark.parametrize(
    "fields",
    [
        {"step": "points", "points": "101", "reason": "x"},
        {"step": "points", "points": "nan", "reason": "x"},
        {"step": "points", "points": "50", "reason": " "},
        {"step": "withdraw", "reason": "x"},
        {"step": "points", "points": "50", "reason": "x" * 1001},
        {"step": "points", "points": "50", "reason": "x", "student": "nobody"},
    ],
)
def test_a_correction_that_says_too_little_is_refused(site, ines, fields):
    grade(site, "ada", "failed")

    assert correct(ines, **fields).status_code in (409, 422)
    assert site.book.list_corrections() == []


def test_an_assistant_comments_and_changes_no_grade(site):
    grade(site, "ada", "failed")
    asta = open_browser(site, "asta")
    assert correct(asta, step="points", points="100", reason="x").status_code == 403
    assert correct(asta, "/class/comments", comment=f"Well done {HOSTILE}").status_code == 303
    text = open_browser(site, "ada").get("/exercises/output_shapes").text

    assert "Well done &lt;script&gt;" in text
    assert "(Asta)" in text
    assert "Set the points" not in asta.get(f"/class/verdict?key={find_key(site, 'ada')}").text


def test_exports_are_those_of_the_command_line(site, ines):
    """The course's rules and corrections in them; formats of one exercise ask for one."""
    grade(site, "ada", "failed")
    correct(ines, step="points", points="70", reason="x")
    rows = list(csv.DictReader(io.StringIO(ines.get("/exports/csv").text)))

    assert [(row["student"], row["score"]) for row in rows] == [("ada", "70.0")]
    assert ines.get("/exports/json").json()["grades"][0]["score"] == 70.0
    assert ines.get("/exports/xlsx").content.startswith(b"PK")
    assert ines.get("/exports/moodle").status_code == 200
    assert "output_shapes" in ines.get("/exports/canvas").text or "journey" in ines.get("/exports/canvas").text
    for path in ("/exports/nothing", "/exports/csv?exercise=nothing"):
        assert ines.get(path).status_code == 404
    grade(site, "bob", exercise="pooling")
    assert ines.get("/exports/moodle").status_code == 422
    assert ines.get("/exports/moodle?exercise=pooling").status_code == 200


def test_an_empty_class_exports_nothing(ines):
    assert ines.get("/exports/csv").status_code == 422
    assert "Nobody is in the gradebook" in ines.get("/class").text


def test_a_corrected_key_is_written_after_its_preview(site, ines):
    """Who changes and by how much; what isn't the preview's any more isn't written."""
    for student, answer in (("ada", "one"), ("bob", "two")):
        browser = open_browser(site, student)
        browser.post("/quizzes/warmup/attempts")
        browser.post("/quizzes/warmup/answers", {"attempt": "1", "question": "first", "answer": answer, "go": "stay"})
        browser.post("/quizzes/warmup/hand-in", {"attempt": "1"})
    record_marks(site.course, site.book, site.sittings, read_clock())
    assert "Nobody’s points change" in ines.get("/review/regrade/warmup").text
    key = site.course.solutions / "quizzes" / "warmup.yaml"
    old = key.read_text()
    key.write_text(old.replace("correct: [two]", "correct: [one]"))
    page = ines.get("/review/regrade/warmup").text
    assert re.findall(r'<th scope="row">(\w+)</th>.*?>(\S+)</td><td class="number">(\S+)/3<', page) == [
        ("ada", "0", "1"),
        ("bob", "1", "0"),
    ]
    (digest,) = find_hidden(page, "digest")
    key.write_text(old.replace("correct: [two]", "correct: [three]"))
    assert ines.post("/review/regrade/warmup", {"digest": digest}).status_code == 409
    key.write_text(old.replace("correct: [two]", "correct: [one]"))
    assert ines.post("/review/regrade/warmup", {"digest": digest}).status_code == 303

    assert {student: find_cell(site, student, "warmup").grade.score for student in ("ada", "bob")} == {
        "ada": 1.0,
        "bob": 0.0,
    }
    assert "1 / 3 points" in open_browser(site, "ada").get("/quizzes/warmup/attempts/1").text
    assert "Nobody’s points change" in ines.get("/review/regrade/warmup").text


def test_a_changed_exercise_shows_what_can_be_judged_again(site, ines):
    """And says which need a new run; a stale preview writes nothing."""
    grade(site, "ada", "failed")
    assert "all by the present specification" in ines.get("/review/regrade/output_shapes").text
    path = site.course.root / "exercises" / "output_shapes" / "exercise.yaml"
    path.write_text(path.read_text().replace("pass_mark: 100%", "pass_mark: 30%"))
    page = ines.get("/review/regrade/output_shapes")

    assert page.status_code == 200
    assert "all by the present" not in page.text
    assert ines.post("/review/regrade/output_shapes", {"digest": "x"}).status_code == 409
    assert ines.get("/review/regrade/nothing").status_code == 404


def test_questions_are_analysed_in_words(site, ines):
    for student, answer in (("ada", "one"), ("bob", "two")):
        browser = open_browser(site, student)
        browser.post("/quizzes/warmup/attempts")
        browser.post("/quizzes/warmup/answers", {"attempt": "1", "question": "first", "answer": answer, "go": "stay"})
        assert "0 attempts" in ines.get("/review/items/warmup").text or student == "bob"
        browser.post("/quizzes/warmup/hand-in", {"attempt": "1"})
    text = ines.get("/review/items/warmup").text

    assert "2 students" in text
    assert ines.get("/review/items/nothing").status_code == 404


def test_similar_files_stand_side_by_side(site, ines):
    pytest.importorskip("copydetect")
    body = b"".join(b"    value_%d = size * kernel + pool - filters // (pairs + %d)\n" % (n, n) for n in range(1, 25))
    source = CODE.split(b"\n")[0] + b"\n" + body + b"    return [value_1, value_2, value_3]\n"
    for student in ("ada", "bob"):
        grade(site, student, source=source)
    text = ines.get("/review/similar/output_shapes").text
    address = re.search(r'href="(/review/pair\?[^"]+)"', text)[1].replace("&amp;", "&")
    pair = ines.get(address).text

    assert "100 %" in text
    assert pair.count("value_24 = size") == 2
    assert ines.get("/review/pair?a=x&b=y").status_code == 404
    assert ines.get("/review/pair").status_code == 404


def test_the_machine_says_what_waits_and_what_was_put_aside(site, ines):
    first = open_browser(site, "ada").hand_in()
    open_browser(site, "bob").hand_in()
    site.queue.claim_next("w")
    assert "1 being graded (2 at a time), 1 waiting, 0 put aside" in ines.get("/machine").text
    site.queue.finish("w", first, problem=HOSTILE)
    text = ines.get("/machine").text
    assert "&lt;script&gt;" in text
    assert HOSTILE not in text
    assert ines.post(f"/submissions/{first}/again").headers["location"] == "/machine"

    assert site.queue.find_submission(first).state == "waiting"


def test_a_running_one_shows_for_how_long(site, ines):
    number = open_browser(site, "ada").hand_in()
    site.queue.claim_next("w")
    with site.queue._engine.begin() as connection:
        connection.execute(
            update(SUBMISSION_TABLE).where(SUBMISSION_TABLE.c.number == number).values(began_s=time.time() - 600)
        )

    assert "about 10 minutes" in ines.get("/machine").text


@pytest.mark.parametrize(("bearer", "status"), [("", 401), ("word", 200), ("wor", 401), ("wörd", 401)])
def test_metrics_are_for_instructors_and_for_whoever_knows_the_word(make_site, monkeypatch, bearer, status):
    monkeypatch.setenv("GRADE_METRICS_TOKEN", "word")
    site = make_site()
    open_browser(site, "ada").hand_in()
    headers = {"Authorization": f"Bearer {bearer}".encode()} if bearer else {}

    assert open_browser(site).get("/metrics", headers=headers).status_code == status
    assert open_browser(site, "bob").get("/metrics").status_code == 403
    assert "grade_serve_submissions_waiting 1" in open_browser(site, "ines").get("/metrics").text


def test_without_a_word_no_program_sees_metrics(site):
    assert open_browser(site).get("/metrics", headers={"Authorization": "Bearer "}).status_code == 401
