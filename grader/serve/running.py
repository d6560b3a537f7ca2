"""What `grade serve` does: opens the course's site, starts the worker, and serves until it is ended."""

from __future__ import annotations

import contextlib
import os
import socket
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

import click
from msgspec import structs

from grader.cli.quiz.taking import find_student_name
from grader.courses.course import Course
from grader.courses.student_progress import ProgressReader
from grader.errors import UsageError
from grader.messages.text import escape_line
from grader.records.student_ids import to_student_id
from grader.serve.links import check_url, enrol_students
from grader.serve.opening import (
    SiteContent,
    load_content,
    open_class_site,
    open_learner_site,
    prepare_learner_gradebook,
)
from grader.serve.server import LOOPBACK_NAMES, bind_port, open_browser, run_server, set_up_logging
from grader.serve.site import Site
from grader.serve.supervising import WorkerSupervisor
from grader.serve.worker_settings import WorkerSettings

LOOPBACK = "127.0.0.1"
# As one may write it after --host; in an address and in requests the last has brackets.
LOOPBACK_HOSTS = (*LOOPBACK_NAMES, "::1")


def serve_learner(
    course: Course,
    settings: WorkerSettings,
    *,
    student: str | None,
    port: int | None,
    browser: bool,
    log_requests: bool,
) -> None:
    """Serves the course to one learner on this machine, until a signal.

    Args:
        settings: the worker's; where the verdicts go is decided here.
        student: who works; the login name unless given.
        browser: whether to open one.

    Raises:
        UsageError: the port is taken, or nobody knows the learner's name.
        CourseError: of `course.yaml`.
    """
    name = to_student_id(find_student_name(student))
    set_up_logging(requests=log_requests)
    content = read_content(course)
    sock = bind_port(LOOPBACK, port)
    url = prepare_learner_gradebook(course)
    bound = sock.getsockname()[1]
    site, token = open_learner_site(course, content, url, name, LOOPBACK_NAMES, bound)
    address = f"http://{LOOPBACK}:{bound}/enter/{token}"
    click.echo(f"{describe_content(site)}\n\n  {address}\n\nCtrl-C ends it.")
    opened = open_browser(address, ProgressReader(course).path.parent) if browser else contextlib.nullcontext()
    with opened:
        _run_beside(WorkerSupervisor(structs.replace(settings, gradebook=url)), site, sock)


def read_content(course: Course) -> SiteContent:
    """What the course holds; what can't be read is told on stderr and left out."""
    content = load_content(course)
    for problem in content.problems:
        click.echo(f"left out: {escape_line(str(problem))}", err=True)
    return content


def describe_content(site: Site) -> str:
    """What is served."""
    return f"{site.title}: {len(site.exercises)} exercises, {len(site.quizzes)} quizzes"


def serve_class(
    course: Course,
    settings: WorkerSettings,
    *,
    roster: Path | None,
    host: str,
    port: int | None,
    url: str | None,
    grades: bool,
    log_requests: bool,
    sign_in: Path | None = None,
) -> None:
    """Serves the course to a class, until a signal.

    Args:
        roster: the class; None where the gradebook has its people already.
        url: the address by which the class reaches the server; None for this machine only.
        sign_in: the file that says where people sign in beside their personal links.
        grades: whether submissions are graded here; otherwise another process on the same gradebook does.

    Raises:
        UsageError: the roster, the gradebook or the address can't be used.
        CourseError: of `course.yaml`.
    """
    set_up_logging(requests=log_requests)
    base = None if url is None else check_url(url)
    hosts, secure = _check_names(host, base)
    # Loaded only here: nothing else needs its libraries.
    opening = None if sign_in is None else import_module("grader.serve.provider_opening").read_provider(sign_in)
    content = read_content(course)
    sock = bind_port(host, port)
    bound = sock.getsockname()[1]
    at_once = settings.at_once or os.cpu_count() or 1
    address = base or f"http://{f'[{host}]' if ':' in host else host}:{bound}"
    provider = opening and opening(address)
    site, people = open_class_site(
        course, content, settings.gradebook, at_once=at_once, hosts=hosts, port=bound, secure=secure, provider=provider
    )
    if roster is not None:
        site.book.remember_roster(enrol_students(people, roster))
    known = people.list_people()
    click.echo(f"{describe_content(site)}, {len(known)} people\n\n  {address}\n\nCtrl-C ends it.")
    if not any(each.role == "instructor" for each in known):
        click.echo("Nobody is an instructor yet: grade serve links --instructor ID --url URL", err=True)
    _run_beside(WorkerSupervisor(settings) if grades else None, site, sock)


def _run_beside(worker: WorkerSupervisor | None, site: Site, sock: socket.socket) -> None:
    if worker is not None:
        worker.start()
    try:
        run_server(site, sock)
    finally:
        if worker is not None:
            worker.stop()


def _check_names(host: str, base: str | None) -> tuple[tuple[str, ...], bool]:
    """The names under which a class reaches the server, and whether by HTTPS.

    Raises:
        UsageError: others could read along.
    """
    names = {*LOOPBACK_NAMES, *([str(urlsplit(base).hostname)] if base else [])}
    secure = base is not None and base.startswith("https:")
    if not secure and (host not in LOOPBACK_HOSTS or names > {*LOOPBACK_NAMES}):
        raise UsageError(
            "a class signs in over HTTPS only: put a server with TLS in front (docs/serve.md), and give its --url https://…"
        )
    return tuple(sorted(names)), secure
