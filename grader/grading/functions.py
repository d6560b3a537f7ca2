"""The path of a plain function: the referee makes cases, the confined student process answers, the referee judges.

The front stands between the two, hands arrays through without looking at them, and holds the clock.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

from msgspec import structs

from grader import settings
from grader.calls import Call, Enough, FromStudent, Gave, Hung, Judged, Loaded, Raised
from grader.channel import Channel, Closed, Malformed
from grader.course import Course
from grader.engines import confine
from grader.errors import GraderError
from grader.exercise import Exercise
from grader.grading.gone import Over, before_student_code, cut_output, end_of_crash, exceeded, gone
from grader.grading.options import Moment, Options
from grader.grading.refereeing import Referee, prepare
from grader.leniency.packages import explain_absence
from grader.run import End, Run
from grader.static import Plan
from grader.trials import Trial
from grader.verdict import Note
from grader.wire import Crashed, Load, Ready, Remark, Unsupported

STARTUP_S = 60.0
IDLE = 10  # a call that waits instead of computing is given up after this many times its limit
MOST_RESULT = 500_000_000
MAX_NOTES = 200


class Late(Exception):
    """What is being waited for didn't come in time."""


def up_to_gate(exercise: Exercise, trials: dict[str, Trial]) -> tuple[dict[str, Trial], str | None]:
    """The trials up to the first gate that failed, and the title of that; all of them where none did."""
    for number, spec in enumerate(exercise.checks):
        if spec.gate and spec.id in trials and trials[spec.id].failure is not None:
            kept = {each.id: trials[each.id] for each in exercise.checks[: number + 1] if each.id in trials}
            return kept, spec.title or spec.id
    return trials, None


