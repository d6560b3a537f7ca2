"""`grade serve`: the course in a browser."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import click

from grader.cli.exercise import backend_option
from grader.cli.finding import find_course
from grader.engines.trainer import Backend, Device
from grader.errors import Exit, UsageError, describe_missing_extra
from grader.serve.worker_settings import WorkerSettings

NEEDED = {"starlette": "Starlette", "uvicorn": "uvicorn", "python_multipart": "python-multipart", "itsdangerous": "itsdangerous",
          "markdown_it": "markdown-it-py"}  # fmt: skip


@click.command("serve")
@click.option(
    "--port", type=click.IntRange(1, 65535), help="Where the server listens (default: 8765, or any that is free)."
)
@click.option("--student", help="Who works here (default: $GRADE_STUDENT, or your login name).")
@click.option("--no-browser", is_flag=True, help="Open no browser; the address is shown in any case.")
@click.option("--device", type=click.Choice(["auto", "cpu", "gpu"]), default="auto", help="Where to train.")
@backend_option
@click.option("--sandbox", type=click.Choice(["auto", "strict", "off"]), default="auto",
              help="How files are confined; use off only for your own files.")  # fmt: skip
@click.option("--log", "log_requests", is_flag=True, help="Log each request to stderr, as JSON without personal data.")
@click.option(
    "--course", type=click.Path(path_type=Path), help="The course's folder (default: $GRADE_COURSE, or found)."
)
def command(
    port: int | None,
    student: str | None,
    device: Device,
    backend: Backend,
    sandbox: Literal["auto", "strict", "off"],
    course: Path | None,
    *,
    no_browser: bool,
    log_requests: bool,
) -> int:
    r"""Open the course in a browser: exercises, live training, verdicts, hints and quizzes.

    The server listens on this machine only, and the address holds a token: nobody else gets in. Ctrl-C ends it.

    \b
    grade serve
    grade serve --course my-course --no-browser
    """
    check_libraries()
    found = find_course(course)
    settings = WorkerSettings(
        course=str(found.root), gradebook="", is_class=False, at_once=1, device=device, backend=backend, sandbox=sandbox
    )
    # Loaded only here, so that `--help` answers where the libraries aren't installed.
    running = import_module("grader.serve.running")
    running.serve_learner(
        found, settings, student=student, port=port, browser=not no_browser, log_requests=log_requests
    )
    return Exit.PASSED


def check_libraries() -> None:
    """Raises: UsageError: a library of the extra `serve` isn't installed."""
    for module, library in NEEDED.items():
        if find_spec(module) is None:
            raise UsageError(describe_missing_extra("grade serve", library, "serve"))
