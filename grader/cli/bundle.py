"""`grade bundle SERVICE OUT`: what Gradescope, Classroom 50, GitHub Actions or GitLab CI need to grade an exercise."""

from __future__ import annotations

import re
from pathlib import Path

import click

from grader.cli import completing
from grader.cli.finding import find_course
from grader.courses.course import Course
from grader.errors import UsageError
from grader.release import bundle
from grader.reports import write

PACKAGE_PATTERN = re.compile(r"[A-Za-z0-9][\w.+:/@=<>~!,\[\] -]*")


@click.command("bundle", options_metavar="[OPTIONS]")
@click.argument("service", metavar="SERVICE", type=click.Choice(["gradescope", "classroom50", "github", "gitlab"]))
@click.argument("out", type=click.Path(path_type=Path))
@click.argument("exercise", required=False, shell_complete=completing.list_matching_exercises)
@click.option(
    "--file", "file_", metavar="FILE", help="The file to grade there (default: EXERCISE.py); for GitHub and GitLab."
)
@click.option("--package", metavar="SPEC", help="What pip installs there, such as git+https://…; not for Gradescope.")
@click.option(
    "--course", type=click.Path(path_type=Path), help="The course's folder (default: $GRADE_COURSE, or found)."
)
def command(
    service: str, out: Path, exercise: str | None, file_: str | None, package: str | None, course: Path | None
) -> None:
    r"""Write to OUT what SERVICE (gradescope, classroom50, github or gitlab) needs to grade EXERCISE: a zip archive for Gradescope,
    files for the classroom's folder in your `classroom50` repository, files for the students' repository otherwise. None holds a solution or a key. EXERCISE may be left out where OUT
    is named like it.

    \b
    grade bundle gradescope exercise3.zip
    grade bundle classroom50 classroom50/cs-principles exercise3 --package git+https://our.git/grade
    grade bundle github repository/ exercise3 --package git+https://our.git/grade
    grade bundle gitlab repository/ exercise3 --file src/model.py --package keras-grade==0.1
    """
    found = find_course(course)
    wanted = exercise or _guess_exercise_id(found, out)
    if service == "gradescope":
        write.write_bytes(out, bundle.build_gradescope_bundle(found, wanted))
        click.echo(f"Wrote {out}. On Gradescope:\n  Configure Autograder, “Zip file upload”,\n  Ubuntu 22.04 or later")
        return
    # The text goes into a shell command of the workflow.
    if not package or not PACKAGE_PATTERN.fullmatch(package):
        raise UsageError(
            f"--package: what shall pip install there? A plain name, URL or path{f', got {package!r}' if package else ''}"
        )
    if service == "classroom50":
        pages = bundle.classroom50(found, wanted, package)
    else:
        texts = bundle.build_ci_bundle(found, service, wanted, file_ or f"{wanted}.py", package)
        pages = {name: text.encode() for name, text in texts.items()}
    for name in pages:
        # All are looked at before any is written, and a workflow that somebody changed isn't lost.
        if (out / name).exists():
            raise UsageError(f"{out / name} is there already; move it away first")
    write.write_folder(out, pages)
    click.echo("\n".join(f"Wrote {out / name}" for name in pages))


def _guess_exercise_id(course: Course, out: Path) -> str:
    ids = course.list_exercise_ids()
    # `exercise3.zip` says which exercise is meant.
    if out.stem in ids:
        return out.stem
    if len(ids) == 1:
        return ids[0]
    raise UsageError(f"which exercise? Name it: grade bundle SERVICE {out} EXERCISE (`grade list` shows all)")
