"""What `grade serve` does: opens the course's site, starts the worker, and serves until it is ended."""

from __future__ import annotations

import contextlib

import click
from msgspec import structs

from grader.cli.quiz.taking import find_student_name
from grader.courses.course import Course
from grader.courses.student_progress import ProgressReader
from grader.messages.text import escape_line
from grader.records.student_ids import to_student_id
from grader.serve.opening import SiteContent, load_content, open_learner_site, prepare_learner_gradebook
from grader.serve.server import LOOPBACK_NAMES, bind_port, open_browser, run_server, set_up_logging
from grader.serve.site import Site
from grader.serve.supervising import WorkerSupervisor
from grader.serve.worker_settings import WorkerSettings

LOOPBACK = "127.0.0.1"


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
    site, token = open_learner_site(course, content, url, name, LOOPBACK_NAMES)
    address = f"http://{LOOPBACK}:{sock.getsockname()[1]}/enter/{token}"
    click.echo(f"{describe_content(site)}\n\n  {address}\n\nCtrl-C ends it.")
    opened = open_browser(address, ProgressReader(course).path.parent) if browser else contextlib.nullcontext()
    worker = WorkerSupervisor(structs.replace(settings, gradebook=url))
    worker.start()
    try:
        with opened:
            run_server(site, sock)
    finally:
        worker.stop()


def read_content(course: Course) -> SiteContent:
    """What the course holds; what can't be read is told on stderr and left out."""
    content = load_content(course)
    for problem in content.problems:
        click.echo(f"left out: {escape_line(str(problem))}", err=True)
    return content


def describe_content(site: Site) -> str:
    """What is served."""
    return f"{site.title}: {len(site.exercises)} exercises, {len(site.quizzes)} quizzes"
