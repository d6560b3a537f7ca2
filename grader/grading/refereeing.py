"""The front's side of the referee: what it is told of an exercise, and what it says, with its faults told apart."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

from grader.calls import Asked, CourseFault, FromReferee, Pack, Packed, Prepare, RefereeFault
from grader.channel import Channel, Closed, Malformed
from grader.checks import arguments
from grader.checks.behaviour import GROUP
from grader.course import Course
from grader.engines.referee import RefereeProcess
from grader.errors import CourseError, GraderError, Problem
from grader.exercise import CheckSpec, Exercise, text_of
from grader.grading.options import Options

REFEREE_S = 120.0


def calls_function(exercise: Exercise) -> bool:
    """Whether an exercise grades a plain function by calling it."""
    return any(spec.check.startswith(GROUP) for spec in exercise.checks)


def prepare(course: Course, exercise: Exercise, options: Options) -> Prepare:
    """What the referee needs to know; the reference only where the course has its solutions."""
    reference = course.solutions / exercise.id / "reference.py"
    return Prepare(
        function=str(exercise.function),
        arguments=exercise.arguments,
        asked=asked_of(exercise),
        seed=exercise.seed,
        fresh_seed=exercise.seed if options.seed is None else options.seed,
        limit_s=float(exercise.limits.call),
        shipped=str(text_of(course, exercise.id, "cases.npz")),
        reference=str(reference) if reference.is_file() else None,
        panels=exercise.picture,
        picture=str(options.picture.absolute()) if options.picture is not None else None,
    )


def asked_of(exercise: Exercise) -> list[Asked]:
    """The checks of behaviour, as the referee needs them."""
    return [_asked(spec) for spec in exercise.checks if spec.check.startswith(GROUP)]


def _asked(spec: CheckSpec) -> Asked:
    given = arguments(spec)
    cases = [given["case"]] if "case" in given else given.get("cases", [])
    return Asked(
        id=spec.id,
        kind=spec.check.removeprefix(GROUP),
        cases=cases,
        random=given.get("random", 0),
        tolerance=given.get("tolerance", 0.0),
        dtype=given.get("dtype"),
        gate=spec.gate,
        below_s=float(given["below"]) if "below" in given else None,
    )


def pack(course: Course, exercise: Exercise, *, write: bool) -> Packed:
    """Compares `cases.npz` with what the reference gives, and writes it anew if asked to.

    Raises:
        CourseError: the cases or the reference are wrong.
        GraderError: the referee failed.
    """
    with contextlib.ExitStack() as stack:
        referee = Referee(exercise)
        stack.callback(referee.process.kill)
        referee.send(Pack(prepare=prepare(course, exercise, Options()), write=write))
        packed: Packed = referee.hear(Packed)
    return packed


class Referee:
    """The front's side of the referee."""

    def __init__(self, exercise: Exercise) -> None:
        self.exercise = exercise
        self.process = RefereeProcess()
        self.channel = Channel(self.process.sock, FromReferee, self._tick)
        self.deadline = time.monotonic() + REFEREE_S

    def send(self, message: Any) -> None:
        """Raises: GraderError: it is gone."""
        with self._faults():
            self.channel.send(message)

    def hear(self, *kinds: type) -> Any:
        """Its next message.

        Raises:
            CourseError: the exercise's cases or reference are wrong.
            GraderError: it failed, or took too long.
        """
        self.deadline = time.monotonic() + REFEREE_S
        with self._faults():
            message = self.channel.receive()
        if isinstance(message, CourseFault):
            place = (
                f"{'solutions' if message.file == 'reference.py' else 'exercises'}/{self.exercise.id}/{message.file}"
            )
            raise CourseError([Problem(file=place, line=1, column=1, message=message.message)])
        if isinstance(message, RefereeFault):
            raise GraderError(f"the referee failed: {message.message}")
        if not isinstance(message, kinds):
            raise GraderError(f"the referee sent {type(message).__name__} out of turn")
        return message

    @contextlib.contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except (Closed, Malformed) as error:
            words = self.process.last_words()
            raise GraderError(f"the referee ended unexpectedly{': ' + words if words else ''}") from error

    def _tick(self) -> None:
        if time.monotonic() > self.deadline:
            raise GraderError(f"the referee took longer than {REFEREE_S:g} s on this machine")
