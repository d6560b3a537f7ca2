"""A day of a class, played through over real HTTP: thirty students, two of them hostile, an assistant and an instructor.

Two exercises and a quiz; a deadline passes, a worker dies, a key is corrected and changes three, and what Canvas gets is
what a calculation by hand gives.
"""

import csv
import io
import re
import threading
import time
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
import uvicorn
from serve_samples import CODE, HOST, PEOPLE, judge, make_course, make_worker
from sqlalchemy import update

from grader.serve.opening import load_content, open_class_site
from grader.serve.people import Person
from grader.serve.quiz_marking import record_marks
from grader.serve.server import OrderlyServer, bind_port
from grader.serve.site import read_clock
from grader.serve.tables import SUBMISSION_TABLE

pytestmark = pytest.mark.train
STUDENTS = [f"s{number:02}" for number in range(30)]
HOSTILE = STUDENTS[-2:]
SCRIPT = b"<script>document.title='owned'</script>\n"
POINTS = {"passed": 100.0, "failed": 40.0}


class Visitor(httpx2.Client):
    """Somebody at a browser."""

    def __init__(self, base, link):
        super().__init__(base_url=base, timeout=30, headers={"Host": HOST})
        assert self.get(link).status_code == 303

    def find_word(self, path):
        return re.search(r'name="csrf" value="([^"]+)"', self.get(path).text)[1]

    def submit(self, page, path, fields, **more):
        return self.post(path, data={"csrf": self.find_word(page), **fields}, **more)

    def hand_in(self, exercise, source):
        answer = self.submit(
            f"/exercises/{exercise}", f"/exercises/{exercise}/submissions", {}, files={"file": ("a.py", source)}
        )
        assert answer.status_code == 303
        return int(answer.headers["location"].rsplit("/", 1)[1])

    def take_quiz(self, answer):
        self.submit("/quizzes/warmup", "/quizzes/warmup/attempts", {})
        self.submit(
            "/quizzes/warmup",
            "/quizzes/warmup/answers",
            {"attempt": "1", "question": "first", "answer": answer, "go": "stay"},
        )
        self.submit("/quizzes/warmup", "/quizzes/warmup/hand-in", {"attempt": "1"})


@pytest.fixture
def day(tmp_path):
    """The class's site on a real port; the second exercise was due two hours ago, with 10 % off for each day."""
    due = (datetime.now(UTC) - timedelta(hours=2)).isoformat(timespec="seconds")
    rules = f"grading:\n  due: {{pooling: '{due}'}}\n  late: {{per_day: 10%}}\n  extensions: {{s03: {{pooling: 2d}}}}\n"
    course = make_course(tmp_path / "course", settings=f"schema: grade-course/1\n{rules}")
    url = f"sqlite:///{tmp_path}/gradebook.db"
    site, people = open_class_site(course, load_content(course), url, at_once=2, hosts=(HOST,), secure=False)
    people.add_people([*PEOPLE[2:], *(Person(id=name, name=f"Student {name}") for name in STUDENTS)], change_roles=True)
    site.book.add_students({name: f"Student {name}" for name in STUDENTS})
    sock = bind_port("127.0.0.1", None)
    server = OrderlyServer(site)
    thread = threading.Thread(target=uvicorn.Server.run, args=(server, [sock]), daemon=True)
    thread.start()
    base = f"http://127.0.0.1:{sock.getsockname()[1]}"
    yield site, lambda name: Visitor(base, f"/enter/{site.signer.sign_link(people.find_person(name))}")
    site.stopping.set()
    server.should_exit = True
    thread.join()
    sock.close()


def grade_by_text(_course, exercise, path, _options):
    """A file that says so passes."""
    return judge(exercise, path, status="passed" if b"good" in path.read_bytes() else "failed", stdout=SCRIPT.decode())


def attack(attacker, own, others):
    """Another's work by number, a form without its word, a page of staff, an answer to another's quiz, a path."""
    answers = [attacker.get(f"/submissions/{number}") for number in others]
    answers += [attacker.get(f"/submissions/{number}/events") for number in others]
    answers += [
        attacker.get(path)
        for path in (
            "/class",
            "/exports/csv",
            "/machine",
            "/metrics",
            "/review/regrade/warmup",
            "/class/student?id=s00",
        )
    ]
    answers += [
        attacker.get(path)
        for path in (
            "/assets/..%2f..%2fcourse.yaml",
            "/exercises/..%2f..%2fsolutions/stub.py",
            "/quizzes/warmup/attempts/9",
        )
    ]
    answers.append(attacker.post("/exercises/pooling/submissions", data={"csrf": "x"}, files={"file": ("a.py", b"x")}))
    answers.append(
        attacker.submit(
            "/",
            "/class/corrections",
            {"student": "s28", "exercise": "pooling", "step": "points", "points": "100", "reason": "me"},
        )
    )
    answers.append(attacker.submit("/", f"/submissions/{own}/again", {}))
    assert {answer.status_code for answer in answers} <= {403, 404}


