"""The student process's end of the line to the grader: sends orders and findings, receives events."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections.abc import Iterable, Iterator
from types import FrameType
from typing import Any, NoReturn

import msgspec
import numpy as np

from grader.arrays import OrderedSpec
from grader.channel import Channel
from grader.verdict import Note
from grader.wire import Order, Remark, Returned, ToStudent, Unsupported

LONGEST = 2000


class Ended(BaseException):
    """The run is over for the grader; not an `Exception`, so that student code doesn't catch it by accident."""


class Front:
    """The one connection to the grader.

    Args:
        filename: the name under which the student's code is compiled; `line` finds its frames by it.
        receives: the messages that may arrive.
    """

    def __init__(self, filename: str = "", receives: Any = ToStudent) -> None:
        self.filename = filename
        self.channel = Channel(socket.socket(fileno=int(os.environ["GRADE_FD"])), receives)
        self.held: list[OrderedSpec] = []  # what the trainer has already
        self._remarks: set[tuple[int | None, str]] = set()
        self._broken_off = ""

    def send(self, message: msgspec.Struct, portions: Iterable[Any] = ()) -> None:
        """Sends a message with the content of its arrays, in portions; characters that no text can carry arrive as escapes."""
        if self._broken_off and isinstance(message, (Order, Returned)):
            what, self._broken_off = self._broken_off, ""
            self.unsupported(what, "set `self.model.stop_training = True` to end a training")
        try:
            self.channel.send(message, portions)
        except UnicodeEncodeError:
            plain = _escaped(msgspec.to_builtins(message))
            self.channel.send(msgspec.convert(plain, type(message)), portions)

    @contextlib.contextmanager
    def answering(self) -> Iterator[None]:
        """Around student code whose answer the trainer waits for: what it raises breaks off a training for good."""
        try:
            yield
        except Exception as error:
            self._broken_off = f"{type(error).__name__[:100]} was raised out of a running fit, and nothing can follow on that"
            raise

    def receive(self) -> Any:
        return self.channel.receive()

    def arrays(self, message: Any) -> list[np.ndarray[Any, Any]]:
        """Reads the arrays that follow a message."""
        result = []
        for spec in message.arrays:
            array = np.empty(spec.shape, spec.dtype)
            self.channel.read_into(array.reshape(-1).data)
            result.append(array)
        return result

    def line(self) -> int | None:
        """The line of the student's file that is being executed."""
        frame: FrameType | None = sys._getframe()
        while frame is not None and frame.f_code.co_filename != self.filename:
            frame = frame.f_back
        return frame.f_lineno if frame else None

    def remark(self, message: str) -> None:
        """A note for the report, once per line."""
        self.remark_at(self.line(), message)

    def remark_at(self, line: int | None, message: str) -> None:
        """A note for the report about a line, once."""
        note = (line, message[:LONGEST])
        if note not in self._remarks and len(self._remarks) < 200:
            self._remarks.add(note)
            self.send(Remark(note=Note(line=note[0], message=note[1])))

    def unsupported(self, message: str, instead: str = "") -> NoReturn:
        """Tells the grader that this can't be ordered, and ends the run."""
        self.send(Unsupported(message=message[:LONGEST], instead=instead[:LONGEST], line=self.line()))
        raise Ended


def _escaped(value: Any) -> Any:
    r"""Plain data with every lone surrogate written as \udXXX."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_escaped(key): _escaped(item) for key, item in value.items()}
    return [_escaped(item) for item in value] if isinstance(value, list) else value
