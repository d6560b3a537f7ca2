"""`grade release OUT`: the students' repository."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from grader.cli.finding import find_course
from grader.release import student


@click.command("release", options_metavar="[OPTIONS]")
@click.argument("out", type=click.Path(path_type=Path))
@click.argument("names", metavar="[EXERCISE|QUIZ]…", nargs=-1)
@click.option("--notebooks", is_flag=True, help="Write each exercise and each unit as a notebook, too.")
@click.option(
    "--course", type=click.Path(path_type=Path), help="The course's folder (default: $GRADE_COURSE, or found)."
)
def command(out: Path, names: tuple[str, ...], notebooks: bool, course: Path | None) -> None:
    r"""Make the students' repository in the new folder OUT: stubs, READMEs and quizzes of all exercises and quizzes,
    or of those that you name; no solutions, no keys, no students' ids, no history.

    \b
    grade release ../students
    grade release ../week3 exercise3 mnist_two_conv week3
    """
    written, left = student.release_course(find_course(course), out, names, notebooks=notebooks)
    for name in left:
        click.echo(f"left out: {name} (the exercise's README.md doesn't link to it)", err=True)
    click.echo(f"Wrote {len(written)} files to {out}. Look at them, then:")
    click.echo(f"  cd {shlex.quote(str(out))}\n  git init && git add . && git commit -m Start")