def test_a_day_of_a_class(day):
    site, sign_in = day
    students = {name: sign_in(name) for name in STUDENTS}
    numbers = {}
    for index, (name, student) in enumerate(students.items()):
        source = CODE + f"# {name} {'good' if index % 3 else 'bad'}\n".encode() + (SCRIPT if name in HOSTILE else b"")
        numbers[name] = student.hand_in("output_shapes", source)
        if index < 10:
            student.hand_in("pooling", source)
        # The first three choose what a corrected key will take for right.
        student.take_quiz("one" if index < 3 else "three" if index < 10 else "two")
    for name in HOSTILE:
        attack(students[name], numbers[name], [numbers["s00"], numbers["s01"]])

    # A worker dies in the middle; what it had goes to another one.
    lost = site.queue.claim_next("dies")
    with site.queue._engine.begin() as connection:
        connection.execute(
            update(SUBMISSION_TABLE).where(SUBMISSION_TABLE.c.number == lost.number).values(beat_s=time.time() - 999)
        )
    worker = make_worker(site, grade_by_text)
    while worker.grade_next():
        pass
    assert site.queue.count_states() == {"waiting": 0, "running": 0, "done": 40, "failed": 0}
    assert len(site.book.list_figures(current=False)) == 40
    assert record_marks(site.course, site.book, site.sittings, read_clock()) == 30

    # Nothing of the hostile ones runs on the pages of staff.
    hopper, asta = sign_in("ines"), sign_in("asta")
    for name in HOSTILE:
        key = site.book.list_figures("output_shapes", student=name)[0].key
        for staff in (hopper, asta):
            assert SCRIPT.decode().strip() not in staff.get(f"/class/verdict?key={key}").text
    comment = {"student": "s04", "exercise": "output_shapes", "comment": "See me."}
    assert asta.submit(f"/class/verdict?key={key}", "/class/comments", comment).status_code == 303

    # A key is corrected, which changes three, and one grade is set by hand.
    file = site.course.solutions / "quizzes" / "warmup.yaml"
    file.write_text(file.read_text().replace("first: {correct: [two]", "first: {correct: [one]"))
    preview = hopper.get("/review/regrade/warmup").text
    before = {
        row[0]: row
        for row in re.findall(
            r'<th scope="row">(s\d\d)</th><td class="number">1</td><td class="number">(\S+)</td><td class="number">(\S+)/3',
            preview,
        )
    }
    assert [name for name, row in before.items() if float(row[2]) > float(row[1])] == ["s00", "s01", "s02"]
    (digest,) = re.findall(r'name="digest" value="([^"]*)"', preview)
    assert hopper.submit("/review/regrade/warmup", "/review/regrade/warmup", {"digest": digest}).status_code == 303
    fields = {"student": "s05", "exercise": "output_shapes", "step": "points", "points": "77", "reason": "as agreed"}
    assert hopper.submit(f"/class/verdict?key={key}", "/class/corrections", fields).status_code == 303

    # What Canvas gets, and what it should be.
    rows = list(csv.DictReader(io.StringIO(hopper.get("/exports/canvas").text)))
    by_hand = {}
    for index, name in enumerate(STUDENTS):
        first = 77.0 if name == "s05" else POINTS["passed" if index % 3 else "failed"]
        second = POINTS["passed" if index % 3 else "failed"] * (1.0 if name == "s03" else 0.9) if index < 10 else None
        by_hand[name] = (first, second, 1.0 if index < 3 else 0.0)
    columns = [next(column for column in rows[0] if word in column) for word in ("journey", "pooling", "warmup")]
    found = {
        row["Student"].split()[-1]: tuple(float(row[column]) if row[column] else None for column in columns)
        for row in rows
        if row["Student"].startswith("Student s")
    }

    assert found == by_hand
    for one in (*students.values(), hopper, asta):
        one.close()
