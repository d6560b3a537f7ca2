"""The path of a plain function: the referee makes cases, the confined student process answers, the referee judges.

The front relays between the two: it passes arrays on without opening them, and measures the time.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

from msgspec import structs

from grader.checks import describe_gates, find_title
from grader.courses import settings
from grader.courses.course import Course
from grader.courses.exercise import Exercise
from grader.engines import confine
from grader.errors import GraderError
from grader.grading.gone import (
    RunOver,
    cut_output,
    end_of_crash,
    find_lost_process_end,
    find_student_limit_end,
    raise_as_grader_fault,
)
from grader.grading.options import GradingOptions, RunProgress
from grader.grading.refereeing import RefereeClient, build_prepare_message
from grader.leniency.packages import explain_absence
from grader.protocol.calls import Call, Enough, FromStudent, Gave, Hung, Judged, Loaded, Raised
from grader.protocol.channel import Channel, ChannelClosed, MalformedMessage
from grader.protocol.wire import Crashed, Load, Ready, Remark, Unsupported
from grader.records.run import FunctionTrial, Run, RunEnd
from grader.records.verdict import Note
from grader.static import ExecutionPlan

MAX_STARTUP_S = 60.0
MAX_IDLE_FACTOR = 10  # a call that waits instead of computing is given up after this many times its limit
MAX_RESULT_BYTES = 500_000_000
MAX_NOTES = 200
HUNG_HINT = "Does every loop end? Could something that is computed anew for each pixel be computed once, before the loop?"


class AnswerTimeout(Exception):
    """The awaited message didn't arrive in time."""


def keep_up_to_gate(
    exercise: Exercise, trials: dict[str, FunctionTrial]
) -> tuple[dict[str, FunctionTrial], str | None]:
    """The trials up to the first gate that failed, and the title of that; all of them where none did."""
    for number, spec in enumerate(exercise.checks):
        if spec.gate and spec.id in trials and trials[spec.id].failure is not None:
            kept = {each.id: trials[each.id] for each in exercise.checks[: number + 1] if each.id in trials}
            return kept, find_title(spec)
    return trials, None


