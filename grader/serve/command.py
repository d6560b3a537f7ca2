"""`grade serve`: the course in a browser, and `grade serve links`: the personal links of a class."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import click

from grader.cli.exercise import backend_option, parse_size
from grader.cli.finding import find_course
from grader.cli.helping import HelpContext, unwrap
from grader.engines.trainer import Backend, Device
from grader.errors import Exit, UsageError, describe_missing_extra
from grader.serve.worker_settings import WorkerSettings

NEEDED = {"starlette": "Starlette", "uvicorn": "uvicorn", "python_multipart": "python-multipart", "itsdangerous": "itsdangerous",
          "markdown_it": "markdown-it-py"}  # fmt: skip
SIGN_IN_NEEDED = {"authlib": "Authlib", "joserfc": "joserfc", "requests": "Requests"}
DEFAULT_GRADEBOOK = "sqlite:///gradebook.db"


class ServeCommand(click.Group):
    """A command that also has subcommands; its help doesn't ask for one."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage("grade serve", "[OPTIONS]")
        formatter.write_usage("grade serve", "links [OPTIONS]", prefix="       ")


@click.group("serve", cls=ServeCommand, invoke_without_command=True)
@click.option(
    "--class",
    "roster",
    metavar="ROSTER",
    type=click.Path(path_type=Path),
    help="Serve a class: its table of ids and names (CSV or .xlsx).",
)
@click.option("--gradebook", metavar="URL", help=f"The class's gradebook (default with --class: {DEFAULT_GRADEBOOK}).")
@click.option(
    "--url", metavar="URL", help="The address by which the class reaches the server, such as https://grade.example.org."
)
@click.option(
    "--sign-in",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Let a class sign in at an OpenID Connect provider, too: the file that names it.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address on which the server listens.")
@click.option(
    "--port", type=click.IntRange(1, 65535), help="Where the server listens (default: 8765, or any that is free)."
)
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(0, 256),
    help="Submissions of a class graded at a time; 0 for none here (default: the number of cores).",
)
@click.option(
    "--memory",
    metavar="SIZE",
    callback=parse_size,
    help="What all trainings at a time may take, such as 8GB (default: no limit).",
)
@click.option(
    "--engine",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="Where a class is graded: on this machine, or on a Ray cluster.",
)
@click.option(
    "--address", metavar="HOST:PORT", help="The Ray cluster's (default: $RAY_ADDRESS, else one on this machine)."
)
@click.option("--student", help="Who works here, without a class (default: $GRADE_STUDENT, or your login name).")
@click.option("--no-browser", is_flag=True, help="Open no browser; the address is shown in any case.")
@click.option("--device", type=click.Choice(["auto", "cpu", "gpu"]), default="auto", help="Where to train.")
@backend_option
@click.option("--sandbox", type=click.Choice(["auto", "strict", "off"]), default="auto",
              help="How files are confined; use off only for your own files.")  # fmt: skip
@click.option("--log", "log_requests", is_flag=True, help="Log each request to stderr, as JSON without personal data.")
@click.option(
    "--course", type=click.Path(path_type=Path), help="The course's folder (default: $GRADE_COURSE, or found)."
)
@click.pass_context
def command(
    context: click.Context,
    /,
    roster: Path | None,
    gradebook: str | None,
    jobs: int | None,
    course: Path | None,
    sandbox: Literal["auto", "strict", "off"],
    **chosen: Any,
) -> int | None:
    r"""Open the course in a browser: exercises, live training, verdicts, hints and quizzes.

    Without a class the server is for you: it listens on this machine only, and the address holds a token. With --class
    each person signs in by a personal link, which `grade serve links` writes, or at a provider that --sign-in names.
    Ctrl-C ends the server.

    \b
    grade serve
    grade serve --class roster.csv --url https://grade.example.org
    grade serve links --url https://grade.example.org -o links.csv
    """
    check_libraries()
    if context.invoked_subcommand is not None:
        return None
    if chosen["sign_in"] is not None:
        check_libraries(SIGN_IN_NEEDED)
    is_class = roster is not None or gradebook is not None
    if is_class and sandbox == "off":
        raise UsageError("--sandbox off is for your own files; a class's are always confined")
    if not is_class:
        _check_alone(jobs, chosen)
    found = find_course(course)
    settings = _build_settings(found.root, gradebook or DEFAULT_GRADEBOOK, jobs, sandbox, chosen, is_class=is_class)
    # Loaded only here, so that `--help` answers where the libraries aren't installed.
    running = import_module("grader.serve.running")
    shared = {"port": chosen["port"], "log_requests": chosen["log_requests"]}
    if is_class:
        chosen_doors = {name: chosen[name] for name in ("host", "url", "sign_in")}
        running.serve_class(found, settings, roster=roster, grades=jobs != 0, **chosen_doors, **shared)
    else:
        running.serve_learner(found, settings, student=chosen["student"], browser=not chosen["no_browser"], **shared)
    return Exit.PASSED


