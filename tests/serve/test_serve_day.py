"""A class's day with kills: real servers and workers on one database, killed at random moments; nothing is lost or twice.

GRADE_DAY=300,10 plays it with 300 students and ten kills, on SQLite and, with GRADE_DATABASE_DAY, on PostgreSQL.
"""

import csv
import io
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx2
import psutil
import pytest
from killed_postgresql import open_postgresql
from serve_samples import make_course

from grader.gradebook import Gradebook
from grader.quiz.loading import load_quiz
from grader.serve.opening import open_database
from grader.serve.sittings import SittingTable
from grader.serve.submissions import SubmissionQueue

pytestmark = pytest.mark.train
STUDENTS, KILLS = map(int, os.environ.get("GRADE_DAY", "24,3").split(","))
DATABASE_DAY = tuple(map(int, os.environ.get("GRADE_DATABASE_DAY", "8,1").split(",")))
RUN = [sys.executable, "-c", "from grader.cli import main; main()", "serve"]


def find_free_port():
    """One that no outgoing connection is given while the server is away."""
    for port in random.Random().sample(range(20_000, 32_000), 50):
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", port)):
                return port
    raise AssertionError


class Server:
    """`grade serve` for a class, started again on the same port whenever it was killed."""

    def __init__(self, course, roster, url, environment):
        self.words = ["--course", str(course.root), "--class", str(roster), "--gradebook", url, "--jobs", "2"]
        self.environment, self.port = environment, find_free_port()
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [*RUN, *self.words, "--port", str(self.port)], stdout=subprocess.PIPE, text=True, env=self.environment
        )
        next(line for line in self.process.stdout if "http://127.0.0.1:" in line)

    def kill_one(self, chance):
        """The server itself, or the worker."""
        workers = [one for one in psutil.Process(self.process.pid).children() if "grader.serve.worker" in one.cmdline()]
        if workers and chance.random() < 0.5:
            workers[0].kill()
            return "worker"
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.start()
        return "server"

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self.process.stdout.close()


class Student:
    """A browser that tries again until it has an answer, and notes what was acknowledged."""

    def __init__(self, server, link):
        self.server, self.link = server, link
        self.client = httpx2.Client(timeout=20)
        self.files, self.answers = [], {}

    def ask(self, method, path, **more):
        for _ in range(240):
            try:
                answer = self.client.request(
                    method, f"http://127.0.0.1:{self.server.port}{path}", follow_redirects=False, **more
                )
            except httpx2.TransportError:
                time.sleep(0.25)
                continue
            if answer.status_code < 500:
                return answer
            time.sleep(0.25)
        raise AssertionError("the server didn't come back")

    def find_word(self, path):
        return re.search(r'name="csrf" value="([^"]+)"', self.ask("GET", path).text)[1]

    def hand_in(self, source):
        """Once: what isn't acknowledged may be there or not."""
        csrf = self.find_word("/exercises/pooling")
        try:
            answer = self.client.post(
                f"http://127.0.0.1:{self.server.port}/exercises/pooling/submissions",
                data={"csrf": csrf},
                files={"file": ("a.py", source)},
            )
        except httpx2.TransportError:
            return
        if answer.status_code == 303:
            self.files.append(int(answer.headers["location"].rsplit("/", 1)[1]))

    def work(self, index):
        self.ask("GET", self.link.partition("//")[2][self.link.partition("//")[2].index("/") :])
        for round_ in range(2):
            # A file that is judged by its text alone: what is tried here is what happens around that.
            self.hand_in(b"def pool(:  # %d %d\n" % (index, round_))
        csrf = self.find_word("/quizzes/warmup")
        self.ask("POST", "/quizzes/warmup/attempts", data={"csrf": csrf})
        for question, value in (("first", "two"), ("third", str(index))):
            fields = {"csrf": csrf, "attempt": "1", "question": question, "answer": value, "go": "stay"}
            if self.ask("POST", "/quizzes/warmup/answers", data=fields).status_code == 204:
                self.answers[question] = value
        self.client.close()


def write_links(roster, url, environment):
    """The links as the command writes them."""
    command = [*RUN, "links", "--class", str(roster), "--gradebook", url, "--url", "http://127.0.0.1"]
    text = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    return [row["link"] for row in csv.DictReader(io.StringIO(text))]


def wait_until_graded(queue, seconds):
    for _ in range(seconds):
        counts = queue.count_states()
        if not counts["waiting"] + counts["running"]:
            return counts
        time.sleep(1)
    raise AssertionError(counts)


def test_kills_lose_and_double_nothing(tmp_path):
    """Every acknowledged file is graded once, and every acknowledged answer is there: web process and worker die."""
    play_day(tmp_path, f"sqlite:///{tmp_path}/gradebook.db", STUDENTS, KILLS)


def test_a_database_that_is_killed_loses_and_doubles_nothing(tmp_path):
    """The same on PostgreSQL, which dies first, and then whoever chance picks."""
    with open_postgresql() as database:
        play_day(tmp_path, database.url, *DATABASE_DAY, database)


def play_day(tmp_path, url, count, kills, database=None):
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    course, roster = make_course(tmp_path / "course"), tmp_path / "roster.csv"
    roster.write_text("id,name\n" + "".join(f"s{index:03},Student {index}\n" for index in range(count)))
    environment = {**os.environ, "GRADE_STATE": str(tmp_path / "state"), "PYTHONUNBUFFERED": "1"}
    links = write_links(roster, url, environment)
    server = Server(course, roster, url, environment)
    students = [Student(server, link) for link in links]
    began = time.monotonic()
    with ThreadPoolExecutor(12) as threads:
        working = [threads.submit(student.work, index) for index, student in enumerate(students)]
        killed = []
        for number in range(kills):
            threading.Event().wait(chance.uniform(0.5, 4.0))
            killed.append(kill_something(server, database, chance, is_first=number == 0))
        for one in working:
            one.result()
    handed_in_s = time.monotonic() - began
    engine, book = open_database(url)
    queue = SubmissionQueue(engine, book.shown)
    counts = wait_until_graded(queue, 240 + 2 * count)
    server.end()
    acknowledged = sum(len(student.files) for student in students)
    print(
        f"seed {seed}, killed {dict(Counter(killed))}, {acknowledged} files acknowledged in {handed_in_s:.0f} s, "
        f"all graded after {time.monotonic() - began:.0f} s: {counts}"
    )
    rows = {one.number: one for one in queue.list_submissions()}
    figures = Counter((one.student, one.sha256) for one in Gradebook.open(url).list_figures("pooling", current=False))
    sittings = SittingTable(engine, book.shown)

    assert all(rows[number].state == "done" for student in students for number in student.files)
    assert figures == Counter({(row.student, row.sha256): 1 for row in rows.values()})
    for index, student in enumerate(students):
        stored = sittings.open_attempts(load_quiz(course, "warmup").id, f"s{index:03}").list_attempts()[0].answers
        assert {"first": ["two"], "third": str(index)} == stored
        assert student.answers == {"first": "two", "third": str(index)}


def kill_something(server, database, chance, *, is_first):
    """The database at first, where it is one that can be killed; then any of the three."""
    if database is not None and (is_first or chance.random() < 1 / 3):
        database.kill()
        return "database"
    return server.kill_one(chance)
