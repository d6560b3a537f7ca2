"""The referee process: `python -m grader.referee`, started by the grader, talks to it alone."""

from __future__ import annotations

import importlib
import io
import os
import socket
from pathlib import Path
from typing import Any

import numpy as np

from grader.engines import lifeline
from grader.errors import describe_missing_extra
from grader.protocol.calls import (
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
from grader.protocol.channel import Channel, ChannelClosed
from grader.protocol.values import Array, OpaqueValue, UnreadableValue, UnreadArray, ValueEncoder, decode_value
from grader.referee import cases, shipping
from grader.referee.cases import BadCase, BadReference, Case, ReferenceFunction
from grader.referee.judging import CallReply, ReplyJudge
from grader.stores.filing import write_whole

MAX_SIZE_FACTOR = 16  # how many times larger than the right one an answer may be and still be looked at
MIN_ANSWER_BYTES = 1_000_000


def make_fixed_cases(prepare: Prepare, reference: ReferenceFunction | None) -> list[Case]:
    """The fixed cases with what is right: by the reference, or else as they were shipped.

    Raises:
        BadCase, BadReference, BadFile: the course is at fault.
    """
    made = list(cases.iter_fixed_cases(prepare.asked, prepare.arguments, prepare.seed))
    if reference is not None:
        return [reference.compute_expected(case) for case in made]
    if all(case.answered for case in made):
        return made
    return shipping.read_cases(Path(prepare.shipped), prepare)


def make_all_cases(prepare: Prepare, reference: ReferenceFunction | None) -> list[Case]:
    """Every case to try, the smallest first, those that are timed last."""
    made = make_fixed_cases(prepare, reference)
    if reference is not None:
        made += [
            reference.compute_expected(case)
            for case in cases.iter_fresh_cases(prepare.asked, prepare.arguments, prepare.fresh_seed)
        ]
    timed = {one.id for one in prepare.asked if one.kind == "time"}
    return sorted(made, key=lambda case: (case.owner in timed, case.size))


class CaseReferee:
    """Serves the front: one exercise, one submission."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel

    def handle_request(self, message: Prepare | Pack) -> None:
        """Answers what the front asks for; reports a fault of the course with its file."""
        prepare = message.prepare if isinstance(message, Pack) else message
        try:
            reference = ReferenceFunction(Path(prepare.reference), prepare.function) if prepare.reference else None
            if isinstance(message, Pack):
                self._pack_cases(message, reference)
            else:
                self._try_cases(prepare, reference)
        except (BadCase, BadReference, shipping.BadCasesFile) as error:
            files = {BadCase: "exercise.yaml", BadReference: "reference.py", shipping.BadCasesFile: "cases.npz"}
            self.channel.send(CourseFault(file=files[type(error)], message=str(error)[:2000]))

    def _pack_cases(self, message: Pack, reference: ReferenceFunction | None) -> None:
        if reference is None:
            made = make_fixed_cases(message.prepare, None)
            self.channel.send(Packed(fault=None, cases=len(made)))
            return
        made = make_fixed_cases(message.prepare, reference)
        content, path = shipping.pack_cases(made, message.prepare), Path(message.prepare.shipped)
        if message.write:
            write_whole(path, content)
        self.channel.send(Packed(fault=_compare_shipped(path, made, message.prepare), cases=len(made)))

    def _try_cases(self, prepare: Prepare, reference: ReferenceFunction | None) -> None:
        made = make_all_cases(prepare, reference)
        bench = ReplyJudge(prepare.function, list(prepare.arguments), prepare.asked, made)
        # A call that is timed never needs to run longer than its check allows.
        limits = {one.id: one.below_s for one in prepare.asked if one.below_s}
        for case in made:
            if case.owner in limits and bench.gated:
                continue
            reply = self._call_function(case, limits.get(case.owner) or prepare.limit_s)
            bench.judge_reply(case, reply)
            # The student process is gone, so nobody is left to call.
            if reply.end == "hung":
                break
        else:
            # No call hung (there may have been none), so the picture can be drawn.
            reply = CallReply(end="gave")
        drawn = self._draw_sheet(prepare) if prepare.picture and reply.end != "hung" else None
        self.channel.send(Judged(trials=bench.build_trials(reference=reference is not None), drawn=drawn))

    def _call_function(self, case: Case, limit_s: float) -> CallReply:
        """One call of the student's function, by way of the front."""
        seal = ValueEncoder()
        values = [seal.encode_value(value) for value in case.arguments]
        most = MAX_SIZE_FACTOR * int(getattr(case.expected, "nbytes", 0)) + MIN_ANSWER_BYTES
        self.channel.send(Call(arguments=values, arrays=seal.specs, limit_s=limit_s, most_bytes=most), seal.buffers)
        return self._receive_reply(most)

    def _receive_reply(self, most_bytes: int) -> CallReply:
        message = self.channel.receive()
        match message:
            case Gave():
                arrays = self._read_arrays(message, most_bytes)
                return CallReply(end="gave", value=_decode_answer(message.value, arrays), changed=tuple(message.changed),
                             seconds=message.seconds)  # fmt: skip
            case Raised():
                return CallReply(end="raised", message=message.message, line=message.line, seconds=message.seconds)
        assert isinstance(message, Hung)
        return CallReply(end="hung", message=message.why, seconds=message.seconds)

    def _read_arrays(self, message: Gave, most_bytes: int) -> list[Array | UnreadArray]:
        """What follows an answer; what is far too large to be right wasn't sent."""
        result: list[Array | UnreadArray] = []
        for spec in message.arrays:
            if spec.nbytes > most_bytes:
                result.append(UnreadArray(spec.dtype, tuple(spec.shape)))
                continue
            array = np.empty(spec.shape, spec.dtype)
            self.channel.read_into(array.reshape(-1).data)
            result.append(array)
        return result

    def _draw_sheet(self, prepare: Prepare) -> str | None:
        """The sheet of pictures; Matplotlib is imported here and nowhere else."""
        panels = [cases.build_panel_case(one, prepare.arguments) for one in prepare.panels]
        replies = [self._call_function(case, prepare.limit_s) for case in panels]
        values = [(one.title, case.arguments, reply.value)
                  for one, case, reply in zip(prepare.panels, panels, replies, strict=True)]  # fmt: skip
        try:
            sheet = importlib.import_module("grader.pictures.sheet")
        except ImportError:
            return describe_missing_extra("a picture", "Matplotlib", "pictures")
        drawn = io.BytesIO()
        try:
            missing: str | None = sheet.draw_sheet(values, drawn)
            write_whole(Path(str(prepare.picture)), drawn.getvalue())
        except Exception as error:  # a full disk, or what can't be drawn: what was graded stands
            return f"no picture: {type(error).__name__}: {error}"[:500]
        return missing


def _decode_answer(value: Any, arrays: list[Any]) -> Any:
    try:
        return decode_value(value, arrays)
    except UnreadableValue:
        # The student process sent nonsense: a wrong answer, not a fault of the referee.
        return OpaqueValue("unknown")


def _compare_shipped(path: Path, made: list[Case], prepare: Prepare) -> str | None:
    """How the shipped file differs from what the reference gives now."""
    try:
        shipped = shipping.read_cases(path, prepare)
    except shipping.BadCasesFile as error:
        return str(error)
    fresh = shipping.pack_cases(made, prepare)
    # Compared as packed bytes, so that types, shapes and NaN count as well.
    if shipping.pack_cases(shipped, prepare) == fresh:
        return None
    return "it differs from what the reference gives; `grade selfcheck --write-cases` makes it anew"


def run_referee() -> None:
    """Serves one question, then ends."""
    line = socket.socket(fileno=int(os.environ["GRADE_FD"]))
    lifeline.hold(line.fileno())
    channel = Channel(line, ToReferee)
    try:
        CaseReferee(channel).handle_request(channel.receive())
    except ChannelClosed:
        return
    except Exception as error:
        channel.send(RefereeFault(message=f"{type(error).__name__}: {error}"[:2000]))
        if os.environ.get("GRADE_DEBUG"):
            raise


run_referee()
