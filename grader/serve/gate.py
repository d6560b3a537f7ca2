"""What every request passes before its page is made: who asks, whether they may, and how much they may send.

A route is a `Rule`; the roles in it are all that decides who gets in, and nothing of a body is read before that.
"""

from __future__ import annotations

import dataclasses
import inspect
import logging
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import Message, Receive

from grader.errors import GradeError, UsageError
from grader.serve.people import ROLES, Person, Role, Session
from grader.serve.rendering import render_template
from grader.serve.site import Site
from grader.serve.uploads import UploadLimits
from grader.submission.record import MAX_BYTES

LOGGER = logging.getLogger("grader.serve")
MAX_FORM_BYTES = 65_536
MAX_FIELDS = 60
# A field is held in memory while it comes, a file isn't.
MAX_FIELD_BYTES = MAX_BYTES + 100_000
# Of one person at a time: each may take the disk space of the largest file.
MAX_UPLOADS = 2
NUMBER = re.compile(r"[0-9]{1,15}", re.ASCII)
ANYBODY: frozenset[Role] = frozenset(ROLES)
STUDENT: frozenset[Role] = frozenset({"student"})
STAFF: frozenset[Role] = frozenset({"assistant", "instructor"})
INSTRUCTOR: frozenset[Role] = frozenset({"instructor"})


class PageError(Exception):
    """A request that isn't answered with its page.

    Args:
        status: of HTTP.
        message: what the reader is told.
    """

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(message)