def _check_alone(jobs: int | None, chosen: dict[str, Any]) -> None:
    """Raises: UsageError: an option that is for a class."""
    given = {
        "--jobs": jobs is not None,
        "--url": chosen["url"],
        "--sign-in": chosen["sign_in"] is not None,
        "--host": chosen["host"] != "127.0.0.1",
        "--engine": chosen["engine"] != "local",
        "--address": chosen["address"],
        "--memory": chosen["memory"] is not None,
    }
    for name, is_given in given.items():
        if is_given:
            raise UsageError(f"{name} is for a class: add --class ROSTER, or --gradebook URL of one that is there")


def _build_settings(
    course: Path,
    gradebook: str,
    jobs: int | None,
    sandbox: Literal["auto", "strict", "off"],
    chosen: dict[str, Any],
    *,
    is_class: bool,
) -> WorkerSettings:
    device: Device = chosen["device"]
    backend: Backend = chosen["backend"]
    return WorkerSettings(
        course=str(course),
        gradebook=gradebook,
        is_class=is_class,
        at_once=(jobs or None) if is_class else 1,
        engine=chosen["engine"],
        address=chosen["address"],
        memory=chosen["memory"],
        device=device,
        backend=backend,
        sandbox=sandbox,
    )


@command.command("links")
@click.option(
    "--class",
    "roster",
    metavar="ROSTER",
    type=click.Path(path_type=Path),
    help="Add the students of this table first (CSV or .xlsx).",
)
@click.option(
    "--instructor",
    "instructors",
    metavar="ID",
    multiple=True,
    help="Add somebody who sees the class and changes grades; repeat it for more.",
)
@click.option(
    "--assistant",
    "assistants",
    metavar="ID",
    multiple=True,
    help="Add somebody who sees the class and comments; repeat it for more.",
)
@click.option(
    "--renew", metavar="ID", multiple=True, help="Give somebody a new link; the old one and every session end."
)
@click.option("--revoke", metavar="ID", multiple=True, help="Let somebody in no more.")
@click.option("--url", metavar="URL", required=True, help="The address by which the class reaches the server.")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path),
    default=Path("-"),
    help="Where to write (default: standard output).",
)
@click.option("--gradebook", metavar="URL", default=DEFAULT_GRADEBOOK, show_default=True, help="The class's gradebook.")
def links_command(output: Path, **chosen: Any) -> int:
    r"""Write the personal links of a class as a CSV table, for a mail merge.

    A link lets its person in for as long as it isn't renewed or revoked, so send it as you would a password.

    \b
    grade serve links --class roster.csv --instructor hopper --url https://grade.example.org -o links.csv
    grade serve links --renew ada --url https://grade.example.org
    """
    import_module("grader.serve.links").write_links(output, **chosen)
    return Exit.PASSED


links_command.context_class = HelpContext
links_command.help = unwrap(links_command.help)


def check_libraries(needed: Mapping[str, str] | None = None) -> None:
    """Raises: UsageError: a library of the extra `serve` isn't installed."""
    for module, library in (NEEDED if needed is None else needed).items():
        if find_spec(module) is None:
            raise UsageError(describe_missing_extra("grade serve", library, "serve"))
