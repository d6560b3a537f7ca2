"""The front's connection to the referee; separates faults of the course from faults of the grader."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

from grader.checks import convert_arguments
from grader.courses.case_checks import BEHAVIOUR_PREFIX
from grader.courses.course import Course
from grader.courses.exercise import CheckSpec, Exercise, find_exercise_text
from grader.engines.trainer import RefereeProcess
from grader.errors import CourseError, GraderError, Problem
from grader.grading.options import GradingOptions
from grader.protocol.calls import AskedCheck, CourseFault, FromReferee, Pack, Packed, Prepare, RefereeFault
from grader.protocol.channel import Channel, ChannelClosed, MalformedMessage

MAX_REFEREE_S = 120.0


def find_function_part(exercise: Exercise) -> Exercise:
    """The part of an exercise that calls a plain function; the exercise itself where it has one part."""
    return next((part for part in exercise.split_parts() if part.has_behaviour_checks), exercise)


def build_prepare_message(course: Course, exercise: Exercise, options: GradingOptions) -> Prepare:
    """What the referee needs to know; the reference only where the course has its solutions."""
    reference = course.solutions / exercise.id / "reference.py"
    return Prepare(
        function=str(exercise.function),
        arguments=exercise.arguments,
        asked=list_behaviour_checks(exercise),
        seed=exercise.seed,
        fresh_seed=exercise.seed if options.seed is None else options.seed,
        limit_s=float(exercise.limits.call),
        shipped=str(find_exercise_text(course, exercise.id, "cases.npz")),
        # Without solutions, as on a student's machine, the shipped cases are the only ones.
        reference=str(reference) if reference.is_file() else None,
        panels=exercise.picture,
        picture=str(options.picture.absolute()) if options.picture is not None else None,
    )


def list_behaviour_checks(exercise: Exercise) -> list[AskedCheck]:
    """The checks of behaviour, as the referee needs them."""
    return [_build_behaviour_check(spec) for spec in exercise.checks if spec.check.startswith(BEHAVIOUR_PREFIX)]


def _build_behaviour_check(spec: CheckSpec) -> AskedCheck:
    given = convert_arguments(spec)
    cases = [given["case"]] if "case" in given else given.get("cases", [])
    return AskedCheck(
        id=spec.id,
        kind=spec.check.removeprefix(BEHAVIOUR_PREFIX),
        cases=cases,
        random=given.get("random", 0),
        tolerance=given.get("tolerance", 0.0),
        dtype=given.get("dtype"),
        places=given.get("places", []),
        gate=spec.gate,
        below_s=float(given["below"]) if "below" in given else None,
    )


def update_case_file(course: Course, exercise: Exercise, *, write: bool) -> Packed:
    """Compares `cases.npz` with the reference's results; rewrites the file if `write` is set.

    Raises:
        CourseError: the cases or the reference are wrong.
        GraderError: the referee failed.
    """
    exercise = find_function_part(exercise)
    with contextlib.ExitStack() as stack:
        referee = RefereeClient(exercise)
        stack.callback(referee.process.kill)
        referee.send(Pack(prepare=build_prepare_message(course, exercise, GradingOptions()), write=write))
        packed: Packed = referee.receive(Packed)
    return packed


class RefereeClient:
    """The front's side of the referee."""

    def __init__(self, exercise: Exercise) -> None:
        self.exercise = exercise
        self.process = RefereeProcess()
        self.channel = Channel(self.process.sock, FromReferee, self._check_deadline)
        self.deadline = time.monotonic() + MAX_REFEREE_S

    def send(self, message: Any) -> None:
        """Raises: GraderError: it is gone."""
        with self._raise_faults():
            self.channel.send(message)

    def receive(self, *kinds: type) -> Any:
        """Its next message.

        Raises:
            CourseError: the exercise's cases or reference are wrong.
            GraderError: it failed, or took too long.
        """
        self.deadline = time.monotonic() + MAX_REFEREE_S
        with self._raise_faults():
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
    def _raise_faults(self) -> Iterator[None]:
        try:
            yield
        except (ChannelClosed, MalformedMessage) as error:
            words = self.process.read_last_words()
            raise GraderError(f"the referee ended unexpectedly{': ' + words if words else ''}") from error

    def _check_deadline(self) -> None:
        if time.monotonic() > self.deadline:
            raise GraderError(f"the referee took longer than {MAX_REFEREE_S:g} s on this machine")