class BodyTooLarge(PageError):
    """More was sent than the route takes; the rest isn't read."""

    def __init__(self, most: int) -> None:
        size = f"{most // 1_000_000} MB" if most >= 1_000_000 else f"{most // 1000} kB"
        super().__init__(413, f"That is too large: at most {size} can be sent here.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A request that was let in.

    Args:
        person: who asks; None on the few pages that are for everybody.
        params: the variable parts of the address.
        bearer: the word by which a program says that it may ask.
        cookies: what the browser keeps for this site.
        form: what was sent, every field with its values.
        upload: the file that was sent with it: its name, and its bytes.
    """

    site: Site
    person: Person | None
    session: Session | None
    params: Mapping[str, str]
    query: Mapping[str, str]
    bearer: str = ""
    cookies: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, list[str]] = field(default_factory=dict)
    upload: tuple[str, bytes] | None = None

    @property
    def student(self) -> str:
        """The id of whoever asks."""
        assert self.person is not None
        return self.person.id

    def read_field(self, name: str, default: str = "") -> str:
        """The first value of a field."""
        return self.form.get(name, [default])[0]

    def read_number(self, name: str) -> int:
        """A number from the address. Raises: PageError: it is none."""
        text = self.params[name]
        if not NUMBER.fullmatch(text):
            raise PageError(404, "There is no such page.")
        return int(text)

    def render(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A page of the site."""
        return render_page(self.site, self.person, self.session, template, status, values)


Handler = Callable[[Visit], Response] | Callable[[Visit], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One route.

    Args:
        roles: who may; empty for everybody, signed in or not.
        max_body: how many bytes may be sent.
    """

    path: str
    handle: Handler
    roles: frozenset[Role]
    method: Literal["GET", "POST"] = "GET"
    max_body: int = MAX_FORM_BYTES

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


def render_page(
    site: Site, person: Person | None, session: Session | None, template: str, status: int, values: Mapping[str, Any]
) -> HTMLResponse:
    """A page with what all pages show."""
    shared: dict[str, Any] = {
        "course_title": site.title,
        "person": person,
        "csrf": session.csrf if session else "",
        "is_class": site.is_class,
        "is_staff": person is not None and person.role in STAFF,
        "refresh_s": 0,
        "sign_in_at": site.sign_in.provider.name if site.sign_in and person is None else "",
        "to": "/",
    }
    return HTMLResponse(render_template(template, {**shared, **values}), status)


async def answer_request(site: Site, rule: Rule, uploads: UploadLimits, request: Request) -> Response:
    """The answer to one request, whatever happens: of an error of ours only its number travels."""
    session: Session | None = None
    person: Person | None = None
    try:
        session, person = await run_in_threadpool(_find_visitor, site, request)
        visit = _admit(site, rule, request, session, person)
        if rule.method == "GET":
            response = await _handle(rule, visit)
        else:
            response = await _receive_and_handle(rule, uploads, request, visit)
    except PageError as error:
        # After signing in, one goes on with what one wanted to see.
        to = request.url.path if rule.method == "GET" else "/"
        return _render_error(site, person, session, error.status, str(error), to=to)
    except GradeError as error:
        LOGGER.warning("%s: %s", rule.name, type(error).__name__)
        if not _may_read_error(site, person, error):
            return _render_fault(site, rule, person, session, error)
        return _render_error(site, person, session, 409, str(error))
    except HTTPException as error:  # of a form that can't be parsed
        return _render_error(site, person, session, error.status_code, "What was sent can't be read.")
    except ClientDisconnect:
        return Response(status_code=400)
    except Exception as error:
        return _render_fault(site, rule, person, session, error)
    return response


def _may_read_error(site: Site, person: Person | None, error: GradeError) -> bool:
    """Whether a message is for whoever asks: those on course files and the database name keys, folders and hosts."""
    if person is None:
        return False
    return isinstance(error, UsageError) or person.role in STAFF or not site.is_class


def _render_fault(site: Site, rule: Rule, person: Person | None, session: Session | None, error: Exception) -> Response:
    """The page on an error that the reader can do nothing about."""
    # For whoever runs the server; it may hold what the reader must not see.
    number = secrets.token_hex(4)
    if isinstance(error, GradeError):  # says what is wrong; while a database is away, that is one line for each request
        LOGGER.error("%s: fault %s: %s", rule.name, number, error)
    else:
        LOGGER.error("%s: fault %s", rule.name, number, exc_info=error)
    message = f"The server failed (fault {number}); this is not your fault. What was acknowledged before is kept."
    return _render_error(site, person, session, 500, message)


def _render_error(
    site: Site, person: Person | None, session: Session | None, status: int, message: str, *, to: str = "/"
) -> Response:
    return render_page(site, person, session, "error.html", status, {"message": message, "status": status, "to": to})


def _find_visitor(site: Site, request: Request) -> tuple[Session | None, Person | None]:
    """Who asks, by the cookie; nobody where it isn't valid any more."""
    session = site.signer.read_session(request.cookies.get(site.cookie_name, ""))
    person = site.access.find_person(session.person) if session else None
    if session is None or person is None or person.generation != session.generation:
        return None, None
    return session, person


def _admit(site: Site, rule: Rule, request: Request, session: Session | None, person: Person | None) -> Visit:
    """Checks a request before anything of its body is read. Raises: PageError: it is refused."""
    if rule.roles and person is None:
        raise PageError(401, f"You are not signed in. {_describe_door(site)}")
    if rule.roles and (person is None or person.role not in rule.roles):
        raise PageError(403, "This page isn't for you.")
    bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
    return Visit(
        site=site,
        person=person,
        session=session,
        params=request.path_params,
        query=request.query_params,
        bearer=bearer,
        cookies=request.cookies,
    )


def _describe_door(site: Site) -> str:
    if site.sign_in:
        return f"Sign in at {site.sign_in.provider.name}, or open your personal link if you have one."
    return f"Open {'your personal link' if site.is_class else 'the address that `grade serve` has shown in the terminal'}."


async def _handle(rule: Rule, visit: Visit) -> Response:
    if inspect.iscoroutinefunction(rule.handle):
        answer: Response = await rule.handle(visit)
        return answer
    return await run_in_threadpool(rule.handle, visit)  # type: ignore[arg-type]


async def _receive_and_handle(rule: Rule, uploads: UploadLimits, request: Request, visit: Visit) -> Response:
    """Reads a form as far as it may go, and does what it asks for. Raises: PageError: it is refused."""
    _check_origin(request)
    told = request.headers.get("content-length", "")
    if told.isdigit() and int(told) > rule.max_body:
        raise BodyTooLarge(rule.max_body)
    with uploads.count_person(visit.person.id if visit.person else "") as count:
        if count > MAX_UPLOADS and rule.max_body > MAX_FORM_BYTES:
            raise PageError(429, "Another file of yours is just coming in; wait until it is there.")
        # A length may be missing or wrong, so what comes is counted, too.
        bounded = Request(request.scope, _bound_receive(request.receive, rule.max_body))
        most = min(rule.max_body, MAX_FIELD_BYTES)
        async with bounded.form(max_files=1, max_fields=MAX_FIELDS, max_part_size=most) as form:
            fields = _list_fields(form)
            _check_word(visit.session, fields)
            # On the disk until here; only so many at a time take memory, however slowly others come in.
            async with uploads.in_memory:
                upload = await _read_upload(form)
                return await _handle(rule, dataclasses.replace(visit, form=fields, upload=upload))


def _check_word(session: Session | None, fields: Mapping[str, list[str]]) -> None:
    """Raises: PageError: the form isn't from a page of this session."""
    sent = fields.get("csrf", [""])[0]
    if session is None or not secrets.compare_digest(sent.encode(), session.csrf.encode()):
        raise PageError(
            403, "This form is from an earlier session. Go back, load the page again and send it once more."
        )


def _check_origin(request: Request) -> None:
    """Raises: PageError: a form of another site sent this."""
    origin = request.headers.get("origin")
    foreign = origin is not None and origin.partition("://")[2] != request.headers.get("host")
    if foreign or request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise PageError(403, "This was sent from another site.")


def _list_fields(form: FormData) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            fields.setdefault(name, []).append(value)
    return fields


async def _read_upload(form: FormData) -> tuple[str, bytes] | None:
    files = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
    # A form without a chosen file sends an empty one without a name.
    return (files[0].filename or "", await files[0].read()) if files and files[0].filename else None


def _bound_receive(receive: Receive, most: int) -> Receive:
    left = most

    async def receive_bounded() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise BodyTooLarge(most)
        return message

    return receive_bounded


def redirect(path: str) -> Response:
    """Leads on after something was done, so that a reload doesn't do it again."""
    return RedirectResponse(path, 303)
