"""Sites over a small course, people who are signed in, and a grader that answers at once."""

import re
import shutil
from pathlib import Path

from starlette.testclient import TestClient

from grader import submission
from grader.cli.batch.engine import BatchEngine
from grader.courses.course import Course
from grader.grading import GradedSubmission, GradingOptions
from grader.quiz.loading import hash_quiz, load_quiz
from grader.records.run import Run, RunEnd
from grader.records.verdict import CheckResult, SubmissionRef, Verdict
from grader.serve.people import Person, start_session
from grader.serve.routes import build_app
from grader.serve.worker import Worker

ROOT = Path(__file__).resolve().parents[2]
HOST = "course.test"
CODE = b"def output_shape(size, kernel, pool, filters, pairs):\n    return [26, 26, 676]\n"
QUIZ = """\
schema: grade-quiz/1
id: warmup
title: "A <b>quiz</b>"
attempts: 2
shuffle: {questions: true, options: true}
HEAD
questions:
  - id: first
    kind: single
    prompt: "Which one?"
    options: [{id: one, text: "The first"}, {id: two, text: "The second"}, {id: three, text: "The third"}]
    hints: [{text: "HINT-OF-FIRST", cost: 25%}]
  - id: second
    kind: multiple
    prompt: "Which ones?"
    options: [{id: a, text: "Apples"}, {id: b, text: "Bears"}, {id: c, text: "Cars"}]
  - id: third
    kind: numeric
    prompt: "How many?"
"""
KEY = """\
schema: grade-key/1
quiz: warmup
quiz_digest: "DIGEST"
answers:
  first: {correct: [two], explain: "SECRET-EXPLANATION", feedback: {one: "SECRET-FEEDBACK"}}
  second: {correct: [a, c]}
  third: {correct: ["31415"]}
"""
REVIEW = "review: {score: after_submit, correct: after_close, feedback: after_submit}"
PEOPLE = (
    Person(id="ada", name="Ada <i>Lovelace</i>"),
    Person(id="bob", name="Bob"),
    Person(id="asta", name="Asta", role="assistant"),
    Person(id="ines", name="Ines", role="instructor"),
)


def make_course(folder, head=REVIEW, settings="schema: grade-course/1\n"):
    """Two exercises of the course, and a quiz with its key."""
    for name in ("output_shapes", "pooling"):
        shutil.copytree(ROOT / "exercises" / name, folder / "exercises" / name)
    (folder / "quizzes").mkdir()
    (folder / "solutions" / "quizzes").mkdir(parents=True)
    (folder / "course.yaml").write_text(settings)
    (folder / "quizzes" / "warmup.yaml").write_text(QUIZ.replace("HEAD", head))
    course = Course(root=folder)
    key = KEY.replace("DIGEST", hash_quiz(load_quiz(course, "warmup")))
    (folder / "solutions" / "quizzes" / "warmup.yaml").write_text(key)
    return course


class Browser:
    """One person's browser: keeps cookies, and sends the word that forms need."""

    def __init__(self, site, client, person=None):
        self.site, self.client = site, client
        self.session = None
        if person is not None:
            self.session = start_session(site.access.find_person(person))
            self.client.cookies.set(site.cookie_name, site.signer.sign_session(self.session), domain=HOST, path="/")

    def get(self, path, **more):
        return self.client.get(path, follow_redirects=False, **more)

    def post(self, path, fields=None, **more):
        data = {"csrf": self.session.csrf if self.session else "", **(fields or {})}
        return self.client.post(path, data=data, follow_redirects=False, **more)

    def hand_in(self, source=CODE, name="mine.py", exercise="output_shapes"):
        answer = self.post(f"/exercises/{exercise}/submissions", files={"file": (name, source)})
        assert answer.status_code == 303, answer.text
        return int(answer.headers["location"].rsplit("/", 1)[1])


def open_browser(site, person=None):
    scheme = "https" if site.secure else "http"
    return Browser(
        site, TestClient(build_app(site), base_url=f"{scheme}://{HOST}", raise_server_exceptions=False), person
    )


def judge(exercise, path, *, status="passed", message="as it should be", **fields):
    """A verdict on a file, by nobody's work."""
    read = submission.read_submission(path)
    points = 100.0 if status == "passed" else 40.0
    check = CheckResult(id="sum", title="The sum", status="passed" if status == "passed" else "failed", points=points,
                        max_points=100.0, basis="measured", message=message, line=1)  # fmt: skip
    verdict = Verdict(exercise=exercise.id, title=exercise.title, submission=SubmissionRef(path=str(path), sha256=read.sha256),
                      status=status, score=points, max_score=100.0, end="completed", checks=[check], **fields)  # fmt: skip
    run = Run(seed=7, end=RunEnd(kind="completed"))
    return GradedSubmission(verdict=verdict, runs=[run], at="2026-10-01T10:00:00+00:00")


def make_worker(site, grade=lambda _course, exercise, path, _options: judge(exercise, path), name="worker"):
    """A worker over a site's queue, whose grader is a function."""
    engine = BatchEngine(grade=grade, options=GradingOptions(), at_once=1)
    return Worker(name, site.course, site.book, site.queue, engine)


def find_hidden(text, name):
    """The values of hidden fields of a page."""
    return re.findall(rf'name="{name}" value="([^"]*)"', text)
