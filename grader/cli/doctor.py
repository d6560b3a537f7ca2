"""`grade doctor`: which layers of the sandbox this machine has, what is missing, and what that means."""

from __future__ import annotations

import platform
import shutil
import textwrap
from pathlib import Path

import click

from grader.courses import course as courses
from grader.courses import settings
from grader.engines import confine
from grader.engines.confine.layers import ALWAYS_LAYERS, REPLACEMENT_LAYERS, SYSTEM_LAYERS, SandboxLayer
from grader.engines.confine.remedies import find_remedies
from grader.engines.forking import find_version
from grader.errors import Exit, GraderError, UsageError
from grader.leniency.packages import COMMON, EXTRA, find_absent

# A module of the standard library that does nothing when it is run.
IDLE_MODULE = "keyword"
TRIAL_POLICY = confine.SandboxPolicy(memory=1_000_000_000, output=10_000)
SHOWN_PACKAGES = ("keras", "tensorflow", "numpy")
MIN_WIDTH, MAX_WIDTH = 40, 100


@click.command("doctor")
@click.option(
    "--course", type=click.Path(path_type=Path), help="The course's folder (default: $GRADE_COURSE, or found)."
)
def command(course: Path | None) -> int:
    r"""Tell which layers of the sandbox and which of the students' packages this machine has, and what a missing one means.

    Student code is confined by all of them together. With `--sandbox strict` a missing one ends the grading before it
    begins; with `auto`, the default, the others have to do.

    \b
    grade doctor
    """
    width = max(MIN_WIDTH, min(MAX_WIDTH, shutil.get_terminal_size().columns))
    try:
        # Tried for real: what a kernel offers and what it allows here are two things.
        student = confine.start_confined(IDLE_MODULE, {}, TRIAL_POLICY)
    except GraderError as error:
        click.echo(f"Student code can't be confined here: {error}")
        return Exit.PASSED
    try:
        held, reasons = student.layers, student.reasons
    # The trial process would otherwise wait for its first message.
    finally:
        student.kill()
    for line in [*describe_sandbox_layers(held, reasons, width), "", *report_packages(_promised(course), width)]:
        click.echo(line)
    return Exit.PASSED


def _promised(course: Path | None) -> list[str]:
    """The packages that the course promises; none where there is no course."""
    try:
        return settings.load_settings(courses.find_course(course)).packages
    except UsageError:
        return []


def report_packages(promised: list[str], width: int) -> list[str]:
    """Lists in lines which of the packages that students' files import are missing.

    Args:
        promised: by `course.yaml`, besides the usual ones.
        width: of a line, in characters.
    """
    wanted = [*COMMON, *(name for name in promised if name not in COMMON)]
    absent = find_absent(wanted)
    lines = [f"The packages that students' files import beside Keras and NumPy: {len(wanted) - len(absent)} of {len(wanted)}"]
    for name in absent:
        way_out = f"`pip install {COMMON[name]}`" if name in COMMON else "course.yaml promises it"
        lines += _wrap_with_mark(f"{name} ({way_out})", width, "  NO   ")
    if absent:
        lines += _wrap_with_mark(f"A file that needs one for its result can't be graded here. `{EXTRA}` installs the usual ones.", width)
    return lines


def describe_sandbox_layers(held: tuple[str, ...], reasons: tuple[str, ...], width: int) -> list[str]:
    """Describes the sandbox's layers in lines.

    Args:
        held: the names of the layers that a student process has here.
        reasons: what the system said where one couldn't be had.
        width: of a line, in characters.
    """
    lines = [_describe_machine(), "", "The sandbox of student code:"]
    for layer in (*ALWAYS_LAYERS, *SYSTEM_LAYERS):
        lines += _describe_sandbox_layer(layer, held, width)
    missing = confine.list_missing_layers(held)
    lines.append("")
    if not missing:
        lines += _wrap_with_mark("All layers are there. `--sandbox strict` works on this machine.", width)
        return lines
    names = ", ".join(layer.name for layer in missing)
    lines += _wrap_with_mark(f"Missing: {names}. `--sandbox strict` refuses to grade here; `auto` goes on without.", width)
    for reason in reasons:
        lines += _wrap_with_mark(f"The system says: {reason}", width)
    for remedy in find_remedies({layer.name for layer in missing}):
        # The command is one line whatever the width, so that it can be copied.
        lines += ["", *_wrap_with_mark(f"Likely cause: {remedy.cause}. This gives it back:", width), f"    {remedy.command}"]
    return lines


def _describe_sandbox_layer(layer: SandboxLayer, held: tuple[str, ...], width: int) -> list[str]:
    if layer.name in held:
        return _wrap_with_mark(f"{layer.name}: {layer.does}", width, "  yes  ")
    # Some layers exist in an older and a newer form, of which a kernel has one.
    if (other := REPLACEMENT_LAYERS.get(layer.name)) in held:
        return _wrap_with_mark(f"{layer.name}: not needed, {other} stands in for it", width, "  -    ")
    lines = _wrap_with_mark(f"{layer.name}: {layer.does}", width, "  NO   ")
    return lines + _wrap_with_mark(f"Without it {layer.without}.", width, "       ")


def _wrap_with_mark(text: str, width: int, mark: str = "") -> list[str]:
    return textwrap.wrap(text, width, initial_indent=mark, subsequent_indent=" " * len(mark), break_on_hyphens=False)


def _describe_machine() -> str:
    found = [f"{name} {find_version(name) or 'missing'}" for name in SHOWN_PACKAGES]
    return f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, {', '.join(found)}"
