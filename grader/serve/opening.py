"""Puts a site together: from a course, a gradebook, and the options of the command line."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Engine, make_url
from sqlalchemy.exc import SQLAlchemyError

from grader.cli.list_ import load_readable_exercises
from grader.courses.course import Course
from grader.courses.exercise import Exercise
from grader.courses.settings import load_settings
from grader.courses.student_progress import ProgressReader
from grader.errors import CourseError, Problem
from grader.gradebook import Gradebook
from grader.gradebook.database import add_tables, open_engine
from grader.quiz.loading import load_quiz
from grader.quiz.model import Quiz
from grader.serve.live import LiveFeed
from grader.serve.metrics import Metrics
from grader.serve.people import Person, PersonTable, Signer
from grader.serve.records import ClassRecords, LearnerRecords, StudentRecords
from grader.serve.sign_ins import AttemptSigner, IdentityProvider, SignIn, UsedStates
from grader.serve.site import Access, ClassAccess, LearnerAccess, Site
from grader.serve.sittings import SittingTable
from grader.serve.submission_pages import look_up_states
from grader.serve.submissions import SubmissionQueue
from grader.serve.tables import SERVE_METADATA

METRICS_VARIABLE = "GRADE_METRICS_TOKEN"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteContent:
    """The exercises and quizzes that can be read, in the course's order, and the problems of those that can't."""

    exercises: Mapping[str, Exercise]
    quizzes: Mapping[str, Quiz]
    problems: tuple[Problem, ...] = ()


def open_database(url: str) -> tuple[Engine, Gradebook]:
    """A gradebook, with the tables of this room beside its own. Raises: as `Gradebook.open`."""
    _make_private(url)
    book = Gradebook.open(url)
    engine = open_engine(url, must_exist=True)
    add_tables(engine, SERVE_METADATA)
    return engine, book


def _make_private(url: str) -> None:
    """Makes a new SQLite file one that nobody else on the machine can read: it will hold what signs sessions."""
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and parsed.database and not parsed.query:
            os.close(os.open(parsed.database, os.O_RDWR | os.O_CREAT, 0o600))
    # `Gradebook.open` says what is wrong with it.
    except (OSError, SQLAlchemyError, ValueError):
        pass


def prepare_learner_gradebook(course: Course) -> str:
    """The URL of the learner's own gradebook of a course, in the state folder."""
    path = ProgressReader(course).path.with_suffix(".db")
    path.parent.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{path}"


def load_content(course: Course) -> SiteContent:
    """Reads every exercise and quiz."""
    exercises, problems = load_readable_exercises(course)
    quizzes: dict[str, Quiz] = {}
    for name in course.list_quiz_ids():
        try:
            quizzes[name] = load_quiz(course, name)
        except CourseError as error:
            problems += error.problems
    return SiteContent(exercises={one.id: one for one in exercises}, quizzes=quizzes, problems=tuple(problems))


def build_site(
    course: Course,
    content: SiteContent,
    engine: Engine,
    book: Gradebook,
    records: StudentRecords,
    access: Access,
    signer: Signer,
    *,
    is_class: bool,
    at_once: int,
    hosts: tuple[str, ...],
    port: int,
    secure: bool = False,
    sign_in: SignIn | None = None,
) -> Site:
    """A site; nothing runs yet. Raises: CourseError: of the course's `course.yaml`."""
    queue = SubmissionQueue(engine, book.shown)
    return Site(
        course=course,
        settings=load_settings(course),
        title=course.root.name if course.source != "built-in" else "Deep learning",
        exercises=content.exercises,
        quizzes=content.quizzes,
        book=book,
        queue=queue,
        records=records,
        sittings=SittingTable(engine, book.shown),
        access=access,
        signer=signer,
        is_class=is_class,
        at_once=at_once,
        live=LiveFeed(partial(look_up_states, queue, at_once)),
        metrics=Metrics(),
        hosts=hosts,
        port=port,
        secure=secure,
        sign_in=sign_in,
        metrics_token=os.environ.get(METRICS_VARIABLE, ""),
    )


def open_learner_site(
    course: Course, content: SiteContent, url: str, name: str, hosts: tuple[str, ...], port: int = 0
) -> tuple[Site, str]:
    """The site of one learner, and the token that lets them in."""
    engine, book = open_database(url)
    access = LearnerAccess(Person(id=name, name=name))
    # Sessions end with the server: the secret is nowhere but in its memory.
    signer = Signer(access.token)
    site = build_site(
        course, content, engine, book, LearnerRecords(course), access, signer, is_class=False, at_once=1, hosts=hosts, port=port
    )
    return site, access.token


def open_class_site(
    course: Course,
    content: SiteContent,
    url: str,
    *,
    at_once: int,
    hosts: tuple[str, ...],
    port: int = 0,
    secure: bool,
    provider: IdentityProvider | None = None,
) -> tuple[Site, PersonTable]:
    """The site of a class, and the table of its people.

    Args:
        provider: where they sign in beside their personal links.
    """
    engine, book = open_database(url)
    people = PersonTable(engine, book.shown)
    secret = people.read_secret()
    signer = Signer(secret)
    sign_in = None
    if provider is not None:
        sign_in = SignIn(provider=provider, signer=AttemptSigner(secret), used=UsedStates(engine, book.shown))
    records = ClassRecords(book, engine, load_settings(course).grading)
    access = ClassAccess(people, signer)
    site = build_site(
        course,
        content,
        engine,
        book,
        records,
        access,
        signer,
        is_class=True,
        at_once=at_once,
        hosts=hosts,
        port=port,
        secure=secure,
        sign_in=sign_in,
    )
    return site, people
