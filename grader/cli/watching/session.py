"""Follows one student's saves and keys: looks, tries, trains, and drops what it is doing when the file changes."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from grader import submission
from grader.cli import hint, list_
from grader.cli.progress import Line
from grader.cli.watching import pages
from grader.cli.watching.keyboard import Keyboard
from grader.cli.watching.saves import Saves
from grader.cli.watching.warm import Warm
from grader.course import Course
from grader.errors import UsageError
from grader.exercise import Exercise, text_of
from grader.grading import Options, grade, look
from grader.grading.attempt import Attempt
from grader.grading.options import Moment
from grader.grading.refereeing import calls_function
from grader.noting import Book
from grader.reports.screen import screen_of
from grader.static import Plan
from grader.verdict import Verdict

POLL_S = 0.1
READY_POLL_S = 0.02
SAVED = "saved"
ALWAYS = {"h": "hint", "l": "list", "q": "quit"}


class Dropped(Exception):
    """What is going on has to end: a save, or a key."""

    def __init__(self, event: str) -> None:
        self.event = event
        super().__init__(event)


class Session:
    """One terminal that watches one file.

    Args:
        options: of every run; its progress and processes are the session's own.
        out: where pages go.
    """

    def __init__(
        self, course: Course, exercise: Exercise, path: Path, options: Options, keyboard: Keyboard, out: TextIO
    ) -> None:
        self.course, self.exercise, self.path, self.keyboard, self.out = course, exercise, path, keyboard, out
        self.saves, self.warm, self.book = Saves(path), Warm(), Book(course)
        self.line = Line(out)
        self.options = replace(options, progress=self._progress, start=self.warm)
        self.verdict: Verdict | None = None
        self.training = False
        self.checked_s = 0.0

    def run(self) -> None:
        """Until the key q, or until what holds the terminal ends."""
        event: str | None = SAVED
        with contextlib.closing(self.warm):
            while event != "q":
                event = self._answer(event) if event else self._wait()

    def _answer(self, event: str) -> str | None:
        """Does what a save or a key asks for; returns the event that cut it short, if one did."""
        tasks: dict[str, Callable[[], None]] = {
            SAVED: self._try, "r": self._try, "t": self._train, "s": self._stopped,
            "h": self._hint, "l": self._list, "n": self._next,
        }  # fmt: skip
        if event not in (SAVED, "s") and event not in self._keys():
            return None
        try:
            tasks[event]()
        except Dropped as dropped:
            return dropped.event
        finally:
            self.line.close()
            self.training = False
        self.warm.prepare()
        return None

    def _wait(self) -> str:
        self._show(pages.footer(self._keys(), screen_of(self.out)) + "\n" if self.keyboard.present else "")
        while True:
            key = self.keyboard.key(POLL_S)
            if self.saves.changed():
                return SAVED
            if key is not None and key in self._keys():
                return key

    def _keys(self) -> dict[str, str]:
        """The keys that work now."""
        if self.verdict is None:
            return {"r": "look again", **ALWAYS}
        if pages.waits(self.verdict):
            return {"t": "train", **ALWAYS}
        if self.verdict.status == "passed" and self._upcoming() is not None:
            return {"n": "next exercise", **ALWAYS}
        return {"r": "run again", **ALWAYS}

    # ---- what can be done ----

    def _try(self) -> None:
        """Looks at the file, and then tries it up to the training."""
        self.verdict = None
        try:
            source = submission.read(self.path)
            report = look(self.course, self.exercise, source)
        except UsageError as error:
            self._page(f"{error}\nWaiting for it.\n")
            return
        options = replace(self.options, until="probe", start=self.warm.untrained)
        if report.findings or report.plan is None:
            self._grade(options)
            self._begin_warming(Plan(source=source.source), early=True)
            return
        self._page(pages.looking(self._subject(), report.notes, screen_of(self.out)))
        self._begin_warming(report.plan, early=False)
        self._until_warm()
        self._grade(options)

    def _begin_warming(self, plan: Plan, *, early: bool) -> None:
        """Starts the processes also while the file can't be run yet, so that they wait for the save that mends it."""
        if not calls_function(self.exercise):
            attempt = Attempt(self.exercise, plan, self.path.name, self.exercise.seed, self.options)
            self.warm.prepare(attempt.request(), early=early)

    def _until_warm(self) -> None:
        """Waits until they have imported; a save meanwhile costs none of that."""
        while not self.warm.ready():
            self._progress(Moment(stage="starting"))
            time.sleep(READY_POLL_S)

    def _train(self) -> None:
        """Grades the file as the main job does."""
        self.training = True
        self._page(pages.looking(self._subject(), [], screen_of(self.out)))
        if self.keyboard.present:
            self._show(pages.footer({"s": "stop", "q": "quit"}, screen_of(self.out)) + "\n")
        self._grade(self.options)

    def _grade(self, options: Options) -> None:
        try:
            verdict = grade(self.course, self.exercise, self.path, options)
        except UsageError as error:
            self._page(f"{error}\nWaiting for it.\n")
            return
        self.verdict = verdict
        subject, screen = self._subject(), screen_of(self.out)
        if pages.waits(verdict):
            self._page(pages.before_training(subject, verdict, screen))
            return
        self._page(pages.judged(subject, verdict, screen))
        with contextlib.suppress(OSError):
            self.book.note(verdict)

    def _stopped(self) -> None:
        assert self.verdict is not None
        self._page(pages.before_training(self._subject(), self.verdict, screen_of(self.out)) + "Training stopped.\n")

    def _hint(self) -> None:
        spec = self.exercise
        self._show("\n" + (hint.following(spec, self.book) if spec.hints else f"{spec.id} has no hints.") + "\n")

    def _list(self) -> None:
        exercises, _ = list_.load_all(self.course)
        standing = self.book.read()
        lines = [list_.table(exercises, screen_of(self.out).width, standing), *list_.summary(exercises, standing)]
        self._show("\n" + list_.encodable("\n".join(lines), self.out.encoding) + "\n")

    def _next(self) -> None:
        """Goes on with the next exercise, in a file of its own beside this one."""
        following = self._upcoming()
        assert following is not None
        target = self.path.with_name(f"{following.id}.py")
        if not target.exists():
            shutil.copyfile(text_of(self.course, following.id, "stub.py"), target)
        self.warm.close()
        self.exercise, self.path, self.saves = following, target, Saves(target)
        self._try()

    def _upcoming(self) -> Exercise | None:
        exercises, _ = list_.load_all(self.course)
        return list_.upcoming(exercises, self.book.read())

    # ---- showing, and being told ----

    def _subject(self) -> pages.Subject:
        at = time.strftime("%H:%M:%S")
        return pages.Subject(exercise=self.exercise.id, title=self.exercise.title, file=str(self.path), at=at)

    def _page(self, text: str) -> None:
        """A page of its own on a terminal; elsewhere pages follow each other."""
        self.line.close()
        self._show((pages.CLEAR if self.out.isatty() else "") + text)

    def _show(self, text: str) -> None:
        self.out.write(text)
        self.out.flush()

    def _progress(self, moment: Moment) -> None:
        """Draws the progress line, and looks whether something else is wanted meanwhile. Raises: Dropped."""
        self.line(moment)
        now = time.monotonic()
        if now - self.checked_s < POLL_S:
            return
        self.checked_s = now
        key = self.keyboard.key()
        if self.saves.changed():
            raise Dropped(SAVED)
        if key == "q" or (key == "s" and self.training):
            raise Dropped(key)