class FunctionAttempt:
    """Tries one submission's function once.

    Args:
        plan: what of the file is executed.
        filename: the name that the student's tracebacks show.
    """

    def __init__(
        self, course: Course, exercise: Exercise, plan: ExecutionPlan, filename: str, options: GradingOptions
    ) -> None:
        self.course, self.exercise, self.plan, self.filename, self.options = course, exercise, plan, filename, options
        self.notes: list[Note] = []
        self.packages = settings.load_settings(course).packages
        self.trials: dict[str, FunctionTrial] | None = None
        self.spent_s: dict[str, float] = {}
        self._limit_s = MAX_STARTUP_S
        self._since = self._cpu_s = 0.0

    def run(self) -> Run:
        """Starts both processes, lets them talk, and ends them, whatever happens.

        Raises:
            CourseError: the exercise's cases or reference are wrong.
            GraderError: the referee or the machine failed.
        """
        course, limits = self.course, self.exercise.limits
        policy = confine.SandboxPolicy(
            memory=limits.memory,
            output=limits.output,
            level=self.options.sandbox,
            # The process could otherwise read the reference and the fixed cases, and return their answers.
            hidden=(course.solutions, course.root / "exercises"),
        )
        self.options.progress(RunProgress(stage="starting"))
        with contextlib.ExitStack() as stack:
            self.referee = RefereeClient(self.exercise)
            stack.callback(self.referee.process.kill)
            self.referee.send(build_prepare_message(course, self.exercise, self.options))
            files = {self.filename: self.plan.source.encode()}
            self.student_process = confine.start_confined("grader.student.calling", files, policy)
            stack.callback(self.student_process.kill)
            self.student = Channel(self.student_process.sock, FromStudent, self._check_limits)
            end = self._follow_run()
            output = self.student_process.read_output()
            self.notes += cut_output(self.student_process, self.exercise.limits)
        timings = {name: round(seconds, 3) for name, seconds in self.spent_s.items()}
        return Run(
            seed=self.exercise.seed, end=end, trials=self.trials, notes=self.notes, output=output, timings=timings
        )

    def _follow_run(self) -> RunEnd:
        try:
            self._load_file()
            return self._relay_calls()
        except RunOver as over:
            return over.end
        except (ChannelClosed, MalformedMessage) as error:
            return find_lost_process_end(self.student_process, error)

    def _load_file(self) -> None:
        """Waits for the process, then for the file to be run."""
        # A slow start is the machine's fault: no line of the student's file has run.
        slow_start = GraderError(f"the start took longer than {MAX_STARTUP_S:g} s")
        with (
            self._limit_turn("startup", MAX_STARTUP_S),
            self._replace_timeout(slow_start),
            raise_as_grader_fault(self.student_process),
        ):
            self._receive_from_student(Ready)
        plan = self.plan
        self.student.send(
            Load(
                source=plan.source,
                filename=self.filename,
                function=self.exercise.function,
                supply=plan.supply,
                skipped=plan.skipped,
                tolerated=plan.tolerated,
            )
        )
        limit_s = float(self.exercise.limits.student)
        slow = RunEnd(
            kind="timed_out", message=f"your file ran for longer than {limit_s:g} s before its function was called"
        )
        with self._limit_turn("student", limit_s), self._replace_timeout(RunOver(slow)):
            self._receive_from_student(Loaded)

    def _relay_calls(self) -> RunEnd:
        """Hands the referee's calls to the student and the answers back, until all is judged."""
        while True:
            message = self.referee.receive(Call, Judged)
            if isinstance(message, Judged):
                return self._finish_run(message)
            self.options.progress(RunProgress(stage="calling"))
            try:
                self._relay_call(message)
            except AnswerTimeout:
                return self._end_hung_call(message)

    def _relay_call(self, call: Call) -> None:
        """Sends one call to the student and returns its answer to the referee. Raises: AnswerTimeout."""
        self.student.send(call)
        self.referee.channel.relay_arrays(call.arrays, self.student)
        with self._limit_turn("student", call.limit_s):
            answer = self._receive_from_student(Gave, Raised)
            # A package that the course promises and this machine lacks ends the run, so that the whole grading becomes
            # an error.
            if isinstance(answer, Raised) and answer.package and explain_absence(answer.package, self.packages):
                raise RunOver(RunEnd(kind="crashed", message=answer.message, line=answer.line, package=answer.package))
            seconds = self._measure_call_s()
        # The front's own time replaces whatever the student's process claims.
        answer = structs.replace(answer, seconds=seconds)
        arrays = answer.arrays if isinstance(answer, Gave) else []
        # The student's side sends no content for a larger array; the referee needs none to call it wrong.
        arrays = [spec for spec in arrays if spec.nbytes <= call.most_bytes]
        size = sum(spec.nbytes for spec in arrays)
        if size > MAX_RESULT_BYTES:
            raise RunOver(RunEnd(kind="out_of_memory", message=f"{self.exercise.function}() returned {size:,} bytes"))
        self.referee.send(answer)
        self.student.relay_arrays(arrays, self.referee.channel)

    def _end_hung_call(self, call: Call) -> RunEnd:
        """A call that doesn't come back ends the run; what was judged before it counts."""
        seconds = self._measure_call_s()
        # Killed before the referee judges: nothing that arrives later may count.
        self.student_process.kill()
        self.referee.send(Hung(seconds=seconds, why="too long"))
        judged: Judged = self.referee.receive(Judged)
        self.trials, _ = keep_up_to_gate(self.exercise, judged.trials)
        text = f"{self.exercise.function}() didn't return within {self._limit_s:g} s, so it was stopped\n{HUNG_HINT}"
        return RunEnd(kind="timed_out", message=text)

    def _finish_run(self, judged: Judged) -> RunEnd:
        self.trials, gate = keep_up_to_gate(self.exercise, judged.trials)
        if judged.drawn:
            self.notes.append(Note(line=None, message=judged.drawn))
        # All is judged; a process that is already gone changes nothing.
        with contextlib.suppress(ChannelClosed):
            self.student.send(Enough())
        return RunEnd(kind="completed") if gate is None else RunEnd(kind="gated", message=describe_gates([gate]))

    @contextlib.contextmanager
    def _limit_turn(self, turn: str, limit_s: float) -> Iterator[None]:
        """Limits the time of the block, and adds it to the turn's time."""
        self._limit_s, self._since = limit_s, time.monotonic()
        self._cpu_s = self.student_process.measure_cpu_s() if turn == "student" else 0.0
        try:
            yield
        finally:
            self.spent_s[turn] = self.spent_s.get(turn, 0.0) + time.monotonic() - self._since

    def _measure_call_s(self) -> float:
        """How long the present call took: by the clock, or in processor time where the machine was busy elsewhere."""
        wall_s = time.monotonic() - self._since
        return (
            wall_s
            if wall_s < 0.5
            else min(wall_s, max(0.0, self.student_process.measure_cpu_s() - self._cpu_s) or wall_s)
        )

    @contextlib.contextmanager
    def _replace_timeout(self, error: Exception) -> Iterator[None]:
        try:
            yield
        except AnswerTimeout as late:
            raise error from late

    def _check_limits(self) -> None:
        """Called while waiting for the student."""
        if (end := find_student_limit_end(self.student_process, self.exercise.limits)) is not None:
            raise RunOver(end)
        wall_s = time.monotonic() - self._since
        # Processor time decides on a busy machine; a call that sleeps uses none, so wall time ends it in the end.
        if wall_s > self._limit_s and (
            self._measure_call_s() > self._limit_s or wall_s > MAX_IDLE_FACTOR * self._limit_s
        ):
            raise AnswerTimeout

    def _receive_from_student(self, *kinds: type) -> Any:
        while True:
            message = self.student.receive()
            match message:
                case Remark():
                    if len(self.notes) < MAX_NOTES:
                        self.notes.append(message.note)
                case Crashed():
                    raise RunOver(end_of_crash(message))
                case Unsupported():
                    raise RunOver(RunEnd(kind="forbidden", message=message.message, line=message.line))
                case _ if isinstance(message, kinds):
                    return message
                case _:
                    raise MalformedMessage(f"{type(message).__name__} out of turn")