class Attempt:
    """Tries one submission's function once.

    Args:
        plan: what of the file is executed.
        filename: the name that the student's tracebacks show.
    """

    def __init__(self, course: Course, exercise: Exercise, plan: Plan, filename: str, options: Options) -> None:
        self.course, self.exercise, self.plan, self.filename, self.options = course, exercise, plan, filename, options
        self.notes: list[Note] = []
        self.packages = settings.load(course).packages
        self.trials: dict[str, Trial] | None = None
        self.spent_s: dict[str, float] = {}
        self._limit_s = STARTUP_S
        self._since = self._cpu_s = 0.0

    def run(self) -> Run:
        """Starts both processes, lets them talk, and ends them, whatever happens.

        Raises:
            CourseError: the exercise's cases or reference are wrong.
            GraderError: the referee or the machine failed.
        """
        course, limits = self.course, self.exercise.limits
        policy = confine.Policy(
            memory=limits.memory,
            output=limits.output,
            level=self.options.sandbox,
            hidden=(course.solutions, course.root / "exercises"),
        )
        self.options.progress(Moment(stage="starting"))
        with contextlib.ExitStack() as stack:
            self.referee = Referee(self.exercise)
            stack.callback(self.referee.process.kill)
            self.referee.send(prepare(course, self.exercise, self.options))
            files = {self.filename: self.plan.source.encode()}
            self.student_process = confine.start("grader.student.calling", files, policy)
            stack.callback(self.student_process.kill)
            self.student = Channel(self.student_process.sock, FromStudent, self._tick)
            end = self._talk()
            output = self.student_process.output()
            self.notes += cut_output(self.student_process, self.exercise.limits)
        timings = {name: round(seconds, 3) for name, seconds in self.spent_s.items()}
        return Run(
            seed=self.exercise.seed, end=end, trials=self.trials, notes=self.notes, output=output, timings=timings
        )

    def _talk(self) -> End:
        try:
            self._load()
            return self._serve()
        except Over as over:
            return over.end
        except (Closed, Malformed) as error:
            return gone(self.student_process, error)

    def _load(self) -> None:
        """Waits for the process, then for the file to be run."""
        slow_start = GraderError(f"the start took longer than {STARTUP_S:g} s")
        with self._clock("startup", STARTUP_S), self._late(slow_start), before_student_code(self.student_process):
            self._from_student(Ready)
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
        slow = End(
            kind="timed_out", message=f"your file ran for longer than {limit_s:g} s before its function was called"
        )
        with self._clock("student", limit_s), self._late(Over(slow)):
            self._from_student(Loaded)

    def _serve(self) -> End:
        """Hands the referee's calls to the student and the answers back, until all is judged."""
        while True:
            message = self.referee.hear(Call, Judged)
            if isinstance(message, Judged):
                return self._finish(message)
            self.options.progress(Moment(stage="loading"))
            try:
                self._ask(message)
            except Late:
                return self._hung(message)

    def _ask(self, call: Call) -> None:
        """One call there and its answer back. Raises: Late."""
        self.student.send(call)
        self.referee.channel.relay(call.arrays, self.student)
        with self._clock("student", call.limit_s):
            answer = self._from_student(Gave, Raised)
            if isinstance(answer, Raised) and answer.package and explain_absence(answer.package, self.packages):
                raise Over(End(kind="crashed", message=answer.message, line=answer.line, package=answer.package))
            seconds = self._seconds()
        answer = structs.replace(answer, seconds=seconds)
        arrays = answer.arrays if isinstance(answer, Gave) else []
        arrays = [spec for spec in arrays if spec.nbytes <= call.most_bytes]
        size = sum(spec.nbytes for spec in arrays)
        if size > MOST_RESULT:
            raise Over(End(kind="out_of_memory", message=f"{self.exercise.function}() returned {size:,} bytes"))
        self.referee.send(answer)
        self.student.relay(arrays, self.referee.channel)

    def _hung(self, call: Call) -> End:
        """A call that doesn't come back ends the run; what was judged before it counts."""
        seconds = self._seconds()
        self.student_process.kill()
        self.referee.send(Hung(seconds=seconds, why="too long"))
        judged: Judged = self.referee.hear(Judged)
        self.trials, _ = up_to_gate(self.exercise, judged.trials)
        text = f"{self.exercise.function}() did not come back within {self._limit_s:g} s and was stopped"
        return End(kind="timed_out", message=text)

    def _finish(self, judged: Judged) -> End:
        self.trials, gate = up_to_gate(self.exercise, judged.trials)
        if judged.drawn:
            self.notes.append(Note(line=None, message=judged.drawn))
        with contextlib.suppress(Closed):
            self.student.send(Enough())
        return End(kind="completed") if gate is None else End(kind="gated", message=f"this comes first: {gate}")

    @contextlib.contextmanager
    def _clock(self, turn: str, limit_s: float) -> Iterator[None]:
        """What is inside has this long; the time is added to the turn's."""
        self._limit_s, self._since = limit_s, time.monotonic()
        self._cpu_s = self.student_process.cpu_s() if turn == "student" else 0.0
        try:
            yield
        finally:
            self.spent_s[turn] = self.spent_s.get(turn, 0.0) + time.monotonic() - self._since

    def _seconds(self) -> float:
        """How long the present call took: by the clock, or in processor time where the machine was busy elsewhere."""
        wall_s = time.monotonic() - self._since
        return wall_s if wall_s < 0.5 else min(wall_s, max(0.0, self.student_process.cpu_s() - self._cpu_s) or wall_s)

    @contextlib.contextmanager
    def _late(self, error: Exception) -> Iterator[None]:
        try:
            yield
        except Late as late:
            raise error from late

    def _tick(self) -> None:
        """Called while waiting for the student."""
        if (end := exceeded(self.student_process, self.exercise.limits)) is not None:
            raise Over(end)
        wall_s = time.monotonic() - self._since
        if wall_s > self._limit_s and (self._seconds() > self._limit_s or wall_s > IDLE * self._limit_s):
            raise Late

    def _from_student(self, *kinds: type) -> Any:
        while True:
            message = self.student.receive()
            match message:
                case Remark():
                    if len(self.notes) < MAX_NOTES:
                        self.notes.append(message.note)
                case Crashed():
                    raise Over(end_of_crash(message))
                case Unsupported():
                    raise Over(End(kind="forbidden", message=message.message, line=message.line))
                case _ if isinstance(message, kinds):
                    return message
                case _:
                    raise Malformed(f"{type(message).__name__} out of turn")
