"""Who may sign in and as what, and the signed links and sessions by which they are known."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Literal

from itsdangerous import BadData, URLSafeSerializer, URLSafeTimedSerializer
from msgspec import Struct
from sqlalchemy import Connection, Engine, select, update

from grader.gradebook.database import explain_errors
from grader.records.student_ids import to_student_id
from grader.serve.tables import PERSON_TABLE, SECRET_TABLE, build_insert

Role = Literal["student", "assistant", "instructor"]
ROLES: tuple[Role, ...] = ("student", "assistant", "instructor")
MAX_SESSION_S = 14 * 24 * 3600
LINK_PURPOSE, SESSION_PURPOSE = "grade-link", "grade-session"
SECRET_NAME = "links"  # noqa: S105 - where it is kept, not what it is


class Person(Struct, frozen=True, kw_only=True):
    """Somebody who may sign in; links and sessions of an earlier generation are void."""

    id: str
    name: str = ""
    role: Role = "student"
    generation: int = 0


class Session(Struct, frozen=True, kw_only=True):
    """What the cookie says: who it is, and the word that every form has to give back."""

    person: str
    generation: int
    csrf: str


class PersonTable:
    """The people of a class in the gradebook's database."""

    def __init__(self, engine: Engine, shown: str) -> None:
        self._engine, self._shown = engine, shown

    def add_people(self, people: Iterable[Person], *, change_roles: bool) -> None:
        """Adds those who aren't there yet; a known one keeps the links, and takes the new name.

        Args:
            change_roles: whether a known one takes the new role, too: a roster must make no instructor a student.
        """
        with explain_errors(self._shown), self._engine.begin() as connection:
            for each in people:
                row = {"person": to_student_id(each.id), "name": to_student_id(each.name), "role": each.role}
                statement = build_insert(connection, PERSON_TABLE).values(row | {"generation": 0, "revoked": False})
                changed = {"name": row["name"], **({"role": row["role"]} if change_roles else {})}
                connection.execute(statement.on_conflict_do_update(index_elements=["person"], set_=changed))

    def find_person(self, person: str) -> Person | None:
        """Somebody who may sign in; None for strangers, and for those whose access was taken back."""
        found = self._list(~PERSON_TABLE.c.revoked, PERSON_TABLE.c.person == person)
        return found[0] if found else None

    def list_people(self) -> list[Person]:
        """Everybody who may sign in, by id."""
        return sorted(self._list(~PERSON_TABLE.c.revoked), key=lambda each: each.id)

    def list_everybody(self) -> list[Person]:
        """Also those whose access was taken back."""
        return self._list()

    def _list(self, *conditions: object) -> list[Person]:
        columns = PERSON_TABLE.c
        query = select(columns.person, columns.name, columns.role, columns.generation)
        query = query.where(*conditions)  # type: ignore[arg-type]
        with explain_errors(self._shown), self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return [
            Person(id=person, name=name, role=role, generation=generation) for person, name, role, generation in rows
        ]

    def change_access(self, person: str, *, revoked: bool) -> None:
        """Voids all links and sessions of somebody, and takes the access back or gives it anew."""
        columns = PERSON_TABLE.c
        with explain_errors(self._shown), self._engine.begin() as connection:
            statement = update(PERSON_TABLE).where(columns.person == to_student_id(person))
            connection.execute(statement.values(generation=columns.generation + 1, revoked=revoked))

    def read_secret(self) -> str:
        """The secret that signs links and sessions: made at first use, the same for all processes of the class."""
        with explain_errors(self._shown), self._engine.begin() as connection:
            _insert_secret(connection, secrets.token_urlsafe(32))
            query = select(SECRET_TABLE.c.value).where(SECRET_TABLE.c.name == SECRET_NAME)
            return str(connection.execute(query).scalar_one())


def _insert_secret(connection: Connection, value: str) -> None:
    statement = build_insert(connection, SECRET_TABLE).values(name=SECRET_NAME, value=value)
    connection.execute(statement.on_conflict_do_nothing(index_elements=["name"]))


class Signer:
    """Writes and reads links and sessions; what somebody else has written reads as None."""

    def __init__(self, secret: str) -> None:
        self._links = URLSafeSerializer(secret, salt=LINK_PURPOSE)
        self._sessions = URLSafeTimedSerializer(secret, salt=SESSION_PURPOSE)

    def sign_link(self, person: Person) -> str:
        """The last part of a personal link."""
        return str(self._links.dumps([person.id, person.generation]))

    def read_link(self, text: str) -> tuple[str, int] | None:
        """Whose link it is, and of which generation."""
        try:
            match self._links.loads(text):
                case [str() as person, int() as generation]:
                    return person, generation
        except BadData:
            pass
        return None

    def sign_session(self, session: Session) -> str:
        """The value of a cookie."""
        return str(self._sessions.dumps([session.person, session.generation, session.csrf]))

    def read_session(self, text: str) -> Session | None:
        """A cookie's session; None where it is too old, too."""
        try:
            match self._sessions.loads(text, max_age=MAX_SESSION_S):
                case [str() as person, int() as generation, str() as csrf]:
                    return Session(person=person, generation=generation, csrf=csrf)
        except BadData:
            pass
        return None


def start_session(person: Person) -> Session:
    """A new session of somebody."""
    return Session(person=person.id, generation=person.generation, csrf=secrets.token_urlsafe(18))
