"""What every request works with: the course as it was when serving began, the gradebook, the queue, and the people."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from grader.courses.course import Course
from grader.courses.exercise import Exercise
from grader.courses.settings import CourseSettings
from grader.gradebook import Gradebook
from grader.quiz.model import Quiz
from grader.serve.live import LiveFeed
from grader.serve.metrics import Metrics
from grader.serve.people import Person, PersonTable, Signer
from grader.serve.records import StudentRecords
from grader.serve.sign_ins import SignIn
from grader.serve.sittings import SittingTable
from grader.serve.submissions import SubmissionQueue


class Access(Protocol):
    """Who may come in."""

    def find_person(self, person: str) -> Person | None:
        """Somebody who may still sign in."""
        ...

    def read_link(self, text: str) -> Person | None:
        """Whose personal link it is, where it is a valid one."""
        ...


class LearnerAccess:
    """One learner, who knows the token that the terminal shows."""

    def __init__(self, learner: Person) -> None:
        self._learner = learner
        self.token = secrets.token_urlsafe(24)

    def find_person(self, person: str) -> Person | None:
        """The learner, and nobody else."""
        return self._learner if person == self._learner.id else None

    def read_link(self, text: str) -> Person | None:
        """The learner, for the token."""
        return self._learner if secrets.compare_digest(text.encode(), self.token.encode()) else None


class ClassAccess:
    """The people of a class, each with a signed link."""

    def __init__(self, people: PersonTable, signer: Signer) -> None:
        self._people, self._signer = people, signer

    def find_person(self, person: str) -> Person | None:
        """As the table has them now."""
        return self._people.find_person(person)

    def read_link(self, text: str) -> Person | None:
        """The person, where the link is of their present generation."""
        told = self._signer.read_link(text)
        person = self._people.find_person(told[0]) if told else None
        return person if person is not None and told is not None and person.generation == told[1] else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One course that is served.

    Args:
        exercises, quizzes: those that could be read, in the course's order.
        records: what is known of a student: results, hints, quizzes.
        sittings: a class's attempts at quizzes.
        is_class: whether there are a class and its instructors, or one learner.
        at_once: how many submissions are graded at a time.
        hosts: the names under which it may be reached.
        metrics_token: the word that `/metrics` is told to programs for; without one only instructors see it.
        secure: whether browsers reach it by HTTPS, so that cookies may be limited to that.
        port: on which it listens.
        sign_in: where a class signs in beside its personal links.
        stopping: set when the server is about to end.
    """

    course: Course
    settings: CourseSettings
    title: str
    exercises: Mapping[str, Exercise]
    quizzes: Mapping[str, Quiz]
    book: Gradebook
    queue: SubmissionQueue
    records: StudentRecords
    sittings: SittingTable
    access: Access
    signer: Signer
    is_class: bool
    at_once: int
    live: LiveFeed
    metrics: Metrics
    hosts: tuple[str, ...] = ()
    secure: bool = False
    port: int = 0
    metrics_token: str = ""
    sign_in: SignIn | None = None
    stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def cookie_name(self) -> str:
        """Browsers keep a `__Host-` cookie to this very host, by HTTPS; others they share among all ports of a machine."""
        return "__Host-grade" if self.secure else f"grade-{self.port}"


def read_clock() -> datetime:
    """The server's clock, the only one that decides about deadlines."""
    return datetime.now(UTC)
