"""What the watching terminal shows: before the training, after it, and the keys that work now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from msgspec import structs
from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from grader.grading.fitting import UNTRAINED
from grader.messages.text import escape_line
from grader.records.verdict import Note, Verdict
from grader.reports import terminal
from grader.reports.reading import describe_first_task, describe_open, format_count, format_number, shorten_path
from grader.reports.screen import Screen, draw_parts, make_text

UNTRAINED_REASON = f"not judged yet: {UNTRAINED}"
FOOTER_LINES = 3
CLEAR_SCREEN = "\x1b[H\x1b[2J"


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedFile:
    """What is watched: the exercise, its title and the file's name; `at` is the time of day of the last save."""

    exercise: str
    title: str
    file: str
    at: str


def is_ready_to_train(verdict: Verdict) -> bool:
    """Whether the run was ended just before a training that could begin."""
    return any(check.message == UNTRAINED_REASON for check in verdict.checks)


def render_trial_page(subject: WatchedFile, notes: list[Note], screen: Screen) -> str:
    """The page while the file is tried: it could be read, and what was noted in it."""
    return draw_parts(
        [*_render_heading(subject), Text("✓ Your file can be read.", style="green"), *terminal.draw_notes(notes)],
        screen,
    )


def render_untrained_page(subject: WatchedFile, verdict: Verdict, screen: Screen) -> str:
    """What is known without training: checks that are met or not, and those that wait for it."""
    known = [check for check in verdict.checks if check.message != UNTRAINED_REASON]
    waiting = [check for check in verdict.checks if check.message == UNTRAINED_REASON]
    points = sum(check.max_points for check in waiting)
    left = [Text(f"{describe_open(verdict)}\n", style="bold")] if verdict.open_places else []
    parts: list[RenderableType] = [*_render_heading(subject), *left, *terminal.draw_checks(known, screen)]
    parts += [*terminal.draw_notes(verdict.notes)]
    told = f"\n{format_count(len(waiting), 'check')} ({format_number(points)} points) can only be judged by training."
    wrong = sum(check.status == "failed" for check in known)
    parts.append(Text(told + (f" {format_count(wrong, 'check')} above failed." if wrong else " All good so far.")))
    return draw_parts(parts, screen)


def render_verdict_page(subject: WatchedFile, verdict: Verdict, screen: Screen, keys: Mapping[str, str]) -> str:
    """The whole verdict; of a file that can't be run, only why.

    Args:
        keys: those that work now, each with what it does.
    """
    # A page of skipped checks would hide the one thing to do.
    if verdict.status == "failed" and verdict.end == "not_started":
        told = Padding(make_text(verdict.end_message), (0, 0, 0, 2))
        return draw_parts(
            [*_render_heading(subject), Text("✗ Your file can't be run yet.", style="bold red"), told], screen
        )
    following = _describe_next_key(verdict, keys)
    page = draw_parts(terminal.draw_verdict(verdict, screen, following), screen)
    fits = screen.height is None or page.count("\n") + FOOTER_LINES < screen.height
    if fits or verdict.status != "failed" or verdict.edition:
        return page
    # What is to be mended comes first, so of a longer page the window would show all but that.
    failed = [check for check in verdict.checks if check.status == "failed"]
    short = structs.replace(verdict, checks=failed, notes=[], training=[], measured={}, returned=None, stdout="")
    others = format_count(len(verdict.checks) - len(failed), "other check")
    left_out = Text(f"\nThe window is too small for {others} and what was measured.", style="dim")
    return draw_parts([*terminal.draw_verdict(short, screen, following), left_out], screen)


def _describe_next_key(verdict: Verdict, keys: Mapping[str, str]) -> str:
    """What to do next, as this session's keys do it; nothing where no key does it."""
    if verdict.edition:
        return ""
    if verdict.status == "passed":
        return "press n for the next exercise." if "n" in keys else "all exercises are passed. Well done!"
    if verdict.status == "error":
        return "press r to run it again. If it fails again, show this report to your instructor."
    return describe_first_task(verdict, "save the file") + " Press h for a hint."


def _render_heading(subject: WatchedFile) -> Iterator[RenderableType]:
    about = " · ".join(
        part
        for part in (subject.exercise, escape_line(subject.title, 120), escape_line(shorten_path(subject.file)))
        if part
    )
    yield Text.assemble((about, "bold"), (f"  {subject.at}", "dim"))
    yield Text("")


def render_footer(keys: Mapping[str, str], screen: Screen) -> str:
    """The keys that work now, as many on a line as fit."""
    text = Text("\n")
    for key, does in keys.items():
        text.append(key, style="bold reverse")
        text.append(f"\u00a0{does}  ")
    # No-break spaces have kept each key and its meaning on one line.
    return draw_parts([text], screen).rstrip("\n").replace("\u00a0", " ")
