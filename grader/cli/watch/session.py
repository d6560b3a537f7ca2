"""Follows one student's saves and keys: looks, tries, trains, and drops what it is doing when the file changes."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from grader import submission
from grader.cli import hint, list_
from grader.cli.progress import ProgressLine
from grader.cli.watch import pages
from grader.cli.watch.keyboard import Keyboard
from grader.cli.watch.saves import SaveWatcher
from grader.cli.watch.warm import WarmProcesses
from grader.courses.course import Course
from grader.courses.exercise import Exercise, find_exercise_text
from grader.courses.student_progress import ProgressFile
from grader.errors import UsageError
from grader.grading import GradingOptions, grade, inspect_file
from grader.grading.attempt import TrainingAttempt
from grader.grading.options import RunProgress
from grader.messages.text import escape_line
from grader.records.verdict import Verdict
from grader.reports.screen import detect_screen
from grader.static import ExecutionPlan

POLL_S = 0.1
READY_POLL_S = 0.02
SAVE_EVENT = "saved"
COMMON_KEYS = {"h": "hint", "l": "list", "q": "quit"}


class TaskDropped(Exception):
    """What is going on has to end: a save, or a key."""

    def __init__(self, event: str) -> None:
        self.event = event
        super().__init__(event)


class WatchSession:
    """One terminal that watches files; the one that was saved last is the one that its keys are about.

    Args:
        files: each with its exercise; the first is looked at at once.
        options: of every run; its progress and processes are the session's own.
        out: where pages go.
    """

    def __init__(
        self,
        course: Course,
        files: Sequence[tuple[Exercise, Path]],
        options: GradingOptions,
        keyboard: Keyboard,
        out: TextIO,
    ) -> None:
        self.course, self.keyboard, self.out = course, keyboard, out
        self.exercise, self.path = self.saved = files[0]
        self.watched = {path: (exercise, SaveWatcher(path)) for exercise, path in files}
        self.warm, self.book = WarmProcesses(), ProgressFile(course)
        self.line = ProgressLine(out)
        self.options = replace(options, progress=self._follow_progress, start=self.warm)
        self.verdict: Verdict | None = None
        self.training = False
        self.checked_s = 0.0

    def run(self) -> None:
        """Until the key q, or until what holds the terminal ends."""
        event: str | None = SAVE_EVENT
        with contextlib.closing(self.warm):
            while event != "q":
                event = self._handle_event(event) if event else self._wait_for_event()

    def _handle_event(self, event: str) -> str | None:
        """Does what a save or a key asks for; returns the event that cut it short, if one did."""
        tasks: dict[str, Callable[[], None]] = {
            SAVE_EVENT: self._try_saved, "r": self._try_file, "t": self._train_file, "s": self._show_stopped,
            "h": self._show_hint, "l": self._show_exercises, "n": self._start_next_exercise,
        }  # fmt: skip
        if event not in (SAVE_EVENT, "s") and event not in self._list_keys():
            return None
        try:
            tasks[event]()
        except TaskDropped as dropped:
            return dropped.event
        finally:
            self.line.clear()
            self.training = False
        # Now, while the student reads, so that the next save finds processes that have imported.
        self.warm.prepare()
        return None

    def _wait_for_event(self) -> str:
        self._print_text(
            pages.render_footer(self._list_keys(), detect_screen(self.out)) + "\n" if self.keyboard.present else ""
        )
        if len(self.watched) > 1:
            self._print_text(f"Watching {', '.join(escape_line(str(path)) for path in self.watched)}.\n")
        while True:
            key = self.keyboard.read_key(POLL_S)
            if self._find_saved():
                return SAVE_EVENT
            for path, (_, saves) in self.watched.items():
                if saves.has_gone():
                    self._print_text(f"{escape_line(str(path))} was deleted. Waiting until it is back.\n")
            if key is not None and key in self._list_keys():
                return key

    def _list_keys(self) -> dict[str, str]:
        """The keys that work now."""
        if self.verdict is None:
            return {"r": "look again", **COMMON_KEYS}
        if pages.is_ready_to_train(self.verdict):
            return {"t": "train", **COMMON_KEYS}
        if self.verdict.status == "passed" and self._find_next_exercise() is not None:
            return {"n": "next exercise", **COMMON_KEYS}
        return {"r": "run again", **COMMON_KEYS}

    # ---- what can be done ----

    def _try_saved(self) -> None:
        """Turns to the file that was saved, and looks at it."""
        self._turn_to(*self.saved)
        self._try_file()

    def _turn_to(self, exercise: Exercise, path: Path) -> None:
        # The pair that waits was started for the other exercise's limits and data.
        if exercise.id != self.exercise.id:
            self.warm.close()
        self.exercise, self.path, self.saved = exercise, path, (exercise, path)

    def _find_saved(self) -> bool:
        """Whether one of the files was saved; it is then the one to look at."""
        for path, (exercise, saves) in self.watched.items():
            if saves.has_changed():
                self.saved = exercise, path
                return True
        return False

    def _try_file(self) -> None:
        """Looks at the file, and then tries it up to the training."""
        self.verdict = None
        try:
            source = submission.read_submission(self.path)
            report = inspect_file(self.course, self.exercise, source)
        except UsageError as error:
            self._show_page(f"{error}\nWaiting for it.\n")
            return
        options = replace(self.options, until="probe", start=self.warm.start_untrained)
        if report.findings or report.plan is None:
            self._grade_file(options)
            self._begin_warming(ExecutionPlan(source=source.source), early=True)
            return
        self._show_page(pages.render_trial_page(self._describe_file(), report.notes, detect_screen(self.out)))
        # After the page is shown: the first answer must not wait for processes.
        self._begin_warming(report.plan, early=False)
        self._wait_until_warm()
        self._grade_file(options)

    def _begin_warming(self, plan: ExecutionPlan, *, early: bool) -> None:
        """Starts the processes also while the file can't be run yet, so that they wait for the save that mends it."""
        if not self.exercise.has_behaviour_checks:
            attempt = TrainingAttempt(self.exercise, plan, self.path.name, self.exercise.seed, self.options)
            self.warm.prepare(attempt.build_request(), early=early)

    def _wait_until_warm(self) -> None:
        """Waits until they have imported; a save meanwhile costs none of that."""
        while not self.warm.is_ready():
            self._follow_progress(RunProgress(stage="starting"))
            time.sleep(READY_POLL_S)

    def _train_file(self) -> None:
        """Grades the file as the main job does."""
        self.training = True
        self._show_page(pages.render_trial_page(self._describe_file(), [], detect_screen(self.out)))
        if self.keyboard.present:
            self._print_text(pages.render_footer({"s": "stop", "q": "quit"}, detect_screen(self.out)) + "\n")
        self._grade_file(self.options)

    def _grade_file(self, options: GradingOptions) -> None:
        try:
            verdict = grade(self.course, self.exercise, self.path, options)
        except UsageError as error:
            self._show_page(f"{error}\nWaiting for it.\n")
            return
        self.verdict = verdict
        subject, screen = self._describe_file(), detect_screen(self.out)
        if pages.is_ready_to_train(verdict):
            self._show_page(pages.render_untrained_page(subject, verdict, screen))
            return
        with contextlib.suppress(OSError):
            self.book.note_verdict(verdict)
        self._show_page(pages.render_verdict_page(subject, verdict, screen, self._list_keys()))

    def _show_stopped(self) -> None:
        assert self.verdict is not None
        self._show_page(
            pages.render_untrained_page(self._describe_file(), self.verdict, detect_screen(self.out))
            + "Training stopped.\n"
        )

    def _show_hint(self) -> None:
        spec = self.exercise
        shown = hint.open_next_hint(spec, self.book, again="press h") if spec.hints else f"{spec.id} has no hints."
        self._print_text(f"\n{shown}\n")

    def _show_exercises(self) -> None:
        exercises, _ = list_.load_readable_exercises(self.course)
        standing = self.book.read_progress()
        lines = [
            list_.format_exercise_list(exercises, detect_screen(self.out).width, standing),
            *list_.describe_progress(exercises, standing, lambda following: following.id),
        ]
        self._print_text("\n" + list_.replace_unencodable("\n".join(lines), self.out.encoding) + "\n")

    def _start_next_exercise(self) -> None:
        """Switches to the next exercise, in its own file in the same folder."""
        following = self._find_next_exercise()
        assert following is not None
        target = self.path.with_name(f"{following.id}.py")
        # The student may have begun it already.
        if not target.exists():
            shutil.copyfile(find_exercise_text(self.course, following.id, "stub.py"), target)
        # The others stay watched, but for the one that is done.
        self.watched.pop(self.path, None)
        self.watched[target] = (following, SaveWatcher(target))
        self._turn_to(following, target)
        self._try_file()

    def _find_next_exercise(self) -> Exercise | None:
        exercises, _ = list_.load_readable_exercises(self.course)
        return list_.find_next_exercise(exercises, self.book.read_progress())

    # ---- showing, and being told ----

    def _describe_file(self) -> pages.WatchedFile:
        at = time.strftime("%H:%M:%S")
        return pages.WatchedFile(exercise=self.exercise.id, title=self.exercise.title, file=str(self.path), at=at)

    def _show_page(self, text: str) -> None:
        """A page of its own on a terminal; elsewhere pages follow each other."""
        self.line.clear()
        self._print_text((pages.CLEAR_SCREEN if self.out.isatty() else "") + text)

    def _print_text(self, text: str) -> None:
        self.out.write(text)
        self.out.flush()

    def _follow_progress(self, moment: RunProgress) -> None:
        """Draws the progress line, and looks whether something else is wanted meanwhile. Raises: TaskDropped."""
        self.line(moment)
        now = time.monotonic()
        if now - self.checked_s < POLL_S:
            return
        self.checked_s = now
        key = self.keyboard.read_key()
        if self._find_saved():
            raise TaskDropped(SAVE_EVENT)
        # Other keys wait: a hint doesn't interrupt a training.
        if key == "q" or (key == "s" and self.training):
            raise TaskDropped(key)
