"""What the watching terminal shows: before the training, after it, and the keys that work now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from grader.reports import terminal_verdict
from grader.reports.reading import counted, file_name, number
from grader.reports.screen import Screen, draw, words
from grader.reports.text import line
from grader.verdict import Note, Verdict

WAITS = "not judged: the training has not been started"
CLEAR = "\x1b[H\x1b[2J"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is watched: the exercise, its title and the file's name; `at` is the time of day of the last save."""

    exercise: str
    title: str
    file: str
    at: str


def waits(verdict: Verdict) -> bool:
    """Whether the run was ended just before a training that could begin."""
    return any(check.message == WAITS for check in verdict.checks)


def looking(subject: Subject, notes: list[Note], screen: Screen) -> str:
    """The page while the file is tried: it could be read, and what was noted in it."""
    return draw(
        [*_top(subject), Text("✓ Your file can be read.", style="green"), *terminal_verdict.notes(notes)], screen
    )


def before_training(subject: Subject, verdict: Verdict, screen: Screen) -> str:
    """What is known without training: checks that are met or not, and those that wait for it."""
    known = [check for check in verdict.checks if check.message != WAITS]
    waiting = [check for check in verdict.checks if check.message == WAITS]
    points = sum(check.max_points for check in waiting)
    parts: list[RenderableType] = [*_top(subject), *terminal_verdict.checks(known, screen)]
    parts += [*terminal_verdict.notes(verdict.notes)]
    told = f"\n{counted(len(waiting), 'check')} ({number(points)} points) can only be judged by training."
    wrong = sum(check.status == "failed" for check in known)
    parts.append(Text(told + (f" {counted(wrong, 'check')} above not met." if wrong else " So far all is right.")))
    return draw(parts, screen)


def judged(subject: Subject, verdict: Verdict, screen: Screen) -> str:
    """The whole verdict; of a file that can't be run, only why."""
    if verdict.status == "failed" and verdict.end == "not_started":
        told = Padding(words(verdict.end_message), (0, 0, 0, 2))
        return draw([*_top(subject), Text("✗ Your file can't be run yet.", style="bold red"), told], screen)
    return draw(terminal_verdict.one(verdict, screen), screen)


def _top(subject: Subject) -> Iterator[RenderableType]:
    about = " · ".join(
        part for part in (subject.exercise, line(subject.title, 120), line(file_name(subject.file))) if part
    )
    yield Text.assemble((about, "bold"), (f"  {subject.at}", "dim"))
    yield Text("")


def footer(keys: Mapping[str, str], screen: Screen) -> str:
    """The keys that work now, as many on a line as fit."""
    text = Text("\n")
    for key, does in keys.items():
        text.append(key, style="bold reverse")
        text.append(f"\u00a0{does}  ")
    return draw([text], screen).rstrip("\n").replace("\u00a0", " ")
