"""`grade hint`: one hint more each time it is asked, from a gentle question to the code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import platformdirs

from grader import course as courses
from grader.course import Course
from grader.exercise import Exercise, load, text_of


@click.command("hint")
@click.argument("exercise")
@click.option("--all", "show_all", is_flag=True, help="Show every hint.")
@click.option("--reset", is_flag=True, help="Start again from the first hint.")
@click.option("--course", type=click.Path(path_type=Path), help="The course's folder.")
def command(exercise: str, show_all: bool, reset: bool, course: Path | None) -> None:
    """Show the next hint of an exercise."""
    found = courses.find(course)
    spec = load(found, exercise)
    progress = Progress(found, spec.id)
    if not spec.hints:
        click.echo(f"{spec.id} has no hints; its README is {text_of(found, spec.id, 'README.md')}")
    elif reset:
        progress.save(0)
        click.echo(f"The next `grade hint {spec.id}` shows the first of {len(spec.hints)} hints.")
    elif show_all:
        progress.save(len(spec.hints))
        click.echo("\n\n".join(rung(spec, index) for index in range(len(spec.hints))))
    else:
        _next(spec, progress)


def rung(spec: Exercise, index: int) -> str:
    """One hint with its number."""
    return f"Hint {index + 1} of {len(spec.hints)}\n" + click.wrap_text(spec.hints[index], 88, "  ", "  ")


def _next(spec: Exercise, progress: Progress) -> None:
    shown = progress.shown()
    if shown >= len(spec.hints):
        click.echo(f"No more hints: all {len(spec.hints)} were shown. `grade hint {spec.id} --all` shows them again.")
        return
    click.echo(rung(spec, shown))
    if shown + 1 < len(spec.hints):
        click.echo(f"\n`grade hint {spec.id}` again shows the next one.")
    progress.save(shown + 1)


class Progress:
    """How many hints of an exercise were shown, kept in the user's state folder; damaged files count as none.

    Args:
        course: two courses may have exercises of the same name.
    """

    def __init__(self, course: Course, exercise_id: str) -> None:
        self.path = Path(platformdirs.user_state_dir("grade")) / "hints.json"
        self.key = f"{course.root}:{exercise_id}"

    def shown(self) -> int:
        """The number of hints shown so far."""
        count = self._read().get(self.key, 0)
        return count if isinstance(count, int) and count >= 0 else 0

    def save(self, count: int) -> None:
        """Remembers; where the folder can't be written, says so and goes on."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_text(json.dumps({**self._read(), self.key: count}, indent=1), encoding="utf-8")
        except OSError as error:
            click.echo(f"grade: can't remember which hints were shown: {self.path}: {error.strerror}", err=True)

    def _read(self) -> dict[str, Any]:
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}
