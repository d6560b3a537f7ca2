"""Requests to an LMS with a token: bounded, at its pace, to its own address only."""

from __future__ import annotations

import contextlib
import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from grader.errors import GraderError, UsageError
from grader.messages.text import escape_line

TIMEOUT_S = 60.0
MAX_BYTES = 50_000_000
MAX_TRIES = 6
MAX_WAIT_S = 120.0
LOCAL = ("localhost", "127.0.0.1", "::1")
LATER = (429, 500, 502, 503, 504)
REFUSED = {
    401: "the token is refused; is it still valid?",
    403: "the token may not do that",
    404: "it isn't there; look at the numbers of the course and the assignment",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server answered: the JSON, and the headers in lower case."""

    body: Any
    headers: Mapping[str, str]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the token elsewhere."""

    def redirect_request(self, *_: Any) -> None:
        return None


class Session:
    """Requests to one server.

    Args:
        url: such as `https://canvas.example.edu`.
        token: never shown in any message.
        pause: waits some seconds.

    Raises:
        UsageError: the address isn't one, or would send the token in the clear.
    """

    def __init__(self, url: str, token: str, pause: Callable[[float], None] = time.sleep) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("https", "http") or not parts.hostname or parts.username or parts.query or parts.fragment:
            raise UsageError(f"--url must be an address such as https://canvas.example.edu, got {escape_line(url, 80)}")
        if parts.scheme == "http" and parts.hostname not in LOCAL:
            raise UsageError("--url must begin with https://, so that nobody can read the token on its way")
        self.url, self._token, self._pause = url.rstrip("/"), token, pause
        self._opener = urllib.request.build_opener(_NoRedirect)

    @property
    def token(self) -> str:
        return self._token

    def send(self, method: str, url: str, fields: Mapping[str, str] | None = None, *, bearer: bool = True) -> Answer:
        """One request; tried again where the server asks for patience.

        Args:
            url: a path of this server, or a whole address of it.
            fields: sent as a form.
            bearer: the token goes with it as Canvas wants it.

        Raises:
            UsageError: the server refuses it, or the address is another server's.
            GraderError: no answer that can be read.
        """
        whole = url if "://" in url else f"{self.url}{url}"
        # The address of a next page comes from an answer; the token must not follow it elsewhere.
        if urlsplit(whole)[:2] != urlsplit(self.url)[:2]:
            raise UsageError(f"{self.url} leads to another server, {escape_line(urlsplit(whole).netloc, 60)}; give its own address")
        request = urllib.request.Request(whole, method=method)  # noqa: S310 - of http and https only, see above
        request.add_header("Accept", "application/json")
        if bearer:
            request.add_header("Authorization", f"Bearer {self._token}")
        if fields is not None:
            request.data = urlencode(fields).encode()
        for attempt in range(MAX_TRIES):
            answer, wait_s = self._try(request, attempt)
            if answer is not None:
                return answer
            self._pause(wait_s)
        raise GraderError(f"{self.url} had no time for {MAX_TRIES} tries; run the same command again later, it goes on")

    def _try(self, request: urllib.request.Request, attempt: int) -> tuple[Answer | None, float]:
        """The answer, or how long to wait."""
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as response:
                headers = {name.lower(): value for name, value in response.headers.items()}
                return Answer(body=_decode(response.read(MAX_BYTES + 1), self.url), headers=headers), 0.0
        except urllib.error.HTTPError as error:
            with error:
                page = error.read(2000).decode("utf-8", "replace") if error.fp else ""
            # Canvas says 403 where its bucket of requests is empty.
            if error.code in LATER or (error.code == 403 and "rate limit" in page.lower()):
                return None, _wait_s(error.headers.get("Retry-After"), attempt)
            reason = REFUSED.get(error.code, "a redirect, which isn't followed" if error.code in range(300, 400) else "")
            said = escape_line(page.replace(self._token, "…"), 200)
            raise UsageError(f"{self.url}: HTTP {error.code}: {reason or said}") from None
        except (OSError, http.client.HTTPException) as error:
            # A grade may have arrived although no answer came, so only reading is tried again.
            if attempt + 1 < MAX_TRIES and request.get_method() == "GET":
                return None, _wait_s(None, attempt)
            raise GraderError(f"{self.url} doesn't answer: {escape_line(str(error).replace(self._token, '…'), 120)}") from None


def _wait_s(asked: str | None, attempt: int) -> float:
    with contextlib.suppress(ValueError, TypeError):
        return min(MAX_WAIT_S, max(0.0, float(str(asked))))
    return min(MAX_WAIT_S, 2.0**attempt)


def _decode(data: bytes, url: str) -> Any:
    if len(data) > MAX_BYTES:
        raise GraderError(f"{url} answered more than {MAX_BYTES // 1_000_000} MB")
    try:
        return json.loads(data) if data.strip() else None
    except (ValueError, RecursionError) as error:
        raise GraderError(f"{url} answered no JSON; is it the LMS's own address?") from error
