"""Runs the web server until it is told to end, and then ends it in order: open views first, requests next."""

from __future__ import annotations

import contextlib
import errno
import logging
import socket
import webbrowser
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import uvicorn

from grader.errors import UsageError
from grader.serve.routes import build_app
from grader.serve.site import Site
from grader.stores.filing import write_whole

DEFAULT_PORT = 8765
BACKLOG = 512
# How long requests that are being answered may take when the server ends.
MAX_GRACE_S = 10
# Of headers and idle connections; bodies are bounded by each route.
KEEP_ALIVE_S = 20
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


class OrderlyServer(uvicorn.Server):
    """Uvicorn's, which also lets the live views know that they have to end; they would keep it waiting otherwise."""

    def __init__(self, site: Site) -> None:
        self._site = site
        super().__init__(
            uvicorn.Config(
                build_app(site),
                log_config=None,
                access_log=False,
                server_header=False,
                # Who is behind a proxy makes no difference to anything here.
                proxy_headers=False,
                timeout_graceful_shutdown=MAX_GRACE_S,
                timeout_keep_alive=KEEP_ALIVE_S,
            )
        )

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """At the first signal."""
        self._site.stopping.set()
        super().handle_exit(sig, frame)


def bind_port(host: str, port: int | None) -> socket.socket:
    """A socket that listens.

    Args:
        port: None for the usual one, or any other where that is taken.

    Raises:
        UsageError: the address can't be had.
    """
    wanted = [DEFAULT_PORT, 0] if port is None else [port]
    for number in wanted:
        sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, number))
        except OSError as error:
            sock.close()
            if error.errno == errno.EADDRINUSE and number != wanted[-1]:
                continue
            raise UsageError(
                f"{host}:{number} can't be used: {error.strerror}; name another with --host and --port"
            ) from error
        sock.listen(BACKLOG)
        return sock
    raise AssertionError


def run_server(site: Site, sock: socket.socket) -> None:
    """Serves until a signal ends it."""
    OrderlyServer(site).run(sockets=[sock])


def set_up_logging(*, requests: bool) -> None:
    """Warnings on stderr, and requests as lines of JSON, without a name, an id or an address."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("grader.serve").setLevel(logging.INFO if requests else logging.WARNING)


@contextlib.contextmanager
def open_browser(url: str, folder: Path) -> Iterator[None]:
    """Opens the address in the user's browser.

    The address holds the token, and a program's arguments can be read by everybody on the machine; so the browser gets
    a file that only this user can read, which leads to the address.
    """
    page = folder / "open-course.html"
    folder.mkdir(parents=True, exist_ok=True)
    text = (
        f'<!doctype html><meta charset="utf-8"><title>grade</title><meta http-equiv="refresh" content="0;url={url}">\n'
    )
    write_whole(page, text.encode(), mode=0o600)
    try:
        webbrowser.open(page.as_uri())
        yield
    finally:
        page.unlink(missing_ok=True)
