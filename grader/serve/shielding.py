"""Around all routes: headers that keep pages from doing more than pages should, and a count of every request."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.routing import BaseRoute
from starlette.types import Message, Receive, Scope, Send

# No script, style or picture but our own files; pictures may also stand in the page. Nothing of it may be framed.
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not `no-referrer`, with which browsers hide where a form was sent from.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
PRIVATE = "no-store"
METHODS = frozenset({"GET", "HEAD", "POST"})
NoteRequest = Callable[[str, str, int, float], None]


class Shield:
    """The outermost application.

    Args:
        app: what answers.
        note: is told each request's method, route, status and seconds.
        hosts: the names under which the site may be reached; a page of another name could be anybody's.
    """

    def __init__(self, app: Starlette, note: NoteRequest, hosts: Sequence[str]) -> None:
        self._app, self._note, self._hosts = app, note, frozenset(hosts)

    @property
    def routes(self) -> list[BaseRoute]:
        """What is served."""
        return self._app.routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.monotonic()
        status = 500

        async def send_shielded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers.setdefault("Cache-Control", PRIVATE)
            await send(message)

        try:
            if self._is_known_host(scope):
                await self._app(scope, receive, send_shielded)
            else:
                await _refuse_host(send_shielded)
        finally:
            route = getattr(scope.get("route"), "path", "unknown")
            method = scope["method"] if scope["method"] in METHODS else "other"
            self._note(method, route, status, time.monotonic() - began)

    def _is_known_host(self, scope: Scope) -> bool:
        """Whether it is one of our names: a page elsewhere whose name was made to lead here must get nothing."""
        host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
        name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
        return name.lower() in self._hosts


async def _refuse_host(send: Send) -> None:
    await send({"type": "http.response.start", "status": 421, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"This server isn't reached under that name.\n"})
