"""`grade doctor`: which layers of the sandbox this machine has, what is missing, and what that means."""

from __future__ import annotations

import platform
import shutil
import textwrap

import click

from grader.engines import confine
from grader.engines.confine.layers import ALWAYS, INSTEAD, SYSTEM, Layer
from grader.errors import Exit, GraderError
from grader.importing import find_version

# A module of the standard library that does nothing when it is run.
NOTHING = "keyword"
POLICY = confine.Policy(memory=1_000_000_000, output=10_000)
PACKAGES = ("keras", "tensorflow", "numpy")
NARROWEST, WIDEST = 40, 100


@click.command("doctor")
def command() -> int:
    r"""Tell which layers of the sandbox this machine has, and what it means where one is missing.

    Student code is confined by all of them together. With `--sandbox strict` a missing one ends the grading before it
    begins; with `auto`, the default, the others have to do.

    \b
    grade doctor
    """
    width = max(NARROWEST, min(WIDEST, shutil.get_terminal_size().columns))
    try:
        student = confine.start(NOTHING, {}, POLICY)
    except GraderError as error:
        click.echo(f"Student code can't be confined here: {error}")
        return Exit.PASSED
    try:
        held, reasons = student.layers, student.reasons
    finally:
        student.kill()
    for line in report(held, reasons, width):
        click.echo(line)
    return Exit.PASSED


def report(held: tuple[str, ...], reasons: tuple[str, ...], width: int) -> list[str]:
    """The lines that tell about the layers.

    Args:
        held: the names of the layers that a student process has here.
        reasons: what the system said where one couldn't be had.
        width: of a line, in characters.
    """
    lines = [_machine(), "", "The sandbox of student code:"]
    for layer in (*ALWAYS, *SYSTEM):
        lines += _layer(layer, held, width)
    missing = confine.lacking(held)
    lines.append("")
    if not missing:
        lines += _wrapped("All layers are there. `--sandbox strict` works on this machine.", width)
        return lines
    names = ", ".join(layer.name for layer in missing)
    lines += _wrapped(f"Missing: {names}. `--sandbox strict` refuses to grade here; `auto` goes on without.", width)
    for reason in reasons:
        lines += _wrapped(f"The system says: {reason}", width)
    return lines


def _layer(layer: Layer, held: tuple[str, ...], width: int) -> list[str]:
    if layer.name in held:
        return _wrapped(f"{layer.name}: {layer.does}", width, "  yes  ")
    if (other := INSTEAD.get(layer.name)) in held:
        return _wrapped(f"{layer.name}: not needed, {other} stands in for it", width, "  -    ")
    lines = _wrapped(f"{layer.name}: {layer.does}", width, "  NO   ")
    return lines + _wrapped(f"Without it {layer.without}.", width, "       ")


def _wrapped(text: str, width: int, mark: str = "") -> list[str]:
    return textwrap.wrap(text, width, initial_indent=mark, subsequent_indent=" " * len(mark), break_on_hyphens=False)


def _machine() -> str:
    found = [f"{name} {find_version(name) or 'missing'}" for name in PACKAGES]
    return f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, {', '.join(found)}"
