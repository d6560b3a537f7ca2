"""The referee process: `python -m grader.referee`, started by the grader, talks to it alone."""

from __future__ import annotations

import importlib
import io
import os
import socket
from pathlib import Path
from typing import Any

import numpy as np

from grader import lifeline
from grader.calls import (
    Call,
    CourseFault,
    Gave,
    Hung,
    Judged,
    Pack,
    Packed,
    Prepare,
    Raised,
    RefereeFault,
    ToReferee,
)
from grader.channel import Channel, Closed
from grader.errors import needs_extra
from grader.filing import write_whole
from grader.referee import cases, shipping
from grader.referee.cases import BadCase, Case
from grader.referee.judging import Bench, Reply
from grader.referee.reference import BadReference, Reference
from grader.values import Array, Opaque, Seal, Unread, Unreadable, opened

ROOM = 16  # how many times larger than the right one an answer may be and still be looked at
LEAST_ROOM = 1_000_000


def fixed_cases(prepare: Prepare, reference: Reference | None) -> list[Case]:
    """The fixed cases with what is right: by the reference, or else as they were shipped.

    Raises:
        BadCase, BadReference, BadFile: the course is at fault.
    """
    made = list(cases.fixed(prepare.asked, prepare.arguments, prepare.seed))
    if reference is not None:
        return [reference.answer(case) for case in made]
    if all(case.answered for case in made):
        return made
    return shipping.read(Path(prepare.shipped), prepare)


def all_cases(prepare: Prepare, reference: Reference | None) -> list[Case]:
    """Every case to try, the smallest first, those that are timed last."""
    made = fixed_cases(prepare, reference)
    if reference is not None:
        made += [reference.answer(case) for case in cases.fresh(prepare.asked, prepare.arguments, prepare.fresh_seed)]
    timed = {one.id for one in prepare.asked if one.kind == "time"}
    return sorted(made, key=lambda case: (case.owner in timed, case.size))


class Referee:
    """Serves the front: one exercise, one submission."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel

    def handle(self, message: Prepare | Pack) -> None:
        """Answers what the front asks for; a fault of the course is told with its file."""
        prepare = message.prepare if isinstance(message, Pack) else message
        try:
            reference = Reference(Path(prepare.reference), prepare.function) if prepare.reference else None
            if isinstance(message, Pack):
                self._pack(message, reference)
            else:
                self._try(prepare, reference)
        except (BadCase, BadReference, shipping.BadFile) as error:
            files = {BadCase: "exercise.yaml", BadReference: "reference.py", shipping.BadFile: "cases.npz"}
            self.channel.send(CourseFault(file=files[type(error)], message=str(error)[:2000]))

    def _pack(self, message: Pack, reference: Reference | None) -> None:
        if reference is None:
            made = fixed_cases(message.prepare, None)
            self.channel.send(Packed(fault=None, cases=len(made)))
            return
        made = fixed_cases(message.prepare, reference)
        content, path = shipping.packed(made, message.prepare), Path(message.prepare.shipped)
        if message.write:
            write_whole(path, content)
        self.channel.send(Packed(fault=_stale(path, made, message.prepare), cases=len(made)))

    def _try(self, prepare: Prepare, reference: Reference | None) -> None:
        made = all_cases(prepare, reference)
        bench = Bench(prepare.function, list(prepare.arguments), prepare.asked, made)
        limits = {one.id: one.below_s for one in prepare.asked if one.below_s}
        for case in made:
            if case.owner in limits and bench.gated:
                continue
            reply = self._call(case, limits.get(case.owner) or prepare.limit_s)
            bench.judge(case, reply)
            if reply.end == "hung":
                break
        else:
            reply = Reply(end="gave")
        drawn = self._draw(prepare) if prepare.picture and reply.end != "hung" else None
        self.channel.send(Judged(trials=bench.trials(reference=reference is not None), drawn=drawn))

    def _call(self, case: Case, limit_s: float) -> Reply:
        """One call of the student's function, by way of the front."""
        seal = Seal()
        values = [seal.value(value) for value in case.arguments]
        most = ROOM * int(getattr(case.expected, "nbytes", 0)) + LEAST_ROOM
        self.channel.send(Call(arguments=values, arrays=seal.specs, limit_s=limit_s, most_bytes=most), seal.buffers)
        return self._reply(most)

    def _reply(self, most_bytes: int) -> Reply:
        message = self.channel.receive()
        match message:
            case Gave():
                arrays = self._arrays(message, most_bytes)
                return Reply(end="gave", value=_opened(message.value, arrays), changed=tuple(message.changed),
                             seconds=message.seconds)  # fmt: skip
            case Raised():
                return Reply(end="raised", message=message.message, line=message.line, seconds=message.seconds)
        assert isinstance(message, Hung)
        return Reply(end="hung", message=message.why, seconds=message.seconds)

    def _arrays(self, message: Gave, most_bytes: int) -> list[Array | Unread]:
        """What follows an answer; what is far too large to be right wasn't sent."""
        result: list[Array | Unread] = []
        for spec in message.arrays:
            if spec.nbytes > most_bytes:
                result.append(Unread(spec.dtype, tuple(spec.shape)))
                continue
            array = np.empty(spec.shape, spec.dtype)
            self.channel.read_into(array.reshape(-1).data)
            result.append(array)
        return result

    def _draw(self, prepare: Prepare) -> str | None:
        """The sheet of pictures; Matplotlib is imported here and nowhere else."""
        panels = [cases.panel(one, prepare.arguments) for one in prepare.panels]
        replies = [self._call(case, prepare.limit_s) for case in panels]
        values = [(one.title, case.arguments, reply.value)
                  for one, case, reply in zip(prepare.panels, panels, replies, strict=True)]  # fmt: skip
        try:
            sheet = importlib.import_module("grader.pictures.sheet")
        except ImportError:
            return needs_extra("a picture", "Matplotlib", "pictures")
        drawn = io.BytesIO()
        try:
            missing: str | None = sheet.draw(values, drawn)
            write_whole(Path(str(prepare.picture)), drawn.getvalue())
        except Exception as error:  # a full disk, or what can't be drawn: what was graded stands
            return f"no picture: {type(error).__name__}: {error}"[:500]
        return missing


def _opened(value: Any, arrays: list[Any]) -> Any:
    try:
        return opened(value, arrays)
    except Unreadable:
        return Opaque("unknown")


def _stale(path: Path, made: list[Case], prepare: Prepare) -> str | None:
    """How the shipped file differs from what the reference gives now."""
    try:
        shipped = shipping.read(path, prepare)
    except shipping.BadFile as error:
        return str(error)
    fresh = shipping.packed(made, prepare)
    if shipping.packed(shipped, prepare) == fresh:
        return None
    return "it differs from what the reference gives; `grade selfcheck --write-cases` makes it anew"


def main() -> None:
    """Serves one question, then ends."""
    line = socket.socket(fileno=int(os.environ["GRADE_FD"]))
    lifeline.hold(line.fileno())
    channel = Channel(line, ToReferee)
    try:
        Referee(channel).handle(channel.receive())
    except Closed:
        return
    except Exception as error:
        channel.send(RefereeFault(message=f"{type(error).__name__}: {error}"[:2000]))
        if os.environ.get("GRADE_DEBUG"):
            raise


main()
