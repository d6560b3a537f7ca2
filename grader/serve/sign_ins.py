"""A sign-in at a provider between its two requests: what the browser keeps meanwhile, and which states are used up."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from itsdangerous import BadData, URLSafeTimedSerializer
from msgspec import Struct
from sqlalchemy import Engine, delete

from grader.gradebook.database import explain_errors
from grader.serve.tables import USED_STATE_TABLE, build_insert

# Long enough for a forgotten password, and a second factor.
MAX_ATTEMPT_S = 900
ATTEMPT_PURPOSE = "grade-sign-in"
# Threads that may wait for the provider at a time; all others are for pages.
MAX_AT_PROVIDER = 6


class SignInError(Exception):
    """Somebody can't be signed in.

    Args:
        code: why, in a word for the log; it names nobody.
        message: for whoever tries.
        status: of HTTP.
    """

    def __init__(self, code: str, message: str, status: int = 403) -> None:
        self.code, self.status = code, status
        super().__init__(message)


class SignInAttempt(Struct, frozen=True, kw_only=True):
    """What only the browser that began a sign-in can show: a cookie, signed by the server.

    Args:
        state: comes back in the provider's answer.
        nonce: comes back in the id token.
        verifier: without which a code that was read on its way is worth nothing.
        to: the page to go on with.
    """

    state: str
    nonce: str
    verifier: str
    to: str


def start_attempt(to: str) -> SignInAttempt:
    """A new one; everything in it but `to` can't be guessed."""
    state, nonce, verifier = (secrets.token_urlsafe(48) for _ in range(3))
    return SignInAttempt(state=state, nonce=nonce, verifier=verifier, to=to)


class AttemptSigner:
    """Writes and reads the cookie of an attempt."""

    def __init__(self, secret: str) -> None:
        self._serializer = URLSafeTimedSerializer(secret, salt=ATTEMPT_PURPOSE)

    def sign_attempt(self, attempt: SignInAttempt) -> str:
        """The cookie's value."""
        return str(self._serializer.dumps([attempt.state, attempt.nonce, attempt.verifier, attempt.to]))

    def read_attempt(self, text: str) -> SignInAttempt | None:
        """The attempt; None where the server didn't write it, or too long ago."""
        try:
            match self._serializer.loads(text, max_age=MAX_ATTEMPT_S):
                case [str() as state, str() as nonce, str() as verifier, str() as to]:
                    return SignInAttempt(state=state, nonce=nonce, verifier=verifier, to=to)
        except BadData:
            pass
        return None


class UsedStates:
    """The states that came back, in the database, as any process of the class may get the answer again."""

    def __init__(self, engine: Engine, shown: str) -> None:
        self._engine, self._shown = engine, shown

    def use_state(self, state: str) -> bool:
        """Whether it came back for the first time."""
        now_s, columns = time.time(), USED_STATE_TABLE.c
        with explain_errors(self._shown), self._engine.begin() as connection:
            connection.execute(delete(USED_STATE_TABLE).where(columns.used_s < now_s - 2 * MAX_ATTEMPT_S))
            statement = build_insert(connection, USED_STATE_TABLE).values(state=state, used_s=now_s)
            return connection.execute(statement.on_conflict_do_nothing(index_elements=["state"])).rowcount == 1


class IdentityProvider(Protocol):
    """Where people sign in."""

    @property
    def name(self) -> str:
        """As people know it."""
        ...

    @property
    def logout_address(self) -> str:
        """Where one signs out there; empty where that isn't known."""
        ...

    def build_address(self, attempt: SignInAttempt) -> str:
        """Where the browser goes to sign in. Raises: SignInError: the provider doesn't answer as it should."""
        ...

    def find_id(self, attempt: SignInAttempt, answer: Mapping[str, Any]) -> str:
        """The roster's id of whoever signed in. Raises: SignInError: the answer proves nothing, or has no id."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """What a site needs for that."""

    provider: IdentityProvider
    signer: AttemptSigner
    used: UsedStates
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MAX_AT_PROVIDER))
