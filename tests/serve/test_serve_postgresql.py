"""A class on a real PostgreSQL server, with several web processes and workers at once; skipped where none is installed."""

import subprocess
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import psycopg
import pytest
from postgresql_server import server  # noqa: F401
from real_parts import find_program
from serve_samples import CODE, HOST, PEOPLE, make_course, make_worker, open_browser
from sqlalchemy import update

from grader.serve import submissions
from grader.serve.opening import load_content, open_class_site
from grader.serve.people import Person
from grader.serve.quiz_marking import record_marks
from grader.serve.site import read_clock
from grader.serve.tables import SUBMISSION_TABLE

pytestmark = pytest.mark.train
AT = datetime(2026, 10, 1, 12, tzinfo=UTC)


@pytest.fixture
def sites(server, tmp_path):  # noqa: F811
    """Two web processes of one class, on an empty database."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("drop schema public cascade")
        connection.execute("create schema public")
    course = make_course(tmp_path / "course")
    with ThreadPoolExecutor(2) as threads:
        made = list(
            threads.map(
                lambda _: open_class_site(course, load_content(course), server, at_once=2, hosts=(HOST,), secure=False),
                range(2),
            )
        )
    made[0][1].add_people([*PEOPLE, *(Person(id=f"s{index}") for index in range(40))], change_roles=True)
    return [site for site, _ in made]


def test_the_queue_is_shared_without_a_row_twice(sites):
    """Forty students hand in at once at either server; six workers take from both; each file is recorded once."""
    with ThreadPoolExecutor(8) as threads:
        list(
            threads.map(
                lambda index: open_browser(sites[index % 2], f"s{index}").hand_in(CODE + b"#%d" % index), range(40)
            )
        )
    workers = [make_worker(sites[index % 2], name=f"w{index}") for index in range(6)]

    def work(worker):
        count = 0
        while worker.grade_next():
            count += 1
        return count

    with ThreadPoolExecutor(6) as threads:
        counts = list(threads.map(work, workers))
    figures = sites[0].book.list_figures(current=False)

    assert sum(counts) == 40
    assert Counter(one.student for one in figures) == dict.fromkeys((f"s{index}" for index in range(40)), 1)
    assert sites[1].queue.count_states() == {"waiting": 0, "running": 0, "done": 40, "failed": 0}


def test_a_database_that_drops_every_connection_loses_nothing(sites, server):  # noqa: F811
    """In the middle of handing in: what was acknowledged is there."""
    browsers, stop = [open_browser(sites[index % 2], f"s{index}") for index in range(40)], []

    def cut():
        while not stop:
            with psycopg.connect(server, autocommit=True) as connection:
                connection.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and usename = 'grade'"
                )
            time.sleep(0.05)

    def hand_in(index):
        answer = browsers[index].post("/exercises/pooling/submissions", files={"file": ("a.py", b"#%d" % index)})
        return answer.status_code == 303

    with ThreadPoolExecutor(5) as threads:
        cutting = threads.submit(cut)
        try:
            acknowledged = list(threads.map(hand_in, range(40)))
        finally:
            stop.append(True)
        cutting.result()
    stored = {one.student for one in sites[0].queue.list_submissions()}

    assert {f"s{index}" for index, done in enumerate(acknowledged) if done} <= stored
    assert all(sites[0].queue.read_file(one.number) for one in sites[0].queue.list_submissions())


def test_one_student_s_limit_holds_on_two_servers(sites):
    def try_one(index):
        try:
            return sites[index % 2].queue.add_submission("ada", "pooling", ".py", b"%d" % index, AT)
        except submissions.TooManyUnfinished:
            return None

    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(try_one, range(24)))

    assert sum(number is not None for number in made) == submissions.MAX_UNFINISHED


def test_answers_in_two_windows_at_two_servers_are_all_kept(sites):
    """And marked once, whoever comes first."""
    open_browser(sites[0], "ada").post("/quizzes/warmup/attempts")
    pairs = [("first", "two"), ("second", "a"), ("third", "31415")]

    def save(index):
        question, answer = pairs[index % 3]
        fields = {"attempt": "1", "question": question, "answer": answer, "go": "stay"}
        return open_browser(sites[index % 2], "ada").post("/quizzes/warmup/answers", fields).status_code

    with ThreadPoolExecutor(6) as threads:
        assert set(threads.map(save, range(12))) == {204}
    open_browser(sites[1], "ada").post("/quizzes/warmup/hand-in", {"attempt": "1"})
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda site: record_marks(site.course, site.book, site.sittings, read_clock()), sites))

    assert [(one.student, one.score) for one in sites[0].book.list_figures("warmup", current=False)] == [("ada", 2.0)]


def test_a_dead_worker_s_row_goes_to_another_server(sites):
    number = open_browser(sites[0], "ada").hand_in()
    sites[0].queue.claim_next("dead")
    with sites[0].queue._engine.begin() as connection:
        connection.execute(update(SUBMISSION_TABLE).where(SUBMISSION_TABLE.c.number == number).values(beat_s=0.0))
    assert make_worker(sites[1]).grade_next()

    assert "100 / 100 points" in open_browser(sites[0], "ada").get(f"/submissions/{number}").text
    assert sites[0].queue.claim_next("dead") is None


def test_a_dump_is_restored_as_the_docs_say(sites, server, tmp_path):  # noqa: F811
    """What was there at its moment: graded and waiting work; what came afterwards is gone."""
    ada = open_browser(sites[0], "ada")
    ada.hand_in()
    make_worker(sites[0]).grade_next()
    ada.hand_in(CODE + b"\n")
    dump = [find_program("pg_dump"), "--format", "custom", "--file", str(tmp_path / "copy.dump"), server]
    restore = [find_program("pg_restore"), "--clean", "--if-exists", "--dbname", server, str(tmp_path / "copy.dump")]
    subprocess.run(dump, check=True)
    ada.hand_in(CODE + b"\n\n")
    subprocess.run(restore, check=True)

    assert sites[1].queue.count_states() == {"waiting": 1, "running": 0, "done": 1, "failed": 0}
    assert make_worker(sites[1]).grade_next()
    assert len(sites[0].book.list_figures(current=False)) == 2
    # Numbers go on where they were, and don't begin anew.
    assert ada.hand_in(CODE + b"\n\n\n") == 3
