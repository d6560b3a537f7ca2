"""Signing in at a class's provider: the way there, and the way back."""

from __future__ import annotations

import logging
import re
import secrets

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from grader.serve.course_pages import sign_person_in
from grader.serve.gate import PageError, Visit, redirect
from grader.serve.sign_ins import MAX_ATTEMPT_S, SignIn, SignInAttempt, SignInError, start_attempt
from grader.serve.site import Site

LOGGER = logging.getLogger("grader.serve")
START_PATH = "/sign-in"
BACK_PATH = "/sign-in/back"
# A path of this site and nothing that a browser might read as another one: no second slash, no backslash, no blanks.
OWN_PATH = re.compile(r"(?:/[A-Za-z0-9_.~%-]+)+/?", re.ASCII)
MAX_PATH_LETTERS = 300


def find_own_path(text: str) -> str:
    """A page of this site to go on with; anything else is the first one."""
    return text if len(text) <= MAX_PATH_LETTERS and OWN_PATH.fullmatch(text) else "/"


def name_cookie(site: Site) -> str:
    """The cookie of an attempt, kept apart as the session's is."""
    return f"{site.cookie_name}-sign-in"


def _require_sign_in(visit: Visit) -> SignIn:
    """Raises: PageError: people of this site don't sign in anywhere else."""
    if visit.site.sign_in is None:
        raise PageError(404, "There is no such page.")
    return visit.site.sign_in


async def begin_sign_in(visit: Visit) -> Response:
    """Leads to the provider, and remembers in the browser what must come back."""
    sign_in = _require_sign_in(visit)
    to = find_own_path(visit.query.get("to", "/"))
    if visit.person is not None:
        return redirect(to)
    attempt = start_attempt(to)
    try:
        async with sign_in.slots:
            address = await run_in_threadpool(sign_in.provider.build_address, attempt)
    except SignInError as error:
        return _render_failure(visit, error, to)
    response = redirect(address)
    response.set_cookie(
        name_cookie(visit.site),
        sign_in.signer.sign_attempt(attempt),
        max_age=MAX_ATTEMPT_S,
        httponly=True,
        samesite="lax",
        secure=visit.site.secure,
    )
    return response


async def end_sign_in(visit: Visit) -> Response:
    """Signs in whom the provider names, as what the class's table says; the attempt is used up, whatever comes of it."""
    sign_in = _require_sign_in(visit)
    attempt = sign_in.signer.read_attempt(visit.cookies.get(name_cookie(visit.site), ""))
    try:
        async with sign_in.slots:
            response = await run_in_threadpool(_take_answer, visit, sign_in, attempt)
    except SignInError as error:
        response = _render_failure(visit, error, attempt.to if attempt else "/")
    response.delete_cookie(name_cookie(visit.site), httponly=True, samesite="lax", secure=visit.site.secure)
    return response


def _take_answer(visit: Visit, sign_in: SignIn, attempt: SignInAttempt | None) -> Response:
    """Raises: SignInError: nobody is signed in by it."""
    state = visit.query.get("state", "")
    # Whoever was sent another's address of this page would otherwise hand in under the other's name.
    if attempt is None or not secrets.compare_digest(state.encode(), attempt.state.encode()):
        raise SignInError("foreign_state", "This sign-in was begun too long ago, or in another browser.", 400)
    if not sign_in.used.use_state(attempt.state):
        raise SignInError("used_state", "This sign-in was used already.", 400)
    found = sign_in.provider.find_id(attempt, visit.query)
    person = visit.site.access.find_person(found)
    if person is None:
        message = f"{sign_in.provider.name} knows you as “{found}”, and this class has nobody of that id. Ask your instructor."
        raise SignInError("nobody_of_the_class", message)
    if visit.person is not None and visit.person.id != person.id:
        return visit.render("other_person.html", 409, other=person)
    return sign_person_in(visit, person, attempt.to)


def _render_failure(visit: Visit, error: SignInError, to: str) -> Response:
    # Without a name: the log is for whoever runs the server.
    LOGGER.warning("sign-in: %s", error.code)
    return visit.render("sign_in_failed.html", error.status, message=str(error), to=to)


